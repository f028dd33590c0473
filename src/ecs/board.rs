//! Where what the files say and what the cloud says become what decisions rest on.
//!
//! The only writer of the basis. Guarantees: a listing replaces the last one of its region as a whole, and one that
//! somebody else made only an older one; an answer about single targets is in force before anybody is told of it; what
//! was last known of a region is kept for as long as the region is to be asked for.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;

use super::listing::Listed;
use crate::{
    config::Configuration,
    decision::{Basis, TargetKind},
    lock::{Confirmation, Facts, RegionKey, RegionView, Snapshot},
};

/// The basis of decisions, and what goes into it.
#[derive(Debug)]
pub struct Board {
    basis: Arc<ArcSwap<Basis>>,
    /// What the cloud said of each region that it is to be asked for.
    live: Mutex<BTreeMap<RegionKey, Option<Facts>>>,
    /// Told of each configuration and each listing.
    changed: watch::Sender<()>,
}

impl Board {
    /// Begins with a configuration, and with nothing from the cloud.
    #[must_use]
    pub fn new(configuration: Configuration) -> Self {
        let board = Self {
            basis: Arc::default(),
            live: Mutex::default(),
            changed: watch::Sender::new(()),
        };
        board.configure(configuration);
        board
    }

    /// What decisions rest on, now and later.
    #[must_use]
    pub fn basis(&self) -> &Arc<ArcSwap<Basis>> {
        &self.basis
    }

    /// Puts another configuration in force.
    pub fn configure(&self, configuration: Configuration) {
        let mut live = self.live();
        let Configuration { mut basis, polled } = configuration;
        let keys = polled.into_iter().flat_map(|account| account.regions);
        *live = keys
            .map(|key| {
                let known = live.get_mut(&key).and_then(Option::take);
                (key, known)
            })
            .collect();
        for (key, facts) in live.iter() {
            if let Some(facts) = facts {
                let reasons = &basis.policy.lock_reasons;
                basis.locks.put(key, facts.clone(), reasons);
            }
        }
        self.basis.store(Arc::new(basis));
        drop(live);
        self.changed.send_replace(());
    }

    /// Says when a configuration or a listing has come into force; not every single one, but the last.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    /// What the cloud said last of each region that it is asked for, of those that it ever told of.
    #[must_use]
    pub fn listings(&self) -> Vec<(RegionKey, Facts)> {
        let live = self.live();
        let known = live
            .iter()
            .filter_map(|(key, facts)| Some((key.clone(), facts.clone()?)));
        known.collect()
    }

    /// Puts a complete listing in force unless what is in force began no earlier; tells whether its region is still
    /// asked for.
    pub fn list(&self, key: &RegionKey, listed: Listed) -> bool {
        self.take(key, listed, |former, listed| {
            former.observed_at < listed.observed_at
        })
    }

    /// Puts a complete listing in force that was just made here; what somebody else has listed later stays, unless it
    /// is of a time that is yet to come: then the clock was set back.
    pub(super) fn renew(&self, key: &RegionKey, listed: Listed, now: Timestamp) -> bool {
        self.take(key, listed, |former, listed| {
            former.observed_at <= listed.observed_at || now < former.observed_at
        })
    }

    fn take(
        &self,
        key: &RegionKey,
        listed: Listed,
        is_news: impl Fn(&Facts, &Listed) -> bool,
    ) -> bool {
        let mut live = self.live();
        let Some(slot) = live.get_mut(key) else {
            return false;
        };
        if slot
            .as_ref()
            .is_some_and(|former| !is_news(former, &listed))
        {
            return true;
        }
        let Listed {
            snapshot,
            observed_at,
            listed_for,
        } = listed;
        let fresh = self.basis.load().policy.freshness.fresh;
        let fresh = SignedDuration::try_from(fresh).unwrap_or(SignedDuration::MAX);
        let attached_since = observed_at.saturating_sub(fresh).unwrap_or(Timestamp::MIN);
        let confirmed = slot.take().map(|former| former.confirmed);
        let facts = Facts {
            confirmed: confirmed
                .map(|confirmed| confirmed.since(&snapshot, observed_at, attached_since))
                .unwrap_or_default(),
            snapshot,
            observed_at,
            listed_for: Some(listed_for),
        };
        *slot = Some(facts.clone());
        self.put(key, facts);
        drop(live);
        self.changed.send_replace(());
        true
    }

    /// Puts what was said of single targets in force.
    pub fn confirm(
        &self,
        key: &RegionKey,
        kind: TargetKind,
        answers: impl IntoIterator<Item = (String, Confirmation)>,
    ) {
        let mut live = self.live();
        let Some(Some(facts)) = live.get_mut(key) else {
            return;
        };
        for (id, confirmation) in answers {
            // A listing that began later knows better.
            if confirmation.asked_at < facts.observed_at {
                continue;
            }
            match kind {
                TargetKind::Instance => facts.confirmed.instance(&id, confirmation),
                TargetKind::Disk => facts.confirmed.disk(&id, confirmation),
            }
        }
        let facts = facts.clone();
        self.put(key, facts);
    }

    /// Whether this listing of a region has no instances or no disks where the last one has.
    pub(super) fn loses_a_side(&self, key: &RegionKey, listing: &Snapshot) -> bool {
        let live = self.live();
        let Some(Some(Facts { snapshot: last, .. })) = live.get(key) else {
            return false;
        };
        let is_lost = |last: usize, now: usize| 0 < last && now == 0;
        is_lost(
            last.instances().take(1).count(),
            listing.instances().take(1).count(),
        ) || is_lost(
            last.disks().take(1).count(),
            listing.disks().take(1).count(),
        )
    }

    /// Whether a target is known to be locked.
    pub(super) fn is_locked(&self, key: &RegionKey, kind: TargetKind, id: &str) -> bool {
        let basis = self.basis.load();
        let region = basis
            .locks
            .region(key.account.as_str(), key.region.as_str());
        let locks = region.and_then(RegionView::locks);
        locks.is_some_and(|locks| match kind {
            TargetKind::Instance => locks.instance(id),
            TargetKind::Disk => locks.disk(id),
        })
    }

    /// The lock reasons that listings are to be made for.
    pub(super) fn lock_reasons(&self) -> Vec<String> {
        self.basis.load().policy.lock_reasons.clone()
    }

    fn put(&self, key: &RegionKey, facts: Facts) {
        let mut basis = Basis::clone(&self.basis.load());
        let reasons = &basis.policy.lock_reasons;
        basis.locks.put(key, facts, reasons);
        self.basis.store(Arc::new(basis));
    }

    fn live(&self) -> MutexGuard<'_, BTreeMap<RegionKey, Option<Facts>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
