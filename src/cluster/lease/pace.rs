//! The times of the election, all of them shares of the lease's duration.

use std::hash::{BuildHasher, RandomState};
use std::ops::RangeInclusive;
use std::time::Duration;

/// What a lease's duration can be. What another holder claims beyond it is not believed: nothing but a mistake or
/// malice would have all wait for longer.
pub(super) const DURATIONS: RangeInclusive<Duration> =
    Duration::from_secs(1)..=Duration::from_secs(600);

/// How long what happens may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// How long others take the holder for alive after they saw it renew.
    pub(super) duration: Duration,
    /// How long the holder leads after it asked for its last renewal; the rest is for clocks that run unevenly.
    pub(super) deadline: Duration,
    /// How long one call to the API server may take.
    pub(super) call: Duration,
    /// The longest pause between two attempts.
    retry: Duration,
}

impl Pace {
    /// With the ratios of client-go: 15 s, 10 s, 2 s.
    pub(super) fn new(duration: Duration) -> Self {
        let duration = duration.clamp(*DURATIONS.start(), *DURATIONS.end());
        Self {
            duration,
            deadline: duration * 2 / 3,
            call: duration / 5,
            retry: duration * 2 / 15,
        }
    }

    /// The duration as a Lease has it: in whole seconds, never fewer than were meant.
    pub(super) fn seconds(&self) -> u64 {
        self.duration.as_secs() + u64::from(self.duration.subsec_nanos() != 0)
    }

    /// How long to wait until the next attempt; no two replicas stay in step.
    pub(super) fn pause(&self) -> Duration {
        let chance = RandomState::new().hash_one(()) % 1000;
        self.retry.mul_f64(0.75 + 0.25 * chance as f64 / 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_of_the_usual_duration_are_those_of_client_go() {
        let pace = Pace::new(Duration::from_secs(15));
        assert_eq!(pace.deadline, Duration::from_secs(10));
        assert_eq!(pace.retry, Duration::from_secs(2));
        assert_eq!(pace.call, Duration::from_secs(3));
        assert_eq!(pace.seconds(), 15);
    }

    #[test]
    fn pauses_differ_and_are_never_longer_than_the_retry() {
        let pace = Pace::new(Duration::from_secs(15));
        let pauses: Vec<_> = (0..100).map(|_| pace.pause()).collect();
        assert!(
            pauses
                .iter()
                .all(|pause| (pace.retry * 3 / 4..=pace.retry).contains(pause))
        );
        assert!(pauses.iter().any(|pause| *pause != pauses[0]));
    }

    #[test]
    fn others_never_wait_less_than_was_meant() {
        assert_eq!(Pace::new(Duration::from_millis(1500)).seconds(), 2);
        assert_eq!(Pace::new(Duration::ZERO).seconds(), 1);
        assert_eq!(Pace::new(Duration::MAX).seconds(), 600);
    }
}
