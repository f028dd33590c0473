//! Whether a field of the spec changed in a way that the provider acts upon.

use serde_json::{Map, Value};

use super::{
    field::{Field, Form, Removal},
    fields::Part,
    managed::malformed,
    value::{contains_all, is_zero, same, shape},
};
use crate::{json::Raw, kinds::Malformed};

/// The entries that the provider's tag initializer adds to every object by itself.
const OWN_TAGS: [&str; 3] = [
    "crossplane-kind",
    "crossplane-name",
    "crossplane-providerconfig",
];

/// What it means that a field is there which wasn't before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Additions {
    /// The provider recorded what it observed, or nothing is known to compare it with.
    Recorded,
    /// Someone asks for it, unless it is what is observed.
    Asked,
}

/// A field in the three places that matter, and how to read its coming and going.
pub(super) struct Comparison<'a> {
    pub(super) before: Option<Raw<'a>>,
    pub(super) now: Option<Raw<'a>>,
    pub(super) observed: Option<Raw<'a>>,
    pub(super) additions: Additions,
    pub(super) late_initializes: bool,
}

impl<'a> Comparison<'a> {
    /// Whether the provider acts upon the difference.
    pub(super) fn is_change(&self, field: &'static Field) -> Result<bool, Malformed<'a>> {
        match (self.before, self.now) {
            (None, None) => Ok(false),
            (Some(before), Some(now)) => self.is_other(field, before, now),
            (None, Some(now)) => self.is_addition(field, now),
            (Some(before), None) => Ok(self.is_removal(field, before)),
        }
    }

    fn is_other(
        &self,
        field: &'static Field,
        before: Raw<'a>,
        now: Raw<'a>,
    ) -> Result<bool, Malformed<'a>> {
        if before.get() == now.get() {
            return Ok(false);
        }
        let value = parsed(now);
        if let (Some(before), Some(now)) = (parsed(before), &value)
            && !self.differs(field.form, &before, now)
        {
            return Ok(false);
        }
        check(field, now, value.as_ref())?;
        Ok(true)
    }

    fn is_addition(&self, field: &'static Field, now: Raw<'a>) -> Result<bool, Malformed<'a>> {
        match (self.additions, self.observed) {
            (Additions::Recorded, _) => Ok(false),
            (Additions::Asked, Some(observed)) => self.is_other(field, observed, now),
            (Additions::Asked, None) => check(field, now, parsed(now).as_ref()).map(|()| true),
        }
    }

    /// Argo and Flux drop fields that the provider filled in; it fills them in again before it plans anything.
    fn is_removal(&self, field: &'static Field, before: Raw<'a>) -> bool {
        match field.removal {
            Removal::Nothing => false,
            Removal::Change => {
                !self.late_initializes
                    && parsed(self.observed.unwrap_or(before)).is_none_or(|value| !is_zero(&value))
            }
            Removal::ChangeAlways => true,
        }
    }

    fn differs(&self, form: Form, before: &Value, now: &Value) -> bool {
        match (form, before, now) {
            (Form::Set, Value::Array(before), Value::Array(now)) => {
                !contains_all(before, now) || !contains_all(now, before)
            }
            (Form::Tags, Value::Object(before), Value::Object(now)) => {
                has_new_tags(before, now) || has_lost_tags(before, now)
            }
            (Form::Items(ignored), ..) => {
                let observed = self.observed.and_then(parsed);
                self.items_differ(ignored, before, now, observed.as_ref())
            }
            _ => !same(before, now),
        }
    }

    /// The same rules as for whole fields, one level down: the provider fills in blocks as well.
    fn items_differ(
        &self,
        ignored: &[&str],
        before: &Value,
        now: &Value,
        observed: Option<&Value>,
    ) -> bool {
        match (before, now) {
            (Value::Array(before), Value::Array(now)) => {
                before.len() != now.len()
                    || before
                        .iter()
                        .zip(now)
                        .enumerate()
                        .any(|(index, (before, now))| {
                            let observed = observed.and_then(|observed| observed.get(index));
                            self.items_differ(ignored, before, now, observed)
                        })
            }
            (Value::Object(before), Value::Object(now)) => now
                .iter()
                .filter(|(key, value)| {
                    !value.is_null() && !ignored.contains(&key.as_str()) && !is_reference(key)
                })
                .any(|(key, now)| {
                    let observed = observed.and_then(|observed| observed.get(key));
                    match before.get(key).filter(|before| !before.is_null()) {
                        Some(before) => self.items_differ(ignored, before, now, observed),
                        None => {
                            self.additions == Additions::Asked
                                && observed.is_none_or(|observed| !same(observed, now))
                        }
                    }
                }),
            _ => !same(before, now),
        }
    }
}

/// Whether a map has entries that it didn't have before, apart from the provider's own.
pub(super) fn has_new_tags(before: &Map<String, Value>, now: &Map<String, Value>) -> bool {
    others_tags(now).any(|(key, value)| before.get(key).is_none_or(|before| !same(before, value)))
}

/// Whether a map has lost entries; one that only has another value is written over, not removed.
pub(super) fn has_lost_tags(before: &Map<String, Value>, now: &Map<String, Value>) -> bool {
    others_tags(before).any(|(key, _)| !now.contains_key(key))
}

fn others_tags(tags: &Map<String, Value>) -> impl Iterator<Item = (&String, &Value)> {
    tags.iter()
        .filter(|(key, _)| !OWN_TAGS.contains(&key.as_str()))
}

/// References inside of blocks only ever fill the plain field beside them.
fn is_reference(key: &str) -> bool {
    ["Ref", "Refs", "Selector"]
        .iter()
        .any(|suffix| key.ends_with(suffix))
}

/// Whether a controller could use a value that someone asks for.
fn check<'a>(
    field: &'static Field,
    raw: Raw<'a>,
    value: Option<&Value>,
) -> Result<(), Malformed<'a>> {
    let Some(found) = shape(raw) else {
        return Ok(());
    };
    let expected = match (value, field.form) {
        (_, form) if form.mismatch(found).is_some() => form.mismatch(found),
        (None, _) => Some("readable JSON"),
        (Some(Value::Array(items)), Form::Set) if !items.iter().all(Value::is_string) => {
            Some("a list of strings")
        }
        (Some(_), _) => None,
    };
    match expected {
        Some(expected) => Err(malformed(Part::Asked.path_of(field.name), expected, found)),
        None => Ok(()),
    }
}

/// A value, if the text has one: half a surrogate pair has none.
fn parsed(raw: Raw<'_>) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}
