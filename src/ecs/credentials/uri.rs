//! Keys from an address that somebody else runs, such as a sidecar.

use std::time::Duration;

use reqwest::{Method, Url};

use super::{answer::TemporaryKeys, keys::Keys};
use crate::ecs::http::Http;

const PATIENCE: Duration = Duration::from_secs(10);

/// Asks there.
pub(super) async fn fetch(http: &Http, address: &str) -> Result<Keys, String> {
    let url = Url::parse(address).map_err(|error| format!("no address: {error}"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("no address of http or https".to_owned());
    }
    let place = url.host_str().unwrap_or_default().to_owned();
    let answer = http.send(http.request(Method::GET, url), PATIENCE).await;
    let answer = answer.map_err(|failure| format!("{place}: {failure}"))?;
    if answer.status != 200 {
        return Err(format!("{place} answers with status {}", answer.status));
    }
    TemporaryKeys::read(&answer.body).map_err(|problem| format!("{place}: {problem}"))
}
