//! What becomes of our entries in the `ValidatingWebhookConfiguration`.

use prometheus_client::{metrics::counter::Counter, registry::Registry};

use super::{
    counters::Counters,
    labels::{ProbeLabels, ProbeOutcome},
};

/// The counters of the registration; all series are there from the start.
#[derive(Debug)]
pub(super) struct Registrations {
    repairs: Counter,
    probes: Counters<ProbeLabels>,
}

impl Registrations {
    pub(super) fn new() -> Self {
        let registrations = Self {
            repairs: Counter::default(),
            probes: Counters::default(),
        };
        // An alert on a rate needs the series to exist before the first event.
        for outcome in ProbeOutcome::ALL {
            registrations.probes.prepare(&ProbeLabels { outcome });
        }
        registrations
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "registration_repairs",
            "Times that somebody else's change of our entries was put right",
            self.repairs.clone(),
        );
        registry.register(
            "registration_probes",
            "Reviews sent through the API server to learn whether they reach arrears",
            self.probes.family(),
        );
    }

    pub(super) fn repaired(&self) {
        self.repairs.inc();
    }

    pub(super) fn probed(&self, outcome: ProbeOutcome) {
        self.probes.count(&ProbeLabels { outcome });
    }
}
