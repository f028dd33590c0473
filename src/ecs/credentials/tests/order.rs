//! Which source serves, and what is said where none does.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use serde_json::json;

use super::scene::{Scene, assumed, at, parts, reason, refused, usual};

/// An environment in which every source of the chain serves.
async fn rich() -> Scene {
    let mut scene = Scene::usual().await;
    scene.rrsa();
    let uri = format!("{}/keys", scene.service.endpoint());
    scene
        .set("ACCESS_KEY_ID", "of-the-variables")
        .set("ACCESS_KEY_SECRET", "secret")
        .set("SECURITY_TOKEN", "token")
        .set("CREDENTIALS_URI", uri);
    scene.profiles(
        "main",
        &json!([{"name": "main", "mode": "AK", "access_key_id": "of-the-profile", "access_key_secret": "s"}]),
    );
    scene.write(
        ".alibabacloud/credentials",
        "[default]\ntype = access_key\naccess_key_id = of-the-file\naccess_key_secret = s\n",
    );
    scene
}

#[tokio::test]
async fn the_chain_is_tried_in_the_vendors_order() {
    let mut scene = rich().await;
    let (keys, source) = scene.found().await;
    assert_eq!(parts(&keys), ("of-the-variables", "secret", Some("token")));
    assert_eq!(source, "environment variables");

    scene.unset("ACCESS_KEY_SECRET");
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-token");
    assert_eq!(source, "OIDC (RRSA) role acs:ram::1:role/reader");

    scene.unset("OIDC_PROVIDER_ARN");
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-profile");
    assert_eq!(source, "CLI profile main");

    scene.set("CLI_PROFILE_DISABLED", "TRUE");
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-file");
    assert_eq!(source, "credentials file section [default]");

    scene.remove(".alibabacloud/credentials");
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-machine");
    assert_eq!(source, "ECS RAM role worker");

    scene.set("ECS_METADATA_DISABLED", "true");
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-uri");
    let host = scene.service.endpoint();
    let host = host.strip_prefix("http://").unwrap();
    assert_eq!(source, format!("credentials URI {host}"));
}

#[tokio::test]
async fn who_comes_after_the_source_that_serves_is_not_asked() {
    let scene = rich().await;
    scene.found().await;
    assert!(scene.service.requests().is_empty());
}

#[tokio::test]
async fn a_chain_in_which_nothing_serves_says_why_each_does_not() {
    let scene = Scene::new(|_| refused(404, "x", "y")).await;
    assert_eq!(
        scene.problem().await,
        concat!(
            "environment variables: ALIBABA_CLOUD_ACCESS_KEY_ID is not set; ",
            "OIDC (RRSA): ALIBABA_CLOUD_ROLE_ARN is not set; ",
            "CLI profile: ~/.aliyun/config.json: No such file or directory (os error 2); ",
            "credentials file: ~/.alibabacloud/credentials: No such file or directory (os error 2); ",
            "ECS RAM role: no metadata token: the metadata service answers with status 404; ",
            "without a token: the metadata service answers with status 404; ",
            "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set",
        )
    );
}

#[tokio::test]
async fn only_true_disables_a_source_as_in_the_vendors_library() {
    let mut scene = Scene::usual().await;
    scene.set("ECS_METADATA_DISABLED", "1");
    assert_eq!(scene.found().await.1, "ECS RAM role worker");
    scene
        .unset("ECS_METADATA_DISABLED")
        .set("ECS_METADATA_DISABLED", "True");
    let problem = scene.problem().await;
    assert!(problem.contains("ECS RAM role: ALIBABA_CLOUD_ECS_METADATA_DISABLED is true"));
}

/// A worker's role must not take the place of the pod's own: it may belong to somebody else.
#[tokio::test]
async fn once_a_source_has_served_none_after_it_does() {
    let is_away = Arc::new(AtomicBool::new(false));
    let away = Arc::clone(&is_away);
    let mut scene = Scene::new(move |request| match request.line.as_str() {
        "POST /" if away.load(Ordering::SeqCst) => refused(503, "ServiceUnavailable", "m"),
        _ => usual(request),
    })
    .await;
    scene.rrsa();
    let provider = scene.provider();
    provider.keys().await.unwrap();
    is_away.store(true, Ordering::SeqCst);
    scene.pass(Duration::from_secs(3600)).await;
    let error = provider.keys().await.unwrap_err();
    let reason = reason(&error, "OIDC (RRSA)");
    assert!(
        reason.starts_with("STS says ServiceUnavailable: m"),
        "{error}"
    );
    assert_eq!(error.tried.len(), 2, "{error}");
    assert!(scene.service.lines().iter().all(|line| line == "POST /"));
}

/// It is the one that is meant; while it could not serve, another one did.
#[tokio::test]
async fn a_source_that_is_preferred_gets_another_turn() {
    let is_away = Arc::new(AtomicBool::new(true));
    let away = Arc::clone(&is_away);
    let mut scene = Scene::new(move |request| match request.line.as_str() {
        "POST /" if away.load(Ordering::SeqCst) => None,
        "POST /" => assumed("of-the-token", at(7200)),
        _ => usual(request),
    })
    .await;
    scene.rrsa();
    let provider = scene.provider();
    provider.keys().await.unwrap();
    assert_eq!(provider.source().unwrap(), "ECS RAM role worker");
    is_away.store(false, Ordering::SeqCst);
    scene.pass(Duration::from_secs(3600)).await;
    assert_eq!(provider.keys().await.unwrap().access_key_id, "of-the-token");
    assert_eq!(
        provider.source().unwrap(),
        "OIDC (RRSA) role acs:ram::1:role/reader"
    );
}

#[tokio::test]
async fn a_named_profile_is_the_only_source_and_no_variable_is_in_its_way() {
    let mut scene = rich().await;
    scene
        .set("CLI_PROFILE_DISABLED", "true")
        .set("PROFILE", "main");
    scene.profiles(
        "main",
        &json!([
            {"name": "main", "mode": "AK", "access_key_id": "of-main", "access_key_secret": "s"},
            {"name": "other", "mode": "AK", "access_key_id": "of-other", "access_key_secret": "s"},
        ]),
    );
    scene.credentials(json!({"source": "Profile", "profile": "other"}));
    let (keys, source) = scene.found().await;
    assert_eq!(parts(&keys), ("of-other", "s", None));
    assert_eq!(source, "CLI profile other");
    scene.credentials(json!({"source": "Profile", "profile": "third"}));
    assert_eq!(
        scene.problem().await,
        "CLI profile: ~/.aliyun/config.json: there is no profile `third`"
    );
}

#[tokio::test]
async fn a_secret_is_the_only_source() {
    let mut scene = rich().await;
    scene
        .credentials(json!({"source": "Secret", "secretRef": {"namespace": "ns", "name": "keys"}}));
    assert_eq!(scene.problem().await, "Secret: it is not there");
    scene.secret(crate::ecs::Keys {
        access_key_id: "of-the-secret".to_owned(),
        access_key_secret: "s".into(),
        security_token: None,
        expires_at: None,
    });
    let (keys, source) = scene.found().await;
    assert_eq!(parts(&keys), ("of-the-secret", "s", None));
    assert_eq!(source, "Secret ns/keys");
}
