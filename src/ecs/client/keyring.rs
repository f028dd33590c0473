//! Where a client takes its keys from.

use std::{fmt, pin::Pin, sync::Arc};

use crate::ecs::credentials::{Provider, keys::Keys};

/// Keys that may change from one call to the next.
pub(super) trait Keyring: fmt::Debug + Send + Sync {
    /// Those that count now, or why there are none.
    fn keys(&self) -> Pin<Box<dyn Future<Output = Result<Arc<Keys>, String>> + Send + '_>>;

    /// Says that the service does not take these any more.
    fn reject(&self, keys: &Keys);
}

impl Keyring for Provider {
    fn keys(&self) -> Pin<Box<dyn Future<Output = Result<Arc<Keys>, String>> + Send + '_>> {
        Box::pin(async { self.keys().await.map_err(|error| error.to_string()) })
    }

    fn reject(&self, keys: &Keys) {
        self.reject(keys);
    }
}
