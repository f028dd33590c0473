//! Keys from an address that somebody else runs, such as a sidecar.

use std::time::Duration;

use jiff::Timestamp;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};

use super::{
    answer::TemporaryKeys,
    keys::Keys,
    recipe::{Recipe, Way},
    scope::Scope,
};
use crate::ecs::{endpoint::host, http::Http};

pub(super) const NAME: &str = "credentials URI";

const PATIENCE: Duration = Duration::from_secs(10);

/// By the variable. An address can hold a password, so it is treated as one.
pub(super) fn way(scope: &Scope) -> Result<Way, String> {
    let address = scope.environment.needed("ALIBABA_CLOUD_CREDENTIALS_URI")?;
    Ok(Way::new(NAME, Recipe::Uri(address.into())))
}

/// Asks there; also says where that is.
pub(super) async fn fetch(
    http: &Http,
    address: &SecretString,
    now: Timestamp,
) -> Result<(Keys, String), String> {
    let url = Url::parse(address.expose_secret());
    let url = url.map_err(|error| format!("the address is none: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("the address is none of http or https".to_owned());
    }
    let place = host(&url);
    let answer = http.send(http.request(Method::GET, url), PATIENCE).await;
    let answer = answer.map_err(|failure| format!("{place}: {failure}"))?;
    if answer.status != 200 {
        return Err(format!("{place} answers with status {}", answer.status));
    }
    match TemporaryKeys::read(&answer.body, now) {
        Ok(keys) => Ok((keys, place)),
        Err(problem) => Err(format!("{place}: {problem}")),
    }
}
