//! One document, and one complete listing.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::age::elapsed;
use super::builder::Builder;
use super::document;
use super::error::{Error, ErrorKind};
use super::index::{Index, IndexDraft, Side};
use super::reasons;
use super::shelf::RowNumber;
use crate::api::{AccountName, RegionId};

/// How far ahead of the clock a document may be dated: clocks differ a little.
const MAX_AHEAD: Duration = Duration::from_secs(60);

/// Where a listing comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Source {
    /// Asked of the ECS API.
    Ecs,
    /// Written by someone else.
    #[default]
    File,
}

/// Which piece of a listing a document is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Counted from zero.
    pub index: u32,
    /// How many pieces there are.
    pub count: u32,
}

/// What a listing says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) account: AccountName,
    pub(super) region: RegionId,
    pub(super) observed_at: Option<Timestamp>,
    pub(super) source: Source,
}

/// One LockSnapshot document, which may be a shard of a listing; cheap to clone.
#[derive(Debug, Clone)]
pub struct Part {
    snapshot: Snapshot,
    shard: Shard,
}

/// One complete listing of what is locked in one account and region; cheap to clone.
#[derive(Debug, Clone)]
pub struct Snapshot(Arc<Listing>);

#[derive(Debug)]
struct Listing {
    head: Head,
    index: Index,
}

/// One instance or disk of a listing, locked or not.
#[derive(Debug, Clone, Copy)]
pub struct Entry<'s> {
    index: &'s Index,
    side: Side,
    row: RowNumber,
}

// === impl Source ===

impl Source {
    /// The word for it in a document.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ecs => "Ecs",
            Self::File => "File",
        }
    }
}

// === impl Shard ===

impl Shard {
    /// The shard of a listing that is in one piece.
    pub const WHOLE: Self = Self { index: 0, count: 1 };
}

// === impl Part ===

impl Part {
    pub(super) fn new(head: Head, index: Index, shard: Shard) -> Self {
        Self {
            snapshot: Snapshot::new(head, index),
            shard,
        }
    }

    /// Reads a JSON document.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        document::from_json(bytes)
    }

    /// Reads a YAML document.
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        document::from_yaml(text)
    }

    /// The account that the listing is about.
    pub fn account(&self) -> &AccountName {
        self.snapshot.account()
    }

    /// The region that the listing is about.
    pub fn region(&self) -> &RegionId {
        self.snapshot.region()
    }

    /// When the listing began, if the document says.
    pub fn observed_at(&self) -> Option<Timestamp> {
        self.snapshot.observed_at()
    }

    /// Which piece of the listing this is.
    pub fn shard(&self) -> Shard {
        self.shard
    }

    /// Refuses a document dated more than a minute ahead of the clock.
    pub fn check_not_ahead(&self, now: Timestamp) -> Result<(), Error> {
        let Some(observed_at) = self.observed_at() else {
            return Ok(());
        };
        if elapsed(now, observed_at) <= MAX_AHEAD {
            return Ok(());
        }
        let message =
            format!("spec.observedAt: {observed_at} is more than a minute ahead of the clock");
        Err(Error::new(ErrorKind::Ahead, message).with_detail(format!("the clock says {now}")))
    }

    pub(super) fn copy_into(&self, draft: &mut IndexDraft, side: Side) -> Result<(), Error> {
        let index = &self.snapshot.0.index;
        for (row, about) in index.listed(side) {
            let entry = Entry { index, side, row };
            let new = draft.list(side, entry.id())?;
            let mut list = reasons::Draft::new();
            for reason in entry.reasons() {
                draft.push_reason(&mut list, reason)?;
            }
            draft.set_reasons(side, new, &list)?;
            if about.attachments_known {
                draft.set_attachments_known(side, new);
            }
            for other in entry.attached() {
                draft.attach(side, new, other)?;
            }
        }
        Ok(())
    }
}

// === impl Snapshot ===

impl Snapshot {
    pub(super) fn new(head: Head, index: Index) -> Self {
        Self(Arc::new(Listing { head, index }))
    }

    /// Reads a JSON document that is a complete listing.
    pub fn from_json(bytes: &[u8]) -> Result<Self, Error> {
        Self::join(&[Part::from_json(bytes)?])
    }

    /// Reads a YAML document that is a complete listing.
    pub fn from_yaml(text: &str) -> Result<Self, Error> {
        Self::join(&[Part::from_yaml(text)?])
    }

    /// Makes a listing of its shards: all of them, each once, and all of one time.
    pub fn join(parts: &[Part]) -> Result<Self, Error> {
        let Some((first, others)) = parts.split_first() else {
            return Err(Error::new(
                ErrorKind::Incomplete,
                "a listing without a document",
            ));
        };
        if others.is_empty() {
            check_set(first, parts)?;
            return Ok(first.snapshot.clone());
        }
        Self::join_all(parts.to_vec())
    }

    /// The same of parts that are given away: each goes when it has been taken over, so all is there only once.
    pub fn join_all(mut parts: Vec<Part>) -> Result<Self, Error> {
        let Some(first) = parts.first() else {
            return Self::join(&[]);
        };
        if let [only] = parts.as_slice() {
            return Self::join(std::slice::from_ref(only));
        }
        check_set(first, &parts)?;
        let head = &first.snapshot.0.head;
        let mut builder = Builder::new(head.account.clone(), head.region.clone(), head.source);
        if let Some(observed_at) = head.observed_at {
            builder = builder.observed_at(observed_at);
        }
        parts.sort_by_key(|part| part.shard.index);
        for part in parts {
            builder.take(&part)?;
        }
        builder.finish()
    }

    /// The account that the listing is about.
    pub fn account(&self) -> &AccountName {
        &self.0.head.account
    }

    /// The region that the listing is about.
    pub fn region(&self) -> &RegionId {
        &self.0.head.region
    }

    /// When the listing began, if it says.
    pub fn observed_at(&self) -> Option<Timestamp> {
        self.0.head.observed_at
    }

    /// Where the listing comes from.
    pub fn source(&self) -> Source {
        self.0.head.source
    }

    /// The instances that the listing names, in its order.
    pub fn instances(&self) -> impl Iterator<Item = Entry<'_>> {
        self.entries(Side::Instances)
    }

    /// The disks that the listing names, in its order.
    pub fn disks(&self) -> impl Iterator<Item = Entry<'_>> {
        self.entries(Side::Disks)
    }

    fn entries(&self, side: Side) -> impl Iterator<Item = Entry<'_>> {
        let index = self.index();
        index
            .listed(side)
            .map(move |(row, _)| Entry { index, side, row })
    }

    /// The numbers of all rows of one side.
    pub(super) fn rows(&self, side: Side) -> Range<RowNumber> {
        // No more rows than have a number.
        0..RowNumber::try_from(self.index().shelf(side).len()).unwrap_or(RowNumber::MAX)
    }

    /// The entries of some rows of one side; a row that is only mentioned has none.
    pub(super) fn listed_in(
        &self,
        side: Side,
        rows: Range<RowNumber>,
    ) -> impl Iterator<Item = Entry<'_>> {
        let index = self.index();
        let is_listed =
            move |row: &RowNumber| index.shelf(side).row(*row).is_some_and(|row| row.listed);
        rows.filter(is_listed)
            .map(move |row| Entry { index, side, row })
    }

    pub(super) fn index(&self) -> &Index {
        &self.0.index
    }
}

fn check_set(first: &Part, parts: &[Part]) -> Result<(), Error> {
    let incomplete = |message: String| Err(Error::new(ErrorKind::Incomplete, message));
    let count = first.shard.count;
    let mut seen = vec![false; parts.len()];
    for part in parts {
        let name = |part: &Part| format!("{}.{}", part.account(), part.region());
        if (part.account(), part.region()) != (first.account(), first.region()) {
            return incomplete(format!(
                "shards of two listings, {} and {}",
                name(first),
                name(part)
            ));
        }
        if part.shard.count != count || part.observed_at() != first.observed_at() {
            return incomplete(format!(
                "the shards of {} are not all of one listing",
                name(part)
            ));
        }
        match seen.get_mut(part.shard.index as usize) {
            Some(true) => {
                return incomplete(format!(
                    "shard {} of {} is there twice",
                    part.shard.index,
                    name(part)
                ));
            }
            Some(seen) => *seen = true,
            None => {}
        }
    }
    if parts.len() != count as usize || seen.contains(&false) {
        let name = format!("{}.{}", first.account(), first.region());
        return incomplete(format!(
            "{} of the {count} shards of {name} are there",
            parts.len()
        ));
    }
    Ok(())
}

// === impl Entry ===

impl<'s> Entry<'s> {
    /// Its id.
    pub fn id(&self) -> &'s str {
        self.index.shelf(self.side).id(self.row)
    }

    /// Why it is locked; empty if it is not.
    pub fn reasons(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let index = self.index;
        index.reasons.list(index.reasons_of(self.side, self.row))
    }

    /// The disks of an instance or the instances of a disk, as far as known, ordered by id.
    pub fn attached(&self) -> impl Iterator<Item = &'s str> + use<'s> {
        let others = self.index.shelf(self.side.other());
        self.index
            .attached(self.side, self.row)
            .iter()
            .map(|&row| others.id(row))
    }

    /// Whether [`Entry::attached`] is all there is.
    pub fn attachments_known(&self) -> bool {
        self.index
            .shelf(self.side)
            .row(self.row)
            .is_some_and(|row| row.attachments_known)
    }

    /// Its number on its side of the listing.
    pub(super) fn row(&self) -> RowNumber {
        self.row
    }
}
