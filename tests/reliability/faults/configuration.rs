//! The configuration changes under load, and some of it is wrong.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::installed::policy;
use crate::plane::product::definitions;
use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

const REPLACEMENTS: usize = 100;

/// What was put in force.
pub(super) const TAKEN: &str = r#"arrears_config_reloads_total{outcome="ok"} "#;

/// What was not, or not as a whole.
const REFUSED: &str = r#"arrears_config_reloads_total{outcome="error"} "#;

fn differences(before: &[f64], after: &[f64]) -> Vec<f64> {
    before
        .iter()
        .zip(after)
        .map(|(before, after)| after - before)
        .collect()
}

/// A policy whose rules concern nobody here, and are others each time.
fn harmless(number: usize) -> Value {
    let rules = (0..number % 20).map(|rule| {
        json!({"name": format!("rule-{number}-{rule}"), "namespaces": [format!("other-{number}-*")], "mode": "Off"})
    });
    policy(rules.collect())
}

#[test]
fn configuration_replaced_a_hundred_times() {
    perform(&USUAL, async |stage: &mut Stage| {
        let before = stage.replicas.counts(TAKEN).await;
        let outcomes = stage
            .under_load(async |stage| {
                for number in 0..REPLACEMENTS {
                    let accounts =
                        crate::cloud::accounts(&stage.cloud, crate::installed::NAMESPACE);
                    for mut account in accounts {
                        account["spec"]["callsPerSecond"] = json!(20 + number % 7);
                        stage.installed.apply(&account).await;
                    }
                    stage.installed.apply(&harmless(number)).await;
                }
                sleep(Duration::from_secs(2)).await;
            })
            .await;
        let after = stage.replicas.counts(TAKEN).await;
        let mut row = Row::new("configuration replaced 100 times", outcomes);
        let taken = differences(&before, &after);
        row.note(format!("put in force {taken:?} times"));
        row.demand(
            taken.iter().all(|taken| 2.0 < *taken),
            "hardly anything was put in force",
        );
        row.close();
    });
}

/// What only our own check refuses, and what none but an API server with an older definition lets through.
#[test]
fn wrong_policies_applied() {
    perform(&USUAL, async |stage: &mut Stage| {
        let before = stage.replicas.counts(REFUSED).await;
        let mut definition = definitions()
            .into_iter()
            .find(|definition| definition["spec"]["names"]["kind"] == "OverduePolicy")
            .unwrap();
        let outcomes = stage
            .under_load(async |stage| {
                // The schema is opened: now anything goes.
                definition["spec"]["versions"][0]["schema"]["openAPIV3Schema"] =
                    json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
                stage.installed.apply(&definition).await;
                for spec in wrong() {
                    let mut wrong = policy(json!([]));
                    wrong["spec"] = spec;
                    // It is taken as soon as the API server has the open schema.
                    crate::plane::wait::until("the wrong policy to be stored", async || {
                        stage.installed.try_apply(&wrong).await.map(|_| ())
                    })
                    .await;
                    sleep(Duration::from_millis(1_500)).await;
                }
                stage.installed.apply(&policy(json!([]))).await;
                for definition in definitions() {
                    stage.installed.apply(&definition).await;
                }
                sleep(Duration::from_secs(1)).await;
            })
            .await;
        let after = stage.replicas.counts(REFUSED).await;
        let mut row = Row::new("wrong policies applied", outcomes);
        let refused = differences(&before, &after);
        row.note(format!(
            "{} kinds of wrong, refused {refused:?} times",
            wrong().len()
        ));
        row.demand(
            refused.iter().all(|refused| 0.0 < *refused),
            "nothing was refused",
        );
        row.close();
    });
}

/// Each of them would let through what has to be denied, or deny everything, if it were taken by halves.
fn wrong() -> Vec<Value> {
    vec![
        json!({"unknown": "Deny", "rules": [{"name": "all", "mode": "Off", "namespaces": ["*"], "actions": ["StartInstanse"]}]}),
        json!({"unknown": "Deny", "lockReasons": []}),
        json!({"edition": "2019-01", "rules": [{"name": "all", "mode": "Off"}]}),
        json!({"unknown": "Deny", "freshness": {"fresh": "soon"}, "rules": [{"name": "all", "mode": "Off"}]}),
        json!({"unknown": "Deny", "rules": {"all": "Off"}}),
        json!("Off"),
    ]
}
