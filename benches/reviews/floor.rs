//! The floor: what any webhook pays before it has thought about anything.
//!
//! Hyper's HTTP/1.1 on tokio-rustls, with arrears' own runtime, allocator and TLS settings. It reads the whole body,
//! looks at uid, operation and name, skips everything else and allows. It must never become cleverer or dumber than
//! that: the goal of arrears is a multiple of it.

use std::{convert::Infallible, hint::black_box, net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, Response, StatusCode,
    body::Incoming,
    header::{self, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use rustls::{ServerConfig, server::NoServerSessionStorage};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use serde::{Deserialize, Serialize};
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

const JSON: HeaderValue = HeaderValue::from_static("application/json");

#[derive(Deserialize)]
struct ReviewIn<'a> {
    #[serde(borrow)]
    request: RequestIn<'a>,
}

/// Fields without a name here are skipped by serde as `IgnoredAny`.
#[derive(Deserialize)]
struct RequestIn<'a> {
    uid: &'a str,
    operation: &'a str,
    #[serde(default)]
    name: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ReviewOut<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: ResponseOut<'a>,
}

#[derive(Serialize)]
struct ResponseOut<'a> {
    uid: &'a str,
    allowed: bool,
}

/// Serves until it is killed.
pub(crate) async fn serve(listen: SocketAddr, cert: &Path, key: &Path) -> anyhow::Result<()> {
    let acceptor = TlsAcceptor::from(Arc::new(tls_config(cert, key)?));
    let listener = TcpListener::bind(listen).await?;
    let mut connections = JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await?;
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // A peer that leaves, or that speaks no TLS, is its own affair.
            serve_connection(stream, acceptor).await.ok();
        });
        while connections.try_join_next().is_some() {}
    }
}

fn tls_config(cert: &Path, key: &Path) -> anyhow::Result<ServerConfig> {
    let chain = CertificateDer::pem_file_iter(cert)?
        .collect::<Result<Vec<_>, _>>()
        .with_context(|| format!("{}", cert.display()))?;
    let key = PrivateKeyDer::from_pem_file(key).with_context(|| format!("{}", key.display()))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(NoServerSessionStorage {});
    Ok(config)
}

async fn serve_connection(stream: TcpStream, acceptor: TlsAcceptor) -> anyhow::Result<()> {
    stream.set_nodelay(true)?;
    let stream = acceptor.accept(stream).await?;
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service_fn(answer))
        .await?;
    Ok(())
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let answered = match request.into_body().collect().await {
        Ok(body) => review(&body.to_bytes()).ok(),
        Err(_) => None,
    };
    let status = match answered {
        Some(_) => StatusCode::OK,
        None => StatusCode::BAD_REQUEST,
    };
    let mut response = Response::new(Full::from(answered.unwrap_or_default()));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, JSON);
    Ok(response)
}

fn review(body: &[u8]) -> serde_json::Result<Vec<u8>> {
    let review: ReviewIn<'_> = serde_json::from_slice(body)?;
    black_box((review.request.operation, review.request.name));
    serde_json::to_vec(&ReviewOut {
        api_version: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response: ResponseOut {
            uid: review.request.uid,
            allowed: true,
        },
    })
}
