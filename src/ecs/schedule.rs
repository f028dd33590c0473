//! When a region is asked again.

use std::time::Duration;

use super::error::Class;

/// However often asking fails, it is tried again after this.
const LONGEST: Duration = Duration::from_secs(300);

/// After a failure that is likely to pass.
const SOON: Duration = Duration::from_secs(1);

/// A part of each pause that is left to chance, so that regions and replicas don't ask in step.
const JITTER: f64 = 0.1;

/// The pauses between the listings of one region.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Duration,
    failures: u32,
}

impl Schedule {
    pub(super) fn new(interval: Duration) -> Self {
        Self {
            interval,
            failures: 0,
        }
    }

    /// Until when to wait after a listing; `chance` is from 0 to 1.
    pub(super) fn after(&mut self, outcome: Result<(), &Class>, chance: f64) -> Duration {
        let longest = self.interval.max(LONGEST);
        let pause = match outcome {
            Ok(()) => {
                self.failures = 0;
                self.interval
            }
            Err(class) => {
                self.failures = self.failures.saturating_add(1);
                match class {
                    // These pass by themselves: to be there soon after matters more than sparing a service that
                    // answers nothing.
                    Class::Network | Class::Timeout | Class::Server => {
                        self.growing(SOON).min(self.interval)
                    }
                    Class::Throttled { retry_after } => self
                        .growing(self.interval)
                        .saturating_mul(2)
                        .max(retry_after.unwrap_or_default())
                        .min(longest),
                    // Somebody has to mend these.
                    _ => self.growing(self.interval).min(longest),
                }
            }
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

    fn seconds(schedule: &mut Schedule, outcome: Result<(), &Class>) -> u64 {
        schedule.after(outcome, 0.5).as_secs()
    }

    #[test]
    fn success_keeps_the_interval_with_a_little_chance() {
        let mut schedule = Schedule::new(Duration::from_secs(30));
        assert_eq!(schedule.after(Ok(()), 0.0), Duration::from_secs(27));
        assert_eq!(schedule.after(Ok(()), 0.5), Duration::from_secs(30));
        assert_eq!(schedule.after(Ok(()), 1.0), Duration::from_secs(33));
    }

    #[test]
    fn an_outage_is_probed_soon_and_never_less_often_than_the_interval() {
        let mut schedule = Schedule::new(Duration::from_secs(30));
        let pauses: Vec<_> = (0..8)
            .map(|_| seconds(&mut schedule, Err(&Class::Network)))
            .collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        assert_eq!(seconds(&mut schedule, Ok(())), 30);
        assert_eq!(seconds(&mut schedule, Err(&Class::Timeout)), 1);
    }

    #[test]
    fn throttling_and_what_has_to_be_mended_are_asked_ever_more_rarely() {
        let throttled = Class::Throttled { retry_after: None };
        let mut schedule = Schedule::new(Duration::from_secs(30));
        let pauses: Vec<_> = (0..5)
            .map(|_| seconds(&mut schedule, Err(&throttled)))
            .collect();
        assert_eq!(pauses, [60, 120, 240, 300, 300]);
        let mut schedule = Schedule::new(Duration::from_secs(30));
        let pauses: Vec<_> = (0..6)
            .map(|_| seconds(&mut schedule, Err(&Class::NoPermission)))
            .collect();
        assert_eq!(pauses, [30, 60, 120, 240, 300, 300]);
        let mut schedule = Schedule::new(Duration::from_secs(600));
        assert_eq!(seconds(&mut schedule, Err(&throttled)), 600);
        for _ in 0..100 {
            assert_eq!(seconds(&mut schedule, Err(&throttled)), 600);
        }
    }
}
