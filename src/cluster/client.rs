//! A client of the API server.

use std::time::Duration;

use kube::{Client, Config, config::InferConfigError};

/// A watch that nobody limits lasts 290 s.
const LONGEST_SILENCE: Duration = Duration::from_secs(310);

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nothing says where the API server is.
    #[error(
        "no API server is known: neither the ServiceAccount of a pod nor a kubeconfig (KUBECONFIG) can be used: {0}"
    )]
    Unknown(Box<InferConfigError>),
    /// What says it can't be used.
    #[error("the API server can't be asked: {0}")]
    Unusable(Box<kube::Error>),
}

/// A client of the API server that this process runs beside, or of that of a kubeconfig, with connections of its own.
///
/// # Errors
/// When neither is there, or it can't be used.
pub async fn client() -> Result<Client, ClientError> {
    let mut config = Config::infer()
        .await
        .map_err(|error| ClientError::Unknown(error.into()))?;
    // Each call has its own patience; one that is tried again for minutes would hold up the next.
    config.default_retry = false;
    // Longer than any watch lasts: of a server that died without a word nothing else would ever be heard.
    config.read_timeout = Some(LONGEST_SILENCE);
    Client::try_from(config).map_err(|error| ClientError::Unusable(error.into()))
}
