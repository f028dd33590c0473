//! What the decision reads: every region's facts under one policy's lock reasons.
//!
//! Building costs as much as there are regions and distinct lists of reasons, whatever the number of ids, so a view is
//! made anew whenever a listing or the policy changes. No question allocates.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::age::{Age, Freshness, elapsed};
use super::index::{Side, Tally};
use super::snapshot::Snapshot;
use crate::api::{AccountName, RegionId};

/// One region of one account; orders by account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RegionKey {
    /// The account.
    pub account: AccountName,
    /// The region.
    pub region: RegionId,
}

/// A listing, and when it was true.
#[derive(Debug, Clone)]
pub struct Facts {
    /// What is locked.
    pub snapshot: Snapshot,
    /// From when on the facts age: the listing's own date, or what stands for it.
    pub observed_at: Timestamp,
}

/// Every region that is configured or has a listing; none where no listing was ever seen.
pub type Regions = BTreeMap<RegionKey, Option<Facts>>;

/// Every account's locks, by region.
#[derive(Debug, Clone, Default)]
pub struct View {
    accounts: Vec<AccountView>,
}

/// One account's locks, by region.
#[derive(Debug, Clone)]
pub struct AccountView {
    name: AccountName,
    regions: Vec<RegionView>,
}

/// One region's locks, if they were ever known.
#[derive(Debug, Clone)]
pub struct RegionView {
    region: RegionId,
    locks: Option<Locks>,
}

/// What is locked in one region, for the reasons that the policy names.
#[derive(Debug, Clone)]
pub struct Locks {
    facts: Facts,
    /// For each distinct list of reasons, whether the policy names one of them.
    matching: Box<[bool]>,
    instances: Tally,
    disks: Tally,
}

/// Why a region has no facts to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unusable {
    /// They are too old.
    Expired,
    /// There never were any.
    NeverKnown,
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

// === impl View ===

impl View {
    /// Looks at the regions through a policy's lock reasons, which match whatever their case.
    pub fn build(regions: &Regions, lock_reasons: &[String]) -> Self {
        let mut accounts: Vec<AccountView> = Vec::new();
        for (key, facts) in regions {
            let locks = facts
                .as_ref()
                .map(|facts| Locks::new(facts.clone(), lock_reasons));
            let region = RegionView {
                region: key.region.clone(),
                locks,
            };
            match accounts.last_mut() {
                Some(account) if account.name == key.account => account.regions.push(region),
                _ => accounts.push(AccountView {
                    name: key.account.clone(),
                    regions: vec![region],
                }),
            }
        }
        Self { accounts }
    }

    /// The accounts that have a region, ordered by name.
    pub fn accounts(&self) -> &[AccountView] {
        &self.accounts
    }

    /// One account.
    pub fn account(&self, name: &str) -> Option<&AccountView> {
        let found = self
            .accounts
            .binary_search_by(|account| account.name.as_str().cmp(name));
        found.ok().and_then(|at| self.accounts.get(at))
    }

    /// One region of one account.
    pub fn region(&self, account: &str, region: &str) -> Option<&RegionView> {
        self.account(account)?.region(region)
    }
}

// === impl AccountView ===

impl AccountView {
    /// The account's name.
    pub fn name(&self) -> &AccountName {
        &self.name
    }

    /// Its regions, configured or known from a listing, ordered by id.
    pub fn regions(&self) -> &[RegionView] {
        &self.regions
    }

    /// One of its regions.
    pub fn region(&self, region: &str) -> Option<&RegionView> {
        let found = self
            .regions
            .binary_search_by(|view| view.region.as_str().cmp(region));
        found.ok().and_then(|at| self.regions.get(at))
    }
}

// === impl RegionView ===

impl RegionView {
    /// The region's id.
    pub fn id(&self) -> &RegionId {
        &self.region
    }

    /// The last locks known, however old.
    pub fn locks(&self) -> Option<&Locks> {
        self.locks.as_ref()
    }

    /// The age class of the locks; none if they were never known.
    pub fn age(&self, now: Timestamp, freshness: &Freshness) -> Option<Age> {
        self.locks.as_ref().map(|locks| locks.age(now, freshness))
    }

    /// The locks, if they may still be used.
    pub fn usable(&self, now: Timestamp, freshness: &Freshness) -> Result<&Locks, Unusable> {
        let locks = self.locks.as_ref().ok_or(Unusable::NeverKnown)?;
        if !locks.age(now, freshness).is_usable() {
            return Err(Unusable::Expired);
        }
        Ok(locks)
    }
}

// === impl Locks ===

impl Locks {
    fn new(facts: Facts, lock_reasons: &[String]) -> Self {
        let index = facts.snapshot.index();
        let matching = index.reasons.matching(lock_reasons);
        let instances = index.sum(Side::Instances, &matching);
        let disks = index.sum(Side::Disks, &matching);
        Self {
            facts,
            matching,
            instances,
            disks,
        }
    }

    /// The listing behind these locks.
    pub fn snapshot(&self) -> &Snapshot {
        &self.facts.snapshot
    }

    /// From when on the facts age.
    pub fn observed_at(&self) -> Timestamp {
        self.facts.observed_at
    }

    /// How old the facts are; facts dated ahead are new.
    pub fn elapsed(&self, now: Timestamp) -> Duration {
        elapsed(self.facts.observed_at, now)
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

    /// The locked instance with the smallest id.
    pub fn any_instance(&self) -> Option<&str> {
        self.instances
            .first
            .map(|row| self.facts.snapshot.index().instances.id(row))
    }

    /// The locked disk with the smallest id.
    pub fn any_disk(&self) -> Option<&str> {
        self.disks
            .first
            .map(|row| self.facts.snapshot.index().disks.id(row))
    }

    /// How many instances are locked.
    pub fn instance_count(&self) -> usize {
        self.instances.count as usize
    }

    /// How many disks are locked.
    pub fn disk_count(&self) -> usize {
        self.disks.count as usize
    }

    /// The ids of the locked instances, in the order of the listing.
    pub fn locked_instances(&self) -> impl Iterator<Item = &str> {
        self.locked(Side::Instances)
    }

    /// The ids of the locked disks, in the order of the listing.
    pub fn locked_disks(&self) -> impl Iterator<Item = &str> {
        self.locked(Side::Disks)
    }

    /// The locked disk with the smallest id of those attached to an instance, locked or not.
    ///
    /// None is an answer and not a gap: a locked disk says where it is attached.
    pub fn disk_of_instance(&self, id: &str) -> Option<&str> {
        let row = self.facts.snapshot.index().instances.find(id)?;
        self.locked_attachment(Side::Instances, row)
    }

    /// The locked instance with the smallest id of those that a disk, locked or not, is attached to.
    pub fn instance_of_disk(&self, id: &str) -> Answer<'_> {
        let disks = &self.facts.snapshot.index().disks;
        if let Some(number) = disks.find(id) {
            if let Some(instance) = self.locked_attachment(Side::Disks, number) {
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

    fn locked_attachment(&self, side: Side, row: u32) -> Option<&str> {
        let index = self.facts.snapshot.index();
        let other = side.other();
        let locked = |row: &&u32| self.is_row_locked(other, **row);
        index
            .attached(side, row)
            .iter()
            .find(locked)
            .map(|&row| index.shelf(other).id(row))
    }

    fn is_locked(&self, side: Side, id: &str) -> bool {
        let row = self.facts.snapshot.index().shelf(side).find(id);
        row.is_some_and(|row| self.is_row_locked(side, row))
    }

    fn is_row_locked(&self, side: Side, row: u32) -> bool {
        let list = self.facts.snapshot.index().reasons_of(side, row);
        self.matches(list)
    }

    fn locked(&self, side: Side) -> impl Iterator<Item = &str> {
        let shelf = self.facts.snapshot.index().shelf(side);
        shelf
            .rows()
            .filter(|(_, row)| self.matches(row.reasons))
            .map(|(number, _)| shelf.id(number))
    }

    fn matches(&self, list: u32) -> bool {
        self.matching.get(list as usize) == Some(&true)
    }
}
