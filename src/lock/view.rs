//! What the decision reads: every region's facts under one policy's lock reasons.
//!
//! Building costs as much as there are regions and distinct lists of reasons, whatever the number of ids, so a view is
//! made anew whenever a listing or the policy changes. No question allocates.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::age::{Age, Freshness};
use super::confirmed::Confirmed;
use super::locks::Locks;
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

/// Why a region has no facts to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unusable {
    /// They are too old.
    Expired,
    /// There never were any.
    NeverKnown,
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
    pub(super) fn is_listed_for(&self, lock_reasons: &[String]) -> bool {
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
