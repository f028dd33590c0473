//! Others who change the object, or delete it.

use std::{cell::Cell, sync::Arc};

use arrears::api::OperationBinding;
use serde_json::{Value, json};

use super::{
    scene::{Scene, operation},
    served::Authority,
};
use crate::plane::{
    call::{apply, create, replace},
    wait::until,
};

/// Without what changes with each write.
fn essence(entries: &[Value]) -> Vec<Value> {
    let mut entries = entries.to_vec();
    entries.sort_by_key(|entry| entry["name"].to_string());
    entries
}

fn binding(name: &str, group: &str) -> OperationBinding {
    serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {"target": {"group": group, "kinds": ["Vm"]}, "operations": [{"action": "StartInstance", "on": ["CREATE"]}]},
    }))
    .unwrap()
}

#[tokio::test]
async fn whatever_somebody_changes_is_put_right_and_told() {
    let mut scene = Scene::new("reg-drift").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene.lead().await;
    scene.until_all("Fail").await;
    let right = essence(&scene.all_entries().await);
    let entry = |name: &str, field: &str, value: Value| {
        let mut entries = right.clone();
        let entry = entries.iter_mut().find(|entry| entry["name"] == name);
        entry.unwrap()[field] = value;
        json!({"webhooks": entries})
    };
    let crossplane = "crossplane.ecs.arrears.dev";
    let foreign = Authority::bundle(&[&Authority::new()]);
    let mut config = right[0]["clientConfig"].clone();
    config["caBundle"] = json!(k8s_openapi::ByteString(
        foreign.as_pem().as_bytes().to_vec()
    ));
    let elsewhere = json!({"url": "https://127.0.0.1:1/validate"});
    let never = json!([{"name": "never", "expression": "false"}]);
    let changes = [
        entry(crossplane, "failurePolicy", json!("Ignore")),
        entry(crossplane, "clientConfig", config),
        entry(crossplane, "clientConfig", elsewhere),
        entry(crossplane, "matchConditions", never),
        entry(
            crossplane,
            "objectSelector",
            json!({"matchLabels": {"never": "there"}}),
        ),
        entry("ecsoperation.ecs.arrears.dev", "rules", json!([])),
        json!({"webhooks": null}),
        json!({"webhooks": [right[0]]}),
    ];
    drop(leader);
    for change in changes {
        // Each time another leader, that has no reason yet to stand back.
        let leader = scene.lead().await;
        leader.tells("[+]registration probe").await;
        scene.meddle(change.clone()).await;
        until("the change to be put right", async || {
            let entries = essence(&scene.all_entries().await);
            let repairs = leader.metric("arrears_registration_repairs_total");
            match entries == right && repairs == 1 {
                true => Ok(()),
                false => Err(format!("{change}: {repairs} repairs: {}", json!(entries))),
            }
        })
        .await;
    }
    let _leader = scene.lead().await;
    scene
        .tenant
        .rejects(operation("drifted", "i-bp1overdue"), "locked")
        .await;
    scene.end().await;
}

#[tokio::test]
async fn two_who_undo_each_other_do_not_run_hot() {
    let mut scene = Scene::new("reg-fight").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene.lead().await;
    scene.until_all("Fail").await;
    let changed = Cell::new(0);
    until("the leader to stand back", async || {
        let report = leader.health.report().text;
        if report.contains("meddler keeps changing") {
            return Ok(());
        }
        let mut entries = scene.all_entries().await;
        let is_right = |entry: &Value| entry["failurePolicy"] == "Fail";
        if entries.iter().all(is_right) {
            for entry in &mut entries {
                entry["failurePolicy"] = json!("Ignore");
            }
            scene.meddle(json!({"webhooks": entries})).await;
            changed.set(changed.get() + 1);
        }
        Err(format!("{} changes: {report}", changed.get()))
    })
    .await;
    let changed = changed.get();
    let repairs = leader.metric("arrears_registration_repairs_total");
    assert!((1..=3).contains(&repairs), "{repairs} repairs");
    assert!(repairs < changed, "{changed} changes");
    // It is put right all the same, after a pause.
    scene.until_all("Fail").await;
    leader.tells("[+]registration ok").await;
    scene.end().await;
}

#[tokio::test]
async fn an_object_that_is_deleted_stays_deleted_and_nobody_is_held_back() {
    let mut scene = Scene::new("reg-gone").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene.lead().await;
    scene.until_all("Fail").await;
    let mut authorities = vec![];
    for round in 0..12 {
        // Whatever the leader is about at that moment.
        let authority = Authority::new();
        if round % 2 == 1 {
            leader
                .bundle
                .send_replace(Some(Authority::bundle(&[&scene.authority, &authority])));
        }
        scene.uninstall().await;
        leader
            .bundle
            .send_replace(Some(Authority::bundle(&[&scene.authority])));
        authorities.push(authority);
        leader.tells("reg-gone is not there").await;
        assert!(scene.stored().await.is_null(), "round {round}");
        scene.install().await;
        scene.until_all("Fail").await;
        leader.tells("[+]registration ok").await;
    }
    scene.uninstall().await;
    leader.tells("reg-gone is not there").await;
    scene.served = None;
    until("the entries to be out of force", async || {
        let answer = scene
            .tenant
            .answers(create(operation("after", "i-bp1overdue")).dry_run())
            .await;
        match answer.code {
            201 => Ok(()),
            _ => Err(answer.body.to_string()),
        }
    })
    .await;
    leader.bundle.send_replace(Some(Authority::bundle(&[
        &scene.authority,
        &authorities[0],
    ])));
    scene
        .tenant
        .accepts(create(operation("after", "i-bp1overdue")).dry_run())
        .await;
    assert!(scene.stored().await.is_null());
}

/// Uninstalled and installed again by somebody quicker than any watch: the new object is not the old one.
#[tokio::test]
async fn an_object_made_anew_begins_with_ignore() {
    let scene = Scene::new("reg-anew").await;
    scene.install().await;
    let first = scene.lead().await;
    scene.until_all("Ignore").await;
    scene.uninstall().await;
    scene.install().await;
    scene.until_all("Ignore").await;
    first.tells("connection refused").await;
    scene.end().await;
}

#[tokio::test]
async fn a_gitops_tool_that_applies_the_object_again_changes_nothing() {
    let mut scene = Scene::new("reg-gitops").await;
    scene.serve().await;
    let argo = || apply(scene.chart()).manager("argocd-controller");
    scene.tenant.accepts(argo()).await;
    let leader = scene.lead().await;
    let ours = scene.until_all("Fail").await;
    leader.tells("[+]registration probe").await;
    let before = scene.stored().await;
    for _ in 0..3 {
        scene.tenant.accepts(argo()).await;
    }
    let after = scene.stored().await;
    assert_eq!(
        before["metadata"]["resourceVersion"],
        after["metadata"]["resourceVersion"]
    );
    assert_eq!(scene.until_all("Fail").await, ours);
    // An empty list says that there is none of its own.
    let mut empty = scene.chart();
    empty["webhooks"] = json!([]);
    scene
        .tenant
        .accepts(apply(empty).manager("argocd-controller"))
        .await;
    assert_eq!(scene.until_all("Fail").await, ours);
    assert_eq!(leader.metric("arrears_registration_repairs_total"), 0);
    scene.end().await;
}

#[tokio::test]
async fn entries_follow_the_bindings_and_a_bad_one_costs_nobody_else_its_entry() {
    let mut scene = Scene::new("reg-bound").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene.lead().await;
    scene.until_all("Fail").await;
    let is_there = |entries: &[Value], name: &str| {
        entries
            .iter()
            .any(|entry| entry["name"] == format!("{name}.binding.ecs.arrears.dev"))
    };
    leader.bindings.send_replace(Arc::from([
        binding("pods", ""),
        binding("acme", "acme.example"),
        binding("other", "other.example"),
    ]));
    let entries = scene
        .entries(|entries| is_there(entries, "acme") && is_there(entries, "other"))
        .await;
    assert!(!is_there(&entries, "pods"));
    // The common proof: nothing of the new ones differs but the kinds.
    assert!(entries.iter().all(|entry| entry["failurePolicy"] == "Fail"));
    let told = leader.tells("[!]registration bindings").await;
    assert!(
        told.contains("OperationBinding pods can't be registered"),
        "{told}"
    );

    // Somebody else owns a part of the entry, and it goes all the same.
    let mut theirs = scene.chart();
    let acme = entries
        .iter()
        .find(|entry| entry["name"] == "acme.binding.ecs.arrears.dev");
    theirs["webhooks"] = json!([acme.unwrap()]);
    scene.tenant.accepts(apply(theirs).manager("meddler")).await;
    leader
        .bindings
        .send_replace(Arc::from([binding("other", "other.example")]));
    scene
        .entries(|entries| !is_there(entries, "acme") && is_there(entries, "other"))
        .await;
    leader.tells("[+]registration bindings").await;
    scene.end().await;
}

#[tokio::test]
async fn an_entry_of_somebody_else_is_left_alone_and_told() {
    let mut scene = Scene::new("reg-guest").await;
    scene.serve().await;
    let mut object = scene.chart();
    object["webhooks"] = json!([{
        "name": "guest.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
        "clientConfig": {"url": "https://127.0.0.1:1/"},
        "rules": [{"apiGroups": ["guest.example"], "apiVersions": ["v1"], "resources": ["guests"], "operations": ["CREATE"]}],
    }]);
    scene.tenant.accepts(object).await;
    let leader = scene.lead().await;
    leader.tells("are left alone: guest.example.com").await;
    let is_guest = |entry: &Value| entry["name"] == "guest.example.com";
    let entries = scene
        .entries(|entries| {
            entries
                .iter()
                .filter(|entry| entry["failurePolicy"] == "Fail")
                .count()
                == 4
        })
        .await;
    assert!(entries.iter().any(is_guest));
    // Nor does putting ours right by other means than server-side apply cost it anything.
    let mut entries = scene.all_entries().await;
    for entry in entries.iter_mut().filter(|entry| !is_guest(entry)) {
        entry["matchConditions"] = json!([{"name": "never", "expression": "false"}]);
    }
    scene.meddle(json!({"webhooks": entries})).await;
    let entries = scene
        .entries(|entries| !json!(entries).to_string().contains("never"))
        .await;
    assert!(entries.iter().any(is_guest));
    scene.end().await;
}

/// The static form of it, as a cluster that is taken over from `arrears manifests webhook` has it.
#[tokio::test]
async fn entries_that_were_written_by_hand_are_taken_over() {
    let mut scene = Scene::new("reg-takeover").await;
    scene.install().await;
    scene.serve().await;
    let first = scene.lead().await;
    scene.until_all("Fail").await;
    drop(first);
    let mut by_hand = scene.stored().await;
    by_hand["metadata"]["managedFields"] = json!([]);
    scene
        .tenant
        .accepts(replace(by_hand).manager("kubectl"))
        .await;
    let _second = scene.lead().await;
    until("the entries to be ours", async || {
        let stored = scene.stored().await;
        let managers = stored["metadata"]["managedFields"].to_string();
        match managers.contains("arrears-registration") {
            true => Ok(()),
            false => Err(managers),
        }
    })
    .await;
    scene.until_all("Fail").await;
    scene.end().await;
}
