//! One step after the other: what is there, what should be there, and what has to be done about it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingWebhook, ValidatingWebhookConfiguration,
};
use kube::runtime::watcher;
use tokio::{sync::watch, time::Instant};
use tracing::{info, warn};

use super::{
    Registration,
    configuration::{self, CaBundle, FailurePolicy, WebhookOptions},
    entries,
    notices::Notices,
    probe::{self, Probed, Target},
    standoff::Standoff,
    write,
};
use crate::{
    api::OperationBinding,
    cluster::{Applied, Bundle, Term},
    kinds::registration::{built_in, possible_registrations},
};

/// The checks that are told about.
const OBJECT: &str = "registration";
const BINDINGS: &str = "registration bindings";
const PROBE: &str = "registration probe";

/// How often it is made sure that reviews still reach us.
const PROBE_INTERVAL: Duration = Duration::from_secs(60);

/// The pauses between probes that don't come back.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// An API server takes entries in a moment after it has stored them.
const GRACE: Duration = Duration::from_secs(5);

/// What the leader knows, and what it has done.
pub(super) struct Keeper<'a> {
    registration: &'a Registration,
    term: Term,
    applied: watch::Sender<Option<Applied>>,
    notices: Notices,
    live: Live,
    /// What the object held when it was as wanted.
    settled: Option<Vec<ValidatingWebhook>>,
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

/// What the API server would not take, as long as the bindings are these.
struct Refused {
    bindings: Arc<[OperationBinding]>,
    reasons: BTreeMap<String, String>,
}

/// When the next probe is due.
struct Probing {
    next: Instant,
    failures: u32,
}

/// What should stand in the object.
struct Wanted {
    target: Target,
    entries: Vec<ValidatingWebhook>,
    /// How many of the entries, the first ones, are there whatever the bindings are.
    own: usize,
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
            } else if version(&object) < version(known) {
                // From before our own last write.
                return;
            }
        }
        self.live = Live::Present(Arc::new(object));
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
        let pem: &[u8] = bundle.as_pem().as_ref();
        let ca_bundle = match CaBundle::from_pem(pem.to_vec()) {
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
        let Registration {
            installation,
            settings,
            ..
        } = self.registration;
        let target = Target {
            backend: self.registration.backend(),
            ca_bundle,
        };
        if self.settled.is_none() && self.proven.is_none() {
            self.proven = entries::proven_target(object, &target.backend);
        }
        self.proven.take_if(|proven| !proven.vouches_for(&target));
        let options = WebhookOptions {
            backend: target.backend.clone(),
            ca_bundle: target.ca_bundle.clone(),
            failure_policy: match self.proven {
                Some(_) => settings.failure_policy,
                None => FailurePolicy::Ignore,
            },
            timeout_seconds: settings.timeout_seconds,
        };
        let (registrations, errors) = possible_registrations(bindings);
        let mut entries = vec![probe::entry(&installation.namespace, &options)];
        entries.extend(configuration::entries(registrations, &options));
        let mut problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
        self.refused
            .take_if(|refused| !Arc::ptr_eq(&refused.bindings, bindings));
        if let Some(Refused { reasons, .. }) = &self.refused {
            entries.retain(|entry| !reasons.contains_key(&entry.name));
            problems.extend(
                reasons
                    .iter()
                    .map(|(name, reason)| format!("{name} is left out: {reason}")),
            );
        }
        let problem = (!problems.is_empty()).then(|| problems.join("; "));
        self.notices.say(BINDINGS, problem);
        Wanted {
            target,
            entries,
            own: 1 + built_in().len(),
        }
    }

    /// Has the object be as wanted, or says when to try again.
    async fn bring_about(
        &mut self,
        object: &ValidatingWebhookConfiguration,
        wanted: &Wanted,
        bindings: &Arc<[OperationBinding]>,
    ) -> Result<(), Instant> {
        let differences = entries::differences(entries::of(object), &wanted.entries);
        if differences.is_empty() && entries::is_owned(object) {
            self.settled.get_or_insert_with(|| wanted.entries.clone());
            return Ok(());
        }
        let now = Instant::now();
        let is_drift = !differences.is_empty() && self.settled.as_ref() == Some(&wanted.entries);
        let mut earliest = self.failures.until(now);
        if is_drift {
            earliest = earliest.max(self.quarrel.until(now));
        }
        if now < earliest {
            if is_drift {
                let problem = format!(
                    "{} keeps changing {}: {}",
                    entries::last_editor(object)
                        .as_deref()
                        .unwrap_or("somebody"),
                    self.name(),
                    differences.join(", ")
                );
                self.notices.say(OBJECT, Some(problem));
            }
            return Err(earliest);
        }
        if !self.term.holds() {
            return Err(now + Duration::from_secs(1));
        }
        if is_drift {
            self.quarrel.attempt(now);
            let manager = entries::last_editor(object);
            warn!(
                name = self.name(),
                manager = manager.as_deref().unwrap_or("unknown"),
                changed = differences.join(", "),
                "somebody changed the webhook registration; putting it right"
            );
        }
        match write::write(&self.registration.client, object, &wanted.entries).await {
            Ok(written) => {
                if is_drift {
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
        self.settled = Some(wanted.entries.clone());
        self.written_at = Some(Instant::now());
        self.probing = Probing::now();
        self.live = Live::Present(Arc::new(object));
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
            && let Some((own, bound)) = wanted.entries.split_at_checked(wanted.own)
            && !bound.is_empty()
        {
            let client = &self.registration.client;
            // Where no single one is to blame, all are left out: the built-in kinds come first.
            let reasons = match write::refused(client, object, own, bound).await {
                Ok(reasons) if reasons.is_empty() => bound
                    .iter()
                    .map(|entry| (entry.name.clone(), reason.clone()))
                    .collect(),
                Ok(reasons) => reasons,
                Err(_) => return self.failures.until(now),
            };
            self.refused = Some(Refused {
                bindings: Arc::clone(bindings),
                reasons,
            });
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
        if Instant::now() < self.probing.next {
            return self.probing.next;
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
            return self.probing.next;
        }
        metrics.probed(probed.outcome());
        self.notices.say(PROBE, probed.problem());
        if probed != Probed::Reached {
            self.probing.failed(now);
            return self.probing.next;
        }
        self.probing.succeeded(now);
        let is_news = self.proven.is_none();
        self.proven = Some(target);
        match is_news {
            true => now,
            false => self.probing.next,
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

// === impl Probing ===

impl Probing {
    fn now() -> Self {
        Self {
            next: Instant::now(),
            failures: 0,
        }
    }

    fn failed(&mut self, now: Instant) {
        let pause = SHORTEST_PAUSE * (1 << self.failures.min(8));
        self.next = now + pause.min(LONGEST_PAUSE);
        self.failures = self.failures.saturating_add(1);
    }

    fn succeeded(&mut self, now: Instant) {
        self.next = now + PROBE_INTERVAL;
        self.failures = 0;
    }
}
