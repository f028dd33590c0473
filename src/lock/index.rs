//! The index of one listing: two shelves, the attachments between them, and tallies by list of reasons.
//!
//! An attachment that either side states counts for both. It is kept once in each direction, ordered by id, so that the
//! first answer found is the same whatever order the listing came in.

use super::error::{Error, ErrorKind};
use super::reasons::{self, EMPTY_LIST, ListNumber, Reasons};
use super::shelf::{Row, RowNumber, Shelf};

/// Instances or disks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Instances,
    Disks,
}

/// An index while its listing is being read.
#[derive(Debug, Default)]
pub(super) struct IndexDraft {
    instances: Shelf,
    disks: Shelf,
    reasons: Reasons,
    /// Instance row in the upper half, disk row in the lower: sorts by instance, then by disk.
    attachments: Vec<u64>,
}

/// An index that is complete and no longer changes.
#[derive(Debug)]
pub(super) struct Index {
    pub(super) instances: Shelf,
    pub(super) disks: Shelf,
    pub(super) reasons: Reasons,
    disks_of: Links,
    instances_of: Links,
    instance_tallies: Box<[Tally]>,
    disk_tallies: Box<[Tally]>,
}

/// What there is on one side for one list of reasons, or for several together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) count: u32,
    /// Of these, how many do not say what they are attached to.
    pub(super) unattached: u32,
    /// The one with the smallest id.
    pub(super) first: Option<RowNumber>,
}

/// For each row of one side, rows of the other.
#[derive(Debug)]
struct Links {
    /// Where the links of each row end; those of the next begin there.
    ends: Box<[u32]>,
    rows: Box<[RowNumber]>,
}

impl Side {
    pub(super) fn other(self) -> Self {
        match self {
            Self::Instances => Self::Disks,
            Self::Disks => Self::Instances,
        }
    }
}

// === impl IndexDraft ===

impl IndexDraft {
    /// A draft with room for about so many ids a side.
    pub(super) fn with_room(ids: usize) -> Self {
        Self {
            instances: Shelf::with_room(ids),
            disks: Shelf::with_room(ids),
            ..Self::default()
        }
    }

    pub(super) fn shelf(&self, side: Side) -> &Shelf {
        match side {
            Side::Instances => &self.instances,
            Side::Disks => &self.disks,
        }
    }

    fn shelf_mut(&mut self, side: Side) -> &mut Shelf {
        match side {
            Side::Instances => &mut self.instances,
            Side::Disks => &mut self.disks,
        }
    }

    /// Adds an entry, which no other entry of the listing may name; its id has been checked.
    pub(super) fn list(&mut self, side: Side, id: &str) -> Result<RowNumber, Error> {
        let shelf = self.shelf_mut(side);
        let number = shelf.intern(id)?;
        match shelf.row_mut(number) {
            Some(row) if !row.listed => {
                row.listed = true;
                Ok(number)
            }
            _ => Err(Error::new(
                ErrorKind::Duplicate,
                format!("`{id}` is listed twice"),
            )),
        }
    }

    /// Adds a reason to a list that is being read.
    pub(super) fn push_reason(
        &mut self,
        list: &mut reasons::Draft,
        reason: &str,
    ) -> Result<(), Error> {
        self.reasons.push(list, reason)
    }

    /// Says why an entry is locked.
    pub(super) fn set_reasons(
        &mut self,
        side: Side,
        number: RowNumber,
        list: &reasons::Draft,
    ) -> Result<(), Error> {
        let list = self.reasons.intern(list)?;
        if let Some(row) = self.shelf_mut(side).row_mut(number) {
            row.reasons = list;
        }
        Ok(())
    }

    /// Says that an entry's attachments are all there are.
    pub(super) fn set_attachments_known(&mut self, side: Side, number: RowNumber) {
        if let Some(row) = self.shelf_mut(side).row_mut(number) {
            row.attachments_known = true;
        }
    }

    /// Adds an attachment of an entry; the other's id has been checked.
    pub(super) fn attach(
        &mut self,
        side: Side,
        number: RowNumber,
        other: &str,
    ) -> Result<(), Error> {
        let other = self.shelf_mut(side.other()).intern(other)?;
        let (instance, disk) = match side {
            Side::Instances => (number, other),
            Side::Disks => (other, number),
        };
        self.attachments.push(pair(instance, disk));
        Ok(())
    }

    /// The whole of it, read-only from here on.
    pub(super) fn finish(mut self) -> Result<Index, Error> {
        self.attachments.sort();
        self.attachments.dedup();
        let attachments = std::mem::take(&mut self.attachments);
        if u32::try_from(attachments.len()).is_err() {
            return Err(Error::new(
                ErrorKind::TooLarge,
                "more attachments than one listing can hold",
            ));
        }
        for row in self.disks.rows_mut() {
            // A locked disk without `instances` is not attached: it always says all it has.
            row.attachments_known |= row.reasons != EMPTY_LIST;
        }
        let disks_of = Links::new(
            &self.instances,
            &self.disks,
            attachments.iter().map(|&pair| split(pair)),
        );
        let by_disk = attachments
            .iter()
            .map(|&pair| split(pair))
            .map(|(instance, disk)| (disk, instance));
        let instances_of = Links::new(&self.disks, &self.instances, by_disk);
        drop(attachments);
        self.instances.shrink();
        self.disks.shrink();
        self.reasons.shrink();
        let lists = self.reasons.len();
        Ok(Index {
            instance_tallies: tally(&self.instances, lists),
            disk_tallies: tally(&self.disks, lists),
            instances: self.instances,
            disks: self.disks,
            reasons: self.reasons,
            disks_of,
            instances_of,
        })
    }
}

fn pair(instance: RowNumber, disk: RowNumber) -> u64 {
    u64::from(instance) << 32 | u64::from(disk)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the lower half is what is wanted"
)]
fn split(pair: u64) -> (RowNumber, RowNumber) {
    ((pair >> 32) as u32, pair as u32)
}

fn tally(shelf: &Shelf, lists: usize) -> Box<[Tally]> {
    let mut tallies = vec![Tally::default(); lists].into_boxed_slice();
    for (number, row) in shelf.rows() {
        if let Some(tally) = tallies.get_mut(row.reasons as usize) {
            let one = Tally {
                count: 1,
                unattached: u32::from(!row.attachments_known),
                first: Some(number),
            };
            *tally = tally.plus(one, shelf);
        }
    }
    tallies
}

// === impl Tally ===

impl Tally {
    pub(super) fn plus(self, other: Self, shelf: &Shelf) -> Self {
        let first = match (self.first, other.first) {
            (Some(one), Some(two)) if shelf.id(two) < shelf.id(one) => Some(two),
            (one, two) => one.or(two),
        };
        Self {
            count: self.count + other.count,
            unattached: self.unattached + other.unattached,
            first,
        }
    }
}

// === impl Links ===

impl Links {
    fn new(
        from: &Shelf,
        to: &Shelf,
        pairs: impl Iterator<Item = (RowNumber, RowNumber)> + Clone,
    ) -> Self {
        let mut ends = vec![0_u32; from.len()].into_boxed_slice();
        for (row, _) in pairs.clone() {
            if let Some(end) = ends.get_mut(row as usize) {
                *end += 1;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            // For now where the row's links begin: filling moves it to where they end.
            let count = std::mem::replace(end, total);
            total += count;
        }
        let mut rows = vec![0; total as usize].into_boxed_slice();
        for (row, other) in pairs {
            let Some(end) = ends.get_mut(row as usize) else {
                continue;
            };
            if let Some(slot) = rows.get_mut(*end as usize) {
                *slot = other;
            }
            *end += 1;
        }
        let mut links = Self { ends, rows };
        links.order_by_id(to);
        links
    }

    fn order_by_id(&mut self, to: &Shelf) {
        let mut start = 0;
        for &end in &self.ends {
            if let Some(rows) = self.rows.get_mut(start as usize..end as usize) {
                rows.sort_by(|&one, &two| to.id(one).cmp(to.id(two)));
            }
            start = end;
        }
    }

    fn of(&self, row: RowNumber) -> &[RowNumber] {
        let end = self.ends.get(row as usize).copied().unwrap_or_default();
        let start = row
            .checked_sub(1)
            .and_then(|before| self.ends.get(before as usize))
            .copied()
            .unwrap_or_default();
        self.rows
            .get(start as usize..end as usize)
            .unwrap_or_default()
    }
}

// === impl Index ===

impl Index {
    pub(super) fn shelf(&self, side: Side) -> &Shelf {
        match side {
            Side::Instances => &self.instances,
            Side::Disks => &self.disks,
        }
    }

    /// The rows of the other side that a row is attached to, ordered by id.
    pub(super) fn attached(&self, side: Side, number: RowNumber) -> &[RowNumber] {
        match side {
            Side::Instances => self.disks_of.of(number),
            Side::Disks => self.instances_of.of(number),
        }
    }

    /// The list of reasons of a row.
    pub(super) fn reasons_of(&self, side: Side, number: RowNumber) -> ListNumber {
        self.shelf(side)
            .row(number)
            .map_or(EMPTY_LIST, |row| row.reasons)
    }

    /// What there is on one side for all lists that match, at a cost that does not grow with the ids.
    pub(super) fn sum(&self, side: Side, matching: &[bool]) -> Tally {
        let tallies = match side {
            Side::Instances => &self.instance_tallies,
            Side::Disks => &self.disk_tallies,
        };
        let shelf = self.shelf(side);
        let matching = tallies
            .iter()
            .zip(matching)
            .filter(|(_, matches)| **matches);
        matching.fold(Tally::default(), |sum, (tally, _)| sum.plus(*tally, shelf))
    }

    /// The rows of the listing's own entries.
    pub(super) fn listed(&self, side: Side) -> impl Iterator<Item = (RowNumber, &Row)> {
        self.shelf(side).rows().filter(|(_, row)| row.listed)
    }
}
