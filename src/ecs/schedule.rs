//! When a region is asked again.

use std::time::Duration;

use super::error::Class;

/// However often asking fails, it is tried again after this.
const LONGEST: Duration = Duration::from_secs(300);

/// After a failure that is likely to pass.
const SOON: Duration = Duration::from_secs(1);

/// A region that is throttled is asked so many times as rarely, and no more: its facts must not grow too old.
const MOST_STRETCH: u32 = 4;

/// A part of each pause that is left to chance, so that regions and replicas don't ask in step.
const JITTER: f64 = 0.1;

/// The pauses between the listings of one region.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Duration,
    failures: u32,
    /// How many intervals a pause takes.
    stretch: u32,
}

/// What came of a listing.
#[derive(Clone, Copy, Debug)]
pub(super) struct Attempt<'e> {
    /// What it failed with, if it did.
    pub(super) failure: Option<&'e Class>,
    /// Whether a call of it was throttled.
    pub(super) was_throttled: bool,
}

impl Schedule {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            failures: 0,
            stretch: 1,
        }
    }

    /// How long to wait after a listing; `chance` is from 0 to 1.
    pub(super) fn after(&mut self, attempt: Attempt<'_>, chance: f64) -> Duration {
        self.failures = match attempt.failure {
            Some(_) => self.failures.saturating_add(1),
            None => 0,
        };
        self.stretch = match (attempt.was_throttled, attempt.failure) {
            (true, _) => (self.stretch * 2).min(MOST_STRETCH),
            (false, None) => (self.stretch / 2).max(1),
            (false, Some(_)) => self.stretch,
        };
        let pause = match attempt.failure {
            None => self.interval * self.stretch,
            // These pass by themselves: to be there soon after matters more than sparing a service that answers
            // nothing.
            Some(Class::Network | Class::Timeout | Class::Server) => {
                self.growing(SOON).min(self.interval)
            }
            Some(Class::Throttled { retry_after }) => {
                let pause = self.interval * self.stretch;
                pause.max(retry_after.unwrap_or_default().min(LONGEST))
            }
            // Somebody has to mend these.
            Some(_) => self.growing(self.interval).min(self.interval.max(LONGEST)),
        };
        pause.mul_f64(1.0 - JITTER + 2.0 * JITTER * chance)
    }

    fn growing(&self, first: Duration) -> Duration {
        let doubled = 1_u32.checked_shl(self.failures.saturating_sub(1).min(16));
        first.saturating_mul(doubled.unwrap_or(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THROTTLED: Class = Class::Throttled { retry_after: None };

    fn seconds(schedule: &mut Schedule, failure: Option<&Class>) -> u64 {
        let attempt = Attempt {
            failure,
            was_throttled: failure == Some(&THROTTLED),
        };
        schedule.after(attempt, 0.5).as_secs()
    }

    fn of_half_a_minute() -> Schedule {
        Schedule::new(Duration::from_secs(30))
    }

    #[test]
    fn success_keeps_the_interval_with_a_little_chance() {
        let mut schedule = of_half_a_minute();
        let well = Attempt {
            failure: None,
            was_throttled: false,
        };
        assert_eq!(schedule.after(well, 0.0), Duration::from_secs(27));
        assert_eq!(schedule.after(well, 0.5), Duration::from_secs(30));
        assert_eq!(schedule.after(well, 1.0), Duration::from_secs(33));
    }

    #[test]
    fn an_outage_is_probed_soon_and_never_less_often_than_the_interval() {
        let mut schedule = of_half_a_minute();
        let pauses: Vec<_> = (0..8)
            .map(|_| seconds(&mut schedule, Some(&Class::Network)))
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(seconds(&mut schedule, None), 30);
        assert_eq!(seconds(&mut schedule, Some(&Class::Timeout)), 1);
    }

    #[test]
    fn a_throttled_region_is_asked_more_rarely_within_bounds_and_recovers() {
        let mut schedule = of_half_a_minute();
        let pauses: Vec<_> = (0..3)
            .map(|_| seconds(&mut schedule, Some(&THROTTLED)))
            .collect();
        assert_eq!(pauses, [60, 120, 120]);
        let throttled_success = Attempt {
            failure: None,
            was_throttled: true,
        };
        assert_eq!(schedule.after(throttled_success, 0.5).as_secs(), 120);
        let pauses: Vec<_> = (0..3).map(|_| seconds(&mut schedule, None)).collect();
        assert_eq!(pauses, [60, 30, 30]);
        let hinted = Class::Throttled {
            retry_after: Some(Duration::from_secs(90)),
        };
        let attempt = Attempt {
            failure: Some(&hinted),
            was_throttled: true,
        };
        assert_eq!(schedule.after(attempt, 0.5).as_secs(), 90);
    }

    #[test]
    fn what_has_to_be_mended_is_asked_ever_more_rarely() {
        let mut schedule = of_half_a_minute();
        let pauses: Vec<_> = (0..6)
            .map(|_| seconds(&mut schedule, Some(&Class::NoPermission)))
            .collect();
        assert_eq!(pauses, [30, 60, 120, 240, 300, 300]);
        let mut schedule = Schedule::new(Duration::from_secs(600));
        for _ in 0..100 {
            assert_eq!(seconds(&mut schedule, Some(&Class::BadCredentials)), 600);
        }
    }
}
