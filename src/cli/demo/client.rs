//! The demo's client: what an API server would do, and the answer in words.

use std::{collections::BTreeMap, net::SocketAddr, sync::Arc};

use anyhow::{Context, bail};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{Request, StatusCode, client::conn::http1::SendRequest, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject};
use serde::Deserialize;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::decision::Outcome;

/// One connection to the server.
pub(super) struct Client {
    sender: SendRequest<Full<Bytes>>,
}

/// The answer to one review.
#[derive(Deserialize)]
pub(super) struct Answer {
    response: Response,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    allowed: bool,
    #[serde(default)]
    status: Option<Status>,
    #[serde(default)]
    audit_annotations: BTreeMap<String, String>,
    #[serde(default)]
    warnings: Vec<String>,
}

#[derive(Deserialize)]
struct Status {
    code: u16,
    message: String,
}

impl Client {
    /// Connects over TLS, trusting only this authority.
    pub(super) async fn connect(address: SocketAddr, authority: &str) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
            roots.add(certificate?)?;
        }
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("connecting to {address}"))?;
        let stream = TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from("localhost")?, stream)
            .await
            .context("TLS")?;
        let (sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // It ends with the sender, or with an error that the sender tells of.
        tokio::spawn(connection);
        Ok(Self { sender })
    }

    /// Posts a review.
    pub(super) async fn post(&mut self, review: &str) -> anyhow::Result<Answer> {
        let request = Request::post("/validate?timeout=3s")
            .header("host", "localhost")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::copy_from_slice(review.as_bytes())))?;
        self.sender.ready().await?;
        let response = self.sender.send_request(request).await?;
        let status = response.status();
        let body = response.into_body().collect().await?.to_bytes();
        if status != StatusCode::OK {
            bail!(
                "the server answered {status}: {}",
                String::from_utf8_lossy(&body)
            );
        }
        serde_json::from_slice(&body).context("the server's answer")
    }
}

impl Answer {
    /// What the server says of the request as a whole.
    pub(super) fn outcome(&self) -> Outcome {
        self.response
            .audit_annotations
            .get("verdict")
            .and_then(|verdict| verdict.parse().ok())
            .unwrap_or(if self.response.allowed {
                Outcome::Allow
            } else {
                Outcome::Deny
            })
    }

    /// Whether the answer is this, in what it says and in what it does.
    pub(super) fn is(&self, expected: Outcome) -> bool {
        self.outcome() == expected && self.response.allowed == (expected != Outcome::Deny)
    }

    /// Rows of the table: one for each operation, the first with what was asked and what was answered.
    pub(super) fn rows(&self, about: &str) -> Vec<Vec<String>> {
        let column = |name: &str| -> Vec<String> {
            self.response
                .audit_annotations
                .get(name)
                .map(|joined| joined.split(',').map(str::to_owned).collect())
                .unwrap_or_default()
        };
        let (actions, states, rulings) = (column("action"), column("state"), column("ruling"));
        let mut rows = Vec::new();
        for index in 0..actions.len().max(1) {
            let cell = |column: &[String]| column.get(index).cloned().unwrap_or_default();
            let (about, answer) = match index {
                0 => (about.to_owned(), self.answer()),
                _ => (String::new(), String::new()),
            };
            let action = match actions.is_empty() {
                true => "(none)".to_owned(),
                false => cell(&actions),
            };
            rows.push(vec![about, action, cell(&states), cell(&rulings), answer]);
        }
        rows
    }

    /// The sentence that the requester sees, if there is one.
    pub(super) fn why(&self) -> Option<&str> {
        match &self.response.status {
            Some(status) => Some(&status.message),
            None => self.response.warnings.first().map(String::as_str),
        }
    }

    fn answer(&self) -> String {
        match (&self.response.status, self.response.warnings.is_empty()) {
            (Some(status), _) => format!("denied ({})", status.code),
            (None, true) => "allowed".to_owned(),
            (None, false) => "allowed, warned".to_owned(),
        }
    }
}
