//! What is secret stays so, whatever happens. (The log is looked at in `tests/live/credentials`.)

use serde_json::json;

use super::scene::{OIDC_TOKEN, ROLE, Scene, assumed, at, refused};

/// Nothing of this may be seen anywhere.
const SECRET: &str = "verysecret";

/// With secrets in every place that can hold one, and a world outside that gives more of them, or else repeats
/// all that it is told.
async fn scene(is_friendly: bool) -> Scene {
    let mut scene = Scene::new(move |request| {
        let token = request.headers.get("x-acs-security-token");
        // First: a long message is cut.
        let echo = format!("{token:?} {:?} {request:?}", request.form.get("OIDCToken"));
        match (is_friendly, request.line.as_str()) {
            (true, "POST /") => assumed(&format!("STS.{SECRET}"), at(3600)),
            (true, _) => Some((200, SECRET.to_owned())),
            (false, "POST /") => refused(400, "SignatureDoesNotMatch", &echo),
            (false, _) => Some((500, echo)),
        }
    })
    .await;
    let file = scene.write("token", format!("{OIDC_TOKEN}.{SECRET}"));
    let profile = json!({
        "name": "it", "mode": "ChainableRamRoleArn", "source_profile": "first", "ram_role_arn": ROLE,
    });
    let first = json!({
        "name": "first", "mode": "StsToken", "access_key_id": "LTAIfirst",
        "access_key_secret": SECRET, "sts_token": format!("{SECRET}-token"),
    });
    scene.profiles("it", &json!([profile, first]));
    scene.write(
        ".alibabacloud/credentials",
        format!(
            "[default]\ntype = ram_role_arn\naccess_key_id = LTAIsecond\n\
             access_key_secret = {SECRET}\nrole_arn = {ROLE}\n"
        ),
    );
    let uri = scene
        .service
        .endpoint()
        .replace("//", &format!("//user:{SECRET}@"));
    scene
        .set("ROLE_ARN", ROLE)
        .set("OIDC_PROVIDER_ARN", "p")
        .set("OIDC_TOKEN_FILE", file.to_str().unwrap())
        .set("CREDENTIALS_URI", format!("{uri}/keys?{SECRET}"));
    scene
}

#[tokio::test]
async fn no_secret_is_in_any_error_or_debug_output() {
    for is_friendly in [true, false] {
        for credentials in [
            json!({}),
            json!({"roleArn": ROLE}),
            json!({"source": "Profile", "profile": "it"}),
        ] {
            let mut scene = scene(is_friendly).await;
            scene.credentials(credentials);
            let provider = scene.provider();
            let outcome = provider.keys().await;
            assert_eq!(outcome.is_ok(), is_friendly, "{outcome:?}");
            let seen = format!("{provider:?} {outcome:?} {:?}", provider.source());
            assert!(!seen.contains(SECRET), "{seen}");
            if let Err(error) = outcome {
                assert!(!error.to_string().contains(SECRET), "{error}");
            }
        }
    }
}
