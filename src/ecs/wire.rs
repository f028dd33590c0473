//! What is asked of ECS and what it answers, as far as locks go.
//!
//! Guarantees: an instance's locks and a disk's are told in different shapes and read by different types, so that
//! neither is mistaken for "not locked"; what has another shape than the service's is an error; fields that say
//! nothing of locks are passed over.

mod disk;
mod instance;
mod locks;
mod object;
mod page;
mod query;

pub(super) use disk::Disk;
pub(super) use instance::Instance;
pub(super) use locks::Locks;
pub(super) use page::Listing;
pub(super) use page::Page;
pub(super) use query::Parameters;
pub(super) use query::{MOST_IDS, Query};

use serde::de::DeserializeOwned;

/// Reads an answer, which has to be one object and nothing after it.
pub(super) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut reader = serde_json::Deserializer::from_slice(body);
    let value = object::object(&mut reader).map_err(|error| problem(&error))?;
    reader.end().map_err(|error| problem(&error))?;
    Ok(value)
}

fn problem(error: &serde_json::Error) -> String {
    use serde_json::error::Category;
    match error.classify() {
        Category::Eof => format!(
            "the answer ends early, at byte {} of its last line",
            error.column()
        ),
        Category::Syntax | Category::Io => format!(
            "the answer is not JSON at line {} column {}",
            error.line(),
            error.column()
        ),
        Category::Data => format!("the answer has another shape: {error}"),
    }
}

#[cfg(test)]
mod tests;
