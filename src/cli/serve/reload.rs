//! The loop that puts a changed configuration in force.
//!
//! Never makes the process unready and never ends it: whatever becomes of the files, what is in force is known and
//! ages by the policy.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    signal::unix::Signal,
    time::{self, Instant},
};
use tracing::{error, info};

use super::{live::Live, log_basis, telling::Telling};
use crate::{
    config::{Directory, Look, Refresh},
    telemetry::{Health, Metrics},
};

/// Between two looks: with the wait for files to settle, a change is in force within two seconds.
const INTERVAL: Duration = Duration::from_secs(1);

/// Between two looks while somebody may still be writing.
const SETTLE: Duration = Duration::from_millis(200);

/// At least so often the bytes are compared, whatever the file system says.
const THOROUGH_EVERY: Duration = Duration::from_secs(60);

/// Owns the configuration directory and publishes what is in it.
pub(super) struct Reload {
    directory: Directory,
    live: Live,
    telling: Telling,
}

// === impl Reload ===

impl Reload {
    pub(super) fn new(
        directory: Directory,
        live: Live,
        metrics: Arc<Metrics>,
        health: Health,
    ) -> Self {
        let mut telling = Telling::new(metrics, health);
        telling.tell(directory.notices());
        Self {
            directory,
            live,
            telling,
        }
    }

    /// Looks for ever; at once when a hangup is signalled.
    pub(super) async fn run(self, mut hangup: Signal) {
        let Self {
            mut directory,
            live,
            mut telling,
        } = self;
        let mut pause = INTERVAL;
        // The first look is thorough: a file may have changed again in the very moment in which it was read at start.
        let mut last_thorough = None;
        loop {
            let look = tokio::select! {
                () = time::sleep(pause) => match last_thorough {
                    Some(last) if Instant::elapsed(&last) < THOROUGH_EVERY => Look::Quick,
                    _ => Look::Thorough,
                },
                Some(()) = hangup.recv() => {
                    info!("told to look at the configuration and to list every region");
                    live.fleet.wake_all();
                    Look::Thorough
                }
            };
            if look == Look::Thorough {
                last_thorough = Some(Instant::now());
            }
            // A volume that hangs must hang a thread that serves nobody.
            let looked = tokio::task::spawn_blocking(move || {
                let refresh = directory.refresh(Timestamp::now(), look);
                (directory, refresh)
            });
            let refresh = match looked.await {
                Ok((back, refresh)) => {
                    directory = back;
                    refresh
                }
                Err(error) => {
                    telling.lost(&error);
                    return std::future::pending().await;
                }
            };
            pause = match refresh {
                Refresh::Unsettled => SETTLE,
                Refresh::Unchanged | Refresh::Changed(_) | Refresh::Refused => INTERVAL,
            };
            match refresh {
                Refresh::Unchanged | Refresh::Unsettled => continue,
                Refresh::Changed(configuration) => {
                    log_basis(directory.file_count(), &configuration.basis);
                    live.configure(*configuration);
                }
                Refresh::Refused => error!("the former configuration stays in force as a whole"),
            }
            telling.reloaded(directory.notices());
        }
    }
}
