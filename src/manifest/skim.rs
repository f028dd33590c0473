//! One pass over a JSON object that keeps nothing but its header, and makes sure that no key occurs twice.
//!
//! Goes before everything else that reads the object: a JSON file of 1,000,000 ids is never turned into nodes.

use std::borrow::Cow;
use std::fmt;

use hashbrown::HashSet;
use serde::de::{self, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use smallvec::SmallVec;

use super::header::Header;

/// Below this many keys comparing each with each is faster than hashing.
const FEW: usize = 8;

/// What a list needs to be taken apart, and any other object to be known.
#[derive(Default)]
pub(super) struct Skimmed<'a> {
    pub(super) header: Header<'a>,
    pub(super) items: Option<&'a RawValue>,
}

/// Skims one JSON value of any type.
pub(super) fn skim(text: &str) -> serde_json::Result<Skimmed<'_>> {
    let mut skimmed = Skimmed::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Skim {
        skimmed: &mut skimmed,
        at: At::Root,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(skimmed)
}

/// Makes sure that no key occurs twice.
pub(super) fn check(text: &str) -> serde_json::Result<()> {
    let mut skimmed = Skimmed::default();
    let mut deserializer = serde_json::Deserializer::from_str(text);
    Skim {
        skimmed: &mut skimmed,
        at: At::Elsewhere,
    }
    .deserialize(&mut deserializer)?;
    deserializer.end()
}

#[derive(Clone, Copy)]
enum At {
    Root,
    Metadata,
    Field(Field),
    Elsewhere,
}

#[derive(Clone, Copy)]
enum Field {
    ApiVersion,
    Kind,
    Namespace,
    Name,
    GenerateName,
}

struct Skim<'s, 'a> {
    skimmed: &'s mut Skimmed<'a>,
    at: At,
}

// === impl Skim ===

impl<'a> Skim<'_, 'a> {
    fn keep(self, text: Cow<'a, str>) {
        let At::Field(field) = self.at else { return };
        let header = &mut self.skimmed.header;
        let slot = match field {
            Field::ApiVersion => &mut header.api_version,
            Field::Kind => &mut header.kind,
            Field::Namespace => &mut header.namespace,
            Field::Name => &mut header.name,
            Field::GenerateName => &mut header.generate_name,
        };
        *slot = Some(text);
    }
}

impl At {
    fn below(self, key: &str) -> Self {
        match (self, key) {
            (Self::Root, "metadata") => Self::Metadata,
            (Self::Root, "apiVersion") => Self::Field(Field::ApiVersion),
            (Self::Root, "kind") => Self::Field(Field::Kind),
            (Self::Metadata, "namespace") => Self::Field(Field::Namespace),
            (Self::Metadata, "name") => Self::Field(Field::Name),
            (Self::Metadata, "generateName") => Self::Field(Field::GenerateName),
            _ => Self::Elsewhere,
        }
    }
}

impl<'a> DeserializeSeed<'a> for Skim<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Skim<'_, 'a> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        if matches!(self.at, At::Field(_)) {
            self.keep(Cow::Owned(text.to_owned()));
        }
        Ok(())
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<(), E> {
        self.keep(Cow::Borrowed(text));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<(), A::Error> {
        let at = At::Elsewhere;
        while seq
            .next_element_seed(Skim {
                skimmed: &mut *self.skimmed,
                at,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let mut keys = Keys::default();
        while let Some(Key(key)) = map.next_key()? {
            let at = self.at.below(&key);
            let items = matches!(self.at, At::Root) && key == "items";
            if !keys.insert(key) {
                return Err(A::Error::custom("duplicate key"));
            }
            if items {
                self.skimmed.items = Some(map.next_value()?);
            } else {
                map.next_value_seed(Skim {
                    skimmed: &mut *self.skimmed,
                    at,
                })?;
            }
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes in it.
pub(super) struct Key<'a>(pub(super) Cow<'a, str>);

impl<'de: 'a, 'a> de::Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;

        impl<'de> Visitor<'de> for KeyVisitor {
            type Value = Key<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a key")
            }

            fn visit_str<E>(self, key: &str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Owned(key.to_owned())))
            }

            fn visit_borrowed_str<E>(self, key: &'de str) -> Result<Key<'de>, E> {
                Ok(Key(Cow::Borrowed(key)))
            }
        }

        deserializer.deserialize_str(KeyVisitor)
    }
}

/// The keys of one object seen so far.
#[derive(Default)]
struct Keys<'a> {
    few: SmallVec<[Cow<'a, str>; FEW]>,
    many: HashSet<Cow<'a, str>>,
}

impl<'a> Keys<'a> {
    fn insert(&mut self, key: Cow<'a, str>) -> bool {
        if !self.many.is_empty() {
            return self.many.insert(key);
        }
        if self.few.contains(&key) {
            return false;
        }
        if self.few.len() == FEW {
            self.many.extend(self.few.drain(..));
            return self.many.insert(key);
        }
        self.few.push(key);
        true
    }
}
