//! An account, the environment that it finds, and the service that stands for everything outside.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::{SignedDuration, Timestamp};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::service::{Answer, Request, Service};
use crate::{
    api::EcsAccountSpec,
    ecs::{
        credentials::{Environment, Error, Provider, keys::Keys},
        manual_clock::Manual,
    },
};

pub(super) const ROLE: &str = "acs:ram::1:role/reader";
pub(super) const OIDC_TOKEN: &str = "eyJ.the-oidc-token.c2ln";

/// Variables, files in a home directory, and the account.
pub(super) struct Scene {
    pub(super) service: Service,
    pub(super) manual: Manual,
    home: tempfile::TempDir,
    variables: Vec<(String, String)>,
    spec: Value,
    secret: Option<Keys>,
}

impl Scene {
    pub(super) async fn new(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self {
            service: Service::start(script).await,
            manual: Manual::default(),
            home: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
            spec: json!({"regions": ["cn-hangzhou"]}),
            secret: None,
        }
    }

    /// With everything outside as it should be.
    pub(super) async fn usual() -> Self {
        Self::new(usual).await
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.variables
            .push((format!("ALIBABA_CLOUD_{name}"), value.into()));
        self
    }

    pub(super) fn unset(&mut self, name: &str) -> &mut Self {
        let name = format!("ALIBABA_CLOUD_{name}");
        self.variables.retain(|(given, _)| *given != name);
        self
    }

    pub(super) fn credentials(&mut self, credentials: Value) -> &mut Self {
        self.spec["credentials"] = credentials;
        self
    }

    pub(super) fn secret(&mut self, secret: Keys) -> &mut Self {
        self.secret = Some(secret);
        self
    }

    /// Writes a file below the home directory.
    pub(super) fn write(&self, path: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    pub(super) fn remove(&self, path: &str) {
        std::fs::remove_file(self.home.path().join(path)).unwrap();
    }

    pub(super) fn profiles(&self, current: &str, profiles: &Value) -> PathBuf {
        let text = json!({"current": current, "profiles": profiles});
        self.write(".aliyun/config.json", text.to_string())
    }

    /// The variables of RRSA, and the token.
    pub(super) fn rrsa(&mut self) -> &mut Self {
        let file = self.write("token", format!("{OIDC_TOKEN}\n"));
        self.set("ROLE_ARN", ROLE)
            .set("OIDC_PROVIDER_ARN", "acs:ram::1:oidc-provider/ack")
            .set("OIDC_TOKEN_FILE", file.to_str().unwrap())
    }

    pub(super) fn provider(&self) -> Provider {
        let spec: EcsAccountSpec = serde_json::from_value(self.spec.clone()).unwrap();
        let home = self.home.path().to_str().unwrap();
        let variables = self.variables.iter().cloned();
        let variables = variables.chain([("HOME".to_owned(), home.to_owned())]);
        let endpoint = self.service.endpoint();
        let environment = Environment::of(variables).served_at(&endpoint, &endpoint);
        let secret = self.secret.as_ref().map(Keys::copy);
        Provider::new("prod", &spec, environment, secret, self.manual.clock()).unwrap()
    }

    /// What a new provider gives, and says where it is from.
    pub(super) async fn found(&self) -> (Arc<Keys>, String) {
        let provider = self.provider();
        let keys = provider.keys().await.unwrap();
        (keys, provider.source().unwrap())
    }

    pub(super) async fn problem(&self) -> String {
        let problem = self.provider().keys().await.unwrap_err().to_string();
        problem.replace(self.home.path().to_str().unwrap(), "~")
    }

    pub(super) async fn pass(&self, duration: Duration) {
        self.manual.pass(duration).await;
    }
}

/// All of the keys, for comparing.
pub(super) fn parts(keys: &Keys) -> (&str, &str, Option<&str>) {
    let token = keys.security_token.as_ref();
    let token = token.map(ExposeSecret::expose_secret);
    (
        &keys.access_key_id,
        keys.access_key_secret.expose_secret(),
        token,
    )
}

/// When the clocks of these tests begin, and so much later.
pub(super) fn at(seconds: i64) -> Timestamp {
    let began: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
    began + SignedDuration::from_secs(seconds)
}

pub(super) fn temporary_until(id: &str, expires_at: Timestamp) -> Value {
    json!({
        "Code": "Success",
        "AccessKeyId": id,
        "AccessKeySecret": format!("{id}-secret"),
        "SecurityToken": format!("{id}-token"),
        "Expiration": expires_at.to_string(),
    })
}

pub(super) fn ok(body: &Value) -> Answer {
    Some((200, body.to_string()))
}

pub(super) fn assumed(id: &str, expires_at: Timestamp) -> Answer {
    ok(&json!({"RequestId": "R-1", "Credentials": temporary_until(id, expires_at)}))
}

pub(super) fn refused(status: u16, code: &str, message: &str) -> Answer {
    let body = json!({"Code": code, "Message": message, "RequestId": "R-2"});
    Some((status, body.to_string()))
}

/// Everything outside as it should be, with keys that last an hour.
pub(super) fn usual(request: &Request) -> Answer {
    match request.line.as_str() {
        "PUT /latest/api/token" => Some((200, "the-metadata-token".to_owned())),
        "GET /latest/meta-data/ram/security-credentials/" => Some((200, "worker".to_owned())),
        "GET /latest/meta-data/ram/security-credentials/worker" => {
            ok(&temporary_until("of-the-machine", at(3600)))
        }
        "GET /keys" => ok(&temporary_until("of-the-uri", at(3600))),
        "POST /" => match request.query.get("Action") {
            Some(_) => assumed("of-the-token", at(3600)),
            None => assumed("of-the-role", at(3600)),
        },
        _ => Some((404, String::new())),
    }
}

/// The reason that an error gives for one source.
pub(super) fn reason<'e>(error: &'e Error, source_name: &str) -> &'e str {
    let mut tried = error.tried.iter();
    let attempt = tried.find(|attempt| attempt.source_name == source_name);
    &attempt
        .unwrap_or_else(|| panic!("no {source_name} in {error}"))
        .reason
}
