use serde_json::json;

use super::scene::{OIDC_TOKEN, ROLE, Scene, parts, reason, refused};

#[tokio::test]
async fn a_token_is_sent_unsigned_and_not_where_a_proxy_logs_it() {
    let mut scene = Scene::usual().await;
    scene.rrsa().set("ROLE_SESSION_NAME", "session");
    let (keys, _) = scene.found().await;
    assert_eq!(
        parts(&keys),
        (
            "of-the-token",
            "of-the-token-secret",
            Some("of-the-token-token")
        )
    );
    let request = scene.service.requests().pop().unwrap();
    for (name, value) in [
        ("Action", "AssumeRoleWithOIDC"),
        ("Version", "2015-04-01"),
        ("Format", "JSON"),
        ("Timestamp", "2026-11-24T00:00:00Z"),
    ] {
        assert_eq!(request.query[name], value);
    }
    assert_eq!(request.query.len(), 4, "{request:?}");
    for (name, value) in [
        ("RoleArn", ROLE),
        ("OIDCProviderArn", "acs:ram::1:oidc-provider/ack"),
        ("OIDCToken", OIDC_TOKEN),
        ("RoleSessionName", "session"),
        ("DurationSeconds", "3600"),
    ] {
        assert_eq!(request.form[name], value);
    }
    assert_eq!(request.form.len(), 5, "{request:?}");
    assert!(!request.headers.contains_key("authorization"));
    let agent = concat!("arrears/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.headers["user-agent"], agent);
}

#[tokio::test]
async fn the_token_file_is_read_each_time() {
    let mut scene = Scene::usual().await;
    scene.rrsa();
    scene.found().await;
    scene.write("token", "another");
    scene.found().await;
    let requests = scene.service.requests();
    let tokens: Vec<_> = requests
        .iter()
        .map(|request| &request.form["OIDCToken"])
        .collect();
    assert_eq!(tokens, [OIDC_TOKEN, "another"]);
}

#[tokio::test]
async fn a_token_may_stand_in_a_variable() {
    let mut scene = Scene::usual().await;
    scene
        .rrsa()
        .set("OIDC_TOKEN", "of-a-variable")
        .unset("OIDC_TOKEN_FILE");
    scene.found().await;
    assert_eq!(
        scene.service.requests()[0].form["OIDCToken"],
        "of-a-variable"
    );
}

#[tokio::test]
async fn a_token_file_that_is_none_is_told() {
    let mut scene = Scene::usual().await;
    scene.rrsa().set("ECS_METADATA_DISABLED", "true");
    scene.write("token", " \n");
    let told = scene.problem().await;
    assert!(
        told.contains("OIDC (RRSA): the token file ~/token: it is empty"),
        "{told}"
    );
    scene.remove("token");
    let told = scene.problem().await;
    assert!(
        told.contains("OIDC (RRSA): the token file ~/token: No such file"),
        "{told}"
    );
}

#[tokio::test]
async fn a_refusal_says_what_sts_says_and_never_the_token() {
    let message = format!("This JWT Token {OIDC_TOKEN}\nis expired.");
    let mut scene = Scene::new(move |request| match request.line.as_str() {
        "POST /" => refused(401, "AuthenticationFail.OIDCToken.Expired", &message),
        _ => None,
    })
    .await;
    scene.rrsa();
    let error = scene.provider().keys().await.unwrap_err();
    assert_eq!(
        reason(&error, "OIDC (RRSA)"),
        "STS says AuthenticationFail.OIDCToken.Expired: This JWT Token (secret) is expired. (request R-2)"
    );
}

#[tokio::test]
async fn an_answer_that_is_none_of_sts_is_told_as_such_and_not_repeated() {
    let keys = |more: serde_json::Value| {
        let mut keys = json!({
            "AccessKeyId": "verysecret", "AccessKeySecret": "verysecret", "SecurityToken": "verysecret",
            "Expiration": "2026-11-24T01:00:00Z",
        });
        keys.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"Credentials": keys}).to_string()
    };
    for (status, body, problem) in [
        (
            200,
            "<html>verysecret</html>".to_owned(),
            "the answer is no JSON with keys in it",
        ),
        (
            200,
            "{}".to_owned(),
            "the answer is no JSON with keys in it",
        ),
        (
            200,
            keys(json!({"AccessKeySecret": ""})),
            "the answer has no AccessKeySecret",
        ),
        (
            200,
            keys(json!({"SecurityToken": null})),
            "the answer has no SecurityToken",
        ),
        (
            200,
            keys(json!({"Expiration": "verysecret"})),
            "the answer's Expiration is no time",
        ),
        (
            200,
            keys(json!({"Expiration": "2026-11-23T23:59:59Z"})),
            "the keys that it gives have ended at 2026-11-23T23:59:59Z, and here it is 2026-11-24T00:00:00Z",
        ),
        (
            502,
            "<html>verysecret</html>".to_owned(),
            "answers with status 502",
        ),
        (302, String::new(), "answers with status 302"),
    ] {
        let answer = Some((status, body));
        let mut scene = Scene::new(move |request| match request.line.as_str() {
            "POST /" => answer.clone(),
            _ => None,
        })
        .await;
        scene.rrsa();
        let error = scene.provider().keys().await.unwrap_err();
        let told = reason(&error, "OIDC (RRSA)");
        let endpoint = scene.service.endpoint();
        let told = told
            .strip_prefix(&endpoint)
            .unwrap()
            .trim_start_matches([':', ' ']);
        assert_eq!(told, problem);
        assert!(!error.to_string().contains("verysecret"), "{error}");
    }
}
