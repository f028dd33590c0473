//! One page of a listing.

use serde::{Deserialize, Deserializer, de::Error as _};

/// A page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What it lists.
    pub items: Vec<T>,
    /// Asks for the next page; none = this is the last.
    pub next_token: Option<String>,
}

/// What is listed in pages.
pub(in crate::ecs) trait Listing: Sized {
    /// Reads a page of it.
    fn read(body: &[u8]) -> Result<Page<Self>, String>;
}

/// Reads an id, which is not empty.
pub(super) fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let id = String::deserialize(deserializer)?;
    match id.is_empty() {
        true => Err(D::Error::custom("an id is empty")),
        false => Ok(id),
    }
}

/// Reads `NextToken`, which is empty on the last page.
pub(super) fn next_token<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    let token = Option::<String>::deserialize(deserializer)?;
    Ok(token.filter(|token| !token.is_empty()))
}
