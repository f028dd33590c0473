//! Why there are no credentials.

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
    pub(super) fn of(source_name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            tried: vec![Attempt {
                source_name: source_name.into(),
                reason: reason.into(),
            }],
        }
    }
}
