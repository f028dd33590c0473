use serde_json::json;

use super::scene::{Scene, at, ok, parts, reason, temporary_until, usual};

const TOKEN: &str = "PUT /latest/api/token";
const ROLES: &str = "GET /latest/meta-data/ram/security-credentials/";
const WORKER: &str = "GET /latest/meta-data/ram/security-credentials/worker";

#[tokio::test]
async fn the_metadata_service_is_asked_with_a_token() {
    let scene = Scene::usual().await;
    let (keys, source) = scene.found().await;
    assert_eq!(
        parts(&keys),
        (
            "of-the-machine",
            "of-the-machine-secret",
            Some("of-the-machine-token")
        )
    );
    assert_eq!(keys.expires_at, Some(at(3600)));
    assert_eq!(source, "ECS RAM role worker");
    let requests = scene.service.requests();
    let lines: Vec<_> = requests
        .iter()
        .map(|request| request.line.as_str())
        .collect();
    assert_eq!(lines, [TOKEN, ROLES, WORKER]);
    assert_eq!(
        requests[0].headers["x-aliyun-ecs-metadata-token-ttl-seconds"],
        "21600"
    );
    for request in &requests[1..] {
        assert_eq!(
            request.headers["x-aliyun-ecs-metadata-token"],
            "the-metadata-token"
        );
    }
}

#[tokio::test]
async fn a_role_that_is_named_is_not_asked_for() {
    let mut scene = Scene::usual().await;
    scene.set("ECS_METADATA", "worker");
    scene.found().await;
    assert_eq!(scene.service.lines(), [TOKEN, WORKER]);
    scene
        .unset("ECS_METADATA")
        .set("ECS_METADATA", "../../user-data\n");
    let told = scene.problem().await;
    assert!(
        told.contains("no role is called `../../user-data`"),
        "{told}"
    );
    assert_eq!(scene.service.lines(), [TOKEN]);
}

#[tokio::test]
async fn without_a_token_the_first_version_serves_unless_it_may_not() {
    let mut scene = Scene::new(|request| match request.line.as_str() {
        TOKEN => Some((404, String::new())),
        _ => usual(request),
    })
    .await;
    assert_eq!(scene.found().await.0.access_key_id, "of-the-machine");
    let requests = scene.service.requests();
    let has_token = |request: &super::service::Request| {
        request.headers.contains_key("x-aliyun-ecs-metadata-token")
    };
    assert!(!requests.iter().any(has_token));
    scene.set("IMDSV1_DISABLED", "true");
    let error = scene.provider().keys().await.unwrap_err();
    assert_eq!(
        reason(&error, "ECS RAM role"),
        "no metadata token: the metadata service answers with status 404"
    );
    assert_eq!(scene.service.lines(), [TOKEN]);
}

#[tokio::test]
async fn a_token_that_is_not_taken_is_done_without() {
    let mut scene =
        Scene::new(
            |request| match request.headers.contains_key("x-aliyun-ecs-metadata-token") {
                true => Some((403, String::new())),
                false => usual(request),
            },
        )
        .await;
    assert_eq!(scene.found().await.0.access_key_id, "of-the-machine");
    scene.set("IMDSV1_DISABLED", "true");
    let error = scene.provider().keys().await.unwrap_err();
    assert_eq!(
        reason(&error, "ECS RAM role"),
        "the metadata service answers with status 403"
    );
}

#[tokio::test]
async fn a_machine_without_a_role_is_told_as_such() {
    let scene = Scene::new(|request| match request.line.as_str() {
        ROLES => Some((200, "\n".to_owned())),
        _ => usual(request),
    })
    .await;
    let error = scene.provider().keys().await.unwrap_err();
    assert_eq!(
        reason(&error, "ECS RAM role"),
        "the machine has no RAM role"
    );
}

#[tokio::test]
async fn an_answer_that_is_no_success_is_told_by_its_code() {
    let scene = Scene::new(|request| match request.line.as_str() {
        WORKER => ok(&json!({"Code": "Fail\ned", "AccessKeyId": "verysecret"})),
        _ => usual(request),
    })
    .await;
    let error = scene.provider().keys().await.unwrap_err();
    assert_eq!(
        reason(&error, "ECS RAM role"),
        "the keys of role worker: the answer has the code Failed"
    );
}

#[tokio::test]
async fn an_address_may_hold_a_password_that_nobody_is_told() {
    let mut scene = Scene::new(|request| match request.line.as_str() {
        "GET /verysecret" => Some((500, "verysecret".to_owned())),
        "GET /code" => ok(&json!({"Code": "AccessDenied"})),
        "GET /plain" => {
            let mut keys = temporary_until("plain", at(3600));
            keys.as_object_mut().unwrap().remove("Code");
            ok(&keys)
        }
        _ => None,
    })
    .await;
    scene.set("ECS_METADATA_DISABLED", "true");
    let endpoint = scene.service.endpoint();
    let host = endpoint.strip_prefix("http://").unwrap().to_owned();
    for (address, problem) in [
        (
            format!("http://u:verysecret@{host}/verysecret?k=verysecret"),
            format!("{host} answers with status 500"),
        ),
        (
            format!("{endpoint}/code"),
            format!("{host}: the answer has the code AccessDenied"),
        ),
        (
            "file:///verysecret".to_owned(),
            "the address is none of http or https".to_owned(),
        ),
        (
            "verysecret".to_owned(),
            "the address is none: relative URL without a base".to_owned(),
        ),
    ] {
        scene
            .unset("CREDENTIALS_URI")
            .set("CREDENTIALS_URI", address);
        let error = scene.provider().keys().await.unwrap_err();
        assert_eq!(reason(&error, "credentials URI"), problem);
        assert!(!error.to_string().contains("verysecret"), "{error}");
    }
    scene
        .unset("CREDENTIALS_URI")
        .set("CREDENTIALS_URI", format!("{endpoint}/plain"));
    assert_eq!(scene.found().await.1, format!("credentials URI {host}"));
}
