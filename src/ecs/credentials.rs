//! (under construction)

pub(super) mod keys;

use std::sync::Arc;

use keys::Keys;

#[derive(Debug)]
pub struct Provider;

#[derive(Debug, thiserror::Error)]
#[error("under construction")]
pub struct Error;

impl Provider {
    pub async fn keys(&self) -> Result<Arc<Keys>, Error> {
        Err(Error)
    }

    pub fn reject(&self, _: &Keys) {}
}
