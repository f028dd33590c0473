//! The time, and waiting for it, behind one handle: tests run it as they need.

use std::{fmt, pin::Pin, sync::Arc, time::Duration};

use jiff::Timestamp;

/// A source of time; clones share it.
#[derive(Clone)]
pub struct Clock(Arc<dyn Time>);

/// What a [`Clock`] asks.
pub trait Time: Send + Sync + 'static {
    /// The time of day.
    fn now(&self) -> Timestamp;

    /// Waits until so much time has passed.
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>>;
}

struct System;

impl Clock {
    /// The clock of the machine.
    #[must_use]
    pub fn system() -> Self {
        Self::new(System)
    }

    /// A clock of one's own.
    #[must_use]
    pub fn new(time: impl Time) -> Self {
        Self(Arc::new(time))
    }

    /// The time of day.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.0.now()
    }

    /// Waits until so much time has passed.
    pub async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Clock").field(&self.now()).finish()
    }
}

impl Time for System {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration))
    }
}
