//! The fields of `forProvider`, `initProvider` and `atProvider` that a kind's table names.

use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::{
    managed::malformed,
    value::{self, shape},
};
use crate::kinds::{
    Malformed,
    lenient::{Lenient, Shape, Shaped},
};

/// A field that decides something.
#[derive(Debug)]
pub(super) struct Field {
    /// Its name, as in the CRD.
    pub(super) name: &'static str,
    /// What it holds, and so how two of its values are compared.
    pub(super) form: Form,
    /// What it means to take it out of the spec.
    pub(super) removal: Removal,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A string.
    Text,
    /// A number.
    Number,
    /// A boolean.
    Flag,
    /// A list of strings without order.
    Set,
    /// A map of strings; the three entries that the provider adds by itself don't count.
    Tags,
    /// A list of objects, or one object; these of their keys change nothing.
    Items(&'static [&'static str]),
    /// A list, compared as a whole.
    List,
    /// Anything, compared as a whole.
    Whole,
}

/// What it means to take a field out of the spec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Removal {
    /// Nothing: the observed value is kept, or written back before the provider plans.
    Nothing,
    /// A change, unless the policies let the provider write the observed value back.
    Change,
    /// A change always: a reference to a Secret is never written back.
    ChangeAlways,
}

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
#[derive(Clone, Debug)]
pub(super) struct Fields<'a> {
    part: Part,
    is_empty: bool,
    known: &'static [Field],
    /// By place in `known`.
    values: SmallVec<[(usize, &'a RawValue); 16]>,
}

const UNREADABLE: &str = "readable JSON";

// === impl Field ===

impl Field {
    const fn new(name: &'static str, form: Form) -> Self {
        Self {
            name,
            form,
            removal: Removal::Nothing,
        }
    }

    pub(super) const fn text(name: &'static str) -> Self {
        Self::new(name, Form::Text)
    }

    pub(super) const fn number(name: &'static str) -> Self {
        Self::new(name, Form::Number)
    }

    pub(super) const fn flag(name: &'static str) -> Self {
        Self::new(name, Form::Flag)
    }

    pub(super) const fn set(name: &'static str) -> Self {
        Self::new(name, Form::Set)
    }

    pub(super) const fn tags(name: &'static str) -> Self {
        Self::new(name, Form::Tags)
    }

    pub(super) const fn items(name: &'static str, ignored: &'static [&'static str]) -> Self {
        Self::new(name, Form::Items(ignored))
    }

    pub(super) const fn list(name: &'static str) -> Self {
        Self::new(name, Form::List)
    }

    pub(super) const fn whole(name: &'static str) -> Self {
        Self::new(name, Form::Whole)
    }

    pub(super) const fn removed_as(self, removal: Removal) -> Self {
        Self { removal, ..self }
    }
}

// === impl Form ===

impl Form {
    /// What a controller could use, where a value of this shape is of no use to it.
    pub(super) fn mismatch(self, found: Shape) -> Option<&'static str> {
        let (fits, expected) = match self {
            Self::Text => (found == Shape::String, "a string"),
            Self::Number => (found == Shape::Number, "a number"),
            Self::Flag => (found == Shape::Boolean, "a boolean"),
            Self::Set => (found == Shape::List, "a list of strings"),
            Self::Tags => (found == Shape::Object, "an object"),
            Self::Items(_) => (
                matches!(found, Shape::List | Shape::Object),
                "a list of objects",
            ),
            Self::List => (found == Shape::List, "a list"),
            Self::Whole => return None,
        };
        (!fits).then_some(expected)
    }
}

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
    /// Takes an object apart. `known` is sorted by name.
    pub(super) fn read(
        part: Part,
        known: &'static [Field],
        raw: Option<&'a RawValue>,
    ) -> Result<Self, Malformed<'a>> {
        let mut fields = Self {
            part,
            is_empty: true,
            known,
            values: SmallVec::new(),
        };
        let Some(raw) = raw else {
            return Ok(fields);
        };
        match shape(raw) {
            None => return Ok(fields),
            Some(Shape::Object) => {}
            Some(found) => return Err(malformed(part.path(), "an object", found)),
        }
        let mut deserializer = serde_json::Deserializer::from_str(raw.get());
        Filling(&mut fields)
            .deserialize(&mut deserializer)
            .map_err(|_| malformed(part.path(), UNREADABLE, Shape::Object))?;
        fields.values.sort_by_key(|(place, _)| *place);
        fields.reject_repetitions()?;
        Ok(fields)
    }

    pub(super) fn part(&self) -> Part {
        self.part
    }

    /// Whether the object has no key at all, known or not.
    pub(super) fn is_empty(&self) -> bool {
        self.is_empty
    }

    /// The value of the field at this place of the table.
    pub(super) fn at(&self, place: usize) -> Option<&'a RawValue> {
        let index = self
            .values
            .binary_search_by_key(&place, |(place, _)| *place)
            .ok()?;
        let (_, raw) = self.values.get(index)?;
        shape(raw).map(|_| *raw)
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.at(place_of(name, self.known)?)
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

    fn reject_repetitions(&self) -> Result<(), Malformed<'a>> {
        let neighbours = self.values.iter().zip(self.values.iter().skip(1));
        for ((place, _), (next, raw)) in neighbours {
            if let (true, Some(field)) = (place == next, self.known.get(*place)) {
                return Err(malformed(
                    self.part.path_of(field.name),
                    "a field given once",
                    shape(raw).unwrap_or(Shape::Object),
                ));
            }
        }
        Ok(())
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
    fn unreadable(&self, name: &str, raw: &RawValue) -> Malformed<'a> {
        malformed(
            self.part.path_of(name),
            UNREADABLE,
            value::shape(raw).unwrap_or(Shape::Object),
        )
    }
}

fn place_of(name: &str, known: &[Field]) -> Option<usize> {
    known.binary_search_by_key(&name, |field| field.name).ok()
}

/// Fills [`Fields`] from an object.
struct Filling<'f, 'a>(&'f mut Fields<'a>);

impl<'de: 'a, 'a> DeserializeSeed<'de> for Filling<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Visitor<'de> for Filling<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(place) = map.next_key_seed(Place(self.0.known))? {
            self.0.is_empty = false;
            match place {
                Some(place) => self.0.values.push((place, map.next_value()?)),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Reads a key without keeping it: its place in the table, if it has one.
struct Place(&'static [Field]);

impl<'de> DeserializeSeed<'de> for Place {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Place {
    type Value = Option<usize>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a key")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(place_of(name, self.0))
    }
}
