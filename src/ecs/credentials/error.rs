//! Why there are no credentials.

use crate::ecs::error::one_line;

/// Nothing serves, and what was tried.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .tried.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Error {
    /// Each source, in the order in which they were tried.
    pub tried: Vec<Attempt>,
}

/// A source, and why it did not serve.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{source_name}: {reason}")]
pub struct Attempt {
    /// The source.
    pub source_name: String,
    /// In one line, without anything secret.
    pub reason: String,
}

impl Error {
    /// The one source that there is to try did not serve.
    pub(super) fn of(source_name: impl Into<String>, reason: impl AsRef<str>) -> Self {
        Self {
            tried: vec![Attempt::new(source_name, reason)],
        }
    }
}

impl Attempt {
    /// Whatever the reason is made of, it is one line of bounded length.
    pub(super) fn new(source_name: impl Into<String>, reason: impl AsRef<str>) -> Self {
        Self {
            source_name: source_name.into(),
            reason: one_line(reason.as_ref()),
        }
    }
}
