//! The providers' own examples, sent to the API server as they are: each comes to a verdict, and never to an error of the webhook.
//!
//! They lie beside the providers' definitions (see `crds`); in a clone alone there are none, and nothing is sent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::plane::call::create;
use crate::plane::crds;
use crate::plane::product::documents;
use crate::scene::guarded;

#[tokio::test]
async fn every_example_of_a_provider_comes_to_a_verdict() {
    let tenant = guarded("real-examples").await;
    let known: Vec<(Value, Value)> = crds::foreign()
        .into_iter()
        .map(|definition| {
            (
                definition["spec"]["group"].clone(),
                definition["spec"]["names"]["kind"].clone(),
            )
        })
        .collect();
    let mut outcomes = BTreeMap::new();
    for (path, text) in crds::examples() {
        for mut object in documents(&text) {
            let group = object["apiVersion"]
                .as_str()
                .unwrap_or_default()
                .split('/')
                .next()
                .unwrap_or_default();
            let is_known = known
                .iter()
                .any(|(known, kind)| *known == *group && *kind == object["kind"]);
            if !is_known {
                continue;
            }
            // They lie in namespaces that are not there.
            object["metadata"]["namespace"] = Value::Null;
            let answer = tenant.answers(create(object).dry_run()).await;
            let message = answer.body["message"].as_str().unwrap_or_default();
            let outcome = match answer.code {
                201 => "allowed",
                403 if message.contains("denied the request: ECS ") => "denied",
                503 if message.contains("denied the request: ECS ") => "unknown",
                // Generated examples are not true to their own schemas: no webhook sees them.
                400 | 422 if !message.contains("webhook") => "not valid",
                code => panic!("{path}: {code}: {}", answer.body),
            };
            *outcomes.entry(outcome).or_insert(0) += 1;
        }
    }
    if !outcomes.is_empty() {
        println!("{outcomes:?}");
        let count = |outcome: &str| outcomes.get(outcome).copied().unwrap_or_default();
        assert!(0 < count("denied") && 0 < count("allowed"), "{outcomes:?}");
    }
}
