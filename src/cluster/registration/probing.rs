//! When the next probe is due.

use std::time::Duration;

use tokio::time::Instant;

/// How often it is made sure that reviews still reach us.
const INTERVAL: Duration = Duration::from_secs(60);

/// The pauses between probes that don't come back: each twice as long as the one before.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// When the next probe is due.
#[derive(Debug)]
pub(super) struct Probing {
    next: Instant,
    failures: u32,
}

impl Probing {
    /// At once.
    pub(super) fn now() -> Self {
        Self {
            next: Instant::now(),
            failures: 0,
        }
    }

    /// When.
    pub(super) fn next(&self) -> Instant {
        self.next
    }

    /// One did not come back.
    pub(super) fn failed(&mut self, now: Instant) {
        let pause = SHORTEST_PAUSE * (1 << self.failures.min(8));
        self.next = now + pause.min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
    }

    /// One came back.
    pub(super) fn succeeded(&mut self, now: Instant) {
        self.next = now + INTERVAL;
        self.failures = 0;
    }
}
