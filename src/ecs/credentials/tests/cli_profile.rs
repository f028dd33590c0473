use serde_json::{Value, json};

use super::scene::{OIDC_TOKEN, ROLE, Scene, parts};

async fn with(profiles: Value) -> Scene {
    let scene = Scene::usual().await;
    scene.profiles("it", &profiles);
    scene
}

/// A profile with the fields of several modes, as the vendor's command line leaves them behind.
fn profile(mode: &str, more: &Value) -> Value {
    let mut profile = json!({
        "name": "it", "mode": mode, "access_key_id": "id", "access_key_secret": "secret",
        "sts_token": "", "ram_role_name": "", "language": "en", "retry_count": 0, "policy": null,
    });
    let fields = more.as_object().unwrap().clone();
    profile.as_object_mut().unwrap().extend(fields);
    profile
}

#[tokio::test]
async fn every_mode_leads_to_its_keys() {
    for (mode, more, id, source) in [
        ("AK", json!({}), "id", "CLI profile it"),
        (
            "StsToken",
            json!({"sts_token": "token"}),
            "id",
            "CLI profile it",
        ),
        (
            "RamRoleArn",
            json!({"ram_role_arn": ROLE}),
            "of-the-role",
            "CLI profile it -> role acs:ram::1:role/reader",
        ),
        (
            "EcsRamRole",
            json!({}),
            "of-the-machine",
            "CLI profile it worker",
        ),
        (
            "OIDC",
            json!({"ram_role_arn": ROLE, "oidc_provider_arn": "p", "oidc_token": OIDC_TOKEN}),
            "of-the-token",
            "CLI profile it role acs:ram::1:role/reader",
        ),
    ] {
        let scene = with(json!([profile(mode, &more)])).await;
        let (keys, found) = scene.found().await;
        assert_eq!(
            (keys.access_key_id.as_str(), found.as_str()),
            (id, source),
            "{mode}"
        );
    }
}

#[tokio::test]
async fn a_profile_may_name_an_address_of_keys() {
    let scene = Scene::usual().await;
    let address = format!("{}/keys", scene.service.endpoint());
    let profile = profile("CredentialsURI", &json!({"credentials_uri": address}));
    scene.profiles("it", &json!([profile]));
    assert_eq!(scene.found().await.0.access_key_id, "of-the-uri");
}

#[tokio::test]
async fn a_token_of_a_profile_goes_with_its_key() {
    let scene = with(json!([profile("StsToken", &json!({"sts_token": "token"}))])).await;
    assert_eq!(
        parts(&scene.found().await.0),
        ("id", "secret", Some("token"))
    );
}

#[tokio::test]
async fn roles_are_chained_from_profile_to_profile() {
    let scene = with(json!([
        {"name": "it", "mode": "ChainableRamRoleArn", "source_profile": "next", "ram_role_arn": "acs:ram::1:role/last"},
        {"name": "next", "mode": "ChainableRamRoleArn", "source_profile": "first", "ram_role_arn": "acs:ram::1:role/middle"},
        {"name": "first", "mode": "EcsRamRole", "ram_role_name": "worker"},
    ]))
    .await;
    let (keys, source) = scene.found().await;
    assert_eq!(keys.access_key_id, "of-the-role");
    assert_eq!(
        source,
        "CLI profile it worker -> role acs:ram::1:role/middle -> role acs:ram::1:role/last"
    );
    let assumed: Vec<_> = scene
        .service
        .requests()
        .into_iter()
        .filter(|request| request.line == "POST /")
        .map(|request| {
            let id = request.headers["authorization"].clone();
            let id = id.split(['=', ',']).nth(1).unwrap().to_owned();
            (id, request.query["RoleArn"].clone())
        })
        .collect();
    let expected = [
        ("of-the-machine", "acs:ram::1:role/middle"),
        ("of-the-role", "acs:ram::1:role/last"),
    ];
    assert_eq!(
        assumed,
        expected.map(|(id, arn)| (id.to_owned(), arn.to_owned()))
    );
}

#[tokio::test]
async fn what_a_profile_lacks_is_told_by_name() {
    let chainable = |source: &str| json!({"source_profile": source, "ram_role_arn": ROLE});
    for (profiles, problem) in [
        (
            json!([profile("CloudSSO", &json!({}))]),
            "profile `it`: mode `CloudSSO` is not supported; AK, ",
        ),
        (
            json!([profile("", &json!({}))]),
            "profile `it`: it has no mode",
        ),
        (
            json!([profile("AK", &json!({"access_key_id": null}))]),
            "profile `it`: it has no access_key_id",
        ),
        (
            json!([profile("AK", &json!({"access_key_secret": ""}))]),
            "profile `it`: it has no access_key_secret",
        ),
        (
            json!([profile("StsToken", &json!({}))]),
            "profile `it`: it has no sts_token",
        ),
        (
            json!([profile("RamRoleArn", &json!({}))]),
            "profile `it`: it has no ram_role_arn",
        ),
        (
            json!([profile(
                "RamRoleArn",
                &json!({"ram_role_arn": ROLE, "expired_seconds": 899})
            )]),
            "profile `it`: its expired_seconds are less than 900",
        ),
        (
            json!([profile("RamRoleArn", &json!({"ram_role_arn": ROLE}))]),
            "",
        ),
        (
            json!([profile("OIDC", &json!({"ram_role_arn": ROLE}))]),
            "profile `it`: it has no oidc_provider_arn",
        ),
        (
            json!([profile(
                "OIDC",
                &json!({"ram_role_arn": ROLE, "oidc_provider_arn": "p"})
            )]),
            "profile `it`: it has no oidc_token_file",
        ),
        (
            json!([profile(
                "ChainableRamRoleArn",
                &json!({"ram_role_arn": ROLE})
            )]),
            "profile `it`: it has no source_profile",
        ),
        (
            json!([profile("ChainableRamRoleArn", &chainable("gone"))]),
            "there is no profile `gone`",
        ),
        (
            json!([
                profile("ChainableRamRoleArn", &chainable("next")),
                {"name": "next", "mode": "ChainableRamRoleArn", "source_profile": "it", "ram_role_arn": ROLE},
            ]),
            "the source_profiles go in a circle: it -> next -> it",
        ),
        (json!([]), "there is no profile `it`"),
        (Value::Null, "there is no profile `it`"),
    ] {
        if problem.is_empty() {
            with(profiles).await.found().await;
            continue;
        }
        let mut scene = with(profiles).await;
        scene.credentials(json!({"source": "Profile", "profile": "it"}));
        let told = scene.problem().await;
        let expected = format!("CLI profile: ~/.aliyun/config.json: {problem}");
        assert!(told.starts_with(&expected), "{told}");
    }
}

#[tokio::test]
async fn a_file_that_is_none_is_told_by_place_and_not_by_what_stands_there() {
    for (text, place) in [
        (
            "{\"current\": \"it\",\n \"profiles\": [{\"name\": verysecret}]}",
            "line 2 column",
        ),
        (
            "{\"profiles\": [{\"enable_vpc\": \"verysecret\"}]}",
            "line 1 column",
        ),
        ("[\"verysecret\"]", "line 1 column"),
        ("", "line 1 column 0"),
    ] {
        let mut scene = Scene::usual().await;
        scene.write(".aliyun/config.json", text);
        scene.credentials(json!({"source": "Profile", "profile": "it"}));
        let told = scene.problem().await;
        assert!(
            told.contains("no JSON with profiles in it") && told.contains(place),
            "{told}"
        );
        assert!(!told.contains("verysecret"), "{told}");
    }
    let scene = Scene::new(|_| None).await;
    scene.write(".aliyun/config.json", r#"{"profiles": []}"#);
    let error = scene.problem().await;
    assert!(
        error.contains("~/.aliyun/config.json: no profile is the current one;"),
        "{error}"
    );
}

#[tokio::test]
async fn a_profile_says_what_is_asked_of_its_role() {
    let role = json!({
        "ram_role_arn": ROLE, "ram_session_name": "session", "policy": "{}", "external_id": "x",
        "expired_seconds": 1800,
    });
    let scene = with(json!([profile("RamRoleArn", &role)])).await;
    scene.found().await;
    let query = scene.service.requests().pop().unwrap().query;
    for (name, value) in [
        ("RoleArn", ROLE),
        ("RoleSessionName", "session"),
        ("DurationSeconds", "1800"),
        ("Policy", "{}"),
        ("ExternalId", "x"),
    ] {
        assert_eq!(query[name], value);
    }
    assert_eq!(query.len(), 5, "{query:?}");
}

#[tokio::test]
async fn the_file_and_the_profile_are_those_that_the_variables_name() {
    let mut scene = Scene::usual().await;
    let text = json!({"current": "it", "profiles": [
        {"name": "it", "mode": "AK", "access_key_id": "one", "access_key_secret": "s"},
        {"name": "other", "mode": "AK", "access_key_id": "two", "access_key_secret": "s"},
    ]});
    let path = scene.write("elsewhere.json", text.to_string());
    scene.set("CONFIG_FILE", path.to_str().unwrap());
    assert_eq!(scene.found().await.0.access_key_id, "one");
    scene.set("PROFILE", "other");
    assert_eq!(scene.found().await.0.access_key_id, "two");
}
