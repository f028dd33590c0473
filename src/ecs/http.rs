//! The one way in which anything here speaks HTTP: no redirects, no more than so many bytes, not for ever.

use std::time::Duration;

use bytes::{Bytes, BytesMut};

/// For a connection to be made.
const CONNECT: Duration = Duration::from_secs(5);

/// A listing's largest page is about 300 kB; what is longer than this is none.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// A client whose clones share their connections.
#[derive(Clone, Debug)]
pub(super) struct Http(reqwest::Client);

/// What was answered.
#[derive(Debug)]
pub(super) struct Answer {
    /// The HTTP status.
    pub(super) status: u16,
    /// The headers.
    pub(super) headers: reqwest::header::HeaderMap,
    /// The whole body.
    pub(super) body: Bytes,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// There was none in time.
    #[error("no answer within {0:?}")]
    Timeout(Duration),
    /// The connection could not be made, or broke.
    #[error("{0}")]
    Network(String),
    /// It was too long.
    #[error("the answer is longer than {LARGEST_ANSWER} bytes")]
    TooLong,
}

impl Http {
    /// A client that goes through the proxy that the environment names, if it names one.
    pub(super) fn new() -> Result<Self, String> {
        Self::build(reqwest::Client::builder())
    }

    /// A client for addresses inside the machine's own network, such as the metadata service.
    pub(super) fn direct() -> Result<Self, String> {
        Self::build(reqwest::Client::builder().no_proxy())
    }

    fn build(builder: reqwest::ClientBuilder) -> Result<Self, String> {
        builder
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("arrears/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| cause(&error))
    }

    /// Begins a request.
    pub(super) fn request(
        &self,
        method: reqwest::Method,
        url: reqwest::Url,
    ) -> reqwest::RequestBuilder {
        self.0.request(method, url)
    }

    /// Sends a request and reads all of the answer, within `patience`.
    pub(super) async fn send(
        &self,
        request: reqwest::RequestBuilder,
        patience: Duration,
    ) -> Result<Answer, Failure> {
        tokio::time::timeout(patience, Self::exchange(request))
            .await
            .map_err(|_| Failure::Timeout(patience))?
    }

    async fn exchange(request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        let network = |error: reqwest::Error| Failure::Network(cause(&error));
        let mut response = request.send().await.map_err(network)?;
        let mut body = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(network)? {
            if LARGEST_ANSWER < body.len() + chunk.len() {
                return Err(Failure::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            headers: std::mem::take(response.headers_mut()),
            body: body.freeze(),
        })
    }
}

/// The innermost reason, without the URL: a query may hold what nobody should read.
fn cause(error: &reqwest::Error) -> String {
    let mut innermost: &dyn std::error::Error = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    match std::ptr::eq(
        std::ptr::from_ref(innermost).cast::<()>(),
        std::ptr::from_ref(error).cast::<()>(),
    ) {
        true => "the request could not be made".to_owned(),
        false => innermost.to_string(),
    }
}
