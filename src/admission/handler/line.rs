//! The log line of a review.

use tracing::{debug, info};

use crate::{
    admission::review::Review,
    decision::{Effect, Verdict, clip},
};

/// Names and uids are shorter; what is longer is not from an API server.
const LONGEST: usize = 253;

/// A text of the request, as much as a log line takes of it.
pub(super) fn short(text: &str) -> &str {
    clip(text, LONGEST)
}

/// One line for each denial; what is allowed shows at debug level.
pub(super) fn log(review: &Review<'_, '_>, verdict: &Verdict<'_>) {
    let Some(finding) = verdict.findings.first() else {
        return;
    };
    macro_rules! line {
        ($level:ident, $message:literal) => {
            $level!(
                uid = short(&review.uid),
                operation = review.operation.name(),
                kind = short(&review.kind.kind),
                group = short(&review.kind.group),
                namespace = short(&review.namespace),
                name = short(&review.name),
                user = short(&review.user),
                verdict = finding.outcome.name(),
                action = short(finding.action()),
                target = short(&finding.target_name()),
                state = finding.state_name(),
                ruling = finding.ruling_name(),
                rule = finding.rule_name(),
                field = short(finding.field()),
                $message
            )
        };
    }
    if verdict.with_effect(Effect::Refuse).next().is_some() {
        line!(info, "denied");
    } else {
        line!(debug, "allowed");
    }
}
