//! The answer to a review, as the API server wants it.

mod annotations;

use std::time::Duration;

use serde::{Serialize, Serializer, ser::SerializeSeq};

use self::annotations::Annotations;
use crate::decision::{Effect, Finding, Outcome, Verdict, note_warning};

/// The most causes that one answer lists.
const CAUSE_LIMIT: usize = 16;

/// The most warnings that one answer gives.
const WARNING_COUNT_LIMIT: usize = 5;

/// What a whole answer without text of its own takes, and with all that one finding adds.
const PLAIN_SIZE: usize = 192;
const FINDING_SIZE: usize = 1600;

/// A whole answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    api_version: &'static str,
    kind: &'static str,
    response: Response<'a>,
}

/// What is said of one request.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Response<'a> {
    uid: &'a str,
    allowed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_annotations: Option<Annotations<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'a> {
    code: u16,
    reason: &'static str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    causes: Causes<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

/// The findings that a request is refused for.
struct Causes<'a>(&'a Verdict<'a>);

#[derive(Serialize)]
struct Cause<'a> {
    reason: &'static str,
    field: &'a str,
    message: String,
}

/// Refuses a request for a reason other than a verdict.
pub(super) fn refuse(uid: &str, code: u16, reason: &'static str, message: &str) -> Vec<u8> {
    let response = Response {
        uid,
        status: Some(Status {
            code,
            reason,
            message,
            details: None,
        }),
        ..Response::default()
    };
    to_json(response, PLAIN_SIZE + message.len())
}

/// Answers with a verdict. `retry_after` is when facts will be newer.
pub(super) fn answer(uid: &str, verdict: &Verdict<'_>, retry_after: Duration) -> Vec<u8> {
    let message = verdict.message();
    let response = Response {
        uid,
        allowed: message.is_none(),
        status: message
            .as_deref()
            .map(|message| Status::of(verdict, message, retry_after)),
        audit_annotations: (!verdict.findings.is_empty()).then_some(Annotations(verdict)),
        warnings: warnings(verdict),
    };
    let size = match message {
        Some(_) => FINDING_SIZE,
        None if verdict.findings.is_empty() => PLAIN_SIZE,
        None => PLAIN_SIZE * 3,
    };
    to_json(response, size)
}

/// The text of an answer of about this size.
fn to_json(response: Response<'_>, size: usize) -> Vec<u8> {
    let mut text = Vec::with_capacity(size + response.uid.len());
    let answer = Answer {
        api_version: "admission.k8s.io/v1",
        kind: "AdmissionReview",
        response,
    };
    match serde_json::to_writer(&mut text, &answer) {
        Ok(()) => text,
        Err(_) => Vec::new(),
    }
}

/// The first few different warnings: an API server shows equal ones once.
fn warnings(verdict: &Verdict<'_>) -> Vec<String> {
    let findings = verdict.with_effect(Effect::Warn).map(Finding::warning);
    let mut warnings = Vec::new();
    for warning in findings.chain(verdict.note.map(note_warning)) {
        if warnings.len() == WARNING_COUNT_LIMIT {
            break;
        }
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    warnings
}

fn is_overdue(finding: &Finding<'_>) -> bool {
    finding.outcome == Outcome::Deny
}

// === impl Status ===

impl<'a> Status<'a> {
    fn of(verdict: &'a Verdict<'a>, message: &'a str, retry_after: Duration) -> Self {
        // kubectl obeys it on a 503 and waits, so it belongs on a 403 alone. To the API server it is an int32.
        let (code, reason, retry_after_seconds) = if verdict.refusal().is_some_and(is_overdue) {
            let seconds = retry_after
                .as_secs()
                .clamp(1, i32::MAX.unsigned_abs().into());
            (403, "Forbidden", Some(seconds))
        } else {
            (503, "ServiceUnavailable", None)
        };
        Self {
            code,
            reason,
            message,
            details: Some(Details {
                causes: Causes(verdict),
                retry_after_seconds,
            }),
        }
    }
}

// === impl Causes ===

impl Serialize for Causes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut causes = serializer.serialize_seq(None)?;
        for finding in self.0.with_effect(Effect::Refuse).take(CAUSE_LIMIT) {
            causes.serialize_element(&Cause {
                reason: if is_overdue(finding) {
                    "EcsOverduePayment"
                } else {
                    "EcsLockStateUnknown"
                },
                field: finding.field(),
                message: finding.message(),
            })?;
        }
        causes.end()
    }
}
