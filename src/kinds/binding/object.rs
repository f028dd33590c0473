//! A bound object: of its text, only the parts that the binding's paths can reach are kept.
//!
//! Bounded: whatever the object holds, at most [`MOST_VALUES`] values are kept. What is left out of a larger one is
//! remembered, so that nobody takes a part of it for the whole.

use std::{
    borrow::Cow,
    cell::{Cell, RefCell},
    fmt,
};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value};

use super::{outline::Outline, path::shape};
use crate::kinds::Shape;

/// How many values below a path are looked at: a hundred times what a machine's manifest has.
pub(super) const MOST_VALUES: usize = 50_000;

/// An object of a bound kind, as far as its binding looks at it.
#[derive(Debug, PartialEq)]
pub(in crate::kinds) struct BoundObject {
    pub(super) value: Value,
    pub(super) cut: Option<Cut>,
}

/// Where an object has more values than are looked at.
#[derive(Debug, PartialEq)]
pub(super) struct Cut {
    /// The member, as fields are named.
    pub(super) field: String,
    /// What it is.
    pub(super) found: Shape,
}

/// Which parts of an object are kept.
#[derive(Debug, PartialEq)]
pub(super) enum Keep {
    /// None of it.
    Nothing,
    /// These members as they say, and the others as `others` says.
    Members {
        named: Vec<(Box<str>, Keep)>,
        others: bool,
    },
}

// === impl BoundObject ===

impl BoundObject {
    /// Reads an object, keeping what `keep` says.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        keep: &Keep,
        deserializer: D,
    ) -> Result<Self, D::Error> {
        let budget = Budget {
            left: MOST_VALUES.into(),
            is_cut: Cell::default(),
            cut: RefCell::default(),
        };
        let value = Kept {
            keep,
            budget: &budget,
            depth: 0,
        }
        .deserialize(deserializer)?;
        let cut = budget.cut.into_inner();
        let cut = cut.or_else(|| budget.is_cut.get().then(Cut::of_the_whole));
        Ok(Self { value, cut })
    }

    /// Whether the object is being deleted.
    pub(super) fn is_deleting(&self) -> bool {
        self.value
            .get("metadata")
            .and_then(|metadata| metadata.get("deletionTimestamp"))
            .is_some_and(|timestamp| !timestamp.is_null())
    }
}

// === impl Cut ===

impl Cut {
    fn of_the_whole() -> Self {
        Self {
            field: super::WHOLE.to_owned(),
            found: Shape::Object,
        }
    }
}

// === impl Keep ===

impl Default for Keep {
    /// What is always looked at, and what never is: `managedFields` is the API server's own book-keeping.
    fn default() -> Self {
        Self::members([(
            "metadata",
            Self::members([
                ("deletionTimestamp", Self::everything()),
                ("managedFields", Self::Nothing),
            ]),
        )])
    }
}

impl Keep {
    const fn everything() -> Self {
        Self::Members {
            named: Vec::new(),
            others: true,
        }
    }

    fn members<const N: usize>(named: [(&str, Self); N]) -> Self {
        Self::Members {
            named: named
                .into_iter()
                .map(|(name, keep)| (name.into(), keep))
                .collect(),
            others: false,
        }
    }

    /// Keeps what a path can find, too.
    pub(super) fn add(&mut self, outline: &Outline) {
        self.add_names(&outline.names);
    }

    fn add_names(&mut self, names: &[String]) {
        let Self::Members { named, others } = self else {
            return;
        };
        let Some((first, rest)) = names.split_first() else {
            *others = true;
            for (_, keep) in named {
                keep.add_names(&[]);
            }
            return;
        };
        if let Some((_, keep)) = named.iter_mut().find(|(name, _)| **name == **first) {
            keep.add_names(rest);
        } else if !*others {
            let mut keep = Self::members([]);
            keep.add_names(rest);
            named.push((first.as_str().into(), keep));
        }
    }
}

/// How many more values may be kept; shared by all that reads one object.
struct Budget {
    left: Cell<usize>,
    is_cut: Cell<bool>,
    cut: RefCell<Option<Cut>>,
}

// === impl Budget ===

impl Budget {
    /// Takes one value out of the budget, if one is left.
    fn take(&self) -> bool {
        let less = self.left.get().checked_sub(1);
        match less {
            Some(less) => self.left.set(less),
            None => self.is_cut.set(true),
        }
        less.is_some()
    }

    /// Remembers that the cut lies in this member.
    fn blame(&self, name: &str, member: &Value) {
        let mut cut = self.cut.borrow_mut();
        *cut = Some(match cut.take() {
            Some(inner) => Cut {
                field: format!("{name}.{}", inner.field),
                found: inner.found,
            },
            None => Cut {
                field: name.to_owned(),
                found: shape(member).unwrap_or(Shape::Object),
            },
        });
    }
}

struct Kept<'k> {
    keep: &'k Keep,
    budget: &'k Budget,
    /// How deep in the object this value stands.
    depth: usize,
}

/// What lies deeper is not kept: below the depth at which the parser would refuse the whole review, and with it the
/// removal of an object that is there already.
const DEEPEST: usize = 64;

static EVERYTHING: Keep = Keep::everything();

impl<'de> DeserializeSeed<'de> for Kept<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        match self.keep {
            Keep::Nothing => IgnoredAny::deserialize(deserializer).map(|_| Value::Null),
            Keep::Members { .. } if DEEPEST < self.depth => {
                self.budget.is_cut.set(true);
                IgnoredAny::deserialize(deserializer).map(|_| Value::Null)
            }
            Keep::Members { .. } => deserializer.deserialize_any(self),
        }
    }
}

impl<'de> Visitor<'de> for Kept<'_> {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut kept = Vec::new();
        // A name finds nothing in a list, so that only a wish for everything reaches into it.
        if let Keep::Members { others: true, .. } = self.keep {
            while self.budget.take() {
                let item = Kept {
                    keep: &EVERYTHING,
                    budget: self.budget,
                    depth: self.depth + 1,
                };
                match list.next_element_seed(item)? {
                    Some(item) => kept.push(item),
                    None => return Ok(kept.into()),
                }
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(kept.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut kept = Map::new();
        let Keep::Members { named, others } = self.keep else {
            return Ok(Value::Null);
        };
        while let Some(Name(name)) = map.next_key()? {
            let keep = match named.iter().find(|(known, _)| **known == *name) {
                Some((_, keep)) => keep,
                None if *others && self.budget.take() => &EVERYTHING,
                None => &Keep::Nothing,
            };
            if *keep == Keep::Nothing {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let was_cut = self.budget.is_cut.get();
            let value = map.next_value_seed(Kept {
                keep,
                budget: self.budget,
                depth: self.depth + 1,
            })?;
            if !was_cut && self.budget.is_cut.get() {
                self.budget.blame(&name, &value);
            }
            kept.insert(name.into_owned(), value);
        }
        Ok(kept.into())
    }
}

/// A member's name, borrowed where it can be.
#[derive(Deserialize)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

#[cfg(test)]
mod tests;
