//! The caller: keep-alive connections to the API server, one dry-run create after another on each.
//!
//! It writes ready-made bytes and looks at the status only, so that what is measured is the API server and what it asks.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request,
    client::conn::http1::{self, SendRequest},
    header::{self, HeaderValue},
};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde_json::Value;
use tokio::{net::TcpStream, sync::Barrier, task::JoinSet};
use tokio_rustls::TlsConnector;

use crate::body::{self, Body};

/// Where the API server is, and who asks.
#[derive(Clone)]
pub(crate) struct Client {
    address: SocketAddr,
    connector: TlsConnector,
    authorization: HeaderValue,
    /// Goes up through the whole run: no two objects are the same.
    serial: Arc<AtomicU64>,
}

/// One connection.
pub(crate) struct Connection {
    client: Client,
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
}

/// What the API server answered.
pub(crate) struct Answer {
    /// The status.
    pub(crate) code: u16,
    /// The object, or a `Status`.
    pub(crate) body: Bytes,
}

// === impl Client ===

impl Client {
    /// The current user of a kubeconfig that is JSON, holds one cluster and begins with that user.
    pub(crate) fn of(kubeconfig: &Path) -> anyhow::Result<Self> {
        let config: Value = serde_json::from_slice(&fs::read(kubeconfig)?)?;
        let field = |pointer: &str| {
            let field = config.pointer(pointer).and_then(Value::as_str);
            field.with_context(|| format!("a kubeconfig without {pointer}"))
        };
        let server = field("/clusters/0/cluster/server")?;
        let address = server
            .strip_prefix("https://")
            .with_context(|| format!("{server} is no HTTPS"))?
            .parse()?;
        let mut roots = RootCertStore::empty();
        let authority = field("/clusters/0/cluster/certificate-authority")?;
        roots.add(CertificateDer::from_pem_file(authority)?)?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut tls = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        tls.alpn_protocols = vec![b"http/1.1".to_vec()];
        let authorization = format!("Bearer {}", field("/users/0/user/token")?);
        Ok(Self {
            address,
            connector: Arc::new(tls).into(),
            authorization: authorization.parse()?,
            serial: Arc::default(),
        })
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::from(self.address.ip());
        let stream = self.connector.connect(name, stream).await?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Connection {
            client: self.clone(),
            sender,
            driver: Box::pin(driver),
        })
    }
}

/// Creates on all connections for this long; the time of each create, in order of length, and the time from the first
/// request to the last answer.
pub(crate) async fn load(
    connections: &mut Vec<Connection>,
    body: &Arc<Body>,
    window: Duration,
) -> anyhow::Result<(Duration, Vec<Duration>)> {
    let start = Arc::new(Barrier::new(connections.len() + 1));
    let mut tasks = JoinSet::new();
    for mut connection in connections.drain(..) {
        let (body, start) = (Arc::clone(body), Arc::clone(&start));
        tasks.spawn(async move {
            start.wait().await;
            let latencies = connection.create_for(&body, window).await?;
            anyhow::Ok((connection, latencies))
        });
    }
    let began = Instant::now();
    start.wait().await;
    let mut all = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        let (connection, mut latencies) = finished??;
        connections.push(connection);
        all.append(&mut latencies);
    }
    let elapsed = began.elapsed();
    all.sort_unstable();
    Ok((elapsed, all))
}

// === impl Connection ===

impl Connection {
    /// Creates an object, without storing it.
    pub(crate) async fn create(&mut self, body: &Body) -> anyhow::Result<Answer> {
        let serial = self.client.serial.fetch_add(1, Ordering::Relaxed);
        self.ask("POST", body::PATH, body.numbered(serial)).await
    }

    /// Reads something.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        self.ask("GET", path, Bytes::new()).await
    }

    async fn create_for(&mut self, body: &Body, window: Duration) -> anyhow::Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        let end = Instant::now() + window;
        let mut began = Instant::now();
        while began < end {
            let answer = self.create(body).await?;
            let answered = Instant::now();
            latencies.push(answered - began);
            ensure!(
                answer.code == 201,
                "a create is answered with {}: {}",
                answer.code,
                String::from_utf8_lossy(&answer.body)
            );
            began = answered;
        }
        Ok(latencies)
    }

    async fn ask(&mut self, method: &str, path: &str, body: Bytes) -> anyhow::Result<Answer> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.client.address.to_string())
            .header(header::AUTHORIZATION, &self.client.authorization)
            .header(header::CONTENT_TYPE, "application/json")
            .body(Full::new(body))?;
        tokio::select! {
            biased;
            answer = exchange(&mut self.sender, request) => answer,
            ended = &mut self.driver => {
                ended?;
                bail!("the API server closed the connection")
            }
        }
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> anyhow::Result<Answer> {
    let response = sender.send_request(request).await?;
    Ok(Answer {
        code: response.status().as_u16(),
        body: response.into_body().collect().await?.to_bytes(),
    })
}
