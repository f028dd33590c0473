//! The review by which the leader learns that reviews reach us: a dry run of an object that is never made.
//!
//! Any replica denies it, with one answer that nobody else gives; nothing but this very review is answered so, and
//! neither is it judged, counted nor logged as a denial.

use super::{
    response,
    review::{Review, Verb},
};

/// The name of the `EcsOperation` that is asked for.
pub const PROBE_NAME: &str = "arrears-probe";

/// What the answer to it says.
pub const PROBE_ANSWER: &str =
    "arrears is reached; this object is asked for to learn that, and is never made";

/// Whether a review is the probe of the installation in this namespace.
pub(super) fn is_probe(review: &Review<'_, '_>, namespace: &str) -> bool {
    review.is_dry_run
        && review.name == PROBE_NAME
        && review.namespace == namespace
        && review.operation == Verb::Create
        && review.kind.kind == "EcsOperation"
        && review.kind.group == crate::api::GROUP
        && review.subresource.is_empty()
}

/// The answer to it.
pub(super) fn answer(uid: &str) -> Vec<u8> {
    response::refuse(uid, 403, "Forbidden", PROBE_ANSWER)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arc_swap::ArcSwap;
    use jiff::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::{
        admission::{Handler, Reply},
        decision::Basis,
        telemetry::Metrics,
    };

    fn probe() -> Value {
        json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "request": {
                "uid": "u-1",
                "kind": {"group": "arrears.dev", "version": "v1alpha1", "kind": "EcsOperation"},
                "name": "arrears-probe",
                "namespace": "arrears-system",
                "operation": "CREATE",
                "dryRun": true,
                "object": {"spec": {"action": "DescribeInstances"}},
            },
        })
    }

    /// The code of the refusal, where there is one, and what is counted after it.
    fn told(handler: &Handler, review: &Value) -> Option<u64> {
        let Reply::Review(text) = handler.answer(review.to_string().as_bytes()) else {
            panic!("no review");
        };
        let answer: Value = serde_json::from_slice(&text).unwrap();
        let refusal = answer["response"]["status"]["code"].as_u64();
        assert_eq!(
            refusal.is_some(),
            answer["response"]["status"]["message"] == PROBE_ANSWER
        );
        refusal
    }

    fn handler(metrics: &Arc<Metrics>) -> Handler {
        let basis = Arc::new(ArcSwap::from_pointee(Basis::default()));
        Handler::new(basis, Arc::clone(metrics), || Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn the_probe_is_denied_and_not_counted_as_a_denial() {
        let metrics = Arc::new(Metrics::new());
        let probed = handler(&metrics).probed_in("arrears-system".to_owned());
        assert_eq!(told(&probed, &probe()), Some(403));
        assert!(
            !metrics.render().contains("arrears_reviews_total{"),
            "{}",
            metrics.render()
        );
    }

    #[test]
    fn nothing_else_is_taken_for_it() {
        let metrics = Arc::new(Metrics::new());
        let probed = handler(&metrics).probed_in("arrears-system".to_owned());
        for (pointer, value) in [
            ("/request/dryRun", json!(false)),
            ("/request/dryRun", json!(null)),
            ("/request/dryRun", json!("true")),
            ("/request/name", json!("arrears-probe-2")),
            ("/request/name", json!("")),
            ("/request/namespace", json!("shop")),
            ("/request/namespace", json!(null)),
            ("/request/operation", json!("DELETE")),
            ("/request/kind/kind", json!("EcsAccount")),
            ("/request/kind/group", json!("acme.example")),
        ] {
            let mut review = probe();
            *review.pointer_mut(pointer).unwrap() = value.clone();
            assert_eq!(told(&probed, &review), None, "{pointer} {value}");
        }
        assert_eq!(told(&handler(&metrics), &probe()), None);
    }
}
