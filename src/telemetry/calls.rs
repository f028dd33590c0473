//! What is asked of ECS, and how often a denial was confirmed.

use std::time::Duration;

use prometheus_client::{
    metrics::{family::Family, histogram::Histogram},
    registry::Registry,
};

use super::{
    counters::Counters,
    labels::{
        CallLabels, CallOutcome, ConfirmationLabels, ConfirmationOutcome, EcsAction,
        EcsActionLabels,
    },
};

/// ECS answers in tens of milliseconds, from another continent in a second; an attempt is given up after 10 s.
const DURATION_BUCKETS: [f64; 11] = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// The counters of calls; all series are there from the start.
#[derive(Debug)]
pub(super) struct Calls {
    requests: Counters<CallLabels>,
    duration: Family<EcsActionLabels, Histogram>,
    confirmations: Counters<ConfirmationLabels>,
}

impl Calls {
    pub(super) fn new() -> Self {
        let calls = Self {
            requests: Counters::default(),
            duration: Family::new_with_constructor(|| Histogram::new(DURATION_BUCKETS)),
            confirmations: Counters::default(),
        };
        // An alert on a rate needs the series to exist before the first event.
        for action in EcsAction::ALL {
            for outcome in CallOutcome::ALL {
                calls.requests.prepare(&CallLabels { action, outcome });
            }
            drop(calls.duration.get_or_create(&EcsActionLabels { action }));
        }
        for outcome in ConfirmationOutcome::ALL {
            calls.confirmations.prepare(&ConfirmationLabels { outcome });
        }
        calls
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "ecs_requests",
            "Requests sent to ECS, each attempt counted",
            self.requests.family(),
        );
        registry.register(
            "ecs_request_duration_seconds",
            "Time from a request to ECS to the end of its answer",
            self.duration.clone(),
        );
        registry.register(
            "confirmations",
            "Targets that ECS was asked about before a denial",
            self.confirmations.family(),
        );
    }

    pub(super) fn asked(&self, action: EcsAction, outcome: CallOutcome, took: Duration) {
        self.requests.count(&CallLabels { action, outcome });
        self.duration
            .get_or_create(&EcsActionLabels { action })
            .observe(took.as_secs_f64());
    }

    pub(super) fn confirmed(&self, outcome: ConfirmationOutcome) {
        self.confirmations.count(&ConfirmationLabels { outcome });
    }
}
