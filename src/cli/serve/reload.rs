//! The loop that puts a changed configuration in force.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::Context;
use arc_swap::ArcSwap;
use jiff::Timestamp;
use tokio::time::{self, MissedTickBehavior};
use tracing::{error, info};

use crate::{
    config::{Directory, Refresh},
    decision::Basis,
    telemetry::{Health, Metrics, ReloadOutcome},
};

/// Between two looks: a change is in force within two seconds.
const INTERVAL: Duration = Duration::from_secs(1);

/// Every so many looks the bytes are compared, whatever the file system says.
const THOROUGH_EVERY: u64 = 60;

/// Owns the configuration directory and publishes what is in it.
pub(super) struct Reload {
    directory: Directory,
    basis: Arc<ArcSwap<Basis>>,
    metrics: Arc<Metrics>,
    health: Health,
    /// The files whose problems have been told.
    told: BTreeSet<String>,
}

impl Reload {
    pub(super) fn new(
        directory: Directory,
        basis: Arc<ArcSwap<Basis>>,
        metrics: Arc<Metrics>,
        health: Health,
    ) -> Self {
        health.set("config", Ok(()));
        Self {
            directory,
            basis,
            metrics,
            health,
            told: BTreeSet::new(),
        }
    }

    /// Runs for ever; returns only if looking itself breaks.
    pub(super) async fn run(mut self) -> anyhow::Error {
        let mut ticks = time::interval(INTERVAL);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for look in 1u64.. {
            ticks.tick().await;
            let looked = tokio::task::spawn_blocking(move || {
                self.look(look.is_multiple_of(THOROUGH_EVERY));
                self
            });
            self = match looked.await.context("looking at the configuration broke") {
                Ok(reload) => reload,
                Err(broken) => return broken,
            };
        }
        anyhow::anyhow!("the configuration is looked at no longer")
    }

    fn look(&mut self, thorough: bool) {
        let refresh = self.directory.refresh(Timestamp::now(), thorough);
        let problems = self.directory.problems();
        match refresh {
            Refresh::Unchanged => return,
            Refresh::Changed(basis) => {
                self.basis.store(Arc::from(basis));
                let outcome = if problems.is_empty() {
                    ReloadOutcome::Ok
                } else {
                    ReloadOutcome::Error
                };
                self.metrics.config_reloaded(outcome);
                info!(
                    files = self.directory.file_count(),
                    problems = problems.len(),
                    "configuration changed"
                );
            }
            Refresh::Refused => self.metrics.config_reloaded(ReloadOutcome::Error),
        }
        let mut files = BTreeSet::new();
        for problem in &problems {
            error!(%problem, "the last good configuration of this file stays in force");
            let check = format!("config {}", problem.file);
            self.health.warn(
                check.clone(),
                format!("{problem}; the last good one is in force"),
            );
            files.insert(check);
        }
        for mended in self.told.difference(&files) {
            self.health.forget(mended);
        }
        self.told = files;
    }
}
