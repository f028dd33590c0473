//! What the API server has to trust.

use std::sync::Arc;

use tokio::time::Instant;

/// The PEM of every authority to trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle(Arc<[u8]>);

/// What the API server has been told to trust, and since when.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What it was told.
    pub bundle: Bundle,
    /// When its answer came.
    pub at: Instant,
}

impl Bundle {
    /// A bundle of PEM.
    #[must_use]
    pub fn from_pem(pem: &[u8]) -> Self {
        Self(pem.into())
    }

    /// The PEM.
    #[must_use]
    pub fn as_pem(&self) -> &[u8] {
        &self.0
    }
}
