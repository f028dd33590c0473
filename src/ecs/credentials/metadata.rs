//! The keys of the RAM role that an ECS instance has, from the instance's metadata service.

use std::time::Duration;

use reqwest::{Method, StatusCode, Url};

use super::{answer::TemporaryKeys, keys::Keys};
use crate::ecs::http::{Answer, Http};

/// It is on the machine's own network, or nowhere.
const PATIENCE: Duration = Duration::from_secs(1);

const TOKEN_LIFETIME: &str = "21600";
const ROLES: &str = "/latest/meta-data/ram/security-credentials/";

/// Asks for the keys of `role`, or of whichever role the machine has.
pub(super) async fn fetch(
    http: &Http,
    endpoint: &str,
    role: Option<&str>,
    is_v1_allowed: bool,
) -> Result<Keys, String> {
    let token = match token(http, endpoint).await {
        Ok(token) => Some(token),
        Err(_) if is_v1_allowed => None,
        Err(problem) => return Err(problem),
    };
    let role = match role {
        Some(role) => role.to_owned(),
        None => {
            let names = get(http, endpoint, ROLES, token.as_deref()).await?;
            let names = text(&names)?;
            let name = names.lines().next().unwrap_or_default().trim();
            if name.is_empty() {
                return Err("the instance has no RAM role".to_owned());
            }
            name.to_owned()
        }
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if !role.chars().all(is_name) {
        return Err("the metadata service names no role that could be one".to_owned());
    }
    let answer = get(http, endpoint, &format!("{ROLES}{role}"), token.as_deref()).await?;
    TemporaryKeys::read(&answer).map_err(|problem| format!("the keys of role {role}: {problem}"))
}

async fn token(http: &Http, endpoint: &str) -> Result<String, String> {
    let request = http
        .request(Method::PUT, url(endpoint, "/latest/api/token")?)
        .header("x-aliyun-ecs-metadata-token-ttl-seconds", TOKEN_LIFETIME);
    let answer = http.send(request, PATIENCE).await;
    let answer = answer.map_err(|failure| format!("the metadata service: {failure}"))?;
    let token = text(&succeeded(&answer)?)?.trim().to_owned();
    // It goes into a header.
    match token.is_ascii() && !token.is_empty() && !token.contains(|c: char| c.is_control()) {
        true => Ok(token),
        false => Err("the metadata service gives no token that could be one".to_owned()),
    }
}

async fn get(
    http: &Http,
    endpoint: &str,
    path: &str,
    token: Option<&str>,
) -> Result<bytes::Bytes, String> {
    let mut request = http.request(Method::GET, url(endpoint, path)?);
    if let Some(token) = token {
        request = request.header("x-aliyun-ecs-metadata-token", token);
    }
    let answer = http.send(request, PATIENCE).await;
    let answer = answer.map_err(|failure| format!("the metadata service: {failure}"))?;
    succeeded(&answer)
}

fn succeeded(answer: &Answer) -> Result<bytes::Bytes, String> {
    match StatusCode::from_u16(answer.status) {
        Ok(StatusCode::OK) => Ok(answer.body.clone()),
        Ok(StatusCode::NOT_FOUND) => Err("the instance has no such RAM role".to_owned()),
        _ => Err(format!(
            "the metadata service answers with status {}",
            answer.status
        )),
    }
}

fn text(bytes: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(bytes).map_err(|_| "the metadata service answers with no text".to_owned())
}

fn url(endpoint: &str, path: &str) -> Result<Url, String> {
    Url::parse(&format!("{}{path}", endpoint.trim_end_matches('/')))
        .map_err(|error| format!("{endpoint}: {error}"))
}
