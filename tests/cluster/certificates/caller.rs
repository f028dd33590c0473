//! A caller that trusts what an API server has been told to trust, and looks at what an API server looks at.

use std::net::SocketAddr;
use std::sync::Arc;

use arrears::cluster::Bundle;
use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;

/// One connection.
pub(crate) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    /// The certificate that it was shown.
    pub(crate) shown: CertificateDer<'static>,
    _connection: JoinSet<()>,
}

impl Caller {
    /// Connects to `address`, where `name` should be.
    pub(crate) async fn connect(
        address: SocketAddr,
        name: &str,
        bundle: &Bundle,
    ) -> Result<Self, String> {
        let mut roots = RootCertStore::empty();
        for authority in CertificateDer::pem_slice_iter(bundle.as_pem().as_bytes()) {
            roots.add(authority.unwrap()).unwrap();
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address)
            .await
            .map_err(|error| error.to_string())?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let stream = TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
            .map_err(|error| error.to_string())?;
        let shown = stream.get_ref().1.peer_certificates().unwrap()[0].clone();
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| error.to_string())?;
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { drop(connection.await) });
        Ok(Self {
            sender,
            shown,
            _connection: tasks,
        })
    }

    /// Sends a review and says what became of it.
    pub(crate) async fn review(&mut self) -> Result<(), String> {
        let request = Request::post("/validate?timeout=5s")
            .header("host", "arrears")
            .header("content-type", "application/json")
            .body(Full::from("{}"))
            .unwrap();
        match self.sender.send_request(request).await {
            Ok(response) if response.status() == 200 => Ok(()),
            Ok(response) => Err(format!("answered with {}", response.status())),
            Err(error) => Err(error.to_string()),
        }
    }
}
