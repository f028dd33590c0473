//! What every family that reads plain fields needs: whether the object is on its way out, and how a field of
//! an impossible shape is told.

use std::borrow::Cow;

use serde::Deserialize;

use super::{
    lenient::{Lenient, Shape, shaped_object},
    operation::Malformed,
};

/// The part of `metadata` that says whether the object is on its way out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct Metadata<'a> {
    #[serde(borrow)]
    deletion_timestamp: Lenient<Cow<'a, str>>,
}
shaped_object!(Metadata);

/// Turns the shape of a field that must have another one into what is said about it.
pub(super) fn wrong(
    field: &'static str,
    expected: &'static str,
) -> impl FnOnce(Shape) -> Malformed<'static> {
    move |found| Malformed {
        field: field.into(),
        expected,
        found,
    }
}

// === impl Metadata ===

impl Metadata<'_> {
    /// Whether the object is being deleted: then nothing that is asked of it may be held back.
    pub(super) fn is_deleting(metadata: &Lenient<Self>) -> bool {
        metadata
            .value()
            .is_some_and(|metadata| metadata.deletion_timestamp != Lenient::Absent)
    }
}
