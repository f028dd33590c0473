//! A value as JSON knows it, with the place of every part: what YAML is read into, aliases expanded.

use std::borrow::Cow;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable, hash_table};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::place::Place;

/// How deep values may be nested; Kubernetes objects stay far below, and no parser or destructor here runs out of stack.
pub(super) const DEEPEST: usize = 128;

/// Below this many keys comparing each with each is faster than hashing.
const FEW: usize = 16;

/// A value and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Node<'a> {
    pub(super) place: Place,
    pub(super) value: Value<'a>,
}

/// What a value is; boxed slices keep it at 24 bytes.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    /// Always finite.
    Float(f64),
    Text(Cow<'a, str>),
    Sequence(Box<[Node<'a>]>),
    /// Keys are unique.
    Mapping(Box<[Entry<'a>]>),
}

/// One key of a mapping and its value.
#[derive(Clone, Debug)]
pub(super) struct Entry<'a> {
    pub(super) key: Cow<'a, str>,
    pub(super) place: Place,
    pub(super) node: Node<'a>,
}

// === impl Node ===

impl<'a> Node<'a> {
    pub(super) fn entries(&self) -> &[Entry<'a>] {
        match &self.value {
            Value::Mapping(entries) => entries,
            _ => &[],
        }
    }

    pub(super) fn entry(&self, key: &str) -> Option<&Entry<'a>> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    pub(super) fn text(&self) -> Option<Cow<'a, str>> {
        match &self.value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        }
    }

    /// The place that a reader would name: that of the first key, if there is one.
    pub(super) fn first_key(&self) -> Place {
        self.entries()
            .first()
            .map_or(self.place, |entry| entry.place)
    }
}

// === impl Value ===

impl Value<'_> {
    /// An integer where the number is one, as an API server stores it: `1.0` comes back from it as `1`.
    pub(super) fn float(float: f64) -> Self {
        const EXACT: f64 = 9_007_199_254_740_992.0;
        if float.fract() == 0.0 && float.abs() <= EXACT {
            Self::Int(float as i64)
        } else {
            Self::Float(float)
        }
    }

    /// What the value is, for messages.
    pub(super) fn describe(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Int(_) | Self::Uint(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Sequence(_) => "a list",
            Self::Mapping(_) => "an object",
        }
    }
}

/// The first key that occurs twice, as the indices of its first two occurrences.
pub(super) fn duplicate(entries: &[Entry<'_>]) -> Option<(usize, usize)> {
    if entries.len() <= FEW {
        return entries.iter().enumerate().find_map(|(second, entry)| {
            let first = entries.iter().position(|other| other.key == entry.key)?;
            (first < second).then_some((first, second))
        });
    }
    // Indices, not keys: a mapping of a million keys is to cost little more than its entries.
    let hasher = DefaultHashBuilder::default();
    let hash = |index: &usize| {
        entries
            .get(*index)
            .map_or(0, |entry| hasher.hash_one(&entry.key))
    };
    let mut seen = HashTable::with_capacity(entries.len());
    for (second, entry) in entries.iter().enumerate() {
        let same = |first: &usize| {
            entries
                .get(*first)
                .is_some_and(|first| first.key == entry.key)
        };
        match seen.entry(hash(&second), same, hash) {
            hash_table::Entry::Occupied(first) => return Some((*first.get(), second)),
            hash_table::Entry::Vacant(vacant) => vacant.insert(second),
        };
    }
    None
}

/// What is said about a key that occurs twice.
pub(super) fn duplicate_key(key: &str, first: Place) -> String {
    format!("duplicate key `{key}`, first on line {}", first.line())
}

// === impl Serialize ===

impl Serialize for Node<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Null => serializer.serialize_unit(),
            Value::Bool(bool) => serializer.serialize_bool(*bool),
            Value::Int(int) => serializer.serialize_i64(*int),
            Value::Uint(uint) => serializer.serialize_u64(*uint),
            Value::Float(float) => serializer.serialize_f64(*float),
            Value::Text(text) => serializer.serialize_str(text),
            Value::Sequence(nodes) => serializer.collect_seq(nodes),
            Value::Mapping(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.node)?;
                }
                map.end()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_stay_small() {
        assert_eq!(size_of::<Value<'_>>(), 24);
        assert_eq!(size_of::<Entry<'_>>(), 64);
    }

    #[test]
    fn few_and_many_keys_are_searched_for_duplicates() {
        let entries = |keys: usize| {
            (0..keys)
                .chain([3, 3])
                .map(|key| Entry {
                    key: Cow::Owned(key.to_string()),
                    place: Place::START,
                    node: Node {
                        place: Place::START,
                        value: Value::Null,
                    },
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(duplicate(&entries(5)), Some((3, 5)));
        assert_eq!(duplicate(&entries(50)), Some((3, 50)));
        assert_eq!(duplicate(&entries(50)[..50]), None);
    }
}
