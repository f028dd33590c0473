//! How long this replica may act as the leader.
//!
//! Guarantees: once a term has ended it never holds again, and it ends by the monotonic clock alone; whoever wakes
//! after the process stood still and asks, is told so without anything else having run first.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, Instant};

/// One term of the leader; clones are the same term.
#[derive(Clone, Debug)]
pub struct Term(Arc<Tenure>);

#[derive(Debug)]
struct Tenure {
    began: Instant,
    /// Nanoseconds from `began`; an atomic number has no lock that a writer could wait for.
    length: AtomicU64,
}

impl Term {
    /// A term without end, for a process that is alone.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::with_length(Instant::now(), u64::MAX)
    }

    /// A term that began when `began` was and ends after `length`.
    pub(super) fn new(began: Instant, length: Duration) -> Self {
        Self::with_length(began, nanoseconds(length))
    }

    fn with_length(began: Instant, length: u64) -> Self {
        let length = AtomicU64::new(length);
        Self(Arc::new(Tenure { began, length }))
    }

    /// Whether this replica is still the leader: to be asked before each write.
    #[must_use]
    pub fn holds(&self) -> bool {
        nanoseconds(self.0.began.elapsed()) < self.0.length.load(Ordering::Acquire)
    }

    /// When it ends.
    pub(super) fn end(&self) -> Instant {
        self.0.began + Duration::from_nanos(self.0.length.load(Ordering::Acquire))
    }

    /// Moves its end.
    pub(super) fn extend_to(&self, end: Instant) {
        let length = nanoseconds(end.saturating_duration_since(self.0.began));
        self.0.length.store(length, Ordering::Release);
    }

    /// Ends it now.
    pub(super) fn revoke(&self) {
        self.0.length.store(0, Ordering::Release);
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_secs(60);

    #[test]
    fn a_term_holds_until_its_end_and_every_clone_knows() {
        let now = Instant::now();
        let term = Term::new(now, MINUTE);
        let clone = term.clone();
        assert!(clone.holds());
        assert_eq!(clone.end(), now + MINUTE);
        term.extend_to(now + 2 * MINUTE);
        assert_eq!(clone.end(), now + 2 * MINUTE);
        term.revoke();
        assert!(!clone.holds());
    }

    #[test]
    fn a_term_whose_time_has_passed_holds_for_nobody() {
        let long_ago = Instant::now().checked_sub(MINUTE).unwrap();
        assert!(!Term::new(long_ago, MINUTE).holds());
        assert!(Term::new(long_ago, 2 * MINUTE).holds());
    }

    #[test]
    fn a_renewal_that_was_answered_too_late_extends_nothing() {
        let long_ago = Instant::now().checked_sub(2 * MINUTE).unwrap();
        let term = Term::new(long_ago, MINUTE);
        term.extend_to(long_ago + MINUTE + Duration::from_secs(1));
        assert!(!term.holds());
    }

    #[test]
    fn a_term_without_end_holds() {
        assert!(Term::unlimited().holds());
    }
}
