//! Whether an answer is one that its body may have, told without the code under test.

use std::collections::HashMap;

use arrears::admission::Reply;
use serde_json::Value;

use super::{seed::Seed, sound::sound};

/// Checks answers, and remembers those that it has checked.
#[derive(Default)]
pub(crate) struct Oracle {
    checked: HashMap<Vec<u8>, Checked>,
    /// How many answers of each kind there were.
    pub(crate) tally: Tally,
}

/// What is known of an answer.
#[derive(Clone)]
struct Checked {
    uid: String,
    kind: Kind,
}

/// The kinds of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Allowed, and nothing said.
    Silent,
    /// Allowed, about an operation.
    Allowed,
    /// Denied by a verdict.
    Denied,
    /// Denied for what can't be read.
    Unreadable,
    /// Refused in the terms of HTTP.
    Refused,
}

/// How many answers of each kind there were.
pub(crate) type Tally = [u64; 5];

/// More than the different answers there are, but for those that tell a place.
const MOST_REMEMBERED: usize = 20_000;

impl Oracle {
    /// Asserts that an answer is right for a body that was made of a seed.
    pub(crate) fn check(&mut self, seed: &Seed, body: &[u8], reply: Reply) -> Kind {
        let kind = match reply {
            Reply::BadRequest(text) => {
                check_refusal(body, &text);
                Kind::Refused
            }
            Reply::Review(text) => {
                let Checked { uid, kind } = self.checked(text);
                assert!(
                    uid == seed.uid || is_a_uid_in(body, &uid),
                    "{uid}: {}",
                    shown(body)
                );
                kind
            }
        };
        self.tally[kind as usize] += 1;
        kind
    }

    fn checked(&mut self, text: Vec<u8>) -> Checked {
        if let Some(checked) = self.checked.get(&text) {
            return checked.clone();
        }
        let answer: Value = serde_json::from_slice(&text).unwrap();
        assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer["kind"], "AdmissionReview");
        let response = sound(&answer["response"]);
        let is_about_an_operation = response.get("auditAnnotations").is_some();
        let kind = match response["status"]["code"].as_u64() {
            None if is_about_an_operation => Kind::Allowed,
            None => Kind::Silent,
            Some(403 | 503) => Kind::Denied,
            Some(400) => Kind::Unreadable,
            Some(code) => panic!("code {code}"),
        };
        let uid = response["uid"].as_str().unwrap().to_owned();
        let checked = Checked { uid, kind };
        if self.checked.len() < MOST_REMEMBERED {
            self.checked.insert(text, checked.clone());
        }
        checked
    }
}

fn check_refusal(body: &[u8], text: &[u8]) {
    let answer: Value = serde_json::from_slice(text).unwrap();
    let error = answer["error"].as_str().unwrap();
    assert!(!error.is_empty() && error.len() <= 400, "{error}");
    assert_eq!(answer.as_object().unwrap().len(), 1);
    assert!(is_not_ours_to_answer(body), "{error}: {}", shown(body));
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
