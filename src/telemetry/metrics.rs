//! The metrics, under the names that dashboards are written against.
//!
//! What every review counts is a single atomic, or found by a hash of `&'static str`s without a lock, but for the
//! histogram, whose lock is held for an addition.

use std::time::{Duration, Instant};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};

use super::{
    calls::Calls,
    counters::Counters,
    labels::{
        BuildLabels, CallOutcome, ConfirmationOutcome, EcsAction, FindingLabels, OutcomeLabels,
        ProbeOutcome, ReloadOutcome, ReviewLabels,
    },
    leader::{Leader, Leading},
    registrations::Registrations,
    snapshots::{SnapshotFacts, SnapshotGauges},
};
use crate::matrix::EditionId;

/// Half of all reviews are answered in tens of microseconds and none may take longer than the 30 s that the API
/// server allows at most; in between, a bucket stands at each value a service level is likely to be written for.
const DURATION_BUCKETS: [f64; 16] = [
    0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025,
    0.1, 0.5, 1.0, 5.0, 30.0,
];

/// Everything that is counted and measured.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    reviews: Counters<ReviewLabels>,
    review_duration: Histogram,
    findings: Counters<FindingLabels>,
    reviews_in_flight: Gauge,
    connections: Gauge,
    leader: Leader,
    snapshots: SnapshotGauges,
    calls: Calls,
    registrations: Registrations,
    config_reloads: Family<OutcomeLabels, Counter>,
    tls_not_after: Gauge,
    /// Without labels; a family, so that there is no series while nothing is known.
    tls_authority: Family<Vec<(String, String)>, Gauge>,
    tls_reloads: Family<OutcomeLabels, Counter>,
}

/// A review that is being answered; its end is recorded when this is dropped.
#[derive(Debug)]
pub struct InFlight<'a> {
    metrics: &'a Metrics,
    began: Instant,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics at zero.
    #[must_use]
    pub fn new() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("arrears"),
            reviews: Counters::default(),
            review_duration: Histogram::new(DURATION_BUCKETS),
            findings: Counters::default(),
            reviews_in_flight: Gauge::default(),
            connections: Gauge::default(),
            leader: Leader::default(),
            snapshots: SnapshotGauges::default(),
            calls: Calls::new(),
            registrations: Registrations::new(),
            config_reloads: Family::default(),
            tls_not_after: Gauge::default(),
            tls_authority: Family::default(),
            tls_reloads: Family::default(),
        };
        metrics.register();
        // An alert on a rate needs the series to exist before the first event.
        for outcome in [ReloadOutcome::Ok, ReloadOutcome::Error] {
            drop(
                metrics
                    .config_reloads
                    .get_or_create(&OutcomeLabels { outcome }),
            );
            drop(
                metrics
                    .tls_reloads
                    .get_or_create(&OutcomeLabels { outcome }),
            );
        }
        metrics
    }

    fn register(&mut self) {
        let build = Family::<BuildLabels, Gauge>::default();
        build
            .get_or_create(&BuildLabels {
                version: env!("CARGO_PKG_VERSION"),
                editions: EditionId::ALL.map(EditionId::name).join(","),
            })
            .set(1);

        let registry = &mut self.registry;
        registry.register("reviews", "Reviews answered", self.reviews.family());
        registry.register(
            "review_duration_seconds",
            "Time from a whole review body to its answer",
            self.review_duration.clone(),
        );
        registry.register(
            "findings",
            "ECS operations found and judged",
            self.findings.family(),
        );
        registry.register(
            "reviews_in_flight",
            "Reviews being answered",
            self.reviews_in_flight.clone(),
        );
        registry.register(
            "connections",
            "Connections to the webhook port",
            self.connections.clone(),
        );
        registry.register(
            "config_reloads",
            "Attempts to take over a changed configuration",
            self.config_reloads.clone(),
        );
        registry.register(
            "tls_certificate_not_after_seconds",
            "When the serving certificate ends, in seconds since 1970",
            self.tls_not_after.clone(),
        );
        registry.register(
            "tls_authority_not_after_seconds",
            "When the last of the authorities behind the serving certificate ends, in seconds since 1970",
            self.tls_authority.clone(),
        );
        registry.register(
            "tls_reloads",
            "Attempts to take over a changed certificate and key",
            self.tls_reloads.clone(),
        );
        registry.register("build_info", "The program that answers", build);
        registry.register_collector(Box::new(self.snapshots.clone()));
        self.leader.register(registry);
        self.calls.register(registry);
        self.registrations.register(registry);
    }

    /// Counts a request to ECS, and how long its answer took.
    pub fn asked(&self, action: EcsAction, outcome: CallOutcome, took: Duration) {
        self.calls.asked(action, outcome, took);
    }

    /// Counts a target that ECS was to be asked about before a denial.
    pub fn confirmed(&self, outcome: ConfirmationOutcome) {
        self.calls.confirmed(outcome);
    }

    /// Counts a change of our webhook entries that was put right.
    pub fn registration_repaired(&self) {
        self.registrations.repaired();
    }

    /// Counts a review sent through the API server to learn whether it reaches us.
    pub fn probed(&self, outcome: ProbeOutcome) {
        self.registrations.probed(outcome);
    }

    /// Counts an answered review.
    pub fn reviewed(&self, labels: &ReviewLabels) {
        self.reviews.count(labels);
    }

    /// Counts a finding.
    pub fn found(&self, labels: &FindingLabels) {
        self.findings.count(labels);
    }

    /// Begins a review; the server does this for every body it hands to the reviewer.
    pub fn begin_review(&self) -> InFlight<'_> {
        self.reviews_in_flight.inc();
        InFlight {
            metrics: self,
            began: Instant::now(),
        }
    }

    /// Begins a term as the leader.
    #[must_use]
    pub fn begin_leading(&self) -> Leading {
        self.leader.begin()
    }

    /// One more connection to the webhook port.
    pub(crate) fn connection_opened(&self) {
        self.connections.inc();
    }

    /// One connection to the webhook port fewer.
    pub(crate) fn connection_closed(&self) {
        self.connections.dec();
    }

    /// Has `source` asked at each scrape for the facts about accounts and regions; the first source stays.
    pub fn observe_snapshots(
        &self,
        source: impl Fn() -> Vec<SnapshotFacts> + Send + Sync + 'static,
    ) {
        let first = self.snapshots.source(Box::new(source));
        debug_assert!(first, "the facts have one owner");
    }

    /// Counts an attempt to take over a changed configuration.
    pub fn config_reloaded(&self, outcome: ReloadOutcome) {
        self.config_reloads
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// Counts an attempt to take over a changed certificate and key.
    pub fn tls_reloaded(&self, outcome: ReloadOutcome) {
        self.tls_reloads
            .get_or_create(&OutcomeLabels { outcome })
            .inc();
    }

    /// Says when the serving certificate ends, in seconds since 1970.
    pub fn tls_certificate_ends(&self, not_after: i64) {
        self.tls_not_after.set(not_after);
    }

    /// Says when the authority behind the serving certificate ends, in seconds since 1970; there is no series before.
    pub fn tls_authority_ends(&self, not_after: i64) {
        self.tls_authority.get_or_create(&Vec::new()).set(not_after);
    }

    /// The metrics as OpenMetrics text.
    #[must_use]
    pub fn render(&self) -> String {
        let mut page = String::new();
        if let Err(error) = text::encode(&mut page, &self.registry) {
            // A String takes everything, so this would be a label that refuses to be written.
            tracing::error!(%error, "metrics can't be written");
        }
        page
    }
}

// === impl InFlight ===

impl InFlight<'_> {
    /// How long the review has taken so far.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.metrics.reviews_in_flight.dec();
        self.metrics
            .review_duration
            .observe(self.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
