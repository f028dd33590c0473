//! The keys of the RAM role that an ECS instance has, from the instance's metadata service.

use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use reqwest::{Method, Url, header::HeaderValue};

use super::{
    answer::TemporaryKeys,
    environment::Environment,
    keys::Keys,
    recipe::{Recipe, Way},
    scope::Scope,
};
use crate::ecs::{error::one_line, http::Http};

pub(super) const NAME: &str = "ECS RAM role";

/// It is on the machine's own network, or nowhere.
const PATIENCE: Duration = Duration::from_secs(1);

const TOKEN_LIFETIME: &str = "21600";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// The metadata service, and which role's keys are wanted of it.
#[derive(Clone, Debug)]
pub(super) struct Machine {
    endpoint: String,
    /// None = whichever the machine has.
    role: Option<String>,
    /// Whether it may be asked without a token.
    is_v1_allowed: bool,
}

/// By the variables.
pub(super) fn way(scope: &Scope) -> Result<Way, String> {
    let recipe = Recipe::machine(&scope.environment, None)?;
    Ok(Way::new(NAME, recipe))
}

impl Recipe {
    /// The machine's keys, for a role that somebody names or the variable does.
    pub(super) fn machine(environment: &Environment, role: Option<&str>) -> Result<Self, String> {
        if environment.is_on("ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
            return Err("ALIBABA_CLOUD_ECS_METADATA_DISABLED is true".to_owned());
        }
        let role = role.or_else(|| environment.get("ALIBABA_CLOUD_ECS_METADATA"));
        Ok(Self::Machine(Machine {
            endpoint: environment.metadata().to_owned(),
            role: role.map(str::to_owned),
            is_v1_allowed: !environment.is_on("ALIBABA_CLOUD_IMDSV1_DISABLED"),
        }))
    }
}

impl Machine {
    /// Asks for the keys; also says of which role they are.
    pub(super) async fn fetch(
        &self,
        http: &Http,
        now: Timestamp,
    ) -> Result<(Keys, String), String> {
        let token = self.token(http).await;
        let role = match &self.role {
            Some(role) => role.clone(),
            None => self.role(http, &token).await?,
        };
        // It becomes a part of a path.
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if !role.chars().all(is_plain) || role.starts_with('.') {
            return Err(format!("no role is called `{}`", one_line(&role)));
        }
        let answer = self.get(http, &format!("{ROLES}{role}"), &token).await;
        let of_role = |problem: String| format!("the keys of role {role}: {problem}");
        let answer = answer.map_err(of_role)?;
        let keys = TemporaryKeys::read(&answer, now).map_err(of_role)?;
        Ok((keys, role))
    }

    async fn role(
        &self,
        http: &Http,
        token: &Result<HeaderValue, String>,
    ) -> Result<String, String> {
        let names = self.get(http, ROLES, token).await?;
        let names = std::str::from_utf8(&names);
        let name = names.unwrap_or_default().lines().next().unwrap_or_default();
        match name.trim() {
            "" => Err("the machine has no RAM role".to_owned()),
            name => Ok(name.to_owned()),
        }
    }

    async fn token(&self, http: &Http) -> Result<HeaderValue, String> {
        let request = http
            .request(Method::PUT, self.url("/latest/api/token")?)
            .header("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_LIFETIME);
        let token = answer(http, request).await;
        let token = token.map_err(|problem| format!("no metadata token: {problem}"))?;
        let token = HeaderValue::from_bytes(token.trim_ascii());
        let mut token = token.map_err(|_| "no metadata token: what is given is none".to_owned())?;
        token.set_sensitive(true);
        Ok(token)
    }

    /// Asks with the token; where there is none, or it does not help, without.
    async fn get(
        &self,
        http: &Http,
        path: &str,
        token: &Result<HeaderValue, String>,
    ) -> Result<Bytes, String> {
        let request = || Ok::<_, String>(http.request(Method::GET, self.url(path)?));
        let with_token = match token {
            Ok(token) => {
                let request = request()?.header("x-aliyun-ecs-metadata-token", token);
                answer(http, request).await
            }
            Err(problem) => Err(problem.clone()),
        };
        match with_token {
            Err(problem) if self.is_v1_allowed => {
                let without_token = answer(http, request()?).await;
                without_token.map_err(|again| match again == problem {
                    true => problem,
                    false => format!("{problem}; without a token: {again}"),
                })
            }
            with_token => with_token,
        }
    }

    fn url(&self, path: &str) -> Result<Url, String> {
        let endpoint = self.endpoint.trim_end_matches('/');
        Url::parse(&format!("{endpoint}{path}")).map_err(|error| format!("{endpoint}: {error}"))
    }
}

async fn answer(http: &Http, request: reqwest::RequestBuilder) -> Result<Bytes, String> {
    match http.send(request, PATIENCE).await {
        Ok(answer) if answer.status == 200 => Ok(answer.body),
        Ok(answer) => Err(format!(
            "the metadata service answers with status {}",
            answer.status
        )),
        Err(failure) => Err(format!("the metadata service: {failure}")),
    }
}
