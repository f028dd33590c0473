//! The handler: one review in, one answer out, whatever happens in between.

mod confirm;
mod line;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use tracing::{debug, error, warn};

use self::confirm::Doubt;
pub use self::confirm::{Confirm, Told};
use super::{
    probe, response,
    review::{Review, Unreadable},
};
use crate::{
    decision::{Basis, Outcome, Policy, Question, Verdict, decide, message_line},
    kinds::{Family, Inference},
    telemetry::{self, FindingLabels, Metrics, ReviewLabels},
};

/// Answers reviews.
pub struct Handler {
    basis: Arc<ArcSwap<Basis>>,
    metrics: Arc<Metrics>,
    now: Box<dyn Fn() -> Timestamp + Send + Sync>,
    confirm: Option<Arc<dyn Confirm>>,
    probed_in: Option<String>,
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
    pub fn new(
        basis: Arc<ArcSwap<Basis>>,
        metrics: Arc<Metrics>,
        now: impl Fn() -> Timestamp + Send + Sync + 'static,
    ) -> Self {
        Self {
            basis,
            metrics,
            now: Box::new(now),
            confirm: None,
            probed_in: None,
        }
    }

    /// The same, asking before it says no.
    #[must_use]
    pub fn confirming(self, confirm: Arc<dyn Confirm>) -> Self {
        Self {
            confirm: Some(confirm),
            ..self
        }
    }

    /// The same, answering the probe in our own namespace, by which the leader learns that reviews reach us.
    #[must_use]
    pub fn probed_in(self, namespace: String) -> Self {
        Self {
            probed_in: Some(namespace),
            ..self
        }
    }

    /// Answers one review by what is known.
    #[must_use]
    pub fn answer(&self, body: &[u8]) -> Reply {
        self.settle(body, None)
    }

    /// Answers one review, or says what to ask before.
    fn attempt(&self, body: &[u8], doubt: Doubt) -> Result<Reply, Vec<Question>> {
        let basis = self.basis.load();
        let (reply, labels) = match guarded("reading", || Review::parse(body, &basis.bindings)) {
            Some(Ok(review)) if self.is_probe(&review) => {
                debug!(uid = line::short(&review.uid), "probed");
                return Ok(Reply::Review(probe::answer(&review.uid)));
            }
            Some(Ok(review)) => self.answer_review(&review, &basis, doubt)?,
            Some(Err(unreadable)) => (answer_unreadable(&unreadable), UNREAD),
            None => (answer_unread(body), UNREAD),
        };
        self.metrics.reviewed(&labels);
        Ok(reply)
    }

    fn is_probe(&self, review: &Review<'_, '_>) -> bool {
        let namespace = self.probed_in.as_deref();
        namespace.is_some_and(|namespace| probe::is_probe(review, namespace))
    }

    fn answer_review(
        &self,
        review: &Review<'_, '_>,
        basis: &Basis,
        doubt: Doubt,
    ) -> Result<(Reply, ReviewLabels), Vec<Question>> {
        let labels = |verdict| ReviewLabels {
            kind: review.family.map_or(telemetry::OTHER, Family::label),
            operation: review.operation.name(),
            verdict,
        };
        Ok(
            match guarded(&review.uid, || self.judge(review, basis, doubt)) {
                Some(Ok((text, outcome))) => (Reply::Review(text), labels(label(outcome))),
                Some(Err(questions)) => return Err(questions),
                None => (
                    Reply::Review(answer_to_a_bug(&review.uid)),
                    labels(telemetry::Verdict::Error),
                ),
            },
        )
    }

    fn judge(
        &self,
        review: &Review<'_, '_>,
        basis: &Basis,
        doubt: Doubt,
    ) -> Result<(Vec<u8>, Outcome), Vec<Question>> {
        let inference = review.infer();
        let kind = match inference {
            Inference::Asked(_) | Inference::Malformed(_) if names_kinds(&basis.policy) => {
                review.kind.qualified()
            }
            // Nobody looks at it.
            Inference::Nothing | Inference::Asked(_) | Inference::Malformed(_) => String::new(),
        };
        let now = (self.now)();
        let mut verdict = decide(&inference, &kind, review.namespace(), basis, now);
        if let Some(confirm) = &self.confirm {
            match doubt {
                Doubt::Open(began) => {
                    let questions = verdict.questions(basis, began.unwrap_or(now), now);
                    if !questions.is_empty() {
                        return Err(questions);
                    }
                }
                Doubt::Settled(unconfirmed) => verdict.unconfirmed = unconfirmed,
            }
            confirm::renew(&**confirm, &verdict, basis);
        }
        self.record(&verdict);
        line::log(review, &verdict);
        let text = response::answer(&review.uid, &verdict, basis.poll_interval);
        Ok((text, verdict.outcome()))
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

/// What is counted of a body that no review could be made of.
const UNREAD: ReviewLabels = ReviewLabels {
    kind: telemetry::OTHER,
    operation: telemetry::OTHER,
    verdict: telemetry::Verdict::Error,
};

fn names_kinds(policy: &Policy) -> bool {
    policy.rules.iter().any(|rule| rule.kinds.is_some())
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

fn answer_unreadable(unreadable: &Unreadable<'_>) -> Reply {
    let problem = message_line(&unreadable.problem);
    let uid = unreadable.uid.as_deref();
    warn!(
        uid = uid.map(line::short),
        problem, "a review can't be read"
    );
    match uid {
        Some(uid) => Reply::Review(response::refuse(uid, 400, "BadRequest", &problem)),
        None => bad_request(&problem),
    }
}

/// The answer to a body that a bug kept from being read.
fn answer_unread(body: &[u8]) -> Reply {
    match guarded("finding a uid", || Review::find_uid(body)).flatten() {
        Some(uid) => Reply::Review(answer_to_a_bug(&uid)),
        None => bad_request(BUG),
    }
}

const BUG: &str = "arrears failed on this request; its log says where";

fn answer_to_a_bug(uid: &str) -> Vec<u8> {
    response::refuse(uid, 500, "InternalError", BUG)
}

fn bad_request(problem: &str) -> Reply {
    let error = serde_json::json!({ "error": problem });
    Reply::BadRequest(error.to_string().into_bytes())
}

/// Runs a part of the answer to a review; a bug in it costs one request, not the process.
fn guarded<T>(what: &str, part: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(part)) {
        Ok(answer) => Some(answer),
        Err(panic) => {
            let reason = panic
                .downcast_ref::<&str>()
                .copied()
                .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
                .unwrap_or("unknown");
            error!(
                review = line::short(what),
                reason, "a bug: panic at a review"
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"u-1",
        "kind":{"group":"arrears.dev","kind":"EcsOperation"},"operation":"CREATE","object":{"spec":{"action":"StartInstance"}}}}"#;

    fn refusal(uid: &str) -> Value {
        json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": {
                "uid": uid,
                "allowed": false,
                "status": {"code": 500, "reason": "InternalError", "message": "arrears failed on this request; its log says where"},
            },
        })
    }

    fn value(reply: Reply) -> (u16, Value) {
        match reply {
            Reply::Review(text) => (200, serde_json::from_slice(&text).unwrap()),
            Reply::BadRequest(text) => (400, serde_json::from_slice(&text).unwrap()),
        }
    }

    #[test]
    fn a_bug_in_a_judgement_is_a_denial_and_is_counted_and_the_next_review_is_answered() {
        let basis = Arc::new(ArcSwap::from_pointee(Basis::default()));
        let metrics = Arc::new(Metrics::new());
        let handler = Handler::new(Arc::clone(&basis), Arc::clone(&metrics), || panic!("a bug"));
        assert_eq!(
            value(handler.answer(REVIEW.as_bytes())),
            (200, refusal("u-1"))
        );
        assert!(
            metrics.render().contains(
                r#"arrears_reviews_total{kind="EcsOperation",operation="CREATE",verdict="error"} 1"#
            ),
            "{}",
            metrics.render()
        );
        let handler = Handler::new(basis, metrics, || Timestamp::UNIX_EPOCH);
        let (_, answer) = value(handler.answer(REVIEW.as_bytes()));
        assert_eq!(answer["response"]["allowed"], true);
    }

    #[test]
    fn a_bug_in_the_reading_is_a_denial_where_there_is_a_uid() {
        assert_eq!(
            value(answer_unread(REVIEW.as_bytes())),
            (200, refusal("u-1"))
        );
        let (status, answer) = value(answer_unread(b"{}"));
        assert_eq!((status, answer), (400, json!({ "error": BUG })));
        assert_eq!(guarded::<u8>("x", || panic!("a bug")), None);
    }
}
