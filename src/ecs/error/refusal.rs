//! From an answer that is no success to an error.

use serde::Deserialize;

use super::{Class, Error, classify, hint, one_line, text};
use crate::ecs::{credentials::keys::Keys, http::Answer};

/// The body of a refusal; some of the vendor's products write the names with a small letter.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Body {
    #[serde(rename = "Code", alias = "code")]
    code: Option<String>,
    #[serde(rename = "Message", alias = "message")]
    message: Option<String>,
    #[serde(rename = "RequestId", alias = "requestId")]
    request_id: Option<String>,
    #[serde(rename = "AccessDeniedDetail", alias = "accessDeniedDetail")]
    denied: Option<Denied>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Denied {
    #[serde(rename = "AuthAction", alias = "authAction")]
    auth_action: Option<String>,
}

/// The error that an answer with another status than 200 is; `keys` are those that signed the call.
pub(in crate::ecs) fn refusal(
    action: &'static str,
    region: &str,
    answer: &Answer,
    keys: &Keys,
) -> Error {
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    let Body {
        code,
        message,
        request_id,
        denied,
    } = body.unwrap_or_default();
    let code = code.as_deref().and_then(text::name);
    let status = answer.status;
    let mut class = match &code {
        Some(code) => classify::by_code(code, status),
        None => classify::by_status(status),
    };
    if let Class::Throttled { retry_after } = &mut class {
        *retry_after = hint::retry_after(&answer.headers);
    }
    let said = message
        .map(|message| text::message(&message, keys.secrets()))
        .filter(|message| !message.is_empty());
    let message = match (class, said) {
        (Class::NoPermission, said) => {
            let permission = denied
                .and_then(|denied| text::name(&denied.auth_action?))
                .unwrap_or_else(|| format!("ecs:{action}"));
            one_line(&format!(
                "the permission {permission} is missing. {}",
                said.unwrap_or_default()
            ))
        }
        (_, Some(said)) => said,
        (_, None) => match status {
            300..400 => format!("an answer with status {status} points elsewhere: not followed"),
            _ => format!("an answer with status {status} that says nothing that can be read"),
        },
    };
    Error {
        class,
        action,
        region: region.to_owned(),
        code,
        message,
        request_id: name_of(request_id, answer),
    }
}

/// By which name the vendor knows the call that was answered so.
pub(in crate::ecs) fn request_id(answer: &Answer) -> Option<Box<str>> {
    let body: Option<Body> = serde_json::from_slice(&answer.body).ok();
    name_of(body.unwrap_or_default().request_id, answer)
}

fn name_of(in_body: Option<String>, answer: &Answer) -> Option<Box<str>> {
    let in_header = || answer.headers.get("x-acs-request-id")?.to_str().ok();
    let name = in_body.as_deref().or_else(in_header).and_then(text::name)?;
    Some(name.into())
}
