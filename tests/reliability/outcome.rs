//! What came of one creation, and whose doing it was.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::asks::Right;

/// What came of one creation.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// When it should have been sent: what waits before it is sent waits too.
    pub(crate) begin: Instant,
    /// How long the answer took.
    pub(crate) took: Duration,
    /// What it was.
    pub(crate) result: Result,
}

/// What it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Result {
    /// As it had to be.
    Right,
    /// The webhook allowed what it has to deny, or denied what it has to allow.
    Wrong(String),
    /// The API server could not ask the webhook.
    Failed(String),
    /// The API server could not be asked, or refused of its own accord.
    Apart(String),
}

/// An answer of the API server.
pub(crate) struct Answer {
    pub(crate) code: u16,
    pub(crate) body: Value,
    /// What webhooks said beside it.
    pub(crate) warnings: Vec<String>,
}

/// Judges an answer, or the reason why there is none.
pub(crate) fn judge(right: Right, answer: std::result::Result<Answer, String>) -> Result {
    let answer = match answer {
        Ok(answer) => answer,
        Err(reason) => return Result::Apart(reason),
    };
    let message = answer.body["message"].as_str().unwrap_or_default();
    let denial = message.strip_prefix("admission webhook ");
    let own = answer
        .warnings
        .iter()
        .find(|warning| warning.starts_with("arrears"));
    match (answer.code, right) {
        (201, Right::Accepted) => match own {
            None => Result::Right,
            Some(warning) => Result::Wrong(format!("accepted with a warning: {warning}")),
        },
        (201, Right::Denied(_)) => Result::Wrong(match own {
            None => "accepted".to_owned(),
            Some(warning) => format!("accepted with a warning: {warning}"),
        }),
        (403, Right::Denied(text)) if denial.is_some_and(|denial| denial.contains(text)) => {
            Result::Right
        }
        (code, _) if denial.is_some() => Result::Wrong(format!("{code}: {message}")),
        (code, _) if message.contains("failed calling webhook") => {
            Result::Failed(format!("{code}: {message}"))
        }
        (code, _) => Result::Apart(format!("{code}: {message}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn judged(right: Right, code: u16, message: &str, warnings: &[&str]) -> Result {
        let answer = Answer {
            code,
            body: json!({"message": message}),
            warnings: warnings.iter().map(ToString::to_string).collect(),
        };
        judge(right, Ok(answer))
    }

    const DENIED: Right = Right::Denied("ECS StartInstance would fail");

    #[test]
    fn only_the_very_answer_that_is_due_is_right() {
        let denial = "admission webhook \"a.ecs.arrears.dev\" denied the request: ECS StartInstance would fail: ...";
        assert_eq!(judged(DENIED, 403, denial, &[]), Result::Right);
        assert_eq!(judged(Right::Accepted, 201, "", &[]), Result::Right);
        let wrong = |right, code, message: &str, warnings: &[&str]| {
            let judged = judged(right, code, message, warnings);
            assert!(matches!(judged, Result::Wrong(_)), "{judged:?}");
        };
        wrong(DENIED, 201, "", &[]);
        wrong(DENIED, 201, "", &["arrears: lock state unknown"]);
        wrong(Right::Accepted, 201, "", &["arrears: lock state unknown"]);
        wrong(Right::Accepted, 403, denial, &[]);
        let unknown =
            "admission webhook \"a.ecs.arrears.dev\" denied the request: lock state unknown";
        wrong(DENIED, 503, unknown, &[]);
        wrong(DENIED, 403, unknown, &[]);
    }

    #[test]
    fn a_webhook_that_is_not_reached_is_told_from_an_api_server_that_is_not_ready() {
        let failed = "Internal error occurred: failed calling webhook \"a.ecs.arrears.dev\": EOF";
        assert!(matches!(
            judged(DENIED, 500, failed, &[]),
            Result::Failed(_)
        ));
        for (code, message) in [
            (404, "the server could not find the requested resource"),
            (
                403,
                "ecsoperations.arrears.dev is forbidden: not yet ready to handle request",
            ),
            (500, "etcdserver: request timed out"),
        ] {
            assert!(matches!(
                judged(DENIED, code, message, &[]),
                Result::Apart(_)
            ));
        }
        assert!(matches!(
            judge(DENIED, Err("connection refused".to_owned())),
            Result::Apart(_)
        ));
    }
}
