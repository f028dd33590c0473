//! What a review allocates: hardly anything where nothing is asked, and always the same.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test ends where it can't go on"
)]

use std::sync::Arc;

use allocation_counter::AllocationInfo;
use arc_swap::ArcSwap;
use arrears::{
    admission::{Handler, Reply},
    config,
    telemetry::Metrics,
};
use jiff::Timestamp;
use serde_json::{Value, json};

const CONFIGURATION: &str = include_str!("../src/cli/demo/config.yaml");
const REVIEWS: &str = include_str!("../src/cli/demo/reviews.json");

/// The demo's first review: an Instance that is overdue is resized.
fn resized() -> Value {
    let cases: Value = serde_json::from_str(REVIEWS).unwrap();
    cases[0]["review"].clone()
}

/// The text of a review as an API server writes it: kind and operation before the objects.
fn in_order(review: &Value) -> String {
    let mut review = review.clone();
    let request = review["request"].as_object_mut().unwrap();
    let first = ["uid", "kind", "operation"].map(|key| {
        let value = request.remove(key).unwrap();
        format!("{}:{value}", json!(key))
    });
    let rest = review["request"].to_string();
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{{},{}"#,
        first.join(","),
        rest.strip_prefix('{').unwrap(),
    ) + "}"
}

/// What one answer allocates once everything is warm.
fn allocated(handler: &Handler, review: &Value) -> (Value, AllocationInfo) {
    let text = in_order(review);
    let mut answer = None;
    let mut info = AllocationInfo::default();
    for _ in 0..3 {
        info = allocation_counter::measure(|| answer = Some(handler.answer(text.as_bytes())));
    }
    let Some(Reply::Review(answer)) = answer else {
        unreachable!("{answer:?}");
    };
    (serde_json::from_slice(&answer).unwrap(), info)
}

#[test]
fn a_review_allocates_no_more_than_it_must() {
    let basis = config::parse("demo.yaml", CONFIGURATION, Timestamp::now()).unwrap();
    let handler = Handler::new(
        Arc::new(ArcSwap::from_pointee(basis)),
        Arc::new(Metrics::new()),
        Timestamp::now,
    );
    let denied = resized();
    let mut foreign = denied.clone();
    foreign["request"]["kind"] = json!({"group": "apps", "version": "v1", "kind": "Deployment"});
    let mut unchanged = denied.clone();
    unchanged["request"]["object"] = unchanged["request"]["oldObject"].clone();
    let mut allowed = denied.clone();
    for key in ["object", "oldObject"] {
        allowed["request"][key]["metadata"]["annotations"]["crossplane.io/external-name"] =
            json!("i-bp1free");
    }
    for (about, review, is_allowed, most) in [
        ("not ours", &foreign, true, 2),
        ("unchanged", &unchanged, true, 7),
        ("allowed", &allowed, true, 28),
        ("denied", &denied, false, 32),
    ] {
        let (answer, info) = allocated(&handler, review);
        println!(
            "{about}: {} allocations, {} bytes",
            info.count_total, info.bytes_total
        );
        assert_eq!(answer["response"]["allowed"], is_allowed, "{answer}");
        assert!(info.count_total <= most, "{about}: {info:?}");
    }
}
