//! What holds of every answer.

use serde_json::Value;

/// The most causes, and the most warnings, that an answer gives.
const MOST_CAUSES: usize = 16;
const MOST_WARNINGS: usize = 5;

const ANNOTATIONS: [&str; 9] = [
    "action", "age", "edition", "rule", "ruling", "source", "state", "target", "verdict",
];

/// Asserts that a response keeps to the contract of answers, and gives it back.
pub(crate) fn sound(response: &Value) -> &Value {
    let keys = ["allowed", "auditAnnotations", "status", "uid", "warnings"];
    assert!(has_only(response, &keys), "{response}");
    assert!(
        response["uid"].as_str().is_some_and(|uid| !uid.is_empty()),
        "{response}"
    );
    let allowed = response["allowed"].as_bool().unwrap();
    assert_eq!(response.get("status").is_none(), allowed, "{response}");
    if !allowed {
        sound_status(&response["status"]);
    }
    if let Some(warnings) = response.get("warnings") {
        let warnings = warnings.as_array().unwrap();
        assert!((1..=MOST_WARNINGS).contains(&warnings.len()), "{response}");
        for warning in warnings {
            let warning = line(warning, 120);
            assert!(warning.starts_with("arrears: "), "{warning}");
        }
    }
    if let Some(annotations) = response.get("auditAnnotations") {
        assert_eq!(
            annotations.as_object().unwrap().len(),
            ANNOTATIONS.len(),
            "{response}"
        );
        let verdict = annotations["verdict"].as_str().unwrap();
        let verdicts = ["allow", "warn", "audit", "deny", "unknown"];
        assert!(verdicts.contains(&verdict), "{verdict}");
        let columns = ANNOTATIONS.iter().filter(|key| **key != "verdict");
        let widths: Vec<_> = columns
            .map(|key| annotations[*key].as_str().unwrap().split(',').count())
            .collect();
        assert!(
            widths.windows(2).all(|pair| pair[0] == pair[1]),
            "{response}"
        );
    }
    response
}

fn sound_status(status: &Value) {
    assert!(
        has_only(status, &["code", "details", "message", "reason"]),
        "{status}"
    );
    line(&status["message"], 400);
    let code = status["code"].as_u64().unwrap();
    let reason = match code {
        400 => "BadRequest",
        403 => "Forbidden",
        500 => "InternalError",
        503 => "ServiceUnavailable",
        _ => panic!("{status}"),
    };
    assert_eq!(status["reason"], reason);
    let details = &status["details"];
    assert_eq!(details.is_object(), code == 403 || code == 503, "{status}");
    assert_eq!(
        details.get("retryAfterSeconds").is_some(),
        code == 403,
        "{status}"
    );
    if details.is_object() {
        assert!(
            has_only(details, &["causes", "retryAfterSeconds"]),
            "{status}"
        );
        let causes = details["causes"].as_array().unwrap();
        assert!((1..=MOST_CAUSES).contains(&causes.len()), "{status}");
        for cause in causes {
            assert!(has_only(cause, &["field", "message", "reason"]), "{cause}");
            let reason = cause["reason"].as_str().unwrap();
            assert!(
                ["EcsOverduePayment", "EcsLockStateUnknown"].contains(&reason),
                "{cause}"
            );
            line(&cause["message"], 400);
            assert!(cause["field"].is_string(), "{cause}");
        }
        let first = if code == 403 {
            "EcsOverduePayment"
        } else {
            "EcsLockStateUnknown"
        };
        assert_eq!(causes[0]["reason"], first);
    }
}

fn has_only(object: &Value, keys: &[&str]) -> bool {
    object
        .as_object()
        .is_some_and(|object| object.keys().all(|key| keys.contains(&key.as_str())))
}

fn line(text: &Value, limit: usize) -> &str {
    let text = text.as_str().unwrap();
    assert!(!text.is_empty() && text.len() <= limit, "{text}");
    assert!(!text.contains(char::is_control), "{text:?}");
    let lower = text.to_lowercase();
    assert!(
        !lower.contains("immutable") && !lower.contains("map["),
        "{text}"
    );
    text
}
