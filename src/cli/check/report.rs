//! What `arrears check` prints.

use std::fmt::Write as _;

use serde::Serialize;

use super::{FailOn, judge::Judgement};
use crate::decision::{Effect, Outcome};

/// Every judgement, and how many there are of each sort.
#[derive(Default, Serialize)]
pub(super) struct Report {
    results: Vec<Judgement>,
    summary: Summary,
}

#[derive(Default, Serialize)]
struct Summary {
    deny: usize,
    warn: usize,
    allow: usize,
    unknown: usize,
}

impl Report {
    /// Adds a judgement; an object that asks nothing of ECS is passed over.
    pub(super) fn add(&mut self, judgement: Option<Judgement>) {
        let Some(judgement) = judgement else {
            return;
        };
        let count = match judgement.verdict {
            Outcome::Deny => &mut self.summary.deny,
            Outcome::Unknown => &mut self.summary.unknown,
            Outcome::Warn => &mut self.summary.warn,
            Outcome::Audit | Outcome::Allow => &mut self.summary.allow,
        };
        *count += 1;
        self.results.push(judgement);
    }

    /// Whether the answer is no.
    pub(super) fn is_failure(&self, fail_on: FailOn) -> bool {
        let limit = match fail_on {
            FailOn::Deny => Effect::Refuse,
            FailOn::Warn => Effect::Warn,
        };
        self.results
            .iter()
            .any(|judgement| limit <= judgement.effect)
    }

    pub(super) fn json(&self) -> anyhow::Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// One line for each finding that is more than "allow", with its place, and a summary.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for judgement in &self.results {
            let object = object(judgement);
            for finding in &judgement.findings {
                if finding.outcome == Outcome::Allow {
                    continue;
                }
                let line = writeln!(
                    text,
                    "{}:{}: {}: {object}: {}",
                    judgement.file, finding.line, finding.outcome, finding.message
                );
                line.unwrap_or_default();
            }
            for note in &judgement.notes {
                writeln!(
                    text,
                    "{}:{}: note: {object}: {note}",
                    judgement.file, judgement.line
                )
                .unwrap_or_default();
            }
        }
        let Summary {
            deny,
            warn,
            allow,
            unknown,
        } = self.summary;
        writeln!(
            text,
            "{} ECS objects: {deny} denied, {unknown} unknown, {warn} warned, {allow} allowed",
            self.results.len()
        )
        .unwrap_or_default();
        text
    }
}

/// `Instance web` or `Instance shop/web`.
fn object(judgement: &Judgement) -> String {
    let namespace = match judgement.namespace.as_str() {
        "" => String::new(),
        namespace => format!("{namespace}/"),
    };
    format!("{} {namespace}{}", judgement.kind, judgement.name)
}
