//! Whether an answer is one that its body may have, told without the code under test.

use std::collections::HashSet;

use arrears::admission::Reply;
use serde_json::Value;

use super::{seed::Seed, sound::sound};

/// Checks answers, and remembers those it has seen.
#[derive(Default)]
pub(crate) struct Oracle {
    seen: HashSet<Vec<u8>>,
    /// How many answers of each kind there were.
    pub(crate) tally: Tally,
}

/// How many answers of each kind there were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Allowed, and nothing said.
    pub(crate) silent: u64,
    /// Allowed, about an operation.
    pub(crate) allowed: u64,
    /// Denied by a verdict.
    pub(crate) denied: u64,
    /// Denied for what can't be read.
    pub(crate) unreadable: u64,
    /// Refused in the terms of HTTP.
    pub(crate) refused: u64,
}

impl Oracle {
    /// Asserts that an answer is right for a body that was made of a seed.
    pub(crate) fn check(&mut self, seed: &Seed, body: &[u8], reply: Reply) {
        match reply {
            Reply::BadRequest(text) => {
                let answer: Value = serde_json::from_slice(&text).unwrap();
                let error = answer["error"].as_str().unwrap();
                assert!(!error.is_empty() && error.len() <= 400, "{error}");
                assert_eq!(answer.as_object().unwrap().len(), 1);
                assert!(is_not_ours_to_answer(body), "{error}: {}", shown(body));
                self.tally.refused += 1;
            }
            Reply::Review(text) => {
                let answer: Value = serde_json::from_slice(&text).unwrap();
                assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
                assert_eq!(answer["kind"], "AdmissionReview");
                let response = &answer["response"];
                let uid = response["uid"].as_str().unwrap();
                assert!(
                    uid == seed.uid || is_a_uid_in(body, uid),
                    "{uid}: {}",
                    shown(body)
                );
                self.count(response, body);
                if self.seen.insert(text) {
                    sound(response);
                }
            }
        }
    }

    fn count(&mut self, response: &Value, body: &[u8]) {
        let tally = &mut self.tally;
        let count = match (&response["allowed"], &response["status"]["code"]) {
            (Value::Bool(true), _) if response.get("auditAnnotations").is_none() => {
                &mut tally.silent
            }
            (Value::Bool(true), _) => &mut tally.allowed,
            (_, code) if *code == 403 || *code == 503 => &mut tally.denied,
            (_, code) if *code == 400 => &mut tally.unreadable,
            (_, code) => panic!("code {code}: {}", shown(body)),
        };
        *count += 1;
    }
}

/// Whether there is no uid to be found, or the body is readable and of another version or kind.
fn is_not_ours_to_answer(body: &[u8]) -> bool {
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => {
            let uid = &value["request"]["uid"];
            value["apiVersion"] != "admission.k8s.io/v1"
                || value["kind"] != "AdmissionReview"
                || uid.as_str().is_none_or(str::is_empty)
        }
        Err(_) => !has_a_plain_uid(body) || !is_a_review_at_first(body),
    }
}

/// Whether a body begins like a review with a uid. `serde_json::Value` reads neither what nests deeper than 128 levels
/// nor a number like 1e400, though both may stand where nobody looks; so it may not say that this is another kind.
fn is_a_review_at_first(body: &[u8]) -> bool {
    const BEGINNING: &[u8] =
        br#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":""#;
    body.strip_prefix(BEGINNING)
        .is_some_and(|rest| plain_length(rest).is_some())
}

/// Whether `"uid":"..."` with an ordinary uid is anywhere in a body.
fn has_a_plain_uid(body: &[u8]) -> bool {
    const KEY: &[u8] = br#""uid":""#;
    body.windows(KEY.len())
        .enumerate()
        .any(|(at, window)| window == KEY && plain_length(&body[at + KEY.len()..]).is_some())
}

/// The length of an ordinary uid, if a closing quote follows it.
fn plain_length(text: &[u8]) -> Option<usize> {
    let length = text
        .iter()
        .take_while(|byte| byte.is_ascii_alphanumeric() || **byte == b'-')
        .count();
    (0 < length && text.get(length) == Some(&b'"')).then_some(length)
}

/// Whether a uid that is not the seed's is in a body as the value of such a key.
fn is_a_uid_in(body: &[u8], uid: &str) -> bool {
    let text = String::from_utf8_lossy(body);
    let literal = Value::from(uid).to_string();
    let is_escaped = text.contains('\\');
    text.match_indices("uid\"").any(|(at, key)| {
        let rest = text[at + key.len()..].trim_start();
        rest.strip_prefix(':')
            .is_some_and(|rest| rest.trim_start().starts_with(&literal))
    }) || is_escaped
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(3000).collect()
}
