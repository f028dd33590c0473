//! What is locked in one region, for the reasons that a policy names: the listing, and what was asked since.
//!
//! What was asked goes before the listing: it is newer. No question allocates.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::age::{Age, Freshness, elapsed};
use super::confirmed::Confirmation;
use super::index::{Side, Tally};
use super::shelf::Shelf;
use super::snapshot::Snapshot;
use super::view::Facts;

/// What is locked in one region, for the reasons that the policy names.
#[derive(Debug, Clone)]
pub struct Locks {
    facts: Facts,
    /// For each distinct list of reasons, whether the policy names one of them.
    matching: Box<[bool]>,
    lock_reasons: Arc<[String]>,
    is_whole: bool,
    instances: Total,
    disks: Total,
}

/// What one side comes to, confirmations included.
#[derive(Debug, Clone, Default)]
struct Total {
    count: usize,
    /// The locked one with the smallest id, of those asked for if there is one.
    first: Option<Box<str>>,
    /// Locked instances whose disks the listing does not tell.
    unattached: usize,
}

/// Whether an instance that a disk is attached to is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer<'v> {
    /// This one is.
    Locked(&'v str),
    /// None is.
    NotLocked,
    /// A locked instance of the region does not say which disks it has.
    Unknown,
}

// === impl Locks ===

impl Locks {
    pub(super) fn new(facts: Facts, lock_reasons: &Arc<[String]>) -> Self {
        let index = facts.snapshot.index();
        let matching = index.reasons.matching(lock_reasons);
        let listed = |side| Total::listed(index.sum(side, &matching), index.shelf(side));
        let mut locks = Self {
            instances: listed(Side::Instances),
            disks: listed(Side::Disks),
            lock_reasons: Arc::clone(lock_reasons),
            is_whole: facts.is_listed_for(lock_reasons),
            matching,
            facts,
        };
        if !locks.facts.confirmed.is_empty() {
            locks.instances = locks.total(Side::Instances);
            locks.disks = locks.total(Side::Disks);
        }
        locks
    }

    /// The listing behind these locks.
    pub fn snapshot(&self) -> &Snapshot {
        &self.facts.snapshot
    }

    /// From when on the facts age.
    pub fn observed_at(&self) -> Timestamp {
        self.facts.observed_at
    }

    /// How old the listing is; one dated ahead is new.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        elapsed(self.facts.observed_at, now)
    }

    /// How old what is known of an instance is: it may have been asked for since the listing.
    pub fn instance_elapsed(&self, id: &str, now: Timestamp) -> Duration {
        self.elapsed_of(Side::Instances, id, now)
    }

    /// How old what is known of a disk is: it may have been asked for since the listing.
    pub fn disk_elapsed(&self, id: &str, now: Timestamp) -> Duration {
        self.elapsed_of(Side::Disks, id, now)
    }

    /// Whether what is in no listing is not locked: the listing was made for all the reasons that the policy names now.
    pub fn is_whole(&self) -> bool {
        self.is_whole
    }

    /// The age class of the facts.
    pub fn age(&self, now: Timestamp, freshness: &Freshness) -> Age {
        freshness.age(self.elapsed(now))
    }

    /// Whether an instance is locked.
    pub fn instance(&self, id: &str) -> bool {
        self.is_locked(Side::Instances, id)
    }

    /// Whether a disk is locked.
    pub fn disk(&self, id: &str) -> bool {
        self.is_locked(Side::Disks, id)
    }

    /// The locked instance with the smallest id; one that was asked for goes before the others.
    pub fn any_instance(&self) -> Option<&str> {
        self.instances.first.as_deref()
    }

    /// The locked disk with the smallest id; one that was asked for goes before the others.
    pub fn any_disk(&self) -> Option<&str> {
        self.disks.first.as_deref()
    }

    /// How many instances are locked.
    pub fn instance_count(&self) -> usize {
        self.instances.count
    }

    /// How many disks are locked.
    pub fn disk_count(&self) -> usize {
        self.disks.count
    }

    /// The ids of the locked instances, those of the listing in its order.
    pub fn locked_instances(&self) -> impl Iterator<Item = &str> {
        self.locked(Side::Instances)
    }

    /// The ids of the locked disks, those of the listing in its order.
    pub fn locked_disks(&self) -> impl Iterator<Item = &str> {
        self.locked(Side::Disks)
    }

    /// The locked disk with the smallest id of those attached to an instance, locked or not.
    ///
    /// None is an answer and not a gap: a locked disk says where it is attached.
    pub fn disk_of_instance(&self, id: &str) -> Option<&str> {
        let row = self.facts.snapshot.index().instances.find(id);
        // Of a disk that was asked for, the answer says where it is.
        let is_listed_there = |disk: &str| self.facts.confirmed.of(Side::Disks, disk).is_none();
        let listed =
            row.and_then(|row| self.locked_attachment(Side::Instances, row, is_listed_there));
        if self.facts.confirmed.is_empty() {
            return listed;
        }
        let disks = self.facts.confirmed.all(Side::Disks);
        let asked = disks.filter(|(_, answer)| {
            answer.instances.iter().any(|instance| instance == id) && self.names(answer)
        });
        asked.map(|(disk, _)| disk).chain(listed).min()
    }

    /// The locked instance with the smallest id of those that a disk, locked or not, is attached to.
    pub fn instance_of_disk(&self, id: &str) -> Answer<'_> {
        if let Some(answer) = self.facts.confirmed.of(Side::Disks, id) {
            let instances = answer.instances.iter().map(String::as_str);
            return match instances.filter(|instance| self.instance(instance)).min() {
                Some(instance) => Answer::Locked(instance),
                None => Answer::NotLocked,
            };
        }
        let disks = &self.facts.snapshot.index().disks;
        if let Some(number) = disks.find(id) {
            if let Some(instance) = self.locked_attachment(Side::Disks, number, |_| true) {
                return Answer::Locked(instance);
            }
            if disks.row(number).is_some_and(|row| row.attachments_known) {
                return Answer::NotLocked;
            }
        }
        if self.instances.unattached == 0 {
            Answer::NotLocked
        } else {
            Answer::Unknown
        }
    }

    fn locked_attachment(
        &self,
        side: Side,
        row: u32,
        is_there: impl Fn(&str) -> bool,
    ) -> Option<&str> {
        let index = self.facts.snapshot.index();
        let other = side.other();
        let mut locked = index
            .attached(side, row)
            .iter()
            .filter(|row| self.is_row_locked(other, **row))
            .map(|&row| index.shelf(other).id(row));
        locked.find(|id| is_there(id))
    }

    fn is_locked(&self, side: Side, id: &str) -> bool {
        if let Some(answer) = self.facts.confirmed.of(side, id) {
            return self.names(answer);
        }
        let row = self.facts.snapshot.index().shelf(side).find(id);
        row.is_some_and(|row| self.is_row_listed_locked(side, row))
    }

    fn is_row_locked(&self, side: Side, row: u32) -> bool {
        if !self.facts.confirmed.is_empty() {
            let id = self.facts.snapshot.index().shelf(side).id(row);
            if let Some(answer) = self.facts.confirmed.of(side, id) {
                return self.names(answer);
            }
        }
        self.is_row_listed_locked(side, row)
    }

    fn is_row_listed_locked(&self, side: Side, row: u32) -> bool {
        let list = self.facts.snapshot.index().reasons_of(side, row);
        self.matches(list)
    }

    fn elapsed_of(&self, side: Side, id: &str, now: Timestamp) -> Duration {
        match self.facts.confirmed.of(side, id) {
            Some(answer) => elapsed(answer.asked_at, now),
            None => self.elapsed(now),
        }
    }

    /// Whether an answer has one of the policy's reasons.
    fn names(&self, answer: &Confirmation) -> bool {
        answer.is_for(&self.lock_reasons)
    }

    fn locked(&self, side: Side) -> impl Iterator<Item = &str> {
        let index = self.facts.snapshot.index();
        let shelf = index.shelf(side);
        let listed = shelf
            .rows()
            .filter(move |(number, row)| {
                self.matches(row.reasons) && self.is_row_locked(side, *number)
            })
            .map(|(number, _)| shelf.id(number));
        listed.chain(self.locked_since(side))
    }

    /// What is locked by an answer and not by the listing.
    fn locked_since(&self, side: Side) -> impl Iterator<Item = &str> {
        let shelf = self.facts.snapshot.index().shelf(side);
        let answers = self.facts.confirmed.all(side);
        answers
            .filter(move |(id, answer)| {
                let row = shelf.find(id);
                self.names(answer) && !row.is_some_and(|row| self.is_row_listed_locked(side, row))
            })
            .map(|(id, _)| id)
    }

    /// What a side comes to where some of the listing no longer holds.
    fn total(&self, side: Side) -> Total {
        let index = self.facts.snapshot.index();
        let shelf = index.shelf(side);
        let mut total = Total::listed(index.sum(side, &self.matching), shelf);
        let mut is_first_gone = false;
        for (id, answer) in self.facts.confirmed.all(side) {
            let Some(row) = shelf.find(id) else { continue };
            if self.names(answer) || !self.is_row_listed_locked(side, row) {
                continue;
            }
            total.count = total.count.saturating_sub(1);
            let is_unattached = shelf.row(row).is_some_and(|row| !row.attachments_known);
            total.unattached = total.unattached.saturating_sub(usize::from(is_unattached));
            is_first_gone |= total.first.as_deref() == Some(id);
        }
        for _ in self.locked_since(side) {
            total.count += 1;
            total.unattached += usize::from(side == Side::Instances);
        }
        // What is known best speaks for the side.
        let answers = self.facts.confirmed.all(side);
        let locked = answers.filter(|(_, answer)| self.names(answer));
        match locked.map(|(id, _)| id).min() {
            Some(id) => total.first = Some(id.into()),
            None if is_first_gone => total.first = self.locked(side).min().map(Into::into),
            None => {}
        }
        total
    }

    fn matches(&self, list: u32) -> bool {
        self.matching.get(list as usize) == Some(&true)
    }
}

// === impl Total ===

impl Total {
    fn listed(tally: Tally, shelf: &Shelf) -> Self {
        Self {
            count: tally.count as usize,
            first: tally.first.map(|row| shelf.id(row).into()),
            unattached: tally.unattached as usize,
        }
    }
}
