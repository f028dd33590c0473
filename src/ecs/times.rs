//! How long the cloud is waited for.

use std::time::Duration;

use super::{client::Patience, limiter::Priority};

/// For one call, however often it is tried, and for one try of it.
#[derive(Clone, Copy, Debug)]
pub struct Wait {
    /// All tries together, with the pauses between them.
    pub total: Duration,
    /// One try.
    pub attempt: Duration,
}

/// The time given to each sort of call.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// A page of a listing.
    pub page: Wait,
    /// A question about permissions.
    pub permission: Wait,
    /// A question about single targets: longer than any review waits, for whoever asks next has use for the answer.
    pub confirmation: Wait,
}

impl Default for Times {
    fn default() -> Self {
        let wait = |total, attempt| Wait {
            total: Duration::from_secs(total),
            attempt: Duration::from_secs(attempt),
        };
        Self {
            page: wait(30, 10),
            permission: wait(15, 5),
            confirmation: wait(5, 3),
        }
    }
}

impl Wait {
    pub(super) fn with(self, priority: Priority) -> Patience {
        Patience {
            total: self.total,
            attempt: self.attempt,
            priority,
        }
    }
}
