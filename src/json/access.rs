//! The entries of objects and the items of lists, one after the other.

use serde::{
    de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor},
    forward_to_deserialize_any,
};

use super::{GivenUp, Reader, text};

/// The entries of an object whose brace has been passed.
pub(super) struct Entries<'r, 'a>(Series<'r, 'a>);

/// The items of a list whose bracket has been passed.
pub(super) struct Items<'r, 'a>(Series<'r, 'a>);

/// What commas separate.
struct Series<'r, 'a> {
    reader: &'r mut Reader<'a>,
    has_begun: bool,
}

/// A key, and the colon behind it.
struct Key<'r, 'a>(&'r mut Reader<'a>);

// === impl Series ===

impl<'r, 'a> Series<'r, 'a> {
    fn of(reader: &'r mut Reader<'a>) -> Self {
        Self {
            reader,
            has_begun: false,
        }
    }

    /// Goes on to the next member; false where there is none.
    fn next(&mut self, close: u8) -> Result<bool, GivenUp> {
        if self.reader.peek() == Some(close) {
            return Ok(false);
        }
        if self.has_begun {
            self.reader.pass(b',')?;
        }
        self.has_begun = true;
        Ok(true)
    }
}

// === impl Entries ===

impl<'r, 'a> Entries<'r, 'a> {
    pub(super) fn of(reader: &'r mut Reader<'a>) -> Self {
        Self(Series::of(reader))
    }
}

impl<'a> MapAccess<'a> for Entries<'_, 'a> {
    type Error = GivenUp;

    fn next_key_seed<K: DeserializeSeed<'a>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, GivenUp> {
        match self.0.next(b'}')? {
            true => seed.deserialize(Key(self.0.reader)).map(Some),
            false => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'a>>(&mut self, seed: V) -> Result<V::Value, GivenUp> {
        seed.deserialize(&mut *self.0.reader)
    }
}

// === impl Items ===

impl<'r, 'a> Items<'r, 'a> {
    pub(super) fn of(reader: &'r mut Reader<'a>) -> Self {
        Self(Series::of(reader))
    }
}

impl<'a> SeqAccess<'a> for Items<'_, 'a> {
    type Error = GivenUp;

    fn next_element_seed<T: DeserializeSeed<'a>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, GivenUp> {
        match self.0.next(b']')? {
            true => seed.deserialize(&mut *self.0.reader).map(Some),
            false => Ok(None),
        }
    }
}

// === impl Key ===

impl<'a> Key<'_, 'a> {
    /// What it says; one with escapes is rare.
    fn bytes(self) -> Result<&'a [u8], GivenUp> {
        let key = self.0.strand()?;
        self.0.pass(b':')?;
        match key.is_plain {
            true => Ok(key.bytes),
            false => Err(GivenUp),
        }
    }
}

impl<'de> Deserializer<'de> for Key<'_, 'de> {
    type Error = GivenUp;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        visitor.visit_borrowed_str(text(self.bytes()?)?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string byte_buf option unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}
