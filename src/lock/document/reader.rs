//! The one reader behind both formats: what a document may hold, and what becomes of it.

use std::fmt;

use serde::de::{self, DeserializeSeed};

use super::super::error::{Error, ErrorKind};
use super::super::index::{IndexDraft, Side};
use super::super::reasons;
use super::super::shelf::RowNumber;
use super::super::snapshot::{Head, Part, Shard, Source};
use super::seed::Seed;
use crate::api::{AccountName, RegionId, TextError};

const API_VERSION: &str = "arrears.dev/v1alpha1";
const KIND: &str = "LockSnapshot";

/// More shards than a listing of the largest index needs.
const MAX_SHARDS: u32 = 65_536;

/// What a locked instance and its one disk take in compact JSON. A guess that is off costs growing or shrinking, no more.
const BYTES_PER_PAIR: usize = 160;

/// What has been read so far, and where the reading is.
#[derive(Debug, Default)]
pub(super) struct Reader {
    pub(super) draft: IndexDraft,
    pub(super) path: Vec<Step>,
    failure: Option<Error>,
    expected_name: Option<String>,
    api_version: Option<()>,
    kind: Option<()>,
    name: Option<String>,
    account: Option<AccountName>,
    region: Option<RegionId>,
    observed_at: Option<jiff::Timestamp>,
    source: Source,
    shard_index: Option<u32>,
    shard_count: Option<u32>,
    /// What should stand where the reading stands.
    pub(super) expected: &'static str,
    /// Whether the entry that is being read says why it is locked.
    has_reasons: bool,
}

/// What a document that was read to its end comes to.
pub(super) enum Outcome {
    Part(Part),
    /// Valid but for its name.
    Misnamed {
        expected: String,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Step {
    Field(&'static str),
    Entry(Side, RowNumber),
}

/// The objects of a document that have a fixed set of fields.
#[derive(Debug, Clone, Copy)]
pub(super) enum Object {
    Document,
    Metadata,
    Spec,
    Shard,
    Entry(Side, RowNumber),
}

/// What is read into the reader at the place where it stands.
#[derive(Debug, Clone, Copy)]
pub(super) enum Value {
    Object(Object),
    Text(Text),
    Number(Number),
    Listing(Side),
    Reasons(Side, RowNumber),
    Attachments(Side, RowNumber),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    ApiVersion,
    Kind,
    Name,
    Account,
    Region,
    ObservedAt,
    Source,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Number {
    ShardIndex,
    ShardCount,
}

// === impl Reader ===

impl Reader {
    /// A reader of a document of so many bytes, which stops at a name other than the one expected.
    pub(super) fn new(length: usize, expected_name: Option<String>) -> Self {
        Self {
            draft: IndexDraft::with_room(length / BYTES_PER_PAIR),
            expected_name,
            ..Self::default()
        }
    }

    /// Reads a whole document.
    pub(super) fn document(&mut self) -> impl for<'de> DeserializeSeed<'de, Value = ()> {
        Seed {
            reader: self,
            value: Value::Object(Object::Document),
        }
    }

    /// What the document comes to; required fields are there, or reading would have stopped.
    pub(super) fn finish(&mut self) -> Result<Outcome, Error> {
        let missing = || Error::new(ErrorKind::Invalid, "not a LockSnapshot");
        let account = self.account.take().ok_or_else(missing)?;
        let region = self.region.take().ok_or_else(missing)?;
        let name = self.name.take().ok_or_else(missing)?;
        let shard = match (self.shard_index, self.shard_count) {
            (Some(index), Some(count)) => Shard { index, count },
            _ => Shard::WHOLE,
        };
        let expected = match shard.index {
            0 => format!("{account}.{region}"),
            index => format!("{account}.{region}.{index}"),
        };
        if name != expected {
            return Ok(Outcome::Misnamed { expected });
        }
        let head = Head {
            account,
            region,
            observed_at: self.observed_at,
            source: self.source,
        };
        let index = std::mem::take(&mut self.draft).finish()?;
        Ok(Outcome::Part(Part::new(head, index, shard)))
    }

    /// Why the reader itself stopped, if it did.
    pub(super) fn take_failure(&mut self) -> Option<Error> {
        self.failure.take()
    }

    /// What should stand where the reading stands.
    pub(super) fn expected(&self) -> &'static str {
        self.expected
    }

    /// Where in the document the reading stands, `spec.instances.i-bp1.reasons`.
    pub(super) fn path(&self) -> String {
        let step = |step: &Step| match *step {
            Step::Field(name) => name,
            Step::Entry(side, row) => self.draft.shelf(side).id(row),
        };
        self.path.iter().map(step).collect::<Vec<_>>().join(".")
    }

    /// Keeps why the reader stops, as a parser's error can't carry it.
    pub(super) fn stop<E: de::Error>(&mut self, error: Error) -> E {
        let stopped = E::custom(error.message());
        self.failure = Some(error);
        stopped
    }

    pub(super) fn check<T, E: de::Error>(&mut self, result: Result<T, Error>) -> Result<T, E> {
        result.map_err(|error| self.stop(error))
    }

    pub(super) fn text(&mut self, field: Text, text: &str) -> Result<(), Error> {
        match field {
            Text::ApiVersion => self.api_version = Some(only(text, API_VERSION)?),
            Text::Kind => self.kind = Some(only(text, KIND)?),
            Text::Name => {
                if let Some(expected) = &self.expected_name {
                    only(text, expected)?;
                }
                self.name = Some(text.to_owned());
            }
            Text::Account => {
                self.account = Some(text.parse().map_err(not_a_name)?);
            }
            Text::Region => self.region = Some(text.parse().map_err(not_a_name)?),
            Text::ObservedAt => {
                let time = text
                    .parse()
                    .map_err(|_| invalid(text, "is no RFC 3339 time, 2026-11-23T10:00:00Z"))?;
                self.observed_at = Some(time);
            }
            Text::Source => {
                let sources = [Source::Ecs, Source::File];
                let source = sources.into_iter().find(|source| source.as_str() == text);
                self.source = source.ok_or_else(|| invalid(text, "is neither `Ecs` nor `File`"))?;
            }
        }
        Ok(())
    }

    pub(super) fn number(&mut self, field: Number, number: u64) -> Result<(), Error> {
        let bounded = u32::try_from(number)
            .ok()
            .filter(|&number| number <= MAX_SHARDS);
        let Some(number) = bounded else {
            return Err(invalid(
                &number.to_string(),
                format!("is more than {MAX_SHARDS}"),
            ));
        };
        match field {
            Number::ShardIndex => self.shard_index = Some(number),
            Number::ShardCount => self.shard_count = Some(number),
        }
        Ok(())
    }

    /// Begins an object.
    pub(super) fn open(&mut self) {
        self.has_reasons = false;
    }

    pub(super) fn set_reasons(
        &mut self,
        side: Side,
        row: RowNumber,
        list: &reasons::Draft,
    ) -> Result<(), Error> {
        self.has_reasons = true;
        self.draft.set_reasons(side, row, list)
    }

    /// Refuses an object that lacks something.
    pub(super) fn close(&self, object: Object) -> Result<(), Error> {
        let missing = match object {
            Object::Document if self.api_version.is_none() => "apiVersion",
            Object::Document if self.kind.is_none() => "kind",
            Object::Document if self.name.is_none() => "metadata",
            Object::Document if self.account.is_none() => "spec",
            Object::Metadata if self.name.is_none() => "name",
            Object::Spec if self.account.is_none() => "account",
            Object::Spec if self.region.is_none() => "region",
            Object::Entry(..) if !self.has_reasons => "reasons",
            Object::Shard => match (self.shard_index, self.shard_count) {
                (None, _) => "index",
                (_, None) => "count",
                (Some(index), Some(count)) if index < count => return Ok(()),
                _ => {
                    return Err(Error::new(
                        ErrorKind::Invalid,
                        "`index` has to be less than `count`",
                    ));
                }
            },
            _ => return Ok(()),
        };
        Err(Error::new(
            ErrorKind::Invalid,
            format!("`{missing}` is missing"),
        ))
    }
}

pub(super) fn invalid(text: &str, why: impl fmt::Display) -> Error {
    let text: String = text.chars().take(80).flat_map(char::escape_debug).collect();
    Error::new(ErrorKind::Invalid, format!("`{text}` {why}"))
}

fn not_a_name(error: TextError) -> Error {
    Error::new(ErrorKind::Invalid, error.to_string())
}

fn only(text: &str, expected: &str) -> Result<(), Error> {
    if text != expected {
        return Err(invalid(text, format!("is not `{expected}`")));
    }
    Ok(())
}

// === impl Object ===

impl Object {
    /// The fields it may have; of an object's metadata, those that Kubernetes knows.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Document => &["apiVersion", "kind", "metadata", "spec"],
            Self::Metadata => &[
                "name",
                "annotations",
                "creationTimestamp",
                "deletionGracePeriodSeconds",
                "deletionTimestamp",
                "finalizers",
                "generateName",
                "generation",
                "labels",
                "managedFields",
                "namespace",
                "ownerReferences",
                "resourceVersion",
                "selfLink",
                "uid",
            ],
            Self::Spec => &[
                "account",
                "region",
                "observedAt",
                "source",
                "instances",
                "disks",
                "shard",
            ],
            Self::Shard => &["index", "count"],
            Self::Entry(Side::Instances, _) => &["reasons", "disks"],
            Self::Entry(Side::Disks, _) => &["reasons", "instances"],
        }
    }

    /// What to read from a field; none if nothing.
    pub(super) fn value(self, field: &str) -> Option<Value> {
        Some(match (self, field) {
            (Self::Document, "apiVersion") => Value::Text(Text::ApiVersion),
            (Self::Document, "kind") => Value::Text(Text::Kind),
            (Self::Document, "metadata") => Value::Object(Self::Metadata),
            (Self::Document, _) => Value::Object(Self::Spec),
            (Self::Metadata, "name") => Value::Text(Text::Name),
            (Self::Metadata, _) => return None,
            (Self::Spec, "account") => Value::Text(Text::Account),
            (Self::Spec, "region") => Value::Text(Text::Region),
            (Self::Spec, "observedAt") => Value::Text(Text::ObservedAt),
            (Self::Spec, "source") => Value::Text(Text::Source),
            (Self::Spec, "instances") => Value::Listing(Side::Instances),
            (Self::Spec, "disks") => Value::Listing(Side::Disks),
            (Self::Spec, _) => Value::Object(Self::Shard),
            (Self::Shard, "index") => Value::Number(Number::ShardIndex),
            (Self::Shard, _) => Value::Number(Number::ShardCount),
            (Self::Entry(side, row), "reasons") => Value::Reasons(side, row),
            (Self::Entry(side, row), _) => Value::Attachments(side, row),
        })
    }
}

// === impl Value ===

impl Value {
    pub(super) fn expected(self) -> &'static str {
        match self {
            Self::Object(Object::Document) => "a LockSnapshot",
            Self::Object(Object::Metadata) => "an object's metadata",
            Self::Object(Object::Spec) => "a listing",
            Self::Object(Object::Shard) => "a shard's `index` and `count`",
            Self::Object(Object::Entry(..)) => "an entry with `reasons`",
            Self::Text(_) => "a text",
            Self::Number(_) => "a whole number",
            Self::Listing(_) => "a map from ids to entries",
            Self::Reasons(..) => "a list of reasons",
            Self::Attachments(..) => "a list of ids",
        }
    }
}
