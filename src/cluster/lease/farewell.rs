//! Giving the lease back, in bounded time whatever the API server does.

use std::time::Duration;

use tokio::time::{sleep, timeout};

use super::store::Failure;
use super::{Lease, time_for_people};

/// How long giving the lease back may keep the process from ending; without it, the lease lapses by itself.
const FAREWELL: Duration = Duration::from_secs(2);
/// The pause between attempts to give it back.
const FAREWELL_PAUSE: Duration = Duration::from_millis(200);

impl Lease {
    /// Gives the lease back, if it is or may be this process's, so that nobody has to wait until it lapses.
    pub(super) async fn give_back(&self) {
        if !self.race.has_claimed() {
            return;
        }
        let mut last = None;
        let given_back = timeout(FAREWELL, async {
            loop {
                match self.free().await {
                    Ok(()) => return,
                    // What was sent just before may have come first.
                    Err(Failure::Conflict | Failure::Missing) => {}
                    Err(failure) => last = Some(failure),
                }
                sleep(FAREWELL_PAUSE).await;
            }
        })
        .await;
        let lease = &self.installation.name;
        match given_back {
            Ok(()) => tracing::debug!(lease, "the lease is not held by this replica any more"),
            Err(_) => {
                let error = last.unwrap_or(Failure::TimedOut(FAREWELL));
                tracing::warn!(lease, %error, "the lease could not be given back and will lapse by itself");
            }
        }
    }

    async fn free(&self) -> Result<(), Failure> {
        match self.store.read().await? {
            Some(document) if self.race.is_ours(&document.record()) => {
                let freed = document.freed(&time_for_people());
                self.store.replace(&freed).await.map(drop)
            }
            Some(_) | None => Ok(()),
        }
    }
}
