//! Nodes into typed values: an error names the field, and the place of the key or value at fault.

mod wrong;

use serde::Deserializer;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    self, Deserialize, DeserializeSeed, EnumAccess, Error as _, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::error::Error;
use super::node::{Entry, Node, Value};
use super::place::Place;
use wrong::{Step, Wrong};

/// What `node` says as a `T`.
pub(super) fn from_node<'de, T: Deserialize<'de>>(
    source: &str,
    node: &'de Node<'_>,
) -> Result<T, Error> {
    T::deserialize(Reader(node)).map_err(|wrong| {
        let path = wrong.path();
        let place = wrong.place.unwrap_or(node.first_key());
        if path.is_empty() {
            Error::at(source, place, wrong.message)
        } else {
            Error::at(source, place, format_args!("{path}: {}", wrong.message))
        }
    })
}

// === impl Reader ===

/// Reads one node.
#[derive(Clone, Copy)]
struct Reader<'de, 'a>(&'de Node<'a>);

impl Reader<'_, '_> {
    /// A string was wanted: the usual reason for anything else is a missing pair of quotes.
    fn not_text(self, expected: &dyn de::Expected) -> Wrong {
        let unexpected = match &self.0.value {
            Value::Bool(bool) => Unexpected::Bool(*bool),
            Value::Int(int) => Unexpected::Signed(*int),
            Value::Uint(uint) => Unexpected::Unsigned(*uint),
            Value::Float(float) => Unexpected::Float(*float),
            Value::Null => Unexpected::Unit,
            Value::Text(text) => Unexpected::Str(text),
            Value::Sequence(_) => Unexpected::Seq,
            Value::Mapping(_) => Unexpected::Map,
        };
        let wrong = Wrong::invalid_type(unexpected, expected);
        match &self.0.value {
            Value::Bool(_) | Value::Int(_) | Value::Uint(_) | Value::Float(_) => {
                Wrong::custom(format_args!("{wrong} (quotes make it one)"))
            }
            _ => wrong,
        }
    }
}

impl<'de> Deserializer<'de> for Reader<'de, '_> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        let result = match &self.0.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(bool) => visitor.visit_bool(*bool),
            Value::Int(int) => match u64::try_from(*int) {
                Ok(uint) => visitor.visit_u64(uint),
                Err(_) => visitor.visit_i64(*int),
            },
            Value::Uint(uint) => visitor.visit_u64(*uint),
            Value::Float(float) => visitor.visit_f64(*float),
            Value::Text(text) => visitor.visit_borrowed_str(text),
            Value::Sequence(nodes) => {
                let mut elements = Elements {
                    nodes: nodes.iter(),
                    index: 0,
                };
                visitor.visit_seq(&mut elements)
            }
            Value::Mapping(entries) => visitor.visit_map(Fields {
                rest: entries,
                entry: None,
            }),
        };
        result.map_err(|wrong| wrong.or_at(self.0.first_key()))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.0.value {
            Value::Text(_) => self.deserialize_any(visitor),
            _ => Err(self.not_text(&visitor).or_at(self.0.place)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        match &self.0.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor
            .visit_newtype_struct(self)
            .map_err(|wrong| wrong.or_at(self.0.place))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let result = match &self.0.value {
            Value::Bool(bool) => match spelled_as(*bool, variants) {
                Some(name) => visitor.visit_enum(Variant {
                    name,
                    content: None,
                    place: self.0.place,
                }),
                None => Err(self.not_text(&"a string or an object with one key")),
            },
            Value::Text(text) => visitor.visit_enum(Variant {
                name: text,
                content: None,
                place: self.0.place,
            }),
            Value::Mapping(entries) => match entries.as_ref() {
                [entry] => visitor.visit_enum(Variant {
                    name: &entry.key,
                    content: Some(&entry.node),
                    place: entry.place,
                }),
                _ => Err(Wrong::custom("expected an object with exactly one key")),
            },
            _ => Err(self.not_text(&"a string or an object with one key")),
        };
        result.map_err(|wrong| wrong.or_at(self.0.place))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// The one variant that YAML takes for this boolean when it stands there without quotes, such as `Off`.
fn spelled_as(bool: bool, variants: &'static [&'static str]) -> Option<&'static str> {
    let words = match bool {
        true => ["on", "yes", "true", "y"],
        false => ["off", "no", "false", "n"],
    };
    let is_meant = |variant: &&&str| words.iter().any(|word| variant.eq_ignore_ascii_case(word));
    let mut meant = variants.iter().filter(is_meant);
    match (meant.next(), meant.next()) {
        (Some(only), None) => Some(only),
        _ => None,
    }
}

// === impl Elements ===

struct Elements<'de, 'a> {
    nodes: std::slice::Iter<'de, Node<'a>>,
    index: usize,
}

impl<'de> SeqAccess<'de> for &mut Elements<'de, '_> {
    type Error = Wrong;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Wrong> {
        let Some(node) = self.nodes.next() else {
            return Ok(None);
        };
        let step = Step::Index(self.index);
        self.index += 1;
        match seed.deserialize(Reader(node)) {
            Ok(value) => Ok(Some(value)),
            Err(wrong) => Err(wrong.below(step, node.place)),
        }
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.nodes.len())
    }
}

// === impl Fields ===

struct Fields<'de, 'a> {
    rest: &'de [Entry<'a>],
    entry: Option<&'de Entry<'a>>,
}

impl<'de> MapAccess<'de> for Fields<'de, '_> {
    type Error = Wrong;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Wrong> {
        let Some((entry, rest)) = self.rest.split_first() else {
            return Ok(None);
        };
        self.rest = rest;
        self.entry = Some(entry);
        let key = KeyReader(&entry.key);
        seed.deserialize(key)
            .map(Some)
            .map_err(|wrong| wrong.or_at(entry.place))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Wrong> {
        let Some(entry) = self.entry.take() else {
            return Err(Wrong::custom("a value was asked for before its key"));
        };
        seed.deserialize(Reader(&entry.node)).map_err(|wrong| {
            wrong.below(Step::Key(entry.key.clone().into_owned()), entry.node.place)
        })
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// Reads the key of a map, newtypes and enums included.
struct KeyReader<'de>(&'de str);

impl<'de> Deserializer<'de> for KeyReader<'de> {
    type Error = Wrong;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_borrowed_str(self.0)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Wrong> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        visitor.visit_enum(BorrowedStrDeserializer::new(self.0))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

// === impl Variant ===

struct Variant<'de, 'a> {
    name: &'de str,
    content: Option<&'de Node<'a>>,
    place: Place,
}

impl<'de, 'a> EnumAccess<'de> for Variant<'de, 'a> {
    type Error = Wrong;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Wrong> {
        let name: BorrowedStrDeserializer<'de, Wrong> = BorrowedStrDeserializer::new(self.name);
        let variant = seed
            .deserialize(name)
            .map_err(|wrong| wrong.or_at(self.place))?;
        Ok((variant, self))
    }
}

impl<'de, 'a> Variant<'de, 'a> {
    fn content(&self) -> Result<Reader<'de, 'a>, Wrong> {
        match self.content {
            Some(node) => Ok(Reader(node)),
            None => Err(Wrong::custom(format_args!("`{}` needs a value", self.name))),
        }
    }

    fn step(&self) -> Step {
        Step::Key(self.name.to_owned())
    }
}

impl<'de> VariantAccess<'de> for Variant<'de, '_> {
    type Error = Wrong;

    fn unit_variant(self) -> Result<(), Wrong> {
        match self.content {
            None => Ok(()),
            Some(node) => <()>::deserialize(Reader(node))
                .map_err(|wrong| wrong.below(self.step(), node.place)),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Wrong> {
        seed.deserialize(self.content()?)
            .map_err(|wrong| wrong.below(self.step(), self.place))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Wrong> {
        let content = self.content()?;
        content
            .deserialize_any(visitor)
            .map_err(|wrong| wrong.below(self.step(), self.place))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Wrong> {
        let content = self.content()?;
        content
            .deserialize_any(visitor)
            .map_err(|wrong| wrong.below(self.step(), self.place))
    }
}
