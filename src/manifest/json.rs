//! Reads JSON: values one after the other, each by itself; places are worked out only where something asks for one.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Error;
use super::node::{DEEPEST, Entry, Node, Value, duplicate, duplicate_key};
use super::place::{Place, Walk, offset};
use super::yaml::too_deep;

const NO_VALUE: &str = "a comma with nothing behind it";

/// One JSON value in a file.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) place: Place,
}

/// The values that follow each other in a text.
pub(super) struct Stream<'a> {
    rest: Text<'a>,
}

impl<'a> Stream<'a> {
    pub(super) fn new(text: &'a str, place: Place) -> Self {
        Self {
            rest: Text { text, place },
        }
    }

    /// The next value; after an error, what follows from the next line that begins with an object.
    pub(super) fn next(&mut self, source: &str) -> Option<Result<Text<'a>, Error>> {
        let rest = self.rest;
        let mut values = serde_json::Deserializer::from_str(rest.text).into_iter::<&RawValue>();
        match values.next()? {
            Ok(raw) => {
                self.skip(values.byte_offset());
                Some(Ok(rest.part(raw)))
            }
            Err(error) => {
                let wrong = offset(rest.text, error.line(), error.column());
                self.skip(next_object(rest.text, wrong).unwrap_or(rest.text.len()));
                Some(Err(rest.error(source, &error)))
            }
        }
    }

    fn skip(&mut self, length: usize) {
        let Text { text, place } = self.rest;
        let (passed, text) = text.split_at_checked(length).unwrap_or((text, ""));
        self.rest = Text {
            text,
            place: place.after(passed),
        };
    }
}

/// Where the next object begins at the start of a line, at or behind an offset.
fn next_object(text: &str, offset: usize) -> Option<usize> {
    let (before, behind) = text.split_at_checked(offset)?;
    if before.ends_with('\n') && behind.starts_with('{') {
        return Some(offset);
    }
    behind.find("\n{").map(|newline| offset + newline + 1)
}

// === impl Text ===

impl<'a> Text<'a> {
    fn part(self, raw: &'a RawValue) -> Self {
        Self {
            text: raw.get(),
            place: Walk::new(self.text, self.place).to(raw.get()),
        }
    }

    pub(super) fn is_object(self) -> bool {
        self.text.starts_with('{')
    }

    pub(super) fn is_array(self) -> bool {
        self.text.starts_with('[')
    }

    /// What the value is, for messages.
    pub(super) fn describe(self) -> &'static str {
        match self.text.as_bytes().first() {
            Some(b'{') => "an object",
            Some(b'[') => "a list",
            Some(b'"') => "a string",
            Some(b't' | b'f') => "a boolean",
            Some(b'n') => "null",
            _ => "a number",
        }
    }

    /// The place of the first key, or of the value where it has none.
    pub(super) fn first_key(self) -> Place {
        let key = self.text.trim_start_matches(['{', ' ', '\t', '\r', '\n']);
        if key.starts_with('"') && self.is_object() {
            Walk::new(self.text, self.place).to(key)
        } else {
            self.place
        }
    }

    /// The elements of an array; none if it is not one.
    pub(super) fn elements(self) -> Vec<Self> {
        let raws: Vec<&'a RawValue> = serde_json::from_str(self.text).unwrap_or_default();
        let mut walk = Walk::new(self.text, self.place);
        raws.into_iter()
            .map(|raw| Self {
                text: raw.get(),
                place: walk.to(raw.get()),
            })
            .collect()
    }

    /// The value as nodes with the place of every part.
    pub(super) fn node(self, source: &str) -> Result<Node<'a>, Error> {
        self.node_at(source, 0)
    }

    fn node_at(self, source: &str, depth: usize) -> Result<Node<'a>, Error> {
        if depth >= DEEPEST {
            return Err(Error::at(source, self.place, too_deep()));
        }
        let parts = serde_json::from_str(self.text).map_err(|error| self.error(source, &error))?;
        let value = match parts {
            Parts::Scalar(value) => value,
            Parts::Array(raws) => {
                let mut walk = Walk::new(self.text, self.place);
                let mut nodes = Vec::with_capacity(raws.len());
                for raw in raws {
                    let place = walk.to(raw.get());
                    nodes.push(
                        Text {
                            text: raw.get(),
                            place,
                        }
                        .node_at(source, depth + 1)?,
                    );
                }
                Value::Sequence(nodes.into_boxed_slice())
            }
            Parts::Object(raws) => {
                let mut walk = Walk::new(self.text, self.place);
                let mut entries = Vec::with_capacity(raws.len());
                for (key, raw) in raws {
                    let key_place = walk.to(key.get());
                    let key = serde_json::from_str::<super::skim::Key<'a>>(key.get())
                        .map_err(|error| self.error(source, &error))?;
                    let place = walk.to(raw.get());
                    let node = Text {
                        text: raw.get(),
                        place,
                    }
                    .node_at(source, depth + 1)?;
                    entries.push(Entry {
                        key: key.0,
                        place: key_place,
                        node,
                    });
                }
                unique(source, &entries)?;
                Value::Mapping(entries.into_boxed_slice())
            }
        };
        Ok(Node {
            place: self.place,
            value,
        })
    }

    /// The error of serde_json, whose places count from the start of this text.
    pub(super) fn error(self, source: &str, error: &serde_json::Error) -> Error {
        let text = error.to_string();
        let message = text
            .rsplit_once(" at line ")
            .map_or(text.as_str(), |(message, _)| message);
        let end = self.text.trim_end().len();
        let wrong = match error.is_eof() {
            true => end,
            false => offset(self.text, error.line(), error.column()).min(end),
        };
        let before = self.text.get(..wrong).unwrap_or(self.text);
        let place = self.place.after(before);
        let message = match message {
            "recursion limit exceeded" => too_deep(),
            "trailing comma" => NO_VALUE.to_owned(),
            "key must be a string" if self.text.get(wrong..).is_some_and(ends_object) => {
                NO_VALUE.to_owned()
            }
            message if message.starts_with("EOF while parsing") => {
                format!("the JSON ends too early ({message})")
            }
            message => message.to_owned(),
        };
        Error::at(source, place, message)
    }
}

fn ends_object(text: &str) -> bool {
    text.starts_with('}')
}

fn unique(source: &str, entries: &[Entry<'_>]) -> Result<(), Error> {
    let Some((first, second)) = duplicate(entries) else {
        return Ok(());
    };
    match entries.get(first).zip(entries.get(second)) {
        None => Ok(()),
        Some((first, second)) => Err(Error::at(
            source,
            second.place,
            duplicate_key(&second.key, first.place),
        )),
    }
}

/// One level of a JSON value.
enum Parts<'a> {
    Scalar(Value<'a>),
    Array(Vec<&'a RawValue>),
    Object(Vec<(&'a RawValue, &'a RawValue)>),
}

impl<'de: 'a, 'a> Deserialize<'de> for Parts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(Value::Null))
    }

    fn visit_bool<E>(self, bool: bool) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(Value::Bool(bool)))
    }

    fn visit_i64<E>(self, int: i64) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(Value::Int(int)))
    }

    fn visit_u64<E>(self, uint: u64) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(
            i64::try_from(uint).map_or(Value::Uint(uint), Value::Int),
        ))
    }

    fn visit_f64<E>(self, float: f64) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(Value::float(float)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(Value::Text(Cow::Owned(text.to_owned()))))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Parts<'de>, E> {
        Ok(Parts::Scalar(Value::Text(Cow::Borrowed(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts<'de>, A::Error> {
        let mut raws = Vec::new();
        while let Some(raw) = seq.next_element()? {
            raws.push(raw);
        }
        Ok(Parts::Array(raws))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts<'de>, A::Error> {
        let mut raws = Vec::new();
        while let Some(entry) = map.next_entry()? {
            raws.push(entry);
        }
        Ok(Parts::Object(raws))
    }
}
