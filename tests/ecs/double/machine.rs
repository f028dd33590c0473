//! The metadata service of the machine, versions 1 and 2, and the credentials URI.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    answer::Answer,
    keys::{MetadataVersion, TemporaryKeys, World},
    request::Request,
};

/// What the log calls a visit: for a token, the name of the role, its keys, and the keys of the URI.
pub(crate) const ACTIONS: [&str; 4] = [
    "MetadataToken",
    "MetadataRole",
    "MetadataKeys",
    "CredentialsUri",
];

/// The path of the credentials URI.
pub(super) const URI: &str = "/credentials";

const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
const TOKEN: &str = "/latest/api/token";
const TOKEN_HEADER: &str = "x-aliyun-ecs-metadata-token";
const LIFETIME: SignedDuration = SignedDuration::from_hours(6);

/// The name of what is asked for, if this is the place to ask for it.
pub(super) fn action(request: &Request) -> Option<&'static str> {
    let [token, role, keys, uri] = ACTIONS;
    match request.path.as_str() {
        TOKEN => Some(token),
        ROLES => Some(role),
        URI => Some(uri),
        path if path.starts_with(ROLES) => Some(keys),
        _ => None,
    }
}

pub(super) fn serve(request: &Request, world: &mut World, now: Timestamp) -> Answer {
    match request.path.as_str() {
        TOKEN => token(request, world),
        URI if request.method == "GET" => uri(world, now),
        path => match path.strip_prefix(ROLES) {
            Some(role) if request.method == "GET" => metadata(role, request, world, now),
            _ => nothing(405, "Method Not Allowed"),
        },
    }
}

fn token(request: &Request, world: &mut World) -> Answer {
    if world.machine.version == MetadataVersion::OnlyV1 || world.machine.role.is_none() {
        return nothing(404, "Not Found");
    }
    let seconds: Option<u32> = request
        .header("x-aliyun-ecs-metadata-token-ttl-seconds")
        .and_then(|seconds| seconds.parse().ok());
    if request.method != "PUT" || !seconds.is_some_and(|seconds| (1..=21600).contains(&seconds)) {
        return nothing(400, "Bad Request");
    }
    let token = format!("AQAEAdouble{:06}==", world.machine.tokens.len());
    world.machine.tokens.insert(token.clone());
    Answer::of(200, "text/plain", token)
}

fn metadata(asked: &str, request: &Request, world: &mut World, now: Timestamp) -> Answer {
    let is_let_in = match (request.header(TOKEN_HEADER), world.machine.version) {
        (_, MetadataVersion::OnlyV1) | (None, MetadataVersion::Both) => true,
        (None, MetadataVersion::OnlyV2) => false,
        (Some(token), _) => world.machine.tokens.contains(&token),
    };
    if !is_let_in {
        return nothing(403, "Forbidden");
    }
    match world.machine.role.clone() {
        Some((role, _)) if asked.is_empty() => Answer::of(200, "text/plain", role),
        Some((role, account)) if asked == role => keys(account, world, now),
        _ => nothing(404, "Not Found"),
    }
}

fn uri(world: &mut World, now: Timestamp) -> Answer {
    match world.machine.uri {
        Some(account) => keys(account, world, now),
        None => nothing(404, "Not Found"),
    }
}

fn keys(account: usize, world: &mut World, now: Timestamp) -> Answer {
    let expires = now + world.machine.lifetime.unwrap_or(LIFETIME);
    let keys = world.open_session(account, expires);
    let TemporaryKeys {
        id, secret, token, ..
    } = keys;
    Answer::json(
        json!({
            "Code": "Success",
            "AccessKeyId": id,
            "AccessKeySecret": secret,
            "SecurityToken": token,
            "Expiration": seconds(expires),
            "LastUpdated": seconds(now),
        })
        .to_string(),
    )
}

/// In the form of the service, which knows no fractions.
pub(super) fn seconds(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn nothing(status: u16, text: &str) -> Answer {
    let page = format!("<html><head><title>{status} - {text}</title></head></html>");
    Answer::of(status, "text/html", page)
}
