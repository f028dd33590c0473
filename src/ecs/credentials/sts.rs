//! Assuming a role: with keys, or with a token of an OIDC provider.

use std::time::Duration;

use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{answer::TemporaryKeys, keys::Keys};
use crate::{
    api::Network,
    clock::Clock,
    ecs::{
        endpoint::host,
        error::one_line,
        http::{Answer, Http},
        random::nonce,
        sign::Signing,
    },
};

const VERSION: &str = "2015-04-01";
const PATIENCE: Duration = Duration::from_secs(10);

/// How long assumed keys last: the vendor's own default.
const DURATION_SECONDS: &str = "3600";

/// Where STS is, and how it is spoken to.
#[derive(Clone, Debug)]
pub(super) struct Sts {
    pub(super) http: Http,
    pub(super) clock: Clock,
    pub(super) endpoint: String,
}

/// A role, and what the session is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) arn: String,
    pub(super) session: Option<String>,
    pub(super) policy: Option<String>,
    pub(super) external_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Assumed {
    credentials: TemporaryKeys,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Refused {
    code: Option<String>,
    message: Option<String>,
}

/// The vendor's endpoint of STS.
pub(super) fn endpoint(region: Option<&str>, network: Network) -> String {
    match (region, network) {
        (Some(region), Network::Vpc) => format!("https://sts-vpc.{region}.aliyuncs.com"),
        (Some(region), Network::Public) => format!("https://sts.{region}.aliyuncs.com"),
        // STS has no private endpoint without a region.
        (None, _) => "https://sts.aliyuncs.com".to_owned(),
    }
}

impl Sts {
    /// Assumes a role with keys that may.
    pub(super) async fn assume(&self, role: &Role, keys: &Keys) -> Result<Keys, String> {
        let parameters = role.parameters();
        let parameters: Vec<_> = parameters
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let url = self.url()?;
        let host = host(&url);
        let nonce = nonce()?;
        let signed = Signing {
            method: "POST",
            host: &host,
            action: "AssumeRole",
            version: VERSION,
            query: &parameters,
            form: &[],
            date: self.clock.now(),
            nonce: &nonce,
            more_headers: &[("accept", "application/json")],
        }
        .sign(keys);
        let mut url = url;
        url.set_query(Some(&signed.query));
        let mut request = self.http.request(Method::POST, url);
        for (name, value) in &signed.headers {
            // The client sets the host by the URL, which is what was signed.
            if name != "host" {
                request = request.header(name, value);
            }
        }
        self.exchange(request).await
    }

    /// Assumes a role with a token, which is all that proves who asks.
    pub(super) async fn assume_with_token(
        &self,
        role: &Role,
        provider_arn: &str,
        token: &SecretString,
    ) -> Result<Keys, String> {
        let mut url = self.url()?;
        let now = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        url.query_pairs_mut()
            .append_pair("Action", "AssumeRoleWithOIDC")
            .append_pair("Version", VERSION)
            .append_pair("Format", "JSON")
            .append_pair("Timestamp", &now);
        let mut form = Url::parse("form:").map_err(|error| error.to_string())?;
        {
            let mut pairs = form.query_pairs_mut();
            for (name, value) in role.parameters() {
                pairs.append_pair(name, &value);
            }
            pairs
                .append_pair("OIDCProviderArn", provider_arn)
                .append_pair("OIDCToken", token.expose_secret());
        }
        let body = form.query().unwrap_or_default().to_owned();
        let request = self
            .http
            .request(Method::POST, url)
            .header("content-type", "application/x-www-form-urlencoded")
            .header("accept", "application/json")
            .body(body);
        self.exchange(request).await
    }

    fn url(&self) -> Result<Url, String> {
        Url::parse(&self.endpoint).map_err(|error| format!("{}: {error}", self.endpoint))
    }

    async fn exchange(&self, request: reqwest::RequestBuilder) -> Result<Keys, String> {
        let Answer { status, body, .. } = self
            .http
            .send(request, PATIENCE)
            .await
            .map_err(|failure| format!("{}: {failure}", self.endpoint))?;
        if status == 200 {
            let assumed: Assumed = serde_json::from_slice(&body)
                .map_err(|_| format!("{}: the answer is no such JSON", self.endpoint))?;
            return assumed.credentials.keys();
        }
        let refused: Option<Refused> = serde_json::from_slice(&body).ok();
        Err(match refused {
            // A message may echo what was sent: only the code's own words are told.
            Some(Refused {
                code: Some(code),
                message,
            }) => match message {
                Some(message) if !code.contains("Signature") => {
                    format!("STS says {}: {}", one_line(&code), one_line(&message))
                }
                Some(_) | None => format!("STS says {}", one_line(&code)),
            },
            Some(_) | None => format!("{} answers with status {status}", self.endpoint),
        })
    }
}

impl Role {
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let session = self.session.clone();
        let mut parameters = vec![
            ("RoleArn", self.arn.clone()),
            (
                "RoleSessionName",
                session.unwrap_or_else(|| "arrears".to_owned()),
            ),
            ("DurationSeconds", DURATION_SECONDS.to_owned()),
        ];
        parameters.extend(self.policy.clone().map(|policy| ("Policy", policy)));
        parameters.extend(self.external_id.clone().map(|id| ("ExternalId", id)));
        parameters
    }
}
