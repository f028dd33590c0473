//! Proof, then `Fail`.

use std::collections::BTreeSet;

use arrears::cluster::FailurePolicy;
use serde_json::{Value, json};

use super::{
    scene::{Scene, arrears, operation, plane},
    served::{Authority, Served},
};
use crate::plane::call::{create, delete};

#[tokio::test]
async fn entries_say_fail_only_once_a_probe_has_come_back() {
    let mut scene = Scene::new("reg-proof").await;
    let mut leader = scene.lead().await;
    leader
        .tells("ValidatingWebhookConfiguration reg-proof is not there: nothing is reviewed")
        .await;
    assert!(scene.stored().await.is_null());

    scene.install().await;
    let entries = scene.until_all("Ignore").await;
    assert_eq!(entries.len(), 4);
    for entry in &entries {
        let service = &entry["clientConfig"]["service"];
        assert_eq!(
            service,
            &json!({"namespace": "reg-proof", "name": "reg-proof", "path": "/validate", "port": scene.port})
        );
        assert_eq!(
            entry["namespaceSelector"]["matchExpressions"],
            json!([{"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["reg-proof"]}])
        );
    }
    let applied = leader.applied.wait_for(Option::is_some).await.unwrap();
    assert_eq!(
        applied.as_ref().map(|applied| applied.bundle.clone()),
        Some(Authority::bundle(&[&scene.authority]))
    );
    drop(applied);
    // Nobody listens: the API server says so, and nobody is held back.
    let told = leader.tells("[!]registration probe").await;
    assert!(told.contains("connection refused"), "{told}");
    assert!(leader.health.is_ready());
    scene
        .tenant
        .accepts(operation("early", "i-bp1overdue"))
        .await;
    scene.until_all("Ignore").await;

    scene.serve().await;
    scene.until_all("Fail").await;
    leader.tells("[+]registration probe").await;
    assert!(1 <= leader.metric(r#"arrears_registration_probes_total{outcome="reached"}"#));
    assert!(1 <= leader.metric(r#"arrears_registration_probes_total{outcome="unreachable"}"#));
    let denied = operation("late", "i-bp1overdue");
    scene
        .tenant
        .rejects(denied, "locked for overdue payment")
        .await;
    scene
        .tenant
        .accepts(delete(&operation("early", "i-bp1overdue")))
        .await;
    scene.end().await;
}

#[tokio::test]
async fn an_authority_that_does_not_fit_is_told_and_holds_nobody_back() {
    let mut scene = Scene::new("reg-wrong").await;
    scene.install().await;
    scene.serve().await;
    let other = Authority::new();
    let leader = scene.lead_with(&[&other], FailurePolicy::Fail).await;
    scene.until_all("Ignore").await;
    let told = leader.tells("[!]registration probe").await;
    assert!(told.contains("x509"), "{told}");
    scene
        .tenant
        .accepts(create(operation("wrong", "i-bp1overdue")).dry_run())
        .await;
    scene.until_all("Ignore").await;

    leader
        .bundle
        .send_replace(Some(Authority::bundle(&[&scene.authority])));
    scene.until_all("Fail").await;
    leader.tells("[+]registration probe").await;
    scene.end().await;
}

#[tokio::test]
async fn whoever_wants_ignore_gets_no_more_than_that() {
    let mut scene = Scene::new("reg-ignore").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene
        .lead_with(&[&scene.authority], FailurePolicy::Ignore)
        .await;
    leader.tells("[+]registration probe").await;
    scene.until_all("Ignore").await;
    scene
        .tenant
        .rejects(operation("ignored", "i-bp1overdue"), "locked")
        .await;
    scene.end().await;
}

#[tokio::test]
async fn neither_a_new_leader_nor_a_new_authority_beside_the_old_one_opens_a_gap() {
    let mut scene = Scene::new("reg-heir").await;
    scene.install().await;
    scene.serve().await;
    let first = scene.lead().await;
    scene.until_all("Fail").await;
    drop(first);

    // Nobody listens any more, so that a proof can't be had.
    scene.served = None;
    let next = Authority::new();
    let mut second = scene
        .lead_with(&[&scene.authority, &next], FailurePolicy::Fail)
        .await;
    let both = Authority::bundle(&[&scene.authority, &next]);
    second
        .applied
        .wait_for(|applied| applied.as_ref().is_some_and(|told| told.bundle == both))
        .await
        .unwrap();
    second.tells("[!]registration probe").await;
    scene.until_all("Fail").await;
    scene
        .tenant
        .holds_back(operation("held", "i-bp1paid"))
        .await;

    // The old authority goes when no certificate of it is served any more.
    scene.served = Some(Served::start(scene.port, &next, &scene.dns_name(), scene.name).await);
    second.tells("[+]registration probe").await;
    second
        .bundle
        .send_replace(Some(Authority::bundle(&[&next])));
    let only = Authority::bundle(&[&next]);
    second
        .applied
        .wait_for(|applied| applied.as_ref().is_some_and(|told| told.bundle == only))
        .await
        .unwrap();
    scene.until_all("Fail").await;
    scene
        .tenant
        .rejects(operation("denied", "i-bp1overdue"), "locked")
        .await;
    scene.end().await;
}

#[tokio::test]
async fn only_the_probe_is_matched_in_our_own_namespace() {
    let mut scene = Scene::new("reg-own").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene.lead().await;
    scene.until_all("Fail").await;
    let before = scene.served.as_ref().unwrap().reviews();
    let own = |name: &str| {
        let mut object = operation(name, "i-bp1overdue");
        object["metadata"]["namespace"] = json!(scene.name);
        object
    };
    for call in [
        create(own("mine")),
        create(own("mine-too")).dry_run(),
        // As the probe is called, but not a dry run, or not of this address.
        create(own("arrears-probe")).dry_run(),
        create(own("arrears-probe")),
    ] {
        scene.tenant.accepts(call).await;
    }
    assert_eq!(scene.served.as_ref().unwrap().reviews(), before);
    drop(leader);
    scene.end().await;
}

#[tokio::test]
async fn what_is_registered_can_hold_nothing_else_back_and_takes_no_other_rights() {
    let mut scene = Scene::new("reg-rights").await;
    scene.install().await;
    scene.serve().await;
    let leader = scene.lead().await;
    scene.until_all("Fail").await;
    leader.tells("[+]registration probe").await;
    let stored = scene.stored().await.to_string();
    let (code, said) = arrears(&["manifests", "lint", "-"], &stored);
    assert_eq!(
        (code, said.as_str()),
        (0, "1 configurations, 5 entries: 0 findings\n")
    );

    let is_ours = |event: &Value| event["impersonatedUser"]["username"] == scene.user();
    let verbs = async |name: &str, resource: &str, verb: &str| -> BTreeSet<String> {
        let last = |event: &Value| is_ours(event) && event["verb"] == verb;
        let events = plane().await.audit_events_of(name, last).await;
        events
            .iter()
            .filter(|event| is_ours(event) && event["objectRef"]["resource"] == resource)
            .map(|event| event["verb"].as_str().unwrap().to_owned())
            .collect()
    };
    let set = |verbs: &[&str]| {
        verbs
            .iter()
            .map(ToString::to_string)
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        verbs(scene.name, "validatingwebhookconfigurations", "watch").await,
        set(&["list", "patch", "watch"])
    );
    assert_eq!(
        verbs("arrears-probe", "ecsoperations", "create").await,
        set(&["create"])
    );
    scene.end().await;
}

#[tokio::test]
async fn a_dry_run_meets_the_same_verdict() {
    let mut scene = Scene::new("reg-dry").await;
    scene.install().await;
    scene.serve().await;
    let _leader = scene.lead().await;
    scene.until_all("Fail").await;
    let denied = operation("same", "i-bp1overdue");
    let really = scene.tenant.rejects(denied.clone(), "locked").await;
    let dry = scene
        .tenant
        .rejects(create(denied).dry_run(), "locked")
        .await;
    assert_eq!(really.body, dry.body);
    let allowed = operation("same", "i-bp1paid");
    let dry = scene
        .tenant
        .accepts(create(allowed.clone()).dry_run())
        .await;
    let really = scene.tenant.accepts(allowed.clone()).await;
    assert_eq!(really.body["spec"], dry.body["spec"]);
    assert_eq!(really.warnings, dry.warnings);
    scene.tenant.accepts(delete(&allowed)).await;
    scene.end().await;
}
