//! An `Event` about an object without a namespace.

use jiff::Timestamp;
use k8s_openapi::{
    api::{core::v1::ObjectReference, events::v1::Event},
    apimachinery::pkg::apis::meta::v1::{MicroTime, ObjectMeta},
};

use crate::api::API_VERSION;

/// Where events about objects without a namespace belong.
pub const NAMESPACE: &str = "default";

const CONTROLLER: &str = "arrears.dev/arrears";

/// The API server takes so many bytes of text,
const MOST_BYTES: usize = 1024;

/// and so many characters of a replica's name.
const MOST_OF_AN_INSTANCE: usize = 128;

/// What is told of an object.
#[derive(Clone, Copy, Debug)]
pub(super) struct Told<'t> {
    /// The kind of the object, one of ours.
    pub(super) kind: &'t str,
    /// Its name.
    pub(super) name: &'t str,
    /// Its identity, without which `kubectl describe` does not find the event.
    pub(super) uid: Option<&'t str>,
    /// `Normal` or `Warning`.
    pub(super) type_: &'static str,
    /// In one word of camel case.
    pub(super) reason: &'t str,
    /// What was being done.
    pub(super) action: &'static str,
    /// In a sentence; what is too long is cut.
    pub(super) note: &'t str,
}

impl Told<'_> {
    /// The event of this name, told by this replica now; of two with one name the API server takes the first.
    pub(super) fn event(&self, name: String, instance: &str, now: Timestamp) -> Event {
        Event {
            action: Some(self.action.to_owned()),
            event_time: Some(MicroTime(now)),
            metadata: ObjectMeta {
                name: Some(name),
                namespace: Some(NAMESPACE.to_owned()),
                ..ObjectMeta::default()
            },
            note: Some(cut(self.note)),
            reason: Some(self.reason.to_owned()),
            regarding: Some(ObjectReference {
                api_version: Some(API_VERSION.to_owned()),
                kind: Some(self.kind.to_owned()),
                name: Some(self.name.to_owned()),
                uid: self.uid.map(str::to_owned),
                ..ObjectReference::default()
            }),
            reporting_controller: Some(CONTROLLER.to_owned()),
            reporting_instance: Some(instance.chars().take(MOST_OF_AN_INSTANCE).collect()),
            type_: Some(self.type_.to_owned()),
            ..Event::default()
        }
    }
}

/// As much of a text as the API server takes.
fn cut(text: &str) -> String {
    let mut end = text.len().min(MOST_BYTES);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_note_is_cut_between_characters() {
        let note = "\u{8d26}".repeat(1000);
        assert_eq!(cut(&note).len(), 1023);
        assert_eq!(cut("short"), "short");
    }
}
