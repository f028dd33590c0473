//! `roleArn`: a role that is assumed with keys.

use serde_json::json;

use super::scene::{ROLE, Scene, refused};
use crate::ecs::{Keys, Signing};

fn long_lived(scene: &mut Scene) -> &mut Scene {
    scene
        .set("ACCESS_KEY_ID", "the-id")
        .set("ACCESS_KEY_SECRET", "the-secret")
}

#[tokio::test]
async fn a_role_is_assumed_by_a_signed_call() {
    let mut scene = Scene::usual().await;
    long_lived(&mut scene).set("SECURITY_TOKEN", "the-token");
    scene.credentials(json!({"roleArn": ROLE}));
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-role");
    assert_eq!(
        source,
        "environment variables -> role acs:ram::1:role/reader"
    );

    let request = scene.service.requests().pop().unwrap();
    let query = ["RoleArn", "RoleSessionName", "DurationSeconds"]
        .map(|name| (name, request.query[name].as_str()));
    assert_eq!(
        query,
        [
            ("RoleArn", ROLE),
            ("RoleSessionName", "arrears"),
            ("DurationSeconds", "3600")
        ]
    );
    assert_eq!(request.query.len(), 3);
    let signed = Signing {
        method: "POST",
        host: &request.headers["host"],
        action: "AssumeRole",
        version: "2015-04-01",
        query: &query,
        form: &[],
        date: "2026-11-24T00:00:00Z".parse().unwrap(),
        nonce: &request.headers["x-acs-signature-nonce"],
        more_headers: &[],
    }
    .sign(&Keys {
        access_key_id: "the-id".to_owned(),
        access_key_secret: "the-secret".into(),
        security_token: Some("the-token".into()),
        expires_at: None,
    });
    for (name, value) in signed.headers {
        assert_eq!(request.headers[&name], value, "{name}");
    }
}

#[tokio::test]
async fn the_accounts_own_sts_serves_every_role() {
    for is_by_token in [true, false] {
        let mut scene = Scene::usual().await;
        let own = Scene::usual().await;
        let mut credentials = json!({"stsEndpoint": own.service.endpoint()});
        match is_by_token {
            true => scene.rrsa(),
            false => {
                credentials["roleArn"] = json!(ROLE);
                long_lived(&mut scene)
            }
        };
        scene.credentials(credentials);
        scene.found().await;
        assert_eq!(own.service.lines(), ["POST /"]);
        assert!(scene.service.lines().is_empty());
    }
}

#[tokio::test]
async fn a_role_that_may_not_be_assumed_is_told_with_what_sts_says() {
    let echo = "You are not authorized. server string to sign is:POST /the-secret the-token";
    let mut scene = Scene::new(move |_| refused(403, "NoPermission", echo)).await;
    long_lived(&mut scene)
        .set("SECURITY_TOKEN", "the-token")
        .set("ECS_METADATA_DISABLED", "true");
    scene.credentials(json!({"roleArn": ROLE}));
    let told = scene.problem().await;
    let expected = concat!(
        "environment variables: role acs:ram::1:role/reader: STS says NoPermission: You are not authorized. ",
        "(the repeated request is left out) (request R-2); ",
    );
    assert!(told.starts_with(expected), "{told}");
}

#[tokio::test]
async fn keys_that_can_not_be_sent_are_told_as_such() {
    let mut scene = Scene::usual().await;
    scene
        .set("ACCESS_KEY_ID", "the-id\n")
        .set("ACCESS_KEY_SECRET", "verysecret");
    scene.credentials(json!({"roleArn": ROLE}));
    scene.set("ECS_METADATA_DISABLED", "true");
    let told = scene.problem().await;
    assert!(told.contains("has characters that can't be sent"), "{told}");
    assert!(
        !told.contains("verysecret") && !told.contains('\n'),
        "{told}"
    );
}
