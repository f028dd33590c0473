//! How many attempts may be second ones.
//!
//! What fails for one call mostly fails for all: without a bound, retries would multiply the calls exactly when the
//! service can bear them least.

use std::sync::atomic::{AtomicU32, Ordering};

/// A fifth of all calls may be tried again.
const CALLS_PER_RETRY: u32 = 5;

/// So many retries are saved up at most, and there from the start.
const RESERVE: u32 = 10;

/// What is left for retries, counted in calls.
#[derive(Debug)]
pub(super) struct Budget(AtomicU32);

impl Default for Budget {
    fn default() -> Self {
        Self(AtomicU32::new(RESERVE * CALLS_PER_RETRY))
    }
}

impl Budget {
    /// A call begins.
    pub(super) fn earn(&self) {
        self.update(|saved| Some((saved + 1).min(RESERVE * CALLS_PER_RETRY)));
    }

    /// Takes one retry, if there is one.
    pub(super) fn spend(&self) -> bool {
        self.update(|saved| saved.checked_sub(CALLS_PER_RETRY))
    }

    fn update(&self, change: impl Fn(u32) -> Option<u32>) -> bool {
        self.0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, change)
            .is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_long_quiet_saves_no_more_than_the_reserve() {
        let budget = Budget::default();
        (0..1000).for_each(|_| budget.earn());
        assert_eq!((0..100).filter(|_| budget.spend()).count(), 10);
        (0..4).for_each(|_| budget.earn());
        assert!(!budget.spend());
        budget.earn();
        assert!(budget.spend());
    }

    proptest! {
        #[test]
        fn retries_are_never_more_than_a_fifth_of_the_calls_and_the_reserve(
            steps in prop::collection::vec(any::<bool>(), 0..500),
        ) {
            let budget = Budget::default();
            let (mut calls, mut retries) = (0, 0);
            for is_call in steps {
                if is_call {
                    budget.earn();
                    calls += 1;
                } else if budget.spend() {
                    retries += 1;
                }
                prop_assert!(retries <= calls / 5 + RESERVE);
            }
        }
    }
}
