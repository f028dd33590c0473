//! Assuming a role: with keys, or with a token of an OIDC provider.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{
    Method, Url,
    header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, HeaderValue},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{answer::TemporaryKeys, keys::Keys};
use crate::{
    clock::Clock,
    ecs::{
        endpoint::host,
        error::message,
        http::{Answer, Http},
        random::nonce,
        sign::{Signing, form},
    },
};

const VERSION: &str = "2015-04-01";
const PATIENCE: Duration = Duration::from_secs(10);

/// How long assumed keys last, unless somebody says otherwise: the vendor's own default.
const LIFETIME: &str = "3600";

/// A role's shortest life, as the vendor has it.
pub(super) const SHORTEST_LIFETIME: u32 = 900;

/// Where STS is, and how it is spoken to.
#[derive(Debug)]
pub(super) struct Sts<'t> {
    pub(super) http: &'t Http,
    pub(super) clock: &'t Clock,
    pub(super) endpoint: &'t str,
}

/// A role, and what is asked of the session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
    /// In seconds.
    pub(super) lifetime: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Assumed {
    credentials: TemporaryKeys,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Refused {
    code: Option<String>,
    message: Option<String>,
    request_id: Option<String>,
}

impl Sts<'_> {
    /// Assumes a role with keys that may.
    pub(super) async fn assume(&self, role: &Role, keys: &Keys) -> Result<Keys, String> {
        let mut url = self.url()?;
        let signed = Signing {
            method: "POST",
            host: &host(&url),
            action: "AssumeRole",
            version: VERSION,
            query: &role.parameters(),
            form: &[],
            date: self.clock.now(),
            nonce: &nonce()?,
            more_headers: &[],
        }
        .sign(keys);
        url.set_query(Some(&signed.query));
        let mut request = self
            .http
            .request(Method::POST, url)
            .header(ACCEPT, "application/json")
            // Some proxies refuse a POST that does not say how long it is.
            .header(CONTENT_LENGTH, "0");
        for (name, value) in &signed.headers {
            // The URL brings it, and that is what was signed.
            if name == "host" {
                continue;
            }
            let mut value = HeaderValue::from_str(value).map_err(|_| {
                "the access key or its token has characters that can't be sent".to_owned()
            })?;
            value.set_sensitive(true);
            request = request.header(name, value);
        }
        self.exchange(request, keys.secrets()).await
    }

    /// Assumes a role with a token, which is all that proves who asks.
    pub(super) async fn assume_with_token(
        &self,
        role: &Role,
        provider_arn: &str,
        token: &SecretString,
    ) -> Result<Keys, String> {
        let mut url = self.url()?;
        let date = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        url.query_pairs_mut()
            .append_pair("Action", "AssumeRoleWithOIDC")
            .append_pair("Version", VERSION)
            .append_pair("Format", "JSON")
            .append_pair("Timestamp", &date);
        // Not in the query: the token would be in the log of every proxy on the way.
        let mut parameters = role.parameters();
        parameters.push(("OIDCProviderArn", provider_arn));
        parameters.push(("OIDCToken", token.expose_secret()));
        let body = form(&parameters);
        let request = self
            .http
            .request(Method::POST, url)
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body);
        self.exchange(request, std::iter::once(token)).await
    }

    fn url(&self) -> Result<Url, String> {
        Url::parse(self.endpoint).map_err(|error| format!("{}: {error}", self.endpoint))
    }

    /// Sends a request in which there are these secrets; whatever is answered, none of them is in an error.
    async fn exchange<'s>(
        &self,
        request: reqwest::RequestBuilder,
        secrets: impl Iterator<Item = &'s SecretString> + Clone,
    ) -> Result<Keys, String> {
        let answer = self.http.send(request, PATIENCE).await;
        let answer = answer.map_err(|failure| format!("{}: {failure}", self.endpoint))?;
        if answer.status == 200 {
            let keys = granted(&answer, self.clock.now());
            return keys.map_err(|problem| format!("{}: {problem}", self.endpoint));
        }
        let refused: Option<Refused> = serde_json::from_slice(&answer.body).ok();
        let Refused {
            code,
            message: said,
            request_id,
        } = refused.unwrap_or_default();
        let Some(code) = code else {
            return Err(format!(
                "{} answers with status {}",
                self.endpoint, answer.status
            ));
        };
        let request = match request_id {
            Some(id) => format!(" (request {id})"),
            None => String::new(),
        };
        let said = said.unwrap_or_default();
        // The code and the id could repeat something, too.
        let [code, said, request] =
            [code, said, request].map(|text| message(&text, secrets.clone()));
        Err(format!("STS says {code}: {said} {request}")
            .trim_end()
            .to_owned())
    }
}

fn granted(answer: &Answer, now: Timestamp) -> Result<Keys, String> {
    let assumed: Assumed = serde_json::from_slice(&answer.body)
        .map_err(|_| "the answer is no JSON with keys in it".to_owned())?;
    assumed.credentials.keys(now)
}

// === impl Role ===

impl Role {
    /// The role, as it is without further wishes.
    pub(super) fn of(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            session: None,
            policy: None,
            external_id: None,
            lifetime: LIFETIME.to_owned(),
        }
    }

    fn parameters(&self) -> Vec<(&'static str, &str)> {
        let mut parameters = vec![
            ("RoleArn", self.arn.as_str()),
            (
                "RoleSessionName",
                self.session.as_deref().unwrap_or("arrears"),
            ),
            ("DurationSeconds", &self.lifetime),
        ];
        parameters.extend(self.policy.as_deref().map(|policy| ("Policy", policy)));
        parameters.extend(self.external_id.as_deref().map(|id| ("ExternalId", id)));
        parameters
    }
}
