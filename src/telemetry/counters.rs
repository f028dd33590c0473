//! Counters by label set: one more of what was counted before takes one hash and no lock.

use std::hash::Hash;

use arc_swap::ArcSwap;
use hashbrown::HashMap;
use prometheus_client::metrics::{counter::Counter, family::Family};

/// One counter for each label set that was met.
#[derive(Debug)]
pub(super) struct Counters<L> {
    /// What is rendered.
    family: Family<L, Counter>,
    /// The counters of `family`, by a faster hash: label sets are chosen by this program, not by a peer.
    met: ArcSwap<HashMap<L, Counter>>,
}

impl<L: Clone + Eq + Hash> Counters<L> {
    /// What to register; it goes on to show what is counted here.
    pub(super) fn family(&self) -> Family<L, Counter> {
        self.family.clone()
    }

    /// Counts one more.
    pub(super) fn count(&self, labels: &L) {
        if let Some(counter) = self.met.load().get(labels) {
            counter.inc();
            return;
        }
        self.meet(labels).inc();
    }

    /// Has the series for `labels` exist, at zero if there was none.
    pub(super) fn prepare(&self, labels: &L) {
        self.meet(labels);
    }

    /// The counter for `labels`, at zero if there was none.
    fn meet(&self, labels: &L) -> Counter {
        let counter = self.family.get_or_create_owned(labels);
        self.met.rcu(|met| {
            let mut met = HashMap::clone(met);
            met.insert(labels.clone(), counter.clone());
            met
        });
        counter
    }
}

impl<L: Clone + Eq + Hash> Default for Counters<L> {
    fn default() -> Self {
        Self {
            family: Family::default(),
            met: ArcSwap::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_thread_counts_in_the_same_counter() {
        let counters = Counters::<Vec<(String, String)>>::default();
        let labels = |set: usize| vec![("set".to_owned(), set.to_string())];
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..1000).for_each(|number| counters.count(&labels(number % 10))));
            }
        });
        for set in 0..10 {
            assert_eq!(counters.family().get_or_create(&labels(set)).get(), 400);
        }
        assert_eq!(counters.met.load().len(), 10);
    }
}
