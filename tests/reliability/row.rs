//! One row of the table: a fault, and what came of the creations during it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::outcome::{Outcome, Result};

/// A row; nothing is excused unless the test says so and why.
pub(crate) struct Row {
    fault: &'static str,
    outcomes: Vec<Outcome>,
    excuses: Vec<String>,
    complaints: Vec<String>,
    apart: usize,
}

impl Row {
    pub(crate) fn new(fault: &'static str, outcomes: Vec<Outcome>) -> Self {
        Self {
            fault,
            outcomes,
            excuses: Vec::new(),
            complaints: Vec::new(),
            apart: 0,
        }
    }

    /// Excuses failures among what was begun from `since` to `until`: no more than `most`, because of `reason`.
    pub(crate) fn excuse_failures(
        &mut self,
        (since, until): (Instant, Instant),
        most: usize,
        reason: &str,
    ) {
        let is_meant = |outcome: &Outcome| {
            let is_failure = matches!(outcome.result, Result::Failed(_));
            is_failure && since <= outcome.begin + outcome.took && outcome.begin <= until
        };
        self.excuse(is_meant, most, reason);
    }

    /// Excuses what the API server did not take among what was begun from `since` to `until`.
    pub(crate) fn excuse_api_server(&mut self, (since, until): (Instant, Instant), reason: &str) {
        let is_meant = |outcome: &Outcome| {
            let is_apart = matches!(outcome.result, Result::Apart(_));
            is_apart && since <= outcome.begin + outcome.took && outcome.begin <= until
        };
        self.excuse(is_meant, usize::MAX, reason);
    }

    /// Adds a figure to what the row says.
    pub(crate) fn note(&mut self, text: String) {
        self.excuses.push(text);
    }

    /// Something else that must hold.
    pub(crate) fn demand(&mut self, holds: bool, text: impl Into<String>) {
        if !holds {
            self.complaints.push(text.into());
        }
    }

    /// Prints the row; the test fails unless every creation was answered right or is excused.
    pub(crate) fn close(mut self) {
        let count = |is_meant: fn(&Result) -> bool| {
            let outcomes = self.outcomes.iter();
            outcomes.filter(|outcome| is_meant(&outcome.result)).count()
        };
        let failed = count(|result| matches!(result, Result::Failed(_)));
        let wrong = count(|result| matches!(result, Result::Wrong(_)));
        let unexcused = count(|result| matches!(result, Result::Apart(_)));
        let right = self
            .outcomes
            .iter()
            .filter(|outcome| outcome.result == Result::Right);
        let longest = right
            .map(|outcome| outcome.took)
            .max()
            .unwrap_or(Duration::ZERO);
        let requests = self.outcomes.len() + self.apart;
        println!(
            "| {} | {requests} | {failed} | {wrong} | {} | {:.0} ms | {} |",
            self.fault,
            self.apart + unexcused,
            longest.as_secs_f64() * 1000.0,
            self.excuses.join("; "),
        );
        self.demand(0 < requests, "nothing was asked");
        let mut texts: BTreeMap<String, usize> = BTreeMap::new();
        for outcome in &self.outcomes {
            if outcome.result != Result::Right {
                *texts.entry(format!("{:?}", outcome.result)).or_default() += 1;
            }
        }
        for (text, count) in texts {
            self.complaints.push(format!("{count} x {text}"));
        }
        assert!(
            self.complaints.is_empty(),
            "{}:\n{}",
            self.fault,
            self.complaints.join("\n")
        );
    }

    fn excuse(&mut self, is_meant: impl Fn(&Outcome) -> bool, most: usize, reason: &str) {
        let (excused, rest): (Vec<_>, Vec<_>) = std::mem::take(&mut self.outcomes)
            .into_iter()
            .partition(is_meant);
        self.outcomes = rest;
        let count = excused.len();
        self.apart += count;
        self.demand(
            count <= most,
            format!("{count} are more than the {most} that {reason} explains"),
        );
        if 0 < count {
            let longest = excused
                .iter()
                .map(|outcome| outcome.took)
                .max()
                .unwrap_or_default();
            let bound = match most {
                usize::MAX => String::new(),
                most => format!(" of at most {most}"),
            };
            self.excuses.push(format!(
                "{count}{bound}: {reason} (up to {:.1} s)",
                longest.as_secs_f64()
            ));
        }
    }
}
