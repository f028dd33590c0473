//! The policy in its compiled form: which rule a finding falls under, and what settings make of a ruling.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use wildmatch::WildMatch;

use crate::{
    api::{AccountScope, Mode, Response, Rulings},
    lock::Freshness,
    matrix::{self, Call, EditionId, Ruling},
};

/// What an `OverduePolicy` asks for.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The edition of the matrix that rules.
    pub edition: EditionId,
    /// The lock reasons that count as overdue payment, compared ignoring case.
    pub lock_reasons: Vec<String>,
    /// What doubtful rulings become.
    pub rulings: Rulings,
    /// What missing facts become.
    pub unknown: Response,
    /// How old a fact may be.
    pub freshness: Freshness,
    /// How old a deciding fact may be before the cloud is asked again.
    pub confirm_before_deny: Duration,
    /// Whose locks count when an operation names no target.
    pub account_scope: AccountScope,
    /// Top down, the first that matches rules.
    pub rules: Vec<Rule>,
}

/// One rule. A criterion that is absent matches everything.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: String,
    /// Namespaces.
    pub namespaces: Option<Globs>,
    /// Labels of the namespace.
    pub namespace_selector: Option<Selector>,
    /// `Kind.group`.
    pub kinds: Option<Globs>,
    /// The actions, by canonical name.
    pub actions: Option<ActionNames>,
    /// Accounts.
    pub accounts: Option<Globs>,
    /// How far the verdict may go.
    pub mode: Mode,
    /// The rule does not match from then on.
    pub until: Option<Timestamp>,
}

/// Patterns with `*` and `?`, any of which may match.
#[derive(Clone, Debug)]
pub struct Globs(Vec<WildMatch>);

/// The names that patterns of actions stand for.
#[derive(Clone, Debug)]
pub struct ActionNames(Vec<&'static str>);

/// Requirements on labels, all of which must hold.
#[derive(Clone, Debug, Default)]
pub struct Selector(Vec<Requirement>);

/// One requirement on a label.
#[derive(Clone, Debug)]
pub enum Requirement {
    /// The label has one of these values.
    In(String, Vec<String>),
    /// The label has none of these values, or is absent.
    NotIn(String, Vec<String>),
    /// The label is there.
    Exists(String),
    /// The label is absent.
    DoesNotExist(String),
}

/// What rules can be about, besides the action.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The object's kind and group, `Instance.ecs.alibabacloud.crossplane.io`.
    pub kind: &'a str,
    /// Its namespace, where it has one, with the labels known of it.
    pub namespace: Option<(&'a str, Option<&'a Labels>)>,
}

/// The labels of a namespace.
pub type Labels = BTreeMap<String, String>;

// === impl Policy ===

impl Policy {
    /// The rules about an object, top down; of those that cover an action, the first rules.
    pub fn rules_about(
        &self,
        scope: Scope<'_>,
        account: Option<&str>,
        now: Timestamp,
    ) -> impl Iterator<Item = &Rule> {
        self.rules
            .iter()
            .filter(move |rule| rule.is_about(scope, account, now))
    }

    /// What a ruling becomes before any rule has its say.
    ///
    /// Reads, clean-up and cures are never denied by a setting, only by a documented error.
    #[must_use]
    pub fn response(&self, call: &Call<'_>, ruling: Ruling) -> Response {
        let doubtful = |response: Response| {
            if call.is_protected() {
                response.min(Response::Warn)
            } else {
                response
            }
        };
        match ruling {
            Ruling::Forbidden => Response::Deny,
            Ruling::Contradicted => self.rulings.contradicted,
            Ruling::Undocumented => doubtful(self.rulings.undocumented),
            Ruling::Unlisted => doubtful(self.rulings.unlisted),
            Ruling::Irrelevant | Ruling::Permitted => Response::Allow,
        }
    }
}

// === impl Rule ===

impl Rule {
    /// Whether a finding on this action falls under it.
    #[must_use]
    pub fn covers(&self, action: &str) -> bool {
        self.actions
            .as_ref()
            .is_none_or(|names| names.contain(action))
    }

    fn is_about(&self, scope: Scope<'_>, account: Option<&str>, now: Timestamp) -> bool {
        self.until.is_none_or(|until| now < until)
            && self
                .kinds
                .as_ref()
                .is_none_or(|globs| globs.matches(scope.kind))
            && self
                .accounts
                .as_ref()
                .is_none_or(|globs| account.is_some_and(|account| globs.matches(account)))
            && self.namespaces.as_ref().is_none_or(|globs| {
                scope
                    .namespace
                    .is_some_and(|(namespace, _)| globs.matches(namespace))
            })
            && self.namespace_selector.as_ref().is_none_or(|selector| {
                scope.namespace.is_some_and(|(_, labels)| {
                    labels.is_some_and(|labels| selector.matches(labels))
                })
            })
    }
}

// === impl Globs ===

impl Globs {
    /// Compiles patterns.
    pub fn new(patterns: impl IntoIterator<Item = impl AsRef<str>>) -> Self {
        Self(
            patterns
                .into_iter()
                .map(|pattern| WildMatch::new(pattern.as_ref()))
                .collect(),
        )
    }

    /// Whether any of them matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        self.0.iter().any(|pattern| pattern.matches(text))
    }
}

// === impl ActionNames ===

impl ActionNames {
    /// The canonical names of every known action that a pattern matches by its own name or by an alias; none if it
    /// matches no known action.
    #[must_use]
    pub fn matching(pattern: &str) -> Option<Vec<&'static str>> {
        let pattern = WildMatch::new(pattern);
        let names: Vec<_> = matrix::known_actions()
            .filter(|name| pattern.matches(name))
            .flat_map(matrix::canonical_names)
            .collect();
        (!names.is_empty()).then_some(names)
    }

    /// These canonical names.
    #[must_use]
    pub fn new(mut names: Vec<&'static str>) -> Self {
        names.sort_unstable();
        names.dedup();
        Self(names)
    }

    /// Whether an action is among them.
    #[must_use]
    pub fn contain(&self, action: &str) -> bool {
        self.0.binary_search(&action).is_ok()
    }
}

// === impl Selector ===

impl Selector {
    /// All of these must hold.
    #[must_use]
    pub fn new(requirements: Vec<Requirement>) -> Self {
        Self(requirements)
    }

    /// Whether these labels meet every requirement.
    #[must_use]
    pub fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| requirement.holds(labels))
    }
}

impl Requirement {
    fn holds(&self, labels: &Labels) -> bool {
        match self {
            Self::In(key, values) => labels.get(key).is_some_and(|value| values.contains(value)),
            Self::NotIn(key, values) => {
                !labels.get(key).is_some_and(|value| values.contains(value))
            }
            Self::Exists(key) => labels.contains_key(key),
            Self::DoesNotExist(key) => !labels.contains_key(key),
        }
    }
}
