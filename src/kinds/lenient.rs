//! Reading fields that may be of any shape: a wrong shape is a finding of ours, not a failure of the parser.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{
    Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
    value::MapAccessDeserializer,
};

/// A field that is read if it has the shape asked for, and otherwise remembered for what it was.
///
/// `null` is absence, as it is to the API server.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Lenient<T> {
    /// Not there, or `null`.
    #[default]
    Absent,
    /// There, of the right shape.
    Is(T),
    /// There, of another shape.
    Not(Shape),
}

/// Reads an object by a visitor that knows more than its type says; another shape is remembered for what it was.
pub(crate) struct LenientObject<V>(pub(crate) V);

/// The shape of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `true` or `false`.
    Boolean,
    /// A number.
    Number,
    /// A string.
    String,
    /// A list.
    List,
    /// An object.
    Object,
}

/// What [`Lenient`] can read: a type says which shapes it takes.
pub trait Shaped<'de>: Sized {
    /// Reads a string.
    fn from_text(_text: Cow<'de, str>) -> Option<Self> {
        None
    }

    /// Reads a boolean.
    fn from_flag(_flag: bool) -> Option<Self> {
        None
    }

    /// Reads a number; ECS has none that a double can't hold.
    fn from_number(_number: f64) -> Option<Self> {
        None
    }

    /// Reads an object.
    ///
    /// # Errors
    /// Where the text itself is broken.
    fn from_map<A: MapAccess<'de>>(mut map: A) -> Result<Option<Self>, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    /// Reads a list.
    ///
    /// # Errors
    /// Where the text itself is broken.
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

/// Makes a struct that derives `Deserialize` readable by [`Lenient`].
macro_rules! shaped_object {
    ($name:ident) => {
        impl<'de: 'a, 'a> $crate::kinds::lenient::Shaped<'de> for $name<'a> {
            fn from_map<A: serde::de::MapAccess<'de>>(map: A) -> Result<Option<Self>, A::Error> {
                $crate::kinds::lenient::object_from_map(map).map(Some)
            }
        }
    };
}
pub(crate) use shaped_object;

pub(crate) fn object_from_map<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    map: A,
) -> Result<T, A::Error> {
    T::deserialize(MapAccessDeserializer::new(map))
}

// === impl Lenient ===

impl<T> Lenient<T> {
    /// The value, if it is there and of the right shape.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Not(_) => None,
        }
    }

    /// The value if it is there; an error that says what is there instead.
    ///
    /// # Errors
    /// Where something of another shape is there.
    pub fn get(&self) -> Result<Option<&T>, Shape> {
        match self {
            Self::Is(value) => Ok(Some(value)),
            Self::Absent => Ok(None),
            Self::Not(shape) => Err(*shape),
        }
    }
}

impl<'de, T: Shaped<'de>> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData))
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<T> LenientVisitor<T> {
    fn of(value: Option<T>, shape: Shape) -> Lenient<T> {
        value.map_or(Lenient::Not(shape), Lenient::Is)
    }
}

impl<'de, T: Shaped<'de>> Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Lenient::Absent)
    }

    fn visit_bool<E: Error>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Self::of(T::from_flag(flag), Shape::Boolean))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "ECS has no number that a double can't hold"
    )]
    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        self.visit_f64(number as f64)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "ECS has no number that a double can't hold"
    )]
    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        self.visit_f64(number as f64)
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Self::of(T::from_number(number), Shape::Number))
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Self::of(T::from_text(Cow::Borrowed(text)), Shape::String))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Self::of(
            T::from_text(Cow::Owned(text.to_owned())),
            Shape::String,
        ))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        Ok(Self::of(T::from_map(map)?, Shape::Object))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Self::Value, A::Error> {
        Ok(Self::of(T::from_list(list)?, Shape::List))
    }
}

// === impl LenientObject ===

impl<'de, V: Visitor<'de>> DeserializeSeed<'de> for LenientObject<V> {
    type Value = Lenient<V::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, V: Visitor<'de>> Visitor<'de> for LenientObject<V> {
    type Value = Lenient<V::Value>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("any value")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(Lenient::Absent)
    }

    fn visit_bool<E: Error>(self, _flag: bool) -> Result<Self::Value, E> {
        Ok(Lenient::Not(Shape::Boolean))
    }

    fn visit_i64<E: Error>(self, _number: i64) -> Result<Self::Value, E> {
        Ok(Lenient::Not(Shape::Number))
    }

    fn visit_u64<E: Error>(self, _number: u64) -> Result<Self::Value, E> {
        Ok(Lenient::Not(Shape::Number))
    }

    fn visit_f64<E: Error>(self, _number: f64) -> Result<Self::Value, E> {
        Ok(Lenient::Not(Shape::Number))
    }

    fn visit_str<E: Error>(self, _text: &str) -> Result<Self::Value, E> {
        Ok(Lenient::Not(Shape::String))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0.visit_map(map).map(Lenient::Is)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Lenient::Not(Shape::List))
    }
}

// === impl Shaped ===

impl<'de: 'a, 'a> Shaped<'de> for Cow<'a, str> {
    fn from_text(text: Cow<'de, str>) -> Option<Self> {
        Some(text)
    }
}

impl<'de> Shaped<'de> for bool {
    fn from_flag(flag: bool) -> Option<Self> {
        Some(flag)
    }
}

impl<'de> Shaped<'de> for f64 {
    fn from_number(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl<'de, T: Deserialize<'de>> Shaped<'de> for Vec<T> {
    fn from_list<A: SeqAccess<'de>>(mut list: A) -> Result<Option<Self>, A::Error> {
        let mut items = Self::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Some(items))
    }
}

// === impl Shape ===

impl fmt::Display for Shape {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Boolean => "a boolean",
            Self::Number => "a number",
            Self::String => "a string",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Default, Deserialize, PartialEq)]
    #[serde(default)]
    struct Spec<'a> {
        #[serde(borrow)]
        name: Lenient<Cow<'a, str>>,
        flag: Lenient<bool>,
        size: Lenient<f64>,
    }
    shaped_object!(Spec);

    fn read(text: &str) -> Lenient<Spec<'_>> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn a_field_of_the_right_shape_is_read_and_borrowed() {
        let Lenient::Is(spec) = read(r#"{"name":"a","flag":true,"size":5,"other":[1,{}]}"#) else {
            panic!("an object is an object")
        };
        assert!(matches!(spec.name, Lenient::Is(Cow::Borrowed("a"))));
        assert_eq!(spec.flag, Lenient::Is(true));
        assert_eq!(spec.size, Lenient::Is(5.0));
    }

    #[test]
    fn a_field_of_another_shape_is_remembered_and_the_rest_is_read() {
        let Lenient::Is(spec) = read(r#"{"name":{"a":[1]},"flag":"yes","size":[2],"x":1}"#) else {
            panic!("an object is an object")
        };
        assert_eq!(spec.name, Lenient::Not(Shape::Object));
        assert_eq!(spec.flag, Lenient::Not(Shape::String));
        assert_eq!(spec.size, Lenient::Not(Shape::List));
    }

    #[test]
    fn null_is_absent_and_a_list_is_no_object() {
        assert_eq!(read("null"), Lenient::Absent);
        assert_eq!(read("[1,2]"), Lenient::Not(Shape::List));
        assert_eq!(read(r#"{"name":null}"#), Lenient::Is(Spec::default()));
    }
}
