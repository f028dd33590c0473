//! One call to the API server: within the term, with a time-out of its own, never sent twice.

use std::time::Duration;

use tokio::time::timeout;

use crate::cluster::{Term, cause::innermost};

/// Longer than a busy API server takes for an object of the largest size: about half a second of its time.
const LIMIT: Duration = Duration::from_secs(20);

/// Why a call did nothing, or may have.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The term is over.
    #[error("this replica is no longer the leader")]
    TermOver,
    /// Somebody else was first.
    #[error("somebody else changed the object: {0}")]
    Conflict(String),
    /// It is not there.
    #[error("there is no such object")]
    Missing,
    /// The object is somebody's own.
    #[error(
        "LockSnapshot {0} is not one of ours: it lacks the label app.kubernetes.io/managed-by: arrears"
    )]
    Foreign(String),
    /// It may have been done all the same.
    #[error("no answer within {LIMIT:?}")]
    TimedOut,
    /// Anything else, in words.
    #[error("{0}")]
    Other(String),
}

/// Waits for a call that reads.
pub(super) async fn read<T>(
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Failure> {
    match timeout(LIMIT, call).await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Failure::TimedOut),
    }
}

/// Waits for a call that writes, unless the term is over.
pub(super) async fn write<T>(
    term: &Term,
    call: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Failure> {
    match term.holds() {
        true => read(call).await,
        false => Err(Failure::TermOver),
    }
}

impl From<kube::Error> for Failure {
    fn from(error: kube::Error) -> Self {
        match error {
            kube::Error::Api(status) if status.code == 409 => Self::Conflict(status.message),
            kube::Error::Api(status) if status.code == 404 => Self::Missing,
            kube::Error::Api(status) => {
                Self::Other(format!("answer {}: {}", status.code, status.message))
            }
            error => Self::Other(innermost(&error)),
        }
    }
}
