//! The places where keys can be, made ready in the double, the home directory and the configuration.

use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    double::TokenState,
    plan::{ACCESS_KEY, Ground, Keyed, SECRET},
    scene::Scene,
};

/// Makes a place.
pub(super) type Make = fn(&Ground<'_>) -> Keyed;

pub(super) const ROLE: &str = "acs:ram::1234567890123456:role/reader";
pub(super) const NEXT_ROLE: &str = "acs:ram::1234567890123456:role/auditor";
pub(super) const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1";
pub(super) const TOKEN: &str = "eyJhbGciOi.firsttokenofthetests.c2ln";
pub(super) const NEXT_TOKEN: &str = "eyJhbGciOi.nexttokenofthetests.c2ln";

pub(super) fn variables(variables: &[(&'static str, &str)]) -> Keyed {
    let variables = variables.iter();
    Keyed {
        variables: variables
            .map(|(name, value)| (*name, (*value).to_owned()))
            .collect(),
        credentials: json!({}),
    }
}

/// Temporary keys of the account, in variables.
pub(super) fn session(ground: &Ground<'_>) -> Keyed {
    let (id, secret, token) = temporary(ground);
    variables(&[
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", &id),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", &secret),
        ("ALIBABA_CLOUD_SECURITY_TOKEN", &token),
    ])
}

/// A token in a file, as ACK gives it to a pod.
pub(super) fn oidc(ground: &Ground<'_>) -> Keyed {
    let file = token_file(ground);
    variables(&[
        ("ALIBABA_CLOUD_ROLE_ARN", ROLE),
        ("ALIBABA_CLOUD_OIDC_PROVIDER_ARN", PROVIDER),
        ("ALIBABA_CLOUD_OIDC_TOKEN_FILE", &file),
    ])
}

/// The command line's file with these profiles, of which `it` is the current one.
pub(super) fn profiles(ground: &Ground<'_>, profiles: &Value) -> Keyed {
    let text = json!({"current": "it", "profiles": profiles}).to_string();
    let directory = ground.home.join(".aliyun");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("config.json"), text).unwrap();
    variables(&[])
}

/// The same with one profile.
pub(super) fn profile(ground: &Ground<'_>, mode: &str, fields: &Value) -> Keyed {
    let mut profile = json!({"name": "it", "mode": mode});
    let fields = fields.as_object().unwrap().clone();
    profile.as_object_mut().unwrap().extend(fields);
    profiles(ground, &json!([profile]))
}

/// A section of the shared credentials file.
pub(super) fn section(ground: &Ground<'_>, text: &str) -> Keyed {
    let directory = ground.home.join(".alibabacloud");
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(
        directory.join("credentials"),
        format!("[default]\n{text}\n"),
    )
    .unwrap();
    variables(&[])
}

/// The machine has a role.
pub(super) fn machine(ground: &Ground<'_>) -> Keyed {
    let cloud = ground.cloud;
    cloud.machine_role("node", cloud.first_account());
    variables(&[])
}

/// An address gives keys.
pub(super) fn uri(ground: &Ground<'_>) -> Keyed {
    let cloud = ground.cloud;
    cloud.uri_keys(cloud.first_account());
    variables(&[("ALIBABA_CLOUD_CREDENTIALS_URI", &cloud.credentials_uri())])
}

/// The account's own keys may assume the role, and so may the role itself assume the next.
pub(super) fn roles(ground: &Ground<'_>) {
    let account = ground.cloud.first_account();
    account.role(ROLE, account);
    account.role(NEXT_ROLE, account);
}

/// A Secret in the configuration, with the account's own key.
pub(super) fn secret(ground: &Ground<'_>, more: &Value) -> Keyed {
    let secret = json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "keys", "namespace": "billing"},
        "stringData": {"accessKeyId": ACCESS_KEY, "accessKeySecret": SECRET}});
    std::fs::write(ground.config.join("secret.json"), secret.to_string()).unwrap();
    let mut credentials =
        json!({"source": "Secret", "secretRef": {"namespace": "billing", "name": "keys"}});
    let more = more.as_object().unwrap().clone();
    credentials.as_object_mut().unwrap().extend(more);
    Keyed {
        variables: Vec::new(),
        credentials,
    }
}

/// Writes the file of the token, which opens the role; says where it is.
pub(super) fn token_file(ground: &Ground<'_>) -> String {
    let account = ground.cloud.first_account();
    account.oidc_role(ROLE, PROVIDER, TOKEN, TokenState::Good);
    let path = ground.home.join("token");
    std::fs::write(&path, format!("{TOKEN}\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Id, secret and token.
pub(super) fn temporary(ground: &Ground<'_>) -> (String, String, String) {
    let cloud = ground.cloud;
    let expires = cloud.now() + SignedDuration::from_hours(1);
    let keys = cloud.first_account().temporary_keys(expires);
    (keys.id, keys.secret, keys.token)
}

/// The access key that signed the last call of ECS.
pub(super) fn signer(scene: &Scene) -> String {
    let calls = scene.double.calls("DescribeInstances");
    calls.last().unwrap().access_key.clone().unwrap()
}

/// Lists until the keys are others than these: they may be fetched while the last ones still serve.
pub(super) async fn until_renewed(scene: &Scene, former: &str) {
    for _ in 0..200 {
        scene.list().await;
        if signer(scene) != former {
            return;
        }
    }
    panic!("{former} still signs");
}
