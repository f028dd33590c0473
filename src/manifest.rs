//! Reads Kubernetes manifests, YAML and JSON, and remembers on which line everything stands.
//!
//! Values are what kubectl takes them for (its YAML is 1.1: `on` is true, `0777` is 511, a key `1` is `"1"`), with two
//! differences: a key that occurs twice is an error, and so is what JSON can't hold. One document that can't be read
//! never hides the others. Whatever the bytes are, there is no panic, no unbounded recursion, and no more memory than
//! a small multiple of the file: aliases are expanded within a budget.
//!
//! Pure: bytes in, values out.

mod chunks;
mod de;
mod documents;
mod error;
mod field;
mod header;
mod json;
mod node;
mod place;
mod scalar;
mod skim;
mod text;
mod trouble;
mod yaml;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::OnceLock;

use serde::de::DeserializeOwned;

pub use documents::Documents;
pub use error::Error;
pub use header::Header;

use json::Text;
use node::{Node, Value};
use place::Place;

/// The manifests in a file; `source` names it in errors, and a name ending in `.json` makes it JSON.
///
/// Lists are taken apart: their items come as documents of their own, with their own lines.
pub fn documents<'a>(source: &'a str, bytes: &'a [u8]) -> Documents<'a> {
    Documents::new(source, bytes)
}

/// One manifest: always an object, no key of which occurs twice.
pub struct Document<'a> {
    source: &'a str,
    body: Body<'a>,
    header: Header<'a>,
    nodes: OnceLock<Option<Node<'a>>>,
}

enum Body<'a> {
    Json(Text<'a>),
    Node(Node<'a>),
}

// === impl Document ===

impl<'a> Document<'a> {
    fn new(source: &'a str, body: Body<'a>, header: Header<'a>) -> Self {
        Self {
            source,
            body,
            header,
            nodes: OnceLock::new(),
        }
    }

    /// The name of the file, as it was given.
    pub fn source(&self) -> &'a str {
        self.source
    }

    /// The line in the file, from 1, on which the first key of the manifest stands.
    pub fn line(&self) -> usize {
        self.body.first_key().line()
    }

    /// What the manifest says it is.
    pub fn header(&self) -> &Header<'a> {
        &self.header
    }

    /// The manifest as a `T`: an unknown field (of a `T` that denies them), a missing one or one of a wrong type is an
    /// error that names the field and its place.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Error> {
        match &self.body {
            Body::Node(node) => de::from_node(self.source, node),
            Body::Json(text) => {
                serde_json::from_str(text.text).or_else(|error| match self.nodes() {
                    // Slower, but it knows where.
                    Some(node) => de::from_node(self.source, node),
                    None => Err(text.error(self.source, &error)),
                })
            }
        }
    }

    /// The manifest as the JSON that an API server would be sent; that of a JSON file is its own text.
    pub fn to_json(&self) -> Result<Cow<'a, [u8]>, Error> {
        match &self.body {
            Body::Json(text) => Ok(Cow::Borrowed(text.text.as_bytes())),
            Body::Node(node) => match serde_json::to_vec(node) {
                Ok(json) => Ok(Cow::Owned(json)),
                Err(error) => Err(Error::at(self.source, node.place, error)),
            },
        }
    }

    /// The line in the file of a field such as `spec.disks[0].id` or `metadata.annotations[crossplane.io/paused]`; that
    /// of its deepest ancestor where the manifest lacks it.
    pub fn line_of(&self, field: &str) -> usize {
        self.place_of(field).line()
    }

    /// An error about a field, at the place that [`Self::line_of`] finds.
    pub fn error(&self, field: &str, message: impl fmt::Display) -> Error {
        Error::at(self.source, self.place_of(field), message)
    }

    fn place_of(&self, field: &str) -> Place {
        match self.nodes() {
            Some(node) => field::place(node, field),
            None => self.body.first_key(),
        }
    }

    fn nodes(&self) -> Option<&Node<'a>> {
        match &self.body {
            Body::Node(node) => Some(node),
            Body::Json(text) => self
                .nodes
                .get_or_init(|| text.node(self.source).ok())
                .as_ref(),
        }
    }
}

impl fmt::Debug for Document<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Document")
            .field("source", &self.source)
            .field("line", &self.line())
            .field("header", &self.header)
            .finish_non_exhaustive()
    }
}

// === impl Body ===

impl Body<'_> {
    fn place(&self) -> Place {
        match self {
            Self::Json(text) => text.place,
            Self::Node(node) => node.place,
        }
    }

    fn is_object(&self) -> bool {
        match self {
            Self::Json(text) => text.is_object(),
            Self::Node(node) => matches!(node.value, Value::Mapping(_)),
        }
    }

    fn describe(&self) -> &'static str {
        match self {
            Self::Json(text) => text.describe(),
            Self::Node(node) => node.value.describe(),
        }
    }

    fn first_key(&self) -> Place {
        match self {
            Self::Json(text) => text.first_key(),
            Self::Node(node) => node.first_key(),
        }
    }
}
