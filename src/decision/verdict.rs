//! A verdict with its whole derivation.

use std::{borrow::Cow, fmt, time::Duration};

use super::{
    outcome::{Effect, Outcome},
    policy::Rule,
    state::{Gap, Sides},
};
use crate::{
    api::Mode,
    kinds::{Malformed, Note, Target},
    lock::Source,
    matrix::{Call, EditionId, Ruling, State},
};

/// What stands where a property does not apply.
const ABSENT: &str = "-";

/// What is answered to one request, and why.
#[derive(Debug, Default)]
pub struct Verdict<'a> {
    /// The worst first, then in the order of the calls. Empty = the request asks nothing of ECS.
    pub findings: Vec<Finding<'a>>,
    /// What the requester should hear although it decides nothing.
    pub note: Option<&'a Note<'a>>,
    /// Why the cloud could not be asked whether the listing still holds, if that was tried in vain.
    pub unconfirmed: Option<&'static str>,
}

/// What is found of one operation.
#[derive(Debug)]
pub struct Finding<'a> {
    /// What was asked.
    pub subject: Subject<'a>,
    /// The account, where it is known.
    pub account: Option<&'a str>,
    /// The region, where it is known.
    pub region: Option<&'a str>,
    /// The state that picks the cell; none = unknown.
    pub state: Option<State>,
    /// What the edition says; none where it says different things of the possible states.
    pub ruling: Option<Ruling>,
    /// The edition.
    pub edition: EditionId,
    /// Where the deciding listing came from.
    pub source: Option<Source>,
    /// How old it is.
    pub age: Option<Duration>,
    /// The policy rule that matched.
    pub rule: Option<&'a Rule>,
    /// How far the rule lets the verdict go.
    pub mode: Mode,
    /// What is said of it.
    pub outcome: Outcome,
    /// What it does to the request.
    pub effect: Effect,
}

/// What a finding is about.
#[derive(Debug)]
pub enum Subject<'a> {
    /// One call on one target.
    Operation {
        /// The call.
        call: &'a Call<'a>,
        /// All of its targets.
        target: &'a Target<'a>,
        /// The target that decides, and what is known of it.
        sides: Sides<'a>,
        /// The field that asks for it.
        field: &'a str,
        /// What keeps the outcome unknown.
        gap: Option<Gap<'a>>,
    },
    /// A field that can't be read.
    Malformed(&'a Malformed<'a>),
}

// === impl Verdict ===

impl<'a> Verdict<'a> {
    /// What is said of the request as a whole.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.findings
            .first()
            .map_or(Outcome::Allow, |finding| finding.outcome)
    }

    /// The finding for which the request is refused, if it is.
    #[must_use]
    pub fn refusal(&self) -> Option<&Finding<'a>> {
        self.with_effect(Effect::Refuse).next()
    }

    /// The findings that do this to the request.
    pub fn with_effect(&self, effect: Effect) -> impl Iterator<Item = &Finding<'a>> {
        self.findings
            .iter()
            .filter(move |finding| finding.effect == effect)
    }
}

// === impl Finding ===

impl<'a> Finding<'a> {
    /// The action in the matrix's own words; empty where no action could be read.
    #[must_use]
    pub fn action(&self) -> &str {
        match &self.subject {
            Subject::Operation { call, .. } => call.name(),
            Subject::Malformed(_) => "",
        }
    }

    /// The action for a label of bounded cardinality.
    #[must_use]
    pub fn action_label(&self) -> &'static str {
        match &self.subject {
            Subject::Operation { call, .. } => call.label(),
            Subject::Malformed(_) => "other",
        }
    }

    /// The field that asks for it, or that can't be read.
    #[must_use]
    pub fn field(&self) -> &str {
        match &self.subject {
            Subject::Operation { field, .. } => field,
            Subject::Malformed(malformed) => &malformed.field,
        }
    }

    /// Its target as one word: `i-abc`, `d-abc`, `i-abc+d-abc`, or the account's name.
    #[must_use]
    pub fn target_name(&self) -> Cow<'_, str> {
        match self.ids() {
            (Some(instance), Some(disk)) => format!("{instance}+{disk}").into(),
            (Some(id), None) | (None, Some(id)) => id.into(),
            (None, None) => match &self.subject {
                Subject::Operation { sides, .. } if !sides.is_about_unnamed() => {
                    self.account.unwrap_or(ABSENT).into()
                }
                Subject::Operation { .. } | Subject::Malformed(_) => "unknown".into(),
            },
        }
    }

    /// `both`, `instance`, `disk`, `neither` or `unknown`.
    #[must_use]
    pub fn state_name(&self) -> &'static str {
        self.state.map_or("unknown", State::name)
    }

    /// The ruling's name, where there is one.
    #[must_use]
    pub fn ruling_name(&self) -> &'static str {
        self.ruling.map_or(ABSENT, Ruling::name)
    }

    /// Where the deciding listing came from.
    #[must_use]
    pub fn source_name(&self) -> &'static str {
        self.source.map_or(ABSENT, Source::as_str)
    }

    /// How old the deciding listing is, in whole seconds: `42s`.
    #[must_use]
    pub fn age_text(&self) -> impl fmt::Display + use<> {
        Age(self.age)
    }

    /// The policy rule that matched.
    #[must_use]
    pub fn rule_name(&self) -> &'a str {
        self.rule.map_or(ABSENT, |rule| &rule.name)
    }

    /// The ids it works on; none where the account is the target, or nothing is known of the target.
    #[must_use]
    pub fn ids(&self) -> (Option<&'a str>, Option<&'a str>) {
        match &self.subject {
            Subject::Operation { sides, .. } => (sides.instance_id, sides.disk_id),
            Subject::Malformed(_) => (None, None),
        }
    }
}

struct Age(Option<Duration>);

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(age) => write!(formatter, "{}s", age.as_secs()),
            None => formatter.write_str(ABSENT),
        }
    }
}
