//! Why something is locked, in the shapes of both APIs.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::object::{Object, nullable};

/// What an answer says of the locks of one thing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Locks {
    /// Nothing: the field is missing or null.
    #[default]
    Absent,
    /// The reasons, of which there may be none.
    Listed(Vec<String>),
}

/// `OperationLocks` of an instance.
#[derive(Deserialize)]
struct InstanceLocks {
    #[serde(rename = "LockReason")]
    reasons: Reasons,
}

/// `OperationLocks` of a disk.
#[derive(Deserialize)]
struct DiskLocks {
    #[serde(rename = "OperationLock")]
    reasons: Reasons,
}

/// One lock; its message is for people.
#[derive(Deserialize)]
struct Lock {
    #[serde(rename = "LockReason")]
    reason: String,
}

struct Reasons(Vec<String>);

/// Reads an instance's locks.
pub(super) fn of_instance<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Locks, D::Error> {
    let locks = nullable::<InstanceLocks, D>(deserializer)?;
    Ok(locks.map_or(Locks::Absent, |locks| Locks::Listed(locks.reasons.0)))
}

/// Reads a disk's locks.
pub(super) fn of_disk<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Locks, D::Error> {
    let locks = nullable::<DiskLocks, D>(deserializer)?;
    Ok(locks.map_or(Locks::Absent, |locks| Locks::Listed(locks.reasons.0)))
}

impl<'de> Deserialize<'de> for Reasons {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Reasons;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list of locks")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut locks: A) -> Result<Reasons, A::Error> {
        let mut reasons = Vec::new();
        while let Some(Object(Lock { reason })) = locks.next_element()? {
            reasons.push(reason);
        }
        Ok(Reasons(reasons))
    }

    /// Some of the vendor's examples show one lock without a list around it.
    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Reasons, A::Error> {
        let Lock { reason } = Lock::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Reasons(vec![reason]))
    }
}
