//! What may still be asked, by the time that has passed.

use std::time::Duration;

use jiff::Timestamp;

use super::Rate;

/// Time saved up, of which each call costs an interval.
#[derive(Debug)]
pub(super) struct Bucket {
    interval: Duration,
    most: Duration,
    saved: Duration,
    seen: Timestamp,
}

impl Bucket {
    /// A full one.
    pub(super) fn new(rate: Rate, now: Timestamp) -> Self {
        let interval = Duration::from_secs(1) / rate.per_second.max(1);
        let most = interval * rate.burst.max(1);
        Self {
            interval,
            most,
            saved: most,
            seen: now,
        }
    }

    /// What one call costs.
    pub(super) fn interval(&self) -> Duration {
        self.interval
    }

    /// Pays for one call, or tells how much is missing.
    pub(super) fn take(&mut self, now: Timestamp) -> Result<(), Duration> {
        // A clock that was set back has saved nothing.
        let passed = Duration::try_from(now.duration_since(self.seen)).unwrap_or_default();
        self.seen = now;
        self.saved = self.saved.saturating_add(passed).min(self.most);
        match self.saved.checked_sub(self.interval) {
            Some(rest) => {
                self.saved = rest;
                Ok(())
            }
            None => Err(self.interval - self.saved),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: Rate = Rate {
        per_second: 10,
        burst: 3,
    };

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    fn full() -> Bucket {
        Bucket::new(RATE, at(0))
    }

    #[test]
    fn a_burst_and_then_one_call_an_interval() {
        let mut bucket = full();
        for _ in 0..3 {
            assert_eq!(bucket.take(at(0)), Ok(()));
        }
        assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(at(40)), Err(Duration::from_millis(60)));
        assert_eq!(bucket.take(at(100)), Ok(()));
        assert_eq!(bucket.take(at(100)), Err(Duration::from_millis(100)));
    }

    #[test]
    fn a_long_rest_saves_no_more_than_a_burst() {
        let mut bucket = full();
        let taken = (0..10).filter(|_| bucket.take(at(3_600_000)).is_ok());
        assert_eq!(taken.count(), 3);
    }

    #[test]
    fn a_clock_set_back_costs_no_more_than_one_wait() {
        let mut bucket = Bucket::new(RATE, at(1_000_000_000));
        while bucket.take(at(1_000_000_000)).is_ok() {}
        assert_eq!(bucket.take(at(0)), Err(Duration::from_millis(100)));
        assert_eq!(bucket.take(at(100)), Ok(()));
    }

    #[test]
    fn a_rate_of_nothing_is_one() {
        let rate = Rate {
            per_second: 0,
            burst: 0,
        };
        let mut bucket = Bucket::new(rate, at(0));
        assert_eq!(bucket.take(at(0)), Ok(()));
        assert_eq!(bucket.take(at(0)), Err(Duration::from_secs(1)));
    }

    proptest! {
        /// However the calls come, and however the clock is set back: the time that went forward bounds them.
        #[test]
        fn never_more_than_the_burst_and_the_rate(steps in prop::collection::vec(-500_i64..500, 1..200)) {
            let mut bucket = full();
            let (mut now, mut forward, mut taken) = (0, 0, 0);
            for step in steps {
                now += step;
                forward += step.max(0);
                taken += i64::from(bucket.take(at(now)).is_ok());
                prop_assert!(taken * 100 <= forward + 300, "{taken} calls in {forward} ms");
            }
        }
    }
}
