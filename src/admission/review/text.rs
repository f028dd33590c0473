//! The strings of an envelope: borrowed where they can be, and only as strict as the API server itself.

use std::{borrow::Cow, fmt};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
};

/// A string; `null` is the empty one, as it is to the API server.
pub(super) struct Text<'a>(pub(super) Cow<'a, str>);

impl<'a> Deserialize<'a> for Text<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'a> Visitor<'a> for TextVisitor {
            type Value = Text<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Text<'a>, E> {
                Ok(Text(Cow::Borrowed("")))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

/// Keeps the value of a key that may be given only once: of two, the one that was judged might not be the one that
/// is applied.
pub(super) fn once<T, E: Error>(
    slot: &mut Option<T>,
    key: &'static str,
    value: T,
) -> Result<(), E> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(E::duplicate_field(key)),
    }
}

/// Some strings out of an object; `null` has none of them.
pub(super) struct Members<const N: usize>(pub(super) [&'static str; N]);

impl<'a, const N: usize> DeserializeSeed<'a> for Members<N> {
    type Value = [Cow<'a, str>; N];

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a, const N: usize> Visitor<'a> for Members<N> {
    type Value = [Cow<'a, str>; N];

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok([const { Cow::Borrowed("") }; N])
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = [const { None }; N];
        while let Some(Text(key)) = map.next_key()? {
            let named = self
                .0
                .iter()
                .zip(&mut members)
                .find(|(name, _)| **name == key);
            match named {
                Some((name, member)) => once(member, name, map.next_value::<Text<'_>>()?.0)?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(members.map(Option::unwrap_or_default))
    }
}
