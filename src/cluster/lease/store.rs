//! The calls to the API server: each has a time-out of its own, and none is sent twice.

use std::time::Duration;

use k8s_openapi::api::coordination::v1;
use kube::api::PostParams;
use kube::core::Request;
use kube::{Client, Resource};
use tokio::time::timeout;

use super::super::cause::innermost;
use super::document::Document;
use crate::cluster::{Installation, field_manager};

/// The Lease at the API server.
pub(super) struct Store {
    client: Client,
    request: Request,
    name: String,
    limit: Duration,
}

/// Why a call did nothing, or may have.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// Somebody else was first.
    #[error("somebody else changed the lease")]
    Conflict,
    /// It is not there.
    #[error("there is no such lease")]
    Missing,
    /// It may have been done all the same.
    #[error("no answer within {0:?}")]
    TimedOut(Duration),
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

impl Store {
    /// The Lease of `installation`; a call takes `limit` at most.
    pub(super) fn new(client: Client, installation: &Installation, limit: Duration) -> Self {
        let namespace = Some(installation.namespace.as_str());
        Self {
            client,
            request: Request::new(v1::Lease::url_path(&(), namespace)),
            name: installation.lease().to_owned(),
            limit,
        }
    }

    /// The Lease as it is, not as a cache has it.
    pub(super) async fn read(&self) -> Result<Option<Document>, Failure> {
        let request = self.request.get(&self.name, &Default::default());
        match self.send(request).await {
            Ok(document) => Ok(Some(document)),
            Err(Failure::Missing) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// Makes it, if there is none.
    pub(super) async fn create(&self, document: &Document) -> Result<Document, Failure> {
        let request = self.request.create(&parameters(), document.to_bytes());
        match self.send(request).await {
            Err(Failure::Missing) => Err(Failure::Other("there is no such namespace".to_owned())),
            outcome => outcome,
        }
    }

    /// Replaces it, if nobody changed it since `document` was read.
    pub(super) async fn replace(&self, document: &Document) -> Result<Document, Failure> {
        let request = self
            .request
            .replace(&self.name, &parameters(), document.to_bytes());
        self.send(request).await
    }

    async fn send(
        &self,
        request: Result<hyper::Request<Vec<u8>>, kube::core::request::Error>,
    ) -> Result<Document, Failure> {
        let request = request.map_err(|error| Failure::Other(error.to_string()))?;
        let text = timeout(self.limit, self.client.request_text(request))
            .await
            .map_err(|_| Failure::TimedOut(self.limit))??;
        let unreadable = || Failure::Other("the API server's answer is no Lease".to_owned());
        Document::stored(&text).ok_or_else(unreadable)
    }
}

fn parameters() -> PostParams {
    PostParams {
        field_manager: Some(field_manager::LEASE.to_owned()),
        ..PostParams::default()
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 409 => Self::Conflict,
            kube::Error::Api(status) if status.code == 404 => Self::Missing,
            kube::Error::Api(status) => {
                Self::Other(format!("answer {}: {}", status.code, status.message))
            }
            error => Self::Other(innermost(&error)),
        }
    }
}
