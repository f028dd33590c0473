//! A listing as the document that it can be read back from.

use std::ops::Range;

use jiff::Timestamp;
use serde::ser::{Serialize, SerializeMap, SerializeStruct, Serializer};

use super::index::Side;
use super::shelf::RowNumber;
use super::snapshot::{Entry, Shard, Snapshot};

impl Serialize for Snapshot {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("LockSnapshot", 4)?;
        document.serialize_field("apiVersion", "arrears.dev/v1alpha1")?;
        document.serialize_field("kind", "LockSnapshot")?;
        document.serialize_field("metadata", &Metadata(self))?;
        let spec = Spec {
            snapshot: self,
            observed_at: self.observed_at(),
            shard: None,
            instances: self.rows(Side::Instances),
            disks: self.rows(Side::Disks),
        };
        document.serialize_field("spec", &spec)?;
        document.end()
    }
}

struct Metadata<'s>(&'s Snapshot);

impl Serialize for Metadata<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut metadata = serializer.serialize_struct("Metadata", 1)?;
        let name = format!("{}.{}", self.0.account(), self.0.region());
        metadata.serialize_field("name", &name)?;
        metadata.end()
    }
}

/// The `spec` of a document with some of a listing's rows, or all of them.
pub(super) struct Spec<'s> {
    pub(super) snapshot: &'s Snapshot,
    pub(super) observed_at: Option<Timestamp>,
    pub(super) shard: Option<Shard>,
    pub(super) instances: Range<RowNumber>,
    pub(super) disks: Range<RowNumber>,
}

impl Serialize for Spec<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let snapshot = self.snapshot;
        let mut spec = serializer.serialize_struct("Spec", 7)?;
        spec.serialize_field("account", snapshot.account().as_str())?;
        spec.serialize_field("region", snapshot.region().as_str())?;
        if let Some(observed_at) = self.observed_at {
            spec.serialize_field("observedAt", &observed_at)?;
        }
        spec.serialize_field("source", snapshot.source().as_str())?;
        let rows = |side, rows: &Range<RowNumber>| Rows {
            snapshot,
            side,
            rows: rows.clone(),
        };
        spec.serialize_field("instances", &rows(Side::Instances, &self.instances))?;
        spec.serialize_field("disks", &rows(Side::Disks, &self.disks))?;
        if let Some(Shard { index, count }) = self.shard {
            spec.serialize_field("shard", &Pairs([("index", index), ("count", count)]))?;
        }
        spec.end()
    }
}

struct Pairs<const N: usize>([(&'static str, u32); N]);

impl<const N: usize> Serialize for Pairs<N> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0)
    }
}

/// The entries of some rows of one side.
struct Rows<'s> {
    snapshot: &'s Snapshot,
    side: Side,
    rows: Range<RowNumber>,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entries = serializer.serialize_map(None)?;
        for entry in self.snapshot.listed_in(self.side, self.rows.clone()) {
            entries.serialize_entry(entry.id(), &Lock::of(self.side, entry))?;
        }
        entries.end()
    }
}

/// What is said of one entry.
pub(super) struct Lock<'s> {
    entry: Entry<'s>,
    /// What its attachments are called.
    attachments: &'static str,
}

impl<'s> Lock<'s> {
    pub(super) fn of(side: Side, entry: Entry<'s>) -> Self {
        let attachments = match side {
            Side::Instances => "disks",
            Side::Disks => "instances",
        };
        Self { entry, attachments }
    }
}

impl Serialize for Lock<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { entry, attachments } = self;
        let mut lock = serializer.serialize_map(None)?;
        lock.serialize_entry("reasons", &Texts(|| entry.reasons()))?;
        if entry.attachments_known() {
            lock.serialize_entry(attachments, &Texts(|| entry.attached()))?;
        }
        lock.end()
    }
}

struct Texts<F>(F);

impl<'s, F: Fn() -> I, I: Iterator<Item = &'s str>> Serialize for Texts<F> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, Source};
    use super::*;

    #[test]
    fn what_is_written_reads_back_the_same() {
        let observed_at = "2026-11-23T10:00:00Z".parse().unwrap();
        let builder = Builder::new(
            "prod".parse().unwrap(),
            "cn-hangzhou".parse().unwrap(),
            Source::Ecs,
        );
        let mut builder = builder.observed_at(observed_at);
        builder
            .instance("i-1", ["financial", "security"], Some(["d-1", "d-2"]))
            .unwrap();
        builder
            .instance("i-2", ["financial"], None::<[&str; 0]>)
            .unwrap();
        builder.disk("d-1", ["financial"], ["i-1"]).unwrap();
        builder.disk("d-3", ["financial"], [""; 0]).unwrap();
        let snapshot = builder.finish().unwrap();
        let json = serde_json::to_string(&snapshot).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"#,
                r#""spec":{"account":"prod","region":"cn-hangzhou","observedAt":"2026-11-23T10:00:00Z","source":"Ecs","#,
                r#""instances":{"i-1":{"reasons":["financial","security"],"disks":["d-1","d-2"]},"i-2":{"reasons":["financial"]}},"#,
                r#""disks":{"d-1":{"reasons":["financial"],"instances":["i-1"]},"d-3":{"reasons":["financial"],"instances":[]}}}}"#
            )
        );
        let again = Snapshot::from_json(json.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
        let yaml = serde_saphyr::to_string(&snapshot).unwrap();
        let again = Snapshot::from_yaml(&yaml).unwrap();
        assert_eq!(serde_json::to_string(&again).unwrap(), json);
    }
}
