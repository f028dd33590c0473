//! How serde walks a document for the reader, value by value.

use std::fmt;

use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use super::super::builder::check;
use super::super::error::{Error, ErrorKind};
use super::super::index::Side;
use super::super::reasons;
use super::super::shelf::RowNumber;
use super::reader::{Object, Reader, Step, Value, invalid};

const A_FIELD: &str = "the name of a field";
const AN_ID: &str = "an id";
const A_REASON: &str = "a reason";

/// One value to read into the reader.
pub(super) struct Seed<'r> {
    pub(super) reader: &'r mut Reader,
    pub(super) value: Value,
}

/// A value that may be null, which is as good as absent.
struct Nullable<'r>(Seed<'r>);

/// The name of a field of an object.
struct FieldSeed<'r> {
    reader: &'r mut Reader,
    object: Object,
    /// A bit for each field that was there before.
    seen: &'r mut u32,
}

/// The id that an entry is listed under.
struct IdSeed<'r> {
    reader: &'r mut Reader,
    side: Side,
}

/// An id in an entry's list of attachments.
struct AttachmentSeed<'r> {
    reader: &'r mut Reader,
    side: Side,
    row: RowNumber,
}

/// One reason of a list.
struct ReasonSeed<'r> {
    reader: &'r mut Reader,
    list: &'r mut reasons::Draft,
}

// === impl Seed ===

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.reader.expected = self.value.expected();
        match self.value {
            Value::Object(_) | Value::Listing(_) => deserializer.deserialize_map(self),
            Value::Reasons(..) | Value::Attachments(..) => deserializer.deserialize_seq(self),
            Value::Text(_) => deserializer.deserialize_str(self),
            Value::Number(_) => deserializer.deserialize_u64(self),
        }
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.value.expected())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        match self.value {
            Value::Object(object) => read_object(self.reader, object, map),
            Value::Listing(side) => read_listing(self.reader, side, map),
            _ => Err(A::Error::invalid_type(serde::de::Unexpected::Map, &self)),
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<(), A::Error> {
        match self.value {
            Value::Reasons(side, row) => read_reasons(self.reader, side, row, seq),
            Value::Attachments(side, row) => read_attachments(self.reader, side, row, seq),
            _ => Err(A::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        match self.value {
            Value::Text(field) => {
                let read = self.reader.text(field, text);
                self.reader.check(read)
            }
            _ => Err(E::invalid_type(serde::de::Unexpected::Str(text), &self)),
        }
    }

    fn visit_u64<E: serde::de::Error>(self, number: u64) -> Result<(), E> {
        match self.value {
            Value::Number(field) => {
                let read = self.reader.number(field, number);
                self.reader.check(read)
            }
            _ => Err(E::invalid_type(
                serde::de::Unexpected::Unsigned(number),
                &self,
            )),
        }
    }
}

fn read_object<'de, A: MapAccess<'de>>(
    reader: &mut Reader,
    object: Object,
    mut map: A,
) -> Result<(), A::Error> {
    reader.open();
    let mut seen = 0_u32;
    while let Some(field) = map.next_key_seed(FieldSeed {
        reader,
        object,
        seen: &mut seen,
    })? {
        reader.path.push(Step::Field(field));
        match object.value(field) {
            Some(value) => map.next_value_seed(Nullable(Seed { reader, value }))?,
            None => map.next_value::<IgnoredAny>().map(drop)?,
        }
        reader.path.pop();
    }
    let closed = reader.close(object);
    reader.check(closed)
}

fn read_listing<'de, A: MapAccess<'de>>(
    reader: &mut Reader,
    side: Side,
    mut map: A,
) -> Result<(), A::Error> {
    while let Some(row) = map.next_key_seed(IdSeed { reader, side })? {
        reader.path.push(Step::Entry(side, row));
        map.next_value_seed(Seed {
            reader,
            value: Value::Object(Object::Entry(side, row)),
        })?;
        reader.path.pop();
    }
    Ok(())
}

fn read_reasons<'de, A: SeqAccess<'de>>(
    reader: &mut Reader,
    side: Side,
    row: RowNumber,
    mut seq: A,
) -> Result<(), A::Error> {
    let mut list = reasons::Draft::new();
    while seq
        .next_element_seed(ReasonSeed {
            reader,
            list: &mut list,
        })?
        .is_some()
    {}
    let set = reader.set_reasons(side, row, &list);
    reader.check(set)
}

fn read_attachments<'de, A: SeqAccess<'de>>(
    reader: &mut Reader,
    side: Side,
    row: RowNumber,
    mut seq: A,
) -> Result<(), A::Error> {
    reader.draft.set_attachments_known(side, row);
    while seq
        .next_element_seed(AttachmentSeed { reader, side, row })?
        .is_some()
    {}
    Ok(())
}

// === impl Nullable ===

impl<'de> DeserializeSeed<'de> for Nullable<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'de> Visitor<'de> for Nullable<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.expecting(f)
    }

    fn visit_none<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.0.deserialize(deserializer)
    }
}

// === impl FieldSeed ===

impl<'de> DeserializeSeed<'de> for FieldSeed<'_> {
    type Value = &'static str;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.reader.expected = A_FIELD;
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldSeed<'_> {
    type Value = &'static str;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(A_FIELD)
    }

    fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<Self::Value, E> {
        let fields = self.object.fields();
        let Some((number, field)) = fields
            .iter()
            .copied()
            .enumerate()
            .find(|(_, field)| *field == name)
        else {
            let known = fields
                .iter()
                .map(|field| format!("`{field}`"))
                .collect::<Vec<_>>()
                .join(", ");
            return Err(self.reader.stop(invalid(
                name,
                format!("is no field here; there are {known}"),
            )));
        };
        if *self.seen & 1 << number != 0 {
            return Err(self.reader.stop(Error::new(
                ErrorKind::Duplicate,
                format!("`{field}` is there twice"),
            )));
        }
        *self.seen |= 1 << number;
        Ok(field)
    }
}

// === impl IdSeed ===

impl<'de> DeserializeSeed<'de> for IdSeed<'_> {
    type Value = RowNumber;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<RowNumber, D::Error> {
        self.reader.expected = AN_ID;
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for IdSeed<'_> {
    type Value = RowNumber;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(AN_ID)
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<RowNumber, E> {
        let listed = check(self.side, id).and_then(|()| self.reader.draft.list(self.side, id));
        self.reader.check(listed)
    }
}

// === impl AttachmentSeed ===

impl<'de> DeserializeSeed<'de> for AttachmentSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.reader.expected = AN_ID;
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for AttachmentSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(AN_ID)
    }

    fn visit_str<E: serde::de::Error>(self, id: &str) -> Result<(), E> {
        let Self { reader, side, row } = self;
        let attached = check(side.other(), id).and_then(|()| reader.draft.attach(side, row, id));
        reader.check(attached)
    }
}

// === impl ReasonSeed ===

impl<'de> DeserializeSeed<'de> for ReasonSeed<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        self.reader.expected = A_REASON;
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for ReasonSeed<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(A_REASON)
    }

    fn visit_str<E: serde::de::Error>(self, reason: &str) -> Result<(), E> {
        let pushed = self.reader.draft.push_reason(self.list, reason);
        self.reader.check(pushed)
    }
}
