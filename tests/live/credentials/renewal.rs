//! Keys are renewed before they end, once for however many need them, and serve until then.

use std::sync::Arc;

use serde_json::json;
use tokio::task::JoinSet;

use super::places::{
    Make, NEXT_TOKEN, PROVIDER, ROLE, machine, oidc, roles, secret, signer, until_renewed,
};
use crate::{
    double::{Fault, TokenState},
    plan::{Ground, Keyed, Plan},
    scene::Scene,
};

const BY_TOKEN: &str = "AssumeRoleWithOIDC";

async fn scene(keys: Make) -> Scene {
    let scene = Scene::of(Plan {
        keys: &keys,
        ..Plan::default()
    })
    .await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene
}

fn assuming(ground: &Ground<'_>) -> Keyed {
    roles(ground);
    secret(ground, &json!({"roleArn": ROLE}))
}

/// The calls of ECS that were refused, dry runs apart.
fn refused(scene: &Scene) -> Vec<String> {
    let calls = scene.double.all_calls().into_iter();
    let codes = calls.filter_map(|call| call.answer.and_then(|(_, code)| code));
    codes.filter(|code| code != "DryRunOperation").collect()
}

#[tokio::test]
async fn keys_are_renewed_in_their_last_180_seconds_and_no_earlier() {
    let scene = scene(oidc).await;
    scene.list().await;
    let first = signer(&scene);
    scene.seconds(3600 - 240);
    scene.list().await;
    assert_eq!(scene.calls(BY_TOKEN), 1);
    scene.seconds(90);
    until_renewed(&scene, &first).await;
    assert_eq!(scene.calls(BY_TOKEN), 2);
    assert_eq!(
        refused(&scene),
        [""; 0],
        "nobody noticed that keys were about to end"
    );
}

#[tokio::test]
async fn a_token_that_the_cluster_has_rotated_is_read_anew() {
    let scene = scene(oidc).await;
    scene.list().await;
    let first = signer(&scene);
    let account = scene.account();
    account.oidc_role(ROLE, PROVIDER, super::places::TOKEN, TokenState::Expired);
    account.oidc_role(ROLE, PROVIDER, NEXT_TOKEN, TokenState::Good);
    std::fs::write(scene.home.join("token"), NEXT_TOKEN).unwrap();
    scene.seconds(3600 - 120);
    until_renewed(&scene, &first).await;
    let calls = scene.double.calls(BY_TOKEN);
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[1].parameters["OIDCToken"], NEXT_TOKEN);
}

#[tokio::test]
async fn the_last_keys_serve_while_sts_fails_until_they_really_end() {
    let scene = scene(oidc).await;
    scene.list().await;
    let first = signer(&scene);
    scene.double.fault(Fault::server_error().action(BY_TOKEN));
    for left in [150, 90, 30] {
        scene.seconds(match left {
            150 => 3600 - 150,
            _ => 60,
        });
        scene.list().await;
        assert_eq!(signer(&scene), first);
    }
    // In the background, so the last one may be yet to come.
    scene.double.until_called(BY_TOKEN, 2).await;

    scene.seconds(60);
    let error = scene.try_list().await.remove(0).unwrap_err();
    assert!(error.message.contains("InternalError"), "{error:?}");
    // The facts outlive the keys.
    scene.denies("StartInstance", &["i-web"], &[]).await;

    scene.double.heal();
    scene.seconds(11);
    scene.list().await;
    assert_ne!(signer(&scene), first);
    scene.denies("StartInstance", &["i-web"], &[]).await;
}

#[tokio::test]
async fn sixty_four_callers_without_keys_make_one_call() {
    let names: Vec<_> = (0..64)
        .map(|number| format!("cn-region-{number}"))
        .collect();
    let regions: Vec<_> = names.iter().map(String::as_str).collect();
    let scene = Scene::of(Plan {
        regions: &regions,
        keys: &assuming,
        attempt: std::time::Duration::from_secs(20),
        ..Plan::default()
    })
    .await;
    let held = scene
        .double
        .fault(Fault::hold_answer().action("AssumeRole"));
    let mut callers = JoinSet::new();
    for mut region in std::mem::take(&mut *scene.regions.lock().await) {
        callers.spawn(async move { region.poll().await });
    }
    // All of them have asked by then: this is one thread, and they were there first.
    held.until_held(1).await;
    assert_eq!(callers.len(), 64);
    assert!(callers.try_join_next().is_none());
    held.lift();
    while let Some(outcome) = callers.join_next().await {
        outcome.unwrap().unwrap();
    }
    assert_eq!(scene.calls("AssumeRole"), 1);
    assert_eq!(scene.listings(), 128);
}

#[tokio::test]
async fn keys_that_ecs_calls_expired_are_fetched_anew_once_and_the_call_succeeds() {
    for (keys, action) in [
        (oidc as Make, BY_TOKEN),
        (assuming, "AssumeRole"),
        (machine, "MetadataKeys"),
    ] {
        let scene = scene(keys).await;
        scene.list().await;
        scene.seconds(60);
        scene.double.expire_sessions();
        scene.list().await;
        assert_eq!(scene.calls(action), 2);
        assert_eq!(refused(&scene), ["InvalidSecurityToken.Expired"]);
        scene.denies("StartInstance", &["i-web"], &[]).await;
    }
}

#[tokio::test]
async fn sts_is_not_stormed_where_ecs_takes_no_keys_at_all() {
    let scene = scene(assuming).await;
    scene.double.fault(Fault::expired_token());
    for _ in 0..20 {
        scene.try_list().await.remove(0).unwrap_err();
    }
    let calls = scene.calls("AssumeRole");
    assert!(calls <= 2, "{calls} calls of STS");
}

#[tokio::test]
async fn sts_is_not_stormed_while_it_fails() {
    let scene = scene(assuming).await;
    scene
        .double
        .fault(Fault::server_error().action("AssumeRole"));
    for _ in 0..20 {
        scene.try_list().await.remove(0).unwrap_err();
    }
    let calls = scene.calls("AssumeRole");
    assert!(calls <= 2, "{calls} calls of STS");
    scene.double.heal();
    scene.seconds(11);
    scene.list().await;
}

#[tokio::test]
async fn no_other_identity_steps_in_for_one_that_has_served() {
    let scene = scene(|ground| {
        machine(ground);
        oidc(ground)
    })
    .await;
    scene.list().await;
    let fault = Fault::refused(403, "NoPermission", "not any more");
    scene.double.fault(fault.action(BY_TOKEN));
    scene.seconds(3600 + 60);
    let error = scene.try_list().await.remove(0).unwrap_err();
    assert!(error.message.contains("NoPermission"), "{error:?}");
    assert!(!error.message.contains("ECS RAM role"), "{error:?}");
    assert_eq!(scene.calls("MetadataKeys"), 0);
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_keys_along() {
    let scene = Arc::new(scene(assuming).await);
    let held = scene
        .double
        .fault(Fault::hold_answer().action("AssumeRole"));
    let asking = Arc::clone(&scene);
    let caller = tokio::spawn(async move { asking.try_list().await });
    held.until_held(1).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    held.lift();
    scene.list().await;
    assert_eq!(scene.calls("AssumeRole"), 1);
}
