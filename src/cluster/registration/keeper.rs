//! One step after the other: what is there, what should be there, and what has to be done about it.

use std::{sync::Arc, time::Duration};

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingWebhook, ValidatingWebhookConfiguration,
};
use kube::runtime::watcher;
use tokio::{sync::watch, time::Instant};
use tracing::{info, warn};

use super::{
    Registration,
    configuration::CaBundle,
    entries,
    notices::Notices,
    probe::{self, Probed, Target},
    probing::Probing,
    standoff::Standoff,
    wanted::{Refused, Wanted},
    write,
};
use crate::{
    api::OperationBinding,
    cluster::{Applied, Bundle, Term},
};

/// The checks that are told about.
const OBJECT: &str = "registration";
const BINDINGS: &str = "registration bindings";
const PROBE: &str = "registration probe";

/// An API server takes entries in a moment after it has stored them.
const GRACE: Duration = Duration::from_secs(5);

/// What the leader knows, and what it has done.
pub(super) struct Keeper<'a> {
    registration: &'a Registration,
    term: Term,
    applied: watch::Sender<Option<Applied>>,
    notices: Notices,
    live: Live,
    settled: Option<Settled>,
    written_at: Option<Instant>,
    proven: Option<Target>,
    refused: Option<Refused>,
    quarrel: Standoff,
    failures: Standoff,
    probing: Probing,
    watch_errors: u32,
}

/// The object as it was seen last.
enum Live {
    Unknown,
    Absent,
    Present(Arc<ValidatingWebhookConfiguration>),
}

/// The object when it was as wanted.
struct Settled {
    object: Arc<ValidatingWebhookConfiguration>,
    entries: Vec<ValidatingWebhook>,
}

impl<'a> Keeper<'a> {
    pub(super) fn new(
        registration: &'a Registration,
        term: Term,
        applied: watch::Sender<Option<Applied>>,
    ) -> Self {
        Self {
            registration,
            term,
            applied,
            notices: Notices::new(registration.health.clone()),
            live: Live::Unknown,
            settled: None,
            written_at: None,
            proven: None,
            refused: None,
            quarrel: Standoff::default(),
            failures: Standoff::default(),
            probing: Probing::now(),
            watch_errors: 0,
        }
    }

    /// Takes note of the object as the watch shows it.
    pub(super) fn observe(
        &mut self,
        event: watcher::Result<Option<ValidatingWebhookConfiguration>>,
    ) {
        match event {
            Ok(Some(object)) => {
                self.watch_errors = 0;
                self.see(object);
            }
            Ok(None) => {
                self.watch_errors = 0;
                self.live = Live::Absent;
                self.forget();
            }
            Err(error) => {
                // One is what a watch that has grown old ends with.
                self.watch_errors = self.watch_errors.saturating_add(1);
                if 1 < self.watch_errors {
                    let problem = crate::decision::message_line(format_args!(
                        "{} can't be watched: {error}",
                        self.name()
                    ));
                    self.notices.say(OBJECT, Some(problem));
                }
            }
        }
    }

    fn see(&mut self, object: ValidatingWebhookConfiguration) {
        if let Live::Present(known) = &self.live {
            if known.metadata.uid != object.metadata.uid {
                self.forget();
            } else if version(&object) < version(known) && self.has_just_written() {
                // From before our own last write; later, the API server has gone back to what it was.
                return;
            }
        }
        self.live = Live::Present(Arc::new(object));
    }

    fn has_just_written(&self) -> bool {
        self.written_at.is_some_and(|at| at.elapsed() < GRACE)
    }

    /// What was proven and written belongs to an object that is gone.
    fn forget(&mut self) {
        self.settled = None;
        self.written_at = None;
        self.proven = None;
        self.failures = Standoff::default();
        self.probing = Probing::now();
    }

    /// Does what there is to do now; returns when there will be more, if nothing happens before.
    pub(super) async fn step(
        &mut self,
        bundle: Option<Bundle>,
        bindings: &Arc<[OperationBinding]>,
    ) -> Option<Instant> {
        let object = match &self.live {
            Live::Unknown => return None,
            Live::Absent => {
                let problem = format!("{} is not there: nothing is reviewed", self.name());
                self.notices.say(OBJECT, Some(problem));
                return None;
            }
            Live::Present(object) => Arc::clone(object),
        };
        let Some(bundle) = bundle else {
            let problem = "there is no authority to register yet";
            self.notices.say(OBJECT, Some(problem.to_owned()));
            return None;
        };
        let ca_bundle = match CaBundle::from_pem(bundle.as_pem().as_bytes().to_vec()) {
            Ok(ca_bundle) => ca_bundle,
            Err(error) => {
                let problem = format!("the authorities can't be registered: {error}");
                self.notices.say(OBJECT, Some(problem));
                return None;
            }
        };
        let wanted = self.wanted(&object, ca_bundle, bindings);
        match self.bring_about(&object, &wanted, bindings).await {
            Ok(()) => self.settle(bundle),
            Err(again) => return Some(again),
        }
        Some(self.probe(wanted.target).await)
    }

    fn wanted(
        &mut self,
        object: &ValidatingWebhookConfiguration,
        ca_bundle: CaBundle,
        bindings: &Arc<[OperationBinding]>,
    ) -> Wanted {
        let target = Target {
            backend: self.registration.backend(),
            ca_bundle,
        };
        if self.settled.is_none() && self.proven.is_none() {
            self.proven = entries::proven_target(object, &target.backend);
        }
        self.proven.take_if(|proven| !proven.vouches_for(&target));
        self.refused
            .take_if(|refused| !Arc::ptr_eq(&refused.bindings, bindings));
        let wanted = Wanted::new(
            self.registration,
            target,
            self.proven.is_some(),
            bindings,
            self.refused.as_ref(),
        );
        let problems = &wanted.problems;
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        self.notices.say(BINDINGS, problem);
        wanted
    }

    /// Has the object be as wanted, or says when to try again.
    async fn bring_about(
        &mut self,
        object: &Arc<ValidatingWebhookConfiguration>,
        wanted: &Wanted,
        bindings: &Arc<[OperationBinding]>,
    ) -> Result<(), Instant> {
        let differences = entries::differences(entries::of(object), &wanted.entries);
        if differences.is_empty() && entries::is_owned(object) {
            self.settled = Some(Settled {
                object: Arc::clone(object),
                entries: wanted.entries.clone(),
            });
            return Ok(());
        }
        let now = Instant::now();
        let drift = self
            .settled
            .as_ref()
            .filter(|settled| !differences.is_empty() && settled.entries == wanted.entries)
            .map(|settled| entries::editors(&settled.object, object))
            .map(|editors| editors.unwrap_or_else(|| "somebody".to_owned()));
        let mut earliest = self.failures.until(now);
        if let Some(who) = &drift {
            earliest = earliest.max(self.quarrel.until(now));
            if now < earliest {
                let (name, changed) = (self.name(), differences.join(", "));
                let problem = format!("{who} keeps changing {name}: {changed}");
                self.notices.say(OBJECT, Some(problem));
            }
        }
        if now < earliest {
            return Err(earliest);
        }
        if !self.term.holds() {
            return Err(now + Duration::from_secs(1));
        }
        if let Some(manager) = &drift {
            self.quarrel.attempt(now);
            warn!(
                name = self.name(),
                manager,
                changed = differences.join(", "),
                "somebody changed the webhook registration; putting it right"
            );
        }
        match write::write(&self.registration.client, object, &wanted.entries).await {
            Ok(written) => {
                if drift.is_some() {
                    self.registration.metrics.registration_repaired();
                }
                self.wrote(written, wanted);
                Ok(())
            }
            Err(error) => Err(self.failed(error, object, wanted, bindings).await),
        }
    }

    fn wrote(&mut self, object: ValidatingWebhookConfiguration, wanted: &Wanted) {
        info!(
            name = self.name(),
            entries = wanted.entries.len(),
            proven = self.proven.is_some(),
            "webhook registration written"
        );
        self.failures = Standoff::default();
        let object = Arc::new(object);
        self.settled = Some(Settled {
            object: Arc::clone(&object),
            entries: wanted.entries.clone(),
        });
        self.written_at = Some(Instant::now());
        self.probing = Probing::now();
        self.live = Live::Present(object);
    }

    /// Says when to try again after a write that failed.
    async fn failed(
        &mut self,
        error: write::Error,
        object: &ValidatingWebhookConfiguration,
        wanted: &Wanted,
        bindings: &Arc<[OperationBinding]>,
    ) -> Instant {
        let now = Instant::now();
        self.failures.attempt(now);
        if let write::Error::Invalid(reason) = &error
            && self.refused.is_none()
            && let Some((own, bound)) = wanted.split()
        {
            let client = &self.registration.client;
            let Ok(reasons) = write::refused(client, object, own, bound).await else {
                return self.failures.until(now);
            };
            self.refused = Some(Refused::new(bindings, bound, reasons, reason));
            self.failures = Standoff::default();
            return now;
        }
        if !matches!(error, write::Error::Gone) {
            let problem = format!("{} can't be written: {error}", self.name());
            self.notices.say(OBJECT, Some(problem));
        }
        self.failures.until(now)
    }

    /// All is as wanted: whoever waits for that is told.
    fn settle(&mut self, bundle: Bundle) {
        let foreign = match &self.live {
            Live::Present(object) => entries::of(object)
                .iter()
                .filter(|entry| !entries::is_ours(entry))
                .map(|entry| entry.name.clone())
                .collect(),
            Live::Unknown | Live::Absent => Vec::new(),
        };
        let problem = (!foreign.is_empty()).then(|| {
            format!(
                "{} has entries that are not arrears' and are left alone: {}",
                self.name(),
                foreign.join(", ")
            )
        });
        self.notices.say(OBJECT, problem);
        self.applied.send_if_modified(|applied| {
            let is_known = applied
                .as_ref()
                .is_some_and(|applied| applied.bundle == bundle);
            if !is_known {
                *applied = Some(Applied {
                    bundle,
                    at: Instant::now(),
                });
            }
            !is_known
        });
    }

    /// Probes if that is due; returns when there is more to do.
    async fn probe(&mut self, target: Target) -> Instant {
        if Instant::now() < self.probing.next() {
            return self.probing.next();
        }
        let Registration {
            client,
            installation,
            metrics,
            ..
        } = self.registration;
        let patience = self.registration.patience();
        let probed = probe::send(client, &installation.namespace, &target, patience).await;
        let now = Instant::now();
        let is_early = self.written_at.is_some_and(|at| now < at + GRACE);
        if probed == Probed::Unmatched && is_early {
            self.probing.failed(now);
            return self.probing.next();
        }
        metrics.probed(probed.outcome());
        self.notices.say(PROBE, probed.problem());
        if probed != Probed::Reached {
            self.probing.failed(now);
            return self.probing.next();
        }
        self.probing.succeeded(now);
        let is_news = self.proven.is_none();
        self.proven = Some(target);
        match is_news {
            true => now,
            false => self.probing.next(),
        }
    }

    fn name(&self) -> String {
        format!(
            "ValidatingWebhookConfiguration {}",
            self.registration.installation.webhook()
        )
    }
}

/// Versions of one object grow; one that is no number is taken for the newest.
fn version(object: &ValidatingWebhookConfiguration) -> u64 {
    let version = object.metadata.resource_version.as_deref();
    version
        .and_then(|version| version.parse().ok())
        .unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
