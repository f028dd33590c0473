//! A webhook server that answers every review as the test says: to try the plane itself without the product.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::authority::Authority;

/// A server that runs until it is dropped.
pub(crate) struct StandIn {
    address: SocketAddr,
    authority: Authority,
    _serving: JoinSet<()>,
}

impl StandIn {
    /// Serves; `respond` gets a review's `request` and makes its `response`, to which the uid is added.
    pub(crate) async fn serve(respond: impl Fn(&Value) -> Value + Send + Sync + 'static) -> Self {
        let authority = Authority::new();
        let acceptor = acceptor(&authority);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, acceptor, Arc::new(respond)));
        Self {
            address,
            authority,
            _serving: serving,
        }
    }

    /// What to register.
    pub(crate) fn url(&self) -> String {
        format!("https://{}/validate", self.address)
    }

    /// The authority behind its certificate, in PEM.
    pub(crate) fn authority(&self) -> String {
        self.authority.pem()
    }
}

type Respond = dyn Fn(&Value) -> Value + Send + Sync;

fn acceptor(authority: &Authority) -> TlsAcceptor {
    let identity = authority.identity();
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, respond: Arc<Respond>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, respond) = (acceptor.clone(), Arc::clone(&respond));
        connections.spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service = service_fn(|request| answer(request, &*respond));
            // A connection that breaks is the API server's to report.
            _ = http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service)
                .await;
        });
    }
}

async fn answer(
    request: Request<Incoming>,
    respond: &Respond,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let review: Value = serde_json::from_slice(&body).unwrap();
    let mut response = respond(&review["request"]);
    response["uid"] = review["request"]["uid"].clone();
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response});
    Ok(Response::new(Full::new(Bytes::from(review.to_string()))))
}
