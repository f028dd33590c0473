//! How old facts are, and what that makes of them.

use std::time::Duration;

use jiff::Timestamp;

/// The two bounds between fresh, stale and expired facts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Freshness {
    /// Facts this old or younger are fresh.
    pub fresh: Duration,
    /// Facts older than fresh and this old or younger are stale: still facts.
    pub max_stale: Duration,
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            fresh: Duration::from_secs(120),
            max_stale: Duration::from_secs(3600),
        }
    }
}

/// What the age of facts makes of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Age {
    /// To be used.
    Fresh,
    /// To be used, and to be renewed.
    Stale,
    /// Not to be used.
    Expired,
}

impl Freshness {
    /// The age class of facts that are so old.
    pub fn age(&self, elapsed: Duration) -> Age {
        if elapsed <= self.fresh {
            Age::Fresh
        } else if elapsed <= self.max_stale {
            Age::Stale
        } else {
            Age::Expired
        }
    }
}

impl Age {
    /// Whether facts of this age are facts.
    pub fn is_usable(self) -> bool {
        self != Self::Expired
    }
}

/// The time since an observation; none if it is dated ahead, which a clock that is off can cause.
pub fn elapsed(observed_at: Timestamp, now: Timestamp) -> Duration {
    Duration::try_from(now.duration_since(observed_at)).unwrap_or(Duration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_belong_to_the_better_side() {
        let freshness = Freshness {
            fresh: Duration::from_secs(120),
            max_stale: Duration::from_secs(3600),
        };
        let age = |seconds: u64, nanos: u32| freshness.age(Duration::new(seconds, nanos));
        assert_eq!(age(0, 0), Age::Fresh);
        assert_eq!(age(120, 0), Age::Fresh);
        assert_eq!(age(120, 1), Age::Stale);
        assert_eq!(age(3600, 0), Age::Stale);
        assert_eq!(age(3600, 1), Age::Expired);
        assert!(Age::Stale.is_usable() && !Age::Expired.is_usable());
    }

    #[test]
    fn facts_dated_ahead_are_of_age_zero() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        let ahead: Timestamp = "2026-11-23T10:00:30Z".parse().unwrap();
        assert_eq!(elapsed(ahead, now), Duration::ZERO);
        assert_eq!(elapsed(now, ahead), Duration::from_secs(30));
        assert_eq!(elapsed(Timestamp::MAX, Timestamp::MIN), Duration::ZERO);
        assert!(Duration::from_secs(631_000_000_000) < elapsed(Timestamp::MIN, Timestamp::MAX));
    }
}
