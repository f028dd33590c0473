//! The handler: one review in, one answer out, whatever happens in between.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tracing::{debug, error, info, warn};

use super::{
    response::Response,
    review::{Review, Unreadable},
};
use crate::{
    decision::{Basis, Effect, Outcome, Verdict, decide},
    kinds::Family,
    telemetry::{self, FindingLabels, Metrics, ReviewLabels},
};

/// Tells the time.
pub type Clock = fn() -> Timestamp;

/// Answers reviews.
pub struct Handler {
    basis: Arc<ArcSwap<Basis>>,
    metrics: Arc<Metrics>,
    clock: Clock,
}

/// An answer, and whether it is one in terms of the review or of HTTP.
#[derive(Debug)]
pub enum Reply {
    /// A valid review.
    Review(Vec<u8>),
    /// The body was none that could be answered by a review: a JSON error, for status 400.
    BadRequest(Vec<u8>),
}

impl Handler {
    /// A handler that decides by whatever `basis` holds at the moment of each review.
    #[must_use]
    pub fn new(basis: Arc<ArcSwap<Basis>>, metrics: Arc<Metrics>, clock: Clock) -> Self {
        Self {
            basis,
            metrics,
            clock,
        }
    }

    /// Answers one review.
    #[must_use]
    pub fn answer(&self, body: &[u8]) -> Reply {
        let basis = self.basis.load();
        let (reply, labels) = match Review::parse(body, &basis.bindings) {
            Ok(review) => self.answer_review(&review, &basis),
            Err(unreadable) => answer_unreadable(&unreadable),
        };
        self.metrics.reviewed(&labels);
        reply
    }

    fn answer_review(&self, review: &Review<'_, '_>, basis: &Basis) -> (Reply, ReviewLabels) {
        let labels = |verdict| ReviewLabels {
            kind: review.family.map_or(telemetry::OTHER, Family::label),
            operation: review.operation.name(),
            verdict,
        };
        let answered = guarded(|| {
            let inference = review.infer();
            let kind = review.kind.qualified();
            let now = (self.clock)();
            let verdict = decide(&inference, &kind, review.namespace(), basis, now);
            self.record(&verdict);
            log(review, &verdict);
            let response = Response::of(&review.uid, &verdict, basis.poll_interval);
            (response.to_json(), label(verdict.outcome()))
        });
        match answered {
            Some((text, verdict)) => (Reply::Review(text), labels(verdict)),
            None => {
                let message = "arrears failed on this request; its log says where".to_owned();
                let response = Response::refuse(&review.uid, 500, "InternalError", message);
                (
                    Reply::Review(response.to_json()),
                    labels(telemetry::Verdict::Error),
                )
            }
        }
    }

    fn record(&self, verdict: &Verdict<'_>) {
        for finding in &verdict.findings {
            self.metrics.found(&FindingLabels {
                action: finding.action_label(),
                ruling: finding.ruling_name(),
                mode: finding.mode.name(),
            });
        }
    }
}

fn label(outcome: Outcome) -> telemetry::Verdict {
    match outcome {
        Outcome::Deny => telemetry::Verdict::Deny,
        Outcome::Unknown => telemetry::Verdict::Unknown,
        Outcome::Warn => telemetry::Verdict::Warn,
        Outcome::Audit => telemetry::Verdict::Audit,
        Outcome::Allow => telemetry::Verdict::Allow,
    }
}

fn answer_unreadable(unreadable: &Unreadable<'_>) -> (Reply, ReviewLabels) {
    let labels = ReviewLabels {
        kind: telemetry::OTHER,
        operation: telemetry::OTHER,
        verdict: telemetry::Verdict::Error,
    };
    let problem = unreadable.problem.to_string();
    warn!(problem, "review can't be read");
    let reply = match &unreadable.uid {
        Some(uid) => Reply::Review(Response::refuse(uid, 400, "BadRequest", problem).to_json()),
        None => Reply::BadRequest(
            serde_json::json!({ "error": problem })
                .to_string()
                .into_bytes(),
        ),
    };
    (reply, labels)
}

/// Runs a judgement; a bug in it costs one request, not the process.
fn guarded<T>(judge: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(judge)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("unknown");
            error!(reason, "panic while judging a review");
            None
        }
    }
}

/// One line for each denial; what is allowed shows at debug level.
fn log(review: &Review<'_, '_>, verdict: &Verdict<'_>) {
    let Some(finding) = verdict.findings.first() else {
        return;
    };
    macro_rules! line {
        ($level:ident, $message:literal) => {
            $level!(
                uid = &*review.uid,
                operation = review.operation.name(),
                kind = &*review.kind.kind,
                group = &*review.kind.group,
                namespace = &*review.namespace,
                name = &*review.name,
                user = &*review.user,
                verdict = finding.outcome.name(),
                action = finding.action(),
                target = &*finding.target_name(),
                state = finding.state_name(),
                ruling = finding.ruling_name(),
                rule = finding.rule_name(),
                field = finding.field(),
                $message
            )
        };
    }
    if verdict.with_effect(Effect::Refuse).next().is_some() {
        line!(info, "denied");
    } else {
        line!(debug, "allowed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bug_in_a_judgement_is_caught() {
        assert_eq!(guarded(|| 1), Some(1));
        assert_eq!(guarded::<u8>(|| panic!("a bug")), None);
    }
}
