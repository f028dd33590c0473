//! A client that sends exactly the bytes it is told to, and reads one answer at a time.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "helpers of tests, in which a surprise is a failure"
)]

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Long enough for the slowest machine; whoever waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The name that all certificates of these tests are issued for.
pub(crate) const NAME: &str = "arrears.arrears-system.svc";

/// One connection.
pub(crate) struct Client<S = TlsStream<TcpStream>> {
    pub(crate) stream: S,
    unread: Vec<u8>,
}

/// One answer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Fails instead of waiting for ever.
pub(crate) async fn within<T>(future: impl Future<Output = T>) -> T {
    timeout(PATIENCE, future).await.expect("in time")
}

/// Trusts `authority`, offers `alpn`, and shows `identity` if it is asked to.
pub(crate) fn client_config(
    authority: &CertificateDer<'static>,
    alpn: &[&str],
    identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>,
) -> Arc<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match identity {
        None => builder.with_no_client_auth(),
        Some((cert, key)) => builder.with_client_auth_cert(vec![cert], key).unwrap(),
    };
    config.alpn_protocols = alpn.iter().map(|name| name.as_bytes().to_vec()).collect();
    Arc::new(config)
}

/// A review of `body`, as the API server posts it.
pub(crate) fn post(body: &str) -> String {
    post_to("/validate?timeout=10s", body)
}

/// A review of `body` posted to `target`.
pub(crate) fn post_to(target: &str, body: &str) -> String {
    format!(
        "POST {target} HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

impl Client {
    /// Connects over TLS.
    pub(crate) async fn connect(
        address: SocketAddr,
        config: Arc<ClientConfig>,
    ) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(NAME).unwrap();
        let stream = within(TlsConnector::from(config).connect(name, stream)).await?;
        Ok(Self::over(stream))
    }

    /// The certificate that the server showed.
    pub(crate) fn certificate(&self) -> CertificateDer<'static> {
        let (_, connection) = self.stream.get_ref();
        connection.peer_certificates().unwrap()[0]
            .clone()
            .into_owned()
    }
}

impl Client<TcpStream> {
    /// Connects without TLS.
    pub(crate) async fn plain(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap())
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    fn over(stream: S) -> Self {
        Self {
            stream,
            unread: Vec::new(),
        }
    }

    /// Sends `bytes`.
    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.unwrap();
    }

    /// Sends `bytes` to a server that may have closed already.
    pub(crate) async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        within(async {
            self.stream.write_all(bytes.as_ref()).await?;
            self.stream.flush().await
        })
        .await
    }

    /// Sends a review of `body` and reads its answer.
    pub(crate) async fn review(&mut self, body: &str) -> Reply {
        self.send(post(body)).await;
        self.reply().await
    }

    /// Reads the next answer.
    pub(crate) async fn reply(&mut self) -> Reply {
        within(self.read_reply()).await.unwrap()
    }

    /// Reads the next answer of a connection that may break.
    pub(crate) async fn read_reply(&mut self) -> io::Result<Reply> {
        let head_ends = loop {
            match self.unread.windows(4).position(|four| four == b"\r\n\r\n") {
                Some(position) => break position + 4,
                None => self.read_more().await?,
            }
        };
        let head = String::from_utf8(self.unread[..head_ends].to_vec()).unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let length = header(&head, "content-length").map_or(0, |value| value.parse().unwrap());
        while self.unread.len() < head_ends + length {
            self.read_more().await?;
        }
        let rest = self.unread.split_off(head_ends + length);
        let body = String::from_utf8(self.unread.split_off(head_ends)).unwrap();
        self.unread = rest;
        Ok(Reply { status, head, body })
    }

    async fn read_more(&mut self) -> io::Result<()> {
        match self.stream.read_buf(&mut self.unread).await? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }

    /// Waits for the server to close in an orderly way, with nothing more said; a reset is an error.
    pub(crate) async fn closed(&mut self) {
        let mut more = Vec::new();
        within(self.stream.read_to_end(&mut more)).await.unwrap();
        assert!(self.unread.is_empty() && more.is_empty());
    }

    /// Waits for the connection's end, however it ends.
    pub(crate) async fn cut(&mut self) {
        let mut more = Vec::new();
        let _ = within(self.stream.read_to_end(&mut more)).await;
    }
}

impl Reply {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(&self.head, name)
    }

    /// What the JSON body says is wrong.
    pub(crate) fn error(&self) -> String {
        assert_eq!(self.header("content-type"), Some("application/json"));
        let value: serde_json::Value = serde_json::from_str(&self.body).unwrap();
        value["error"].as_str().unwrap().to_owned()
    }

    /// Whether the server announces that it closes.
    pub(crate) fn closes(&self) -> bool {
        self.header("connection") == Some("close")
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(": "))
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then_some(value))
}
