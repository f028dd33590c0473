//! What the log, `/readyz?verbose` and the metrics say of the configuration in force.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use tracing::{error, info, warn};

use crate::{
    config::{Notice, Severity},
    telemetry::{Health, Metrics, ReloadOutcome},
};

/// The name of the readiness check that this room sets; others, one for each thing with a notice, begin with it.
pub(super) const CHECK: &str = "config";

/// Tells each thing once.
pub(super) struct Telling {
    metrics: Arc<Metrics>,
    health: Health,
    /// What has been told already.
    notices: Vec<Notice>,
}

impl Telling {
    pub(super) fn new(metrics: Arc<Metrics>, health: Health) -> Self {
        health.set(CHECK, Ok(()));
        Self {
            metrics,
            health,
            notices: Vec::new(),
        }
    }

    /// A change has been taken over, as far as these notices allow.
    pub(super) fn reloaded(&mut self, notices: Vec<Notice>) {
        let is_whole = notices
            .iter()
            .all(|notice| notice.severity == Severity::Remark);
        self.metrics.config_reloaded(match is_whole {
            true => ReloadOutcome::Ok,
            false => ReloadOutcome::Error,
        });
        self.tell(notices);
    }

    /// The configuration is not followed any longer.
    pub(super) fn lost(&self, error: &dyn std::fmt::Display) {
        error!(%error, "the configuration is no longer followed");
        let reason = "no longer followed; restart to take over a change";
        self.health.warn(CHECK, reason);
    }

    /// Logs what is new among the notices, and shows each on `/readyz?verbose` for as long as it holds.
    pub(super) fn tell(&mut self, notices: Vec<Notice>) {
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
