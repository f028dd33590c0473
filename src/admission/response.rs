//! The answer to a review, as the API server wants it.

use std::{borrow::Cow, time::Duration};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::decision::{Effect, Finding, Outcome, Verdict, note_warning};

/// The most causes that one answer lists.
const CAUSE_LIMIT: usize = 16;

/// The most warnings that one answer gives.
const WARNING_COUNT_LIMIT: usize = 5;

/// A whole answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'r, 'a> {
    api_version: &'static str,
    kind: &'static str,
    response: &'r Response<'a>,
}

/// What is said of one request.
#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Response<'a> {
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
    message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Details<'a> {
    causes: Vec<Cause<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
}

#[derive(Serialize)]
struct Cause<'a> {
    reason: &'static str,
    field: &'a str,
    message: String,
}

/// The annotations of an audit event: each joins one property of every finding.
struct Annotations<'a>(&'a Verdict<'a>);

impl<'a> Response<'a> {
    /// Refuses a request for a reason other than a verdict.
    pub(super) fn refuse(uid: &'a str, code: u16, reason: &'static str, message: String) -> Self {
        Self {
            uid,
            status: Some(Status {
                code,
                reason,
                message,
                details: None,
            }),
            ..Self::default()
        }
    }

    /// Answers with a verdict. `retry_after` is when facts will be newer.
    pub(super) fn of(uid: &'a str, verdict: &'a Verdict<'a>, retry_after: Duration) -> Self {
        let status = status(verdict, retry_after);
        let notes = verdict.note.map(note_warning);
        let warnings = verdict
            .with_effect(Effect::Warn)
            .map(Finding::warning)
            .chain(notes)
            .take(WARNING_COUNT_LIMIT)
            .collect();
        Self {
            uid,
            allowed: status.is_none(),
            status,
            audit_annotations: (!verdict.findings.is_empty()).then_some(Annotations(verdict)),
            warnings,
        }
    }

    /// The text of the whole answer.
    pub(super) fn to_json(&self) -> Vec<u8> {
        let answer = Answer {
            api_version: "admission.k8s.io/v1",
            kind: "AdmissionReview",
            response: self,
        };
        let mut text = Vec::with_capacity(512);
        match serde_json::to_writer(&mut text, &answer) {
            Ok(()) => text,
            Err(_) => Vec::new(),
        }
    }
}

fn status<'a>(verdict: &'a Verdict<'a>, retry_after: Duration) -> Option<Status<'a>> {
    let message = verdict.message()?;
    let causes = verdict
        .with_effect(Effect::Refuse)
        .take(CAUSE_LIMIT)
        .map(|finding| Cause {
            reason: if is_overdue(finding) {
                "EcsOverduePayment"
            } else {
                "EcsLockStateUnknown"
            },
            field: finding.field(),
            message: finding.message(),
        })
        .collect();
    // kubectl obeys it on a 503 and waits, so it belongs on a 403 alone.
    let (code, reason, retry_after_seconds) = if verdict.refusal().is_some_and(is_overdue) {
        (403, "Forbidden", Some(retry_after.as_secs().max(1)))
    } else {
        (503, "ServiceUnavailable", None)
    };
    Some(Status {
        code,
        reason,
        message,
        details: Some(Details {
            causes,
            retry_after_seconds,
        }),
    })
}

fn is_overdue(finding: &Finding<'_>) -> bool {
    finding.outcome == Outcome::Deny
}

// === impl Annotations ===

impl Annotations<'_> {
    fn join<'f>(&'f self, property: impl Fn(&'f Finding<'f>) -> Cow<'f, str>) -> Cow<'f, str> {
        let mut properties = self.0.findings.iter().map(property);
        let first = properties.next().unwrap_or_default();
        properties.fold(first, |joined, next| joined + "," + next)
    }
}

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(9))?;
        map.serialize_entry("verdict", self.0.outcome().name())?;
        map.serialize_entry("action", &self.join(|finding| finding.action().into()))?;
        map.serialize_entry("target", &self.join(|finding| finding.target_name()))?;
        map.serialize_entry("state", &self.join(|finding| finding.state_name().into()))?;
        map.serialize_entry("ruling", &self.join(|finding| finding.ruling_name().into()))?;
        map.serialize_entry(
            "edition",
            &self.join(|finding| finding.edition.name().into()),
        )?;
        map.serialize_entry("source", &self.join(|finding| finding.source_name().into()))?;
        map.serialize_entry("age", &self.join(|finding| finding.age_text()))?;
        map.serialize_entry("rule", &self.join(|finding| finding.rule_name().into()))?;
        map.end()
    }
}
