//! The fields of `forProvider`, `initProvider` and `atProvider` that a kind's table names, each in its slot.
//!
//! They are put there while the object is read for the first time; their values are kept as text and only looked into
//! where they decide something. Whatever is wrong with them is told when it matters, not by the parser.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::{
    known::KnownFields,
    managed::malformed,
    value::{self, shape},
};
use crate::{
    json::Raw,
    kinds::{
        Malformed,
        lenient::{Lenient, Shape, Shaped},
    },
};

/// Which of the three objects fields come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// `spec.forProvider`.
    Asked,
    /// `spec.initProvider`.
    Initial,
    /// `status.atProvider`.
    Observed,
}

/// The fields of one object that the table names.
#[derive(Debug)]
pub(super) struct Fields<'a> {
    part: Part,
    known: &'static KnownFields,
    is_empty: bool,
    /// The place of a field that is given twice, and what it is the second time.
    repeated: Option<(usize, Shape)>,
    /// By place in `known`; none at all where no field is known.
    slots: Vec<Option<Raw<'a>>>,
}

/// Puts the entries of an object into their slots.
pub(super) struct Filling {
    pub(super) part: Part,
    pub(super) known: &'static KnownFields,
}

const UNREADABLE: &str = "readable JSON";

// === impl Part ===

impl Part {
    /// The path of the object.
    pub(super) fn path(self) -> &'static str {
        match self {
            Self::Asked => "spec.forProvider",
            Self::Initial => "spec.initProvider",
            Self::Observed => "status.atProvider",
        }
    }

    /// The path of one of its fields.
    pub(super) fn path_of(self, name: &str) -> Cow<'static, str> {
        format!("{}.{name}", self.path()).into()
    }
}

// === impl Fields ===

impl<'a> Fields<'a> {
    /// The fields of an object that isn't there.
    pub(super) const fn none(part: Part) -> Self {
        static NOTHING: KnownFields = KnownFields::of(&[]);
        Self::empty(part, &NOTHING)
    }

    const fn empty(part: Part, known: &'static KnownFields) -> Self {
        Self {
            part,
            known,
            is_empty: true,
            repeated: None,
            slots: Vec::new(),
        }
    }

    /// These fields, unless one of them is given twice.
    pub(super) fn unambiguous(&self) -> Result<&Self, Malformed<'a>> {
        match self.repeated {
            None => Ok(self),
            Some((place, found)) => Err(malformed(
                self.part
                    .path_of(self.known.name_at(place).unwrap_or_default()),
                "a field given once",
                found,
            )),
        }
    }

    pub(super) fn part(&self) -> Part {
        self.part
    }

    /// Whether the object has no key at all, known or not.
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// Whether the fields of the other object are these, letter by letter.
    pub(super) fn is_same_text(&self, other: &Self) -> bool {
        (0..self.slots.len().max(other.slots.len()))
            .all(|place| self.at(place).map(Raw::get) == other.at(place).map(Raw::get))
    }

    /// The value of the field at this place of the table.
    pub(super) fn at(&self, place: usize) -> Option<Raw<'a>> {
        let raw = (*self.slots.get(place)?)?;
        shape(raw).map(|_| raw)
    }

    pub(super) fn get(&self, name: &str) -> Option<Raw<'a>> {
        self.at(self.known.place_of(name.as_bytes())?)
    }

    /// A string; an empty one is none, as it is to the provider.
    pub(super) fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Malformed<'a>> {
        let text: Option<Cow<'a, str>> = self.value(name, "a string")?;
        Ok(text.filter(|text| !text.is_empty()))
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<f64>, Malformed<'a>> {
        self.value(name, "a number")
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Malformed<'a>> {
        self.value(name, "a boolean")
    }

    /// One string, or the strings of a list; empty ones are none.
    pub(super) fn one_or_more(&self, name: &str) -> Result<Vec<Cow<'a, str>>, Malformed<'a>> {
        if self.get(name).and_then(shape) == Some(Shape::List) {
            return self.texts(name);
        }
        Ok(self.text(name)?.into_iter().collect())
    }

    /// The strings of a list.
    pub(super) fn texts(&self, name: &str) -> Result<Vec<Cow<'a, str>>, Malformed<'a>> {
        const EXPECTED: &str = "a list of strings";
        let items: Option<Vec<Lenient<Cow<'a, str>>>> = self.value(name, EXPECTED)?;
        items
            .into_iter()
            .flatten()
            .map(|item| match item {
                Lenient::Is(text) => Ok(text),
                Lenient::Absent | Lenient::Not(_) => {
                    Err(malformed(self.part.path_of(name), EXPECTED, Shape::List))
                }
            })
            .collect()
    }

    fn value<T: Shaped<'a>>(
        &self,
        name: &str,
        expected: &'static str,
    ) -> Result<Option<T>, Malformed<'a>> {
        let Some(raw) = self.get(name) else {
            return Ok(None);
        };
        match serde_json::from_str::<Lenient<T>>(raw.get()) {
            Ok(Lenient::Is(value)) => Ok(Some(value)),
            Ok(Lenient::Absent) => Ok(None),
            Ok(Lenient::Not(found)) => Err(malformed(self.part.path_of(name), expected, found)),
            Err(_) => Err(self.unreadable(name, raw)),
        }
    }

    /// The whole value of a field.
    pub(super) fn json(&self, name: &str) -> Result<Option<serde_json::Value>, Malformed<'a>> {
        self.get(name)
            .map(|raw| serde_json::from_str(raw.get()).map_err(|_| self.unreadable(name, raw)))
            .transpose()
    }

    /// JSON that is well-formed and yet has no value: half a surrogate pair, a number beyond a double, a tower of lists.
    fn unreadable(&self, name: &str, raw: Raw<'_>) -> Malformed<'a> {
        malformed(
            self.part.path_of(name),
            UNREADABLE,
            value::shape(raw).unwrap_or(Shape::Object),
        )
    }

    fn put(&mut self, place: usize, raw: Raw<'a>) {
        if self.slots.is_empty() {
            self.slots.resize(self.known.places(), None);
        }
        if let Some(slot) = self.slots.get_mut(place)
            && slot.replace(raw).is_some()
            && self.repeated.is_none()
        {
            self.repeated = Some((place, shape(raw).unwrap_or(Shape::Object)));
        }
    }
}

// === impl Filling ===

impl<'de> Visitor<'de> for Filling {
    type Value = Fields<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut fields = Fields::empty(self.part, self.known);
        while let Some(place) = map.next_key_seed(Place(self.known))? {
            fields.is_empty = false;
            match place {
                Some(place) => fields.put(place, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(fields)
    }
}

/// Reads a key without keeping it: its place in the table, if it has one.
///
/// As bytes, so that a key which is no text is one that nobody knows.
struct Place(&'static KnownFields);

impl<'de> DeserializeSeed<'de> for Place {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_bytes(self)
    }
}

impl Visitor<'_> for Place {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Self::Value, E> {
        Ok(self.0.place_of(name))
    }
}
