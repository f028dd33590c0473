//! What the decision reads: every region's facts under one policy's lock reasons.
//!
//! Building costs as much as there are regions and distinct lists of reasons, whatever the number of ids, so a view is
//! made anew whenever a listing or the policy changes. No question allocates.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::age::{Age, Freshness, elapsed};
use super::confirmed::{Confirmation, Confirmed};
use super::index::{Side, Tally};
use super::shelf::Shelf;
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
    /// The reasons that the listing was made for; none = it has everything locked for any reason.
    pub listed_for: Option<Arc<[String]>>,
    /// What was asked of single targets since.
    pub confirmed: Confirmed,
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
    /// Whether single targets can be asked for.
    is_live: bool,
}

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
        let lock_reasons: Arc<[String]> = lock_reasons.into();
        let mut accounts: Vec<AccountView> = Vec::new();
        for (key, facts) in regions {
            let locks = facts
                .as_ref()
                .map(|facts| Locks::new(facts.clone(), &lock_reasons));
            let region = RegionView {
                region: key.region.clone(),
                locks,
                is_live: false,
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

    /// Takes what the cloud says of one region, if the region is there.
    pub fn put(&mut self, key: &RegionKey, facts: Facts, lock_reasons: &[String]) {
        let accounts = &mut self.accounts;
        let Ok(at) = accounts.binary_search_by(|account| account.name.cmp(&key.account)) else {
            return;
        };
        let regions = accounts
            .get_mut(at)
            .map_or(&mut [][..], |account| &mut account.regions);
        let found = regions.iter_mut().find(|view| view.region == key.region);
        if let Some(region) = found {
            region.locks = Some(Locks::new(facts, &lock_reasons.into()));
            region.is_live = true;
        }
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

// === impl Facts ===

impl Facts {
    /// A listing about which nothing was asked yet.
    #[must_use]
    pub fn listed(snapshot: Snapshot, observed_at: Timestamp) -> Self {
        Self {
            snapshot,
            observed_at,
            listed_for: None,
            confirmed: Confirmed::default(),
        }
    }

    /// Whether the listing was made for all of these reasons.
    fn is_listed_for(&self, lock_reasons: &[String]) -> bool {
        self.listed_for.as_ref().is_none_or(|listed_for| {
            lock_reasons.iter().all(|reason| {
                let mut listed_for = listed_for.iter();
                listed_for.any(|listed| listed.eq_ignore_ascii_case(reason))
            })
        })
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

    /// Whether the cloud can be asked about single targets, beyond what was listed.
    pub fn is_live(&self) -> bool {
        self.is_live
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
    fn new(facts: Facts, lock_reasons: &Arc<[String]>) -> Self {
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
        if is_first_gone {
            total.first = self.locked(side).min().map(Into::into);
        }
        for _ in self.locked_since(side) {
            total.count += 1;
            total.unattached += usize::from(side == Side::Instances);
        }
        // What is known best speaks for the side.
        let answers = self.facts.confirmed.all(side);
        let locked = answers.filter(|(_, answer)| self.names(answer));
        if let Some(id) = locked.map(|(id, _)| id).min() {
            total.first = Some(id.into());
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
