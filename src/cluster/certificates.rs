//! What the API server has to trust.

use std::sync::Arc;

use tokio::time::Instant;

/// The PEM of every authority to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle(Arc<str>);

/// What the API server has been told to trust, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What it was told.
    pub bundle: Bundle,
    /// When its answer came.
    pub at: Instant,
}

impl Bundle {
    /// A bundle of PEM.
    ///
    /// # Errors
    /// When it is no text.
    pub fn from_pem(pem: &[u8]) -> Result<Self, std::str::Utf8Error> {
        Ok(Self(std::str::from_utf8(pem)?.into()))
    }

    /// The PEM.
    #[must_use]
    pub fn as_pem(&self) -> &str {
        &self.0
    }
}
