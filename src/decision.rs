//! From operations and lock facts to a verdict with its whole derivation.
//!
//! One evaluator for the webhook, the command line and everything else that asks. Pure: no clock, no I/O; the
//! same request, basis and time always give the same verdict, dry run or not.

mod account;
mod compile;
mod doubt;
mod explain;
mod judge;
mod line;
mod outcome;
mod policy;
mod state;
mod verdict;

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::Timestamp;

pub use account::{Account, Accounts, NoAccount, ProviderConfig};
pub use doubt::{IDS_PER_CALL, Question, TargetKind};
pub use explain::{MESSAGE_LIMIT, WARNING_LIMIT, message_line, note_warning};
pub(crate) use line::clip;
pub use outcome::{Effect, Outcome, UnknownOutcome};
pub use policy::{ActionNames, Globs, Labels, Policy, Requirement, Rule, Scope, Selector};
pub use state::{Evidence, Gap, Side, Sides};
pub use verdict::{Finding, Subject, Verdict};

use crate::{
    kinds::{self, Bindings, Inference},
    lock,
};
use judge::Judge;

#[cfg(test)]
mod tests;

/// Everything a decision rests on besides the request: one immutable whole, replaced by swapping a pointer.
#[derive(Clone, Debug, Default)]
pub struct Basis {
    /// What the admin wants.
    pub policy: Arc<Policy>,
    /// Whose objects are whose.
    pub accounts: Arc<Accounts>,
    /// What is locked.
    pub locks: lock::View,
    /// The labels of namespaces.
    pub namespaces: Arc<HashMap<String, Labels>>,
    /// The kinds that users have bound to operations.
    pub bindings: Arc<Bindings>,
    /// How long until facts are newer: what a denied client is told to wait.
    pub poll_interval: Duration,
}

/// Whose a request is that does not say so.
static UNNAMED: kinds::Subject<'static> = kinds::Subject {
    account: kinds::AccountRef::Default,
    region: None,
};

/// The verdict on what a request asks for.
#[must_use]
pub fn decide<'a>(
    inference: &'a Inference<'a>,
    kind: &'a str,
    namespace: Option<&'a str>,
    basis: &'a Basis,
    now: Timestamp,
) -> Verdict<'a> {
    let scope = Scope {
        kind,
        namespace: namespace.map(|namespace| (namespace, basis.namespaces.get(namespace))),
    };
    match inference {
        Inference::Nothing => Verdict::default(),
        Inference::Malformed(malformed) => {
            let judge = Judge::new(basis, scope, &UNNAMED, now);
            Verdict {
                findings: vec![judge.malformed(malformed)],
                note: None,
                unconfirmed: None,
            }
        }
        Inference::Asked(asked) => {
            let judge = Judge::new(basis, scope, &asked.subject, now);
            let mut verdict = Verdict {
                findings: asked
                    .operations
                    .iter()
                    .map(|operation| judge.operation(operation))
                    .collect(),
                note: asked.note.as_ref(),
                unconfirmed: None,
            };
            verdict.findings.sort_by_key(|finding| finding.outcome);
            verdict
        }
    }
}
