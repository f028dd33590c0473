//! The clock of these tests, which goes when they say so.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use arrears::clock::Time;
use jiff::{SignedDuration, Timestamp};

/// Its hands; the double and the provider go by the same.
#[derive(Clone, Default)]
pub(crate) struct Hands(Arc<AtomicI64>);

impl Hands {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Time for Hands {
    fn now(&self) -> Timestamp {
        let began: Timestamp = "2026-11-24T06:00:00Z".parse().unwrap();
        began + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }

    /// Nothing that these tests look at sleeps.
    fn sleep(&self, _: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(std::future::pending())
    }
}
