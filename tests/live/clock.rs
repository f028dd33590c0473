//! A clock that can be put forward.

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

/// The machine's time and so much more; pauses take a fiftieth of what they should.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shifted(Arc<AtomicI64>);

impl Shifted {
    pub(crate) fn advance(&self, duration: Duration) {
        let seconds = i64::try_from(duration.as_secs()).unwrap();
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub(crate) fn time(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_secs(self.0.load(Ordering::SeqCst))
    }
}

impl Time for Shifted {
    fn now(&self) -> Timestamp {
        self.time()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration / 50))
    }
}
