//! The one moment at which all connections are asked to come to an end.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::{Notify, futures::Notified};

/// Whether connections should come to an end, and a way to hear of it.
#[derive(Debug, Default)]
pub(super) struct Closing {
    begun: AtomicBool,
    notify: Notify,
}

impl Closing {
    /// Asks every connection to come to an end.
    pub(super) fn begin(&self) {
        self.begun.store(true, Ordering::SeqCst);
        self.notify.notify_waiters();
    }

    /// Whether that was asked; a single load, unlike polling [`Closing::wakes`].
    pub(super) fn has_begun(&self) -> bool {
        self.begun.load(Ordering::SeqCst)
    }

    /// Wakes whoever polled it once, when the moment comes.
    pub(super) fn wakes(&self) -> Notified<'_> {
        self.notify.notified()
    }
}
