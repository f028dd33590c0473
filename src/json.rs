//! Reading JSON as API servers write it, faster.
//!
//! The reader takes what `serde_json` takes, to the same values, or gives up: at whatever is no JSON, and at rare
//! things that are. It never says why. Whoever needs to know, or has given it something rare, asks `serde_json`.

mod access;
mod raw;
mod skip;

use std::fmt;

use serde::{
    de::{Deserializer, Visitor},
    forward_to_deserialize_any,
};

pub(crate) use self::raw::Raw;
use self::{
    access::{Entries, Items},
    skip::Strand,
};

/// Reads one value out of a text.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    /// How many more levels may nest; as many as `serde_json` allows.
    levels: u8,
}

/// The text is none that this reader reads.
#[derive(Debug, thiserror::Error)]
#[error("not read")]
pub(crate) struct GivenUp;

/// The levels that `serde_json` enters before it takes the text for an attack.
const LEVELS: u8 = 127;

// === impl Reader ===

impl<'a> Reader<'a> {
    /// A reader at the beginning of a text.
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            levels: LEVELS,
        }
    }

    /// Makes sure that nothing is left.
    pub(crate) fn end(&mut self) -> Result<(), GivenUp> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(GivenUp),
        }
    }

    /// The next byte that is no white space; it is not passed.
    fn peek(&mut self) -> Option<u8> {
        self.at = skip::space(self.text, self.at);
        self.text.get(self.at).copied()
    }

    /// Passes this byte.
    fn pass(&mut self, byte: u8) -> Result<(), GivenUp> {
        if self.peek() == Some(byte) {
            self.at += 1;
            return Ok(());
        }
        Err(GivenUp)
    }

    /// Passes one value.
    fn skip(&mut self) -> Result<(), GivenUp> {
        self.at = skip::value(self.text, self.at).ok_or(GivenUp)?;
        Ok(())
    }

    /// Passes a string that begins here, and tells what is between its quotes.
    fn strand(&mut self) -> Result<Strand<'a>, GivenUp> {
        self.pass(b'"')?;
        let strand = skip::strand(self.text, self.at).ok_or(GivenUp)?;
        self.at += strand.bytes.len() + 1;
        Ok(strand)
    }

    /// Passes one value; its text.
    fn raw(&mut self) -> Result<&'a str, GivenUp> {
        let begin = skip::space(self.text, self.at);
        self.skip()?;
        text(self.text.get(begin..self.at).unwrap_or_default())
    }

    /// Passes a number, a boolean, `null`, or a string with escapes, and has `serde_json` say what it is.
    fn scalar<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        let mut literal = serde_json::Deserializer::from_str(self.raw()?);
        literal.deserialize_any(visitor).map_err(|_| GivenUp)
    }

    fn string<V: Visitor<'a>>(&mut self, visitor: V) -> Result<V::Value, GivenUp> {
        let begin = self.at;
        let strand = self.strand()?;
        if strand.is_plain {
            return visitor.visit_borrowed_str(text(strand.bytes)?);
        }
        self.at = begin;
        self.scalar(visitor)
    }

    /// Reads what is between two brackets one level down.
    fn nested<T>(
        &mut self,
        [open, close]: [u8; 2],
        read: impl FnOnce(&mut Self) -> Result<T, GivenUp>,
    ) -> Result<T, GivenUp> {
        self.pass(open)?;
        self.levels = self.levels.checked_sub(1).ok_or(GivenUp)?;
        let value = read(self)?;
        self.levels += 1;
        self.pass(close)?;
        Ok(value)
    }
}

fn text(bytes: &[u8]) -> Result<&str, GivenUp> {
    std::str::from_utf8(bytes).map_err(|_| GivenUp)
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = GivenUp;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        match self.peek() {
            Some(b'"') => self.string(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(_) => self.scalar(visitor),
            None => Err(GivenUp),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.nested(*b"{}", |reader| visitor.visit_map(Entries::of(reader)))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        self.deserialize_map(visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.nested(*b"[]", |reader| visitor.visit_seq(Items::of(reader)))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        match self.peek() {
            Some(b'n') => {
                self.skip()?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, GivenUp> {
        match name {
            Raw::NAME => visitor.visit_borrowed_str(self.raw()?),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, GivenUp> {
        self.skip()?;
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct tuple
        tuple_struct enum identifier
    }
}

// === impl GivenUp ===

impl serde::de::Error for GivenUp {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Self
    }

    // The others would put a message together first.
    fn invalid_type(
        _unexpected: serde::de::Unexpected<'_>,
        _expected: &dyn serde::de::Expected,
    ) -> Self {
        Self
    }
}

#[cfg(test)]
mod tests;
