//! One account of the double, and the places in which its keys are found.

use std::sync::Arc;

use arrears::{
    clock::{Clock, Time},
    ecs::{Environment, Keys, Provider},
};
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use crate::{
    caller::Caller,
    double::{Cloud, TokenState},
    hands::Hands,
    log,
};

pub(crate) const ROLE: &str = "acs:ram::1234567890123456:role/reader";
pub(crate) const TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.verysecretclaims.verysecretproof";
pub(crate) const SECRET: &str = "verysecretkey";
const PROVIDER: &str = "acs:ram::1234567890123456:oidc-provider/ack-rrsa-c1";

pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    pub(crate) hands: Hands,
    files: tempfile::TempDir,
    variables: Vec<(String, String)>,
}

impl Scene {
    /// An account whose keys are everywhere; a variable or a file makes them found.
    pub(crate) fn new() -> Self {
        log::begin();
        let (cloud, hands) = (Cloud::start(), Hands::default());
        cloud.set_clock({
            let hands = hands.clone();
            move || hands.now()
        });
        let account = cloud.account("LTAIfirst", SECRET);
        account.region("cn-hangzhou").instance("i-1");
        account.role(ROLE, account);
        account.oidc_role(ROLE, PROVIDER, TOKEN, TokenState::Good);
        Self {
            cloud,
            hands,
            files: tempfile::tempdir().unwrap(),
            variables: Vec::new(),
        }
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        let name = format!("ALIBABA_CLOUD_{name}");
        self.variables.push((name, value.into()));
        self
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> String {
        let path = self.files.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn rrsa(&mut self) -> &mut Self {
        let file = self.write("token", TOKEN);
        self.set("ROLE_ARN", ROLE)
            .set("OIDC_PROVIDER_ARN", PROVIDER)
            .set("OIDC_TOKEN_FILE", file)
    }

    pub(crate) fn profile(&self, profiles: &Value) {
        let text = json!({"current": "it", "profiles": profiles}).to_string();
        self.write(".aliyun/config.json", &text);
    }

    pub(crate) fn provider(&self, credentials: &Value) -> Provider {
        let spec = json!({"regions": ["cn-hangzhou"], "credentials": credentials});
        let home = self.files.path().to_str().unwrap().to_owned();
        let variables = self.variables.iter().cloned();
        let environment = Environment::of(variables.chain([("HOME".to_owned(), home)]));
        let (metadata, sts) = (self.cloud.endpoint(), self.cloud.endpoint());
        let environment = environment.served_at(&metadata, &sts);
        let clock = Clock::new(self.hands.clone());
        let spec = serde_json::from_value(spec).unwrap();
        Provider::new("prod", &spec, environment, None, clock).unwrap()
    }

    /// Asks ECS with these keys; the code of a refusal.
    pub(crate) async fn ask(&self, keys: &Keys) -> Result<(), String> {
        let parameters = [("RegionId", "cn-hangzhou")];
        let secret = keys.access_key_secret.expose_secret();
        let mut caller = Caller::new(&self.cloud, "DescribeInstances", &parameters)
            .key(&keys.access_key_id, secret);
        if let Some(token) = &keys.security_token {
            caller = caller.token(token.expose_secret());
        }
        let reply = caller.send().await;
        if reply.status != 200 {
            return Err(reply.code().to_owned());
        }
        assert_eq!(reply.ids(), ["i-1"]);
        Ok(())
    }

    /// A new provider's keys open ECS; says where they are from.
    pub(crate) async fn opens(&self, credentials: &Value) -> (String, Arc<Keys>) {
        let provider = self.provider(credentials);
        let keys = provider.keys().await.unwrap();
        self.ask(&keys).await.unwrap();
        (provider.source().unwrap(), keys)
    }
}
