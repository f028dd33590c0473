//! What there is to tell about the registration: in the log when it changes, among the health checks while it lasts.

use std::collections::BTreeMap;

use tracing::{info, warn};

use crate::telemetry::Health;

/// The checks that are told about; a leader whose term ends takes them along.
#[derive(Debug)]
pub(super) struct Notices {
    health: Health,
    told: BTreeMap<&'static str, Option<String>>,
}

impl Notices {
    pub(super) fn new(health: Health) -> Self {
        Self {
            health,
            told: BTreeMap::new(),
        }
    }

    /// Says what is wrong about `check`, or that nothing is.
    pub(super) fn say(&mut self, check: &'static str, problem: Option<String>) {
        let before = self.told.get(check);
        if before == Some(&problem) {
            return;
        }
        match &problem {
            Some(problem) => {
                warn!(check, problem, "the webhook registration needs attention");
                self.health.warn(check, problem.clone());
            }
            None => {
                if before.is_some() {
                    info!(check, "the webhook registration is as it should be");
                }
                self.health.set(check, Ok(()));
            }
        }
        self.told.insert(check, problem);
    }
}

impl Drop for Notices {
    fn drop(&mut self) {
        for check in self.told.keys() {
            self.health.forget(check);
        }
    }
}
