//! The loop that puts a changed configuration in force.
//!
//! Never makes the process unready and never ends it: whatever becomes of the files, what is in force is known and
//! ages by the policy.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    signal::unix::Signal,
    time::{self, Instant},
};
use tracing::{error, info, warn};

use super::{live::Live, log_basis};
use crate::{
    config::{Directory, Look, Notice, Refresh, Severity},
    telemetry::{Health, Metrics, ReloadOutcome},
};

/// Between two looks: with the wait for files to settle, a change is in force within two seconds.
const INTERVAL: Duration = Duration::from_secs(1);

/// Between two looks while somebody may still be writing.
const SETTLE: Duration = Duration::from_millis(200);

/// At least so often the bytes are compared, whatever the file system says.
const THOROUGH_EVERY: Duration = Duration::from_secs(60);

/// The name of the readiness check that this room sets; others, one for each thing with a notice, begin with it.
const CHECK: &str = "config";

/// Owns the configuration directory and publishes what is in it.
pub(super) struct Reload {
    directory: Directory,
    publish: Publish,
}

/// Where what the directory holds is told.
struct Publish {
    live: Live,
    metrics: Arc<Metrics>,
    health: Health,
    /// What has been told already.
    notices: Vec<Notice>,
}

// === impl Reload ===

impl Reload {
    pub(super) fn new(
        directory: Directory,
        live: Live,
        metrics: Arc<Metrics>,
        health: Health,
    ) -> Self {
        health.set(CHECK, Ok(()));
        let mut publish = Publish {
            live,
            metrics,
            health,
            notices: Vec::new(),
        };
        publish.tell(directory.notices());
        Self { directory, publish }
    }

    /// Looks for ever; at once when a hangup is signalled.
    pub(super) async fn run(self, mut hangup: Signal) {
        let Self {
            mut directory,
            mut publish,
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
                    publish.live.fleet.wake_all();
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
                    error!(%error, "the configuration is no longer followed");
                    let reason = "no longer followed; restart to take over a change";
                    publish.health.warn(CHECK, reason);
                    return std::future::pending().await;
                }
            };
            pause = match refresh {
                Refresh::Unsettled => SETTLE,
                Refresh::Unchanged | Refresh::Changed(_) | Refresh::Refused => INTERVAL,
            };
            publish.take_over(&directory, refresh);
        }
    }
}

// === impl Publish ===

impl Publish {
    fn take_over(&mut self, directory: &Directory, refresh: Refresh) {
        match refresh {
            Refresh::Unchanged | Refresh::Unsettled => return,
            Refresh::Changed(configuration) => {
                log_basis(directory, &configuration.basis);
                self.live.configure(*configuration);
            }
            Refresh::Refused => error!("the former configuration stays in force as a whole"),
        }
        let notices = directory.notices();
        let is_whole = notices
            .iter()
            .all(|notice| notice.severity == Severity::Remark);
        self.metrics.config_reloaded(match is_whole {
            true => ReloadOutcome::Ok,
            false => ReloadOutcome::Error,
        });
        self.tell(notices);
    }

    /// Logs what is new among the notices, and shows each on `/readyz?verbose` for as long as it holds.
    fn tell(&mut self, notices: Vec<Notice>) {
        let mut reasons: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for notice in &notices {
            if !self.notices.contains(notice) {
                let (about, reason) = (&notice.about, &notice.message);
                match notice.severity {
                    Severity::Problem => error!(about, reason, "configuration problem"),
                    Severity::Remark => warn!(about, reason, "configuration remark"),
                }
            }
            let check = format!("{CHECK} {}", notice.about);
            reasons.entry(check).or_default().push(&notice.message);
        }
        let before: BTreeSet<_> = self.notices.iter().map(|notice| &notice.about).collect();
        for about in before {
            let check = format!("{CHECK} {about}");
            if !reasons.contains_key(&check) {
                info!(about, "configuration mended");
                self.health.forget(&check);
            }
        }
        for (check, reasons) in reasons {
            self.health.warn(check, reasons.join(" | "));
        }
        self.notices = notices;
    }
}
