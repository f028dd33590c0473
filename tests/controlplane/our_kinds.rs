//! The API server takes every object of ours that is right, and refuses every one that is wrong with a reason.
//!
//! The right ones are those of the contract. A validation rule in a definition that no wrong object here trips over fails the
//! last test, so that no rule is there unproven.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::plane::call::{create, delete, merge};
use crate::plane::product::{definitions, documents};
use crate::plane::users::DEVELOPER;
use crate::scene::{plane, unguarded, with};

const RIGHT: &str = include_str!("right.yaml");

/// An object that is wrong, and what the API server has to say of it.
#[derive(serde::Deserialize)]
struct Wrong {
    kind: String,
    name: String,
    spec: Value,
    says: String,
}

const CHANGED: &str = "the spec of an EcsOperation can't be changed: create another one";

fn wrong() -> Vec<Wrong> {
    serde_saphyr::from_str(include_str!("wrong.yaml")).unwrap()
}

fn object(kind: &str, name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": spec,
    })
}

#[tokio::test]
async fn every_object_of_the_contract_is_taken_and_kept_as_it_is() {
    let tenant = unguarded("our-kinds-right").await;
    for object in documents(RIGHT) {
        let stored = tenant
            .accepts(create(object.clone()).by(DEVELOPER))
            .await
            .body;
        // Defaults may be added, nothing may be lost.
        assert_eq!(
            with(stored.clone(), json!({"spec": object["spec"]})),
            stored
        );
    }
    let kubectl = async |arguments: &[&str]| plane().await.kubectl(arguments, "").await.text();
    let header = async |arguments: &[&str]| {
        let table = kubectl(arguments).await;
        let columns = table.lines().next().unwrap_or_default().split_whitespace();
        columns.collect::<Vec<_>>().join(" ")
    };
    for (short_name, columns) in [
        ("locks", "NAME ACCOUNT REGION SOURCE OBSERVED"),
        ("overdue", "NAME EDITION UNKNOWN SCOPE AGE"),
        ("ecsacc", "NAME DEFAULT READY OVERDUE STALE AGE"),
        ("opbind", "NAME GROUP KINDS ACTIONS AGE"),
        ("ecsop", "NAME ACTION ACCOUNT REGION INSTANCES AGE"),
    ] {
        let arguments = ["get", short_name, "--namespace=our-kinds-right"];
        assert_eq!(header(&arguments).await, columns, "{short_name}");
    }
    let all = kubectl(&["get", "arrears", "--namespace=our-kinds-right", "-o=name"]).await;
    for name in [
        "ecsaccount.arrears.dev/prod",
        "ecsoperation.arrears.dev/start",
        "locksnapshot.arrears.dev/prod.cn-beijing.12",
        "operationbinding.arrears.dev/acme",
        "overduepolicy.arrears.dev/default",
    ] {
        assert!(
            all.lines().any(|line| line == name),
            "{name} is not in {all}"
        );
    }
    for object in documents(RIGHT) {
        tenant.accepts(delete(&object)).await;
    }
}

#[tokio::test]
async fn every_wrong_object_is_refused_with_a_reason() {
    let tenant = unguarded("our-kinds-wrong").await;
    for Wrong {
        kind,
        name,
        spec,
        says,
    } in wrong()
    {
        let wrong = object(&kind, &name, spec);
        let answer = tenant.answers(create(wrong.clone()).dry_run()).await;
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(
            matches!(answer.code, 400 | 422) && message.contains(&says),
            "{wrong}: {}: {says:?} is not in {message:?}",
            answer.code
        );
    }
}

#[tokio::test]
async fn the_spec_of_an_operation_stays_as_it_was_created() {
    let tenant = unguarded("our-kinds-fixed").await;
    let operation = object(
        "EcsOperation",
        "fixed",
        json!({"action": "StartInstance", "instanceIds": ["i-bp1a"]}),
    );
    tenant
        .accepts(create(operation.clone()).by(DEVELOPER))
        .await;
    for change in [
        json!({"spec": {"action": "StopInstance"}}),
        json!({"spec": {"instanceIds": ["i-bp1b"]}}),
        json!({"spec": {"account": "prod"}}),
        json!({"spec": {"instanceIds": null}}),
    ] {
        let answer = tenant.answers(merge(&operation, change.clone())).await;
        let message = answer.body["message"].as_str().unwrap_or_default();
        assert!(
            answer.code == 422 && message.contains(CHANGED),
            "{change}: {}: {message}",
            answer.code
        );
    }
    tenant
        .accepts(merge(
            &operation,
            json!({"metadata": {"labels": {"a": "b"}}}),
        ))
        .await;
}

#[tokio::test]
async fn the_status_of_an_account_can_be_written_beside_its_spec() {
    let tenant = unguarded("our-kinds-status").await;
    let account = object(
        "EcsAccount",
        "with-status",
        json!({"regions": ["cn-hangzhou"]}),
    );
    tenant.accepts(account.clone()).await;
    let condition = json!({
        "type": "Ready", "status": "True", "reason": "Listed", "message": "all regions are listed",
        "lastTransitionTime": "2026-11-23T10:00:00Z",
    });
    let region = json!({
        "region": "cn-hangzhou", "observedAt": "2026-11-23T10:00:00Z",
        "lockedInstances": 2, "lockedDisks": 0, "lastError": "throttled",
    });
    let status = json!({"status": {"conditions": [condition], "regions": [region]}});
    let stored = tenant
        .accepts(merge(&account, status.clone()).status())
        .await
        .body;
    assert_eq!(stored["status"], status["status"]);
    let table = plane()
        .await
        .kubectl(&["get", "ecsacc", "with-status", "--no-headers"], "")
        .await
        .text();
    assert!(table.contains("True"), "{table}");
    tenant.accepts(delete(&account)).await;
}

#[test]
fn no_rule_of_a_definition_is_unproven() {
    let mut messages = BTreeSet::new();
    for definition in definitions() {
        collect(&definition, &mut messages);
    }
    assert!(10 < messages.len(), "{messages:?}");
    let wrong = wrong();
    for message in messages {
        let is_proven = message == CHANGED || wrong.iter().any(|wrong| wrong.says == message);
        assert!(is_proven, "no wrong object shows that {message:?}");
    }
}

/// The messages of all validation rules at or below this place.
fn collect(place: &Value, messages: &mut BTreeSet<String>) {
    for rule in place["x-kubernetes-validations"]
        .as_array()
        .into_iter()
        .flatten()
    {
        messages.insert(
            rule["message"]
                .as_str()
                .expect("every rule has a message")
                .to_owned(),
        );
    }
    match place {
        Value::Object(fields) => fields.values().for_each(|field| collect(field, messages)),
        Value::Array(items) => items.iter().for_each(|item| collect(item, messages)),
        _ => {}
    }
}
