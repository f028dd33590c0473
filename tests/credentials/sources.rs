//! Keys from each source open ECS, and nothing of them is seen.

use serde_json::{Value, json};

use crate::{
    double::{Call, Fault, MetadataVersion, Refusal, TokenState},
    log,
    scene::{ROLE, SECRET, Scene, TOKEN},
};

/// What real sources hold and hand out.
const SECRETS: [&str; 4] = ["verysecret", "tempsecret", "CAISdouble", "AQAEAdouble"];

fn access_key() -> Value {
    json!({"name": "first", "mode": "AK", "access_key_id": "LTAIfirst", "access_key_secret": SECRET})
}

/// A scene in which this alone is a source, and what it is called.
fn only(what: &str) -> (Scene, String) {
    let mut scene = Scene::new();
    let source = match what {
        "variables" => {
            scene
                .set("ACCESS_KEY_ID", "LTAIfirst")
                .set("ACCESS_KEY_SECRET", SECRET);
            "environment variables".to_owned()
        }
        "a token" => {
            scene.rrsa();
            format!("OIDC (RRSA) role {ROLE}")
        }
        "profiles" => {
            scene.profile(&json!([
                {"name": "it", "mode": "ChainableRamRoleArn", "source_profile": "first", "ram_role_arn": ROLE},
                access_key(),
            ]));
            format!("CLI profile it -> role {ROLE}")
        }
        "a file" => {
            let text = format!(
                "[default]\ntype = ram_role_arn\naccess_key_id = LTAIfirst\naccess_key_secret = {SECRET}\n\
                 role_arn = {ROLE}\nrole_session_name = it\n"
            );
            scene.write(".alibabacloud/credentials", &text);
            format!("credentials file section [default] -> role {ROLE}")
        }
        "a machine" => {
            scene
                .cloud
                .machine_role("worker", scene.cloud.first_account());
            "ECS RAM role worker".to_owned()
        }
        "an address" => {
            scene.cloud.uri_keys(scene.cloud.first_account());
            let address = scene.cloud.credentials_uri();
            scene.set("CREDENTIALS_URI", &address);
            let host = scene.cloud.endpoint().replace("http://", "");
            format!("credentials URI {host}")
        }
        other => panic!("no source is called {other}"),
    };
    (scene, source)
}

const ALL: [&str; 6] = [
    "variables",
    "a token",
    "profiles",
    "a file",
    "a machine",
    "an address",
];

#[tokio::test]
async fn the_keys_of_every_source_open_ecs() {
    for what in ALL {
        let (scene, source) = only(what);
        assert_eq!(scene.opens(&json!({})).await.0, source);
    }
}

#[tokio::test]
async fn with_the_keys_of_every_source_a_role_is_assumed() {
    for what in ALL {
        let (scene, source) = only(what);
        let (found, keys) = scene.opens(&json!({"roleArn": ROLE})).await;
        let arrow = match source.as_str() {
            // There the role is said before.
            "environment variables" => format!("environment variables -> role {ROLE}"),
            source => format!("{source} -> role {ROLE}"),
        };
        assert_eq!(found, arrow);
        assert!(keys.access_key_id.starts_with("STS."), "{keys:?}");
        let endpoint = scene.cloud.endpoint();
        scene
            .opens(&json!({"roleArn": ROLE, "stsEndpoint": endpoint}))
            .await;
    }
}

#[tokio::test]
async fn every_version_of_the_metadata_service_serves() {
    for version in [
        MetadataVersion::Both,
        MetadataVersion::OnlyV1,
        MetadataVersion::OnlyV2,
    ] {
        let (scene, _) = only("a machine");
        scene.cloud.metadata_version(version);
        scene.opens(&json!({})).await;
    }
    let (mut scene, _) = only("a machine");
    scene.cloud.metadata_version(MetadataVersion::OnlyV1);
    scene.set("IMDSV1_DISABLED", "true");
    let error = scene
        .provider(&json!({}))
        .keys()
        .await
        .unwrap_err()
        .to_string();
    assert!(error.contains("ECS RAM role: no metadata token"), "{error}");
}

#[tokio::test]
async fn a_token_that_sts_does_not_take_is_told_with_its_reason() {
    let (scene, _) = only("a token");
    let account = scene.cloud.first_account();
    let provider = "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1";
    account.oidc_role(ROLE, provider, TOKEN, TokenState::Expired);
    let error = scene
        .provider(&json!({}))
        .keys()
        .await
        .unwrap_err()
        .to_string();
    let expected =
        "OIDC (RRSA): STS says AuthenticationFail.OIDCToken.Expired: This JWT Token is expired.";
    assert!(error.contains(expected), "{error}");
}

#[tokio::test]
async fn keys_that_ecs_has_ended_are_fetched_anew() {
    let (scene, _) = only("a token");
    let provider = scene.provider(&json!({}));
    let first = provider.keys().await.unwrap();
    scene.cloud.expire_sessions();
    scene.hands.advance(60);
    assert_eq!(
        scene.ask(&first).await.unwrap_err(),
        "InvalidSecurityToken.Expired"
    );
    provider.reject(&first);
    let second = provider.keys().await.unwrap();
    scene.ask(&second).await.unwrap();
    assert_eq!(scene.cloud.count("AssumeRoleWithOIDC"), 2);
}

/// A refusal with everything secret that a call bears, once and again.
fn repeating(call: &Call) -> Refusal {
    let in_header = call.request.header("x-acs-security-token");
    let secret = in_header.or_else(|| call.parameters.get("OIDCToken").cloned());
    let secret = secret.unwrap_or_default();
    let message = format!("What was sent: {secret} {secret}");
    Refusal::new(400, "SignatureDoesNotMatch", message)
}

#[tokio::test]
async fn nothing_secret_is_logged_whether_all_goes_well_or_is_repeated_by_sts() {
    for what in ALL {
        for credentials in [json!({}), json!({"roleArn": ROLE})] {
            let (scene, _) = only(what);
            scene.opens(&credentials).await;
            for action in ["AssumeRole", "AssumeRoleWithOIDC"] {
                scene.cloud.fault(Fault::refusal(repeating).action(action));
            }
            let outcome = scene.provider(&credentials).keys().await;
            let seen = format!("{outcome:?}");
            assert!(
                SECRETS.iter().all(|secret| !seen.contains(secret)),
                "{seen}"
            );
        }
    }
    let text = log::text();
    for expected in [
        r#"credentials found account="prod" source="ECS RAM role worker -> role"#,
        r#"no credentials to be had account="prod" error="#,
        "STS says SignatureDoesNotMatch: What was sent: (secret) (secret)",
        " TRACE ",
    ] {
        assert!(text.contains(expected), "not in the log: {expected}");
    }
    for line in text.lines() {
        assert!(
            SECRETS.iter().all(|secret| !line.contains(secret)),
            "{line}"
        );
    }
}
