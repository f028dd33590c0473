//! A listing as several documents, where one of bounded size can't hold it.
//!
//! Guarantees: every entry is in exactly one document, and no entry in two halves; the documents of equal listings that
//! are cut alike have the same fingerprint, those of others another one. Holds no document: each is written when asked for.

use std::fmt::Write as _;
use std::ops::Range;

use aws_lc_rs::digest::{Context, SHA256};
use jiff::Timestamp;
use serde::ser::{Serialize, Serializer};

use super::index::Side;
use super::shelf::RowNumber;
use super::snapshot::{Shard, Snapshot};
use super::write::{Lock, Spec};

/// Of a SHA-256, so many bytes tell any two listings apart that nobody made to look alike.
const FINGERPRINT: usize = 16;

/// A listing, and where it is cut.
#[derive(Debug)]
pub struct Split {
    snapshot: Snapshot,
    observed_at: Timestamp,
    cuts: Vec<Cut>,
    fingerprint: String,
}

/// The rows of one document.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Cut {
    instances: Range<RowNumber>,
    disks: Range<RowNumber>,
}

/// The `spec` of one of the documents.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'s> {
    split: &'s Split,
    cut: &'s Cut,
    index: u32,
}

impl Split {
    /// Cuts a listing that began at `observed_at` so that the entries of each document take no more than `limit` bytes
    /// of JSON; an entry that is longer by itself has a document to itself.
    #[must_use]
    pub fn new(snapshot: &Snapshot, observed_at: Timestamp, limit: usize) -> Self {
        let mut draft = Draft {
            limit,
            bytes: 0,
            text: Vec::new(),
            digest: Context::new(&SHA256),
            cuts: vec![Cut {
                instances: 0..0,
                disks: 0..0,
            }],
        };
        for side in [Side::Instances, Side::Disks] {
            draft.side(snapshot, side);
        }
        let digest = draft.digest.finish();
        let mut fingerprint = String::with_capacity(2 * FINGERPRINT);
        for byte in digest.as_ref().iter().take(FINGERPRINT) {
            // Writing to a String can't fail.
            let _ = write!(fingerprint, "{byte:02x}");
        }
        Self {
            snapshot: snapshot.clone(),
            observed_at,
            cuts: draft.cuts,
            fingerprint,
        }
    }

    /// How many documents there are; at least one.
    #[must_use]
    pub fn count(&self) -> u32 {
        u32::try_from(self.cuts.len()).unwrap_or(u32::MAX)
    }

    /// What is listed and where it is cut, in a word; when it was listed is not part of it.
    #[must_use]
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// When the listing began.
    #[must_use]
    pub fn observed_at(&self) -> Timestamp {
        self.observed_at
    }

    /// One of the documents.
    #[must_use]
    pub fn piece(&self, index: u32) -> Option<Piece<'_>> {
        let cut = self.cuts.get(usize::try_from(index).ok()?)?;
        Some(Piece {
            split: self,
            cut,
            index,
        })
    }
}

/// The cuts as far as they have come.
struct Draft {
    limit: usize,
    /// What the entries of the last cut take.
    bytes: usize,
    text: Vec<u8>,
    digest: Context,
    cuts: Vec<Cut>,
}

impl Draft {
    fn side(&mut self, snapshot: &Snapshot, side: Side) {
        self.digest.update(b"side");
        for entry in snapshot.listed_in(side, snapshot.rows(side)) {
            self.text.clear();
            // Neither writing to memory nor our own texts can fail.
            let _ = serde_json::to_writer(&mut self.text, entry.id());
            self.text.push(b':');
            let _ = serde_json::to_writer(&mut self.text, &Lock::of(side, entry));
            self.text.push(b',');
            let longer = self.bytes.saturating_add(self.text.len());
            if self.limit < longer && 0 < self.bytes {
                self.digest.update(b"cut");
                self.bytes = self.text.len();
                // What comes before this row is in the documents before.
                let none = |side| match self.cuts.last() {
                    Some(last) => last.end(side)..last.end(side),
                    None => 0..0,
                };
                let cut = Cut {
                    instances: none(Side::Instances),
                    disks: none(Side::Disks),
                };
                self.cuts.push(cut);
            } else {
                self.bytes = longer;
            }
            self.digest.update(&self.text);
            if let Some(cut) = self.cuts.last_mut() {
                cut.rows(side).end = entry.row().saturating_add(1);
            }
        }
    }
}

impl Cut {
    fn end(&self, side: Side) -> RowNumber {
        match side {
            Side::Instances => self.instances.end,
            Side::Disks => self.disks.end,
        }
    }

    fn rows(&mut self, side: Side) -> &mut Range<RowNumber> {
        match side {
            Side::Instances => &mut self.instances,
            Side::Disks => &mut self.disks,
        }
    }
}

impl Serialize for Piece<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { split, cut, index } = *self;
        let spec = Spec {
            snapshot: &split.snapshot,
            observed_at: Some(split.observed_at),
            shard: Some(Shard {
                index,
                count: split.count(),
            }),
            instances: cut.instances.clone(),
            disks: cut.disks.clone(),
        };
        spec.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Builder, Part, Source};
    use super::*;

    const THEN: &str = "2026-11-23T10:00:00Z";

    fn listing(instances: &[(u16, bool)], disks: &[(u16, Option<u16>)]) -> Snapshot {
        let mut builder = Builder::new(
            "prod".parse().unwrap(),
            "cn-hangzhou".parse().unwrap(),
            Source::Ecs,
        );
        for (id, knows) in instances {
            let disks = knows.then(|| [format!("d-{id}")]);
            let _ = builder.instance(&format!("i-{id}"), ["financial"], disks);
        }
        for (id, on) in disks {
            let on = on.map(|id| format!("i-{id}"));
            let _ = builder.disk(&format!("d-{id}"), ["financial", "a\"b"], on);
        }
        builder.observed_at(THEN.parse().unwrap()).finish().unwrap()
    }

    fn documents(split: &Split) -> Vec<String> {
        let names = (0..split.count()).map(|index| match index {
            0 => "prod.cn-hangzhou".to_owned(),
            index => format!("prod.cn-hangzhou.{index}"),
        });
        let documents = (0..).zip(names).map(|(index, name)| {
            let spec = serde_json::to_value(split.piece(index).unwrap()).unwrap();
            serde_json::json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "LockSnapshot",
                "metadata": {"name": name}, "spec": spec})
            .to_string()
        });
        documents.collect()
    }

    /// Everything that a listing says, in an order of its own.
    fn said(snapshot: &Snapshot) -> Vec<String> {
        let mut said: Vec<_> = snapshot
            .instances()
            .chain(snapshot.disks())
            .map(|entry| {
                let reasons: Vec<_> = entry.reasons().collect();
                let attached: Vec<_> = entry.attached().collect();
                let knows = entry.attachments_known();
                format!("{} {reasons:?} {attached:?} {knows}", entry.id())
            })
            .collect();
        said.sort();
        said
    }

    proptest! {
        #[test]
        fn however_a_listing_is_cut_it_is_read_back_whole(
            instances in prop::collection::vec((0..200_u16, any::<bool>()), 0..60),
            disks in prop::collection::vec((0..200_u16, prop::option::of(0..200_u16)), 0..60),
            limit in 1..4_000_usize,
        ) {
            let snapshot = listing(&instances, &disks);
            let split = Split::new(&snapshot, THEN.parse().unwrap(), limit);
            let documents = documents(&split);
            let parts: Vec<Part> = documents.iter().map(|json| Part::from_json(json.as_bytes()).unwrap()).collect();
            prop_assert_eq!(said(&Snapshot::join(&parts).unwrap()), said(&snapshot));
            for index in 0..split.count() {
                let piece = serde_json::to_value(split.piece(index).unwrap()).unwrap();
                let entries: usize = ["instances", "disks"].map(|side| piece[side].as_object().unwrap().len()).iter().sum();
                let length = piece.to_string().len();
                prop_assert!(length <= limit + 160 || entries == 1, "{length} {entries}");
            }
        }
    }

    #[test]
    fn a_listing_of_nothing_is_one_document() {
        let split = Split::new(&listing(&[], &[]), THEN.parse().unwrap(), 1);
        assert_eq!(split.count(), 1);
        assert!(split.piece(1).is_none());
        let json = serde_json::to_string(&split.piece(0).unwrap()).unwrap();
        assert_eq!(
            json,
            concat!(
                r#"{"account":"prod","region":"cn-hangzhou","observedAt":"2026-11-23T10:00:00Z","source":"Ecs","#,
                r#""instances":{},"disks":{},"shard":{"index":0,"count":1}}"#
            )
        );
    }

    #[test]
    fn the_fingerprint_is_that_of_the_content_and_the_cuts() {
        let fingerprint = |snapshot: &Snapshot, at: &str, limit| {
            let split = Split::new(snapshot, at.parse().unwrap(), limit);
            split.fingerprint().to_owned()
        };
        let listed = listing(&[(1, false), (2, false)], &[(1, None)]);
        let known = fingerprint(&listed, THEN, 1000);
        assert_eq!(known.len(), 32);
        assert_eq!(
            known,
            fingerprint(&listed, "2027-01-01T00:00:00Z", 2000),
            "neither the time nor a limit that changes no cut"
        );
        assert_ne!(known, fingerprint(&listed, THEN, 40));
        for other in [
            listing(&[(1, false)], &[(1, None)]),
            listing(&[(1, false), (2, true)], &[(1, None)]),
            listing(&[(1, false), (2, false)], &[(1, Some(1))]),
            listing(&[(1, false), (2, false)], &[]),
        ] {
            assert_ne!(known, fingerprint(&other, THEN, 1000));
        }
    }
}
