//! `OverduePolicy`: how strictly the matrix is applied, and the exceptions from it.

#![expect(
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "kube's derive copies structs, `pub` included, into functions, and takes repeated columns"
)]

use super::problem::{repeated, too_long};
use super::{Globs, GoDuration, NamespaceSelector, Problem, RuleName, schema};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The most rules a policy may have; bounds what the API server pays for the rule on names.
const MOST_RULES: usize = 256;

/// How strictly the matrix is applied.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "arrears.dev",
    version = "v1alpha1",
    kind = "OverduePolicy",
    plural = "overduepolicies",
    shortname = "overdue",
    category = "arrears",
    derive = "PartialEq",
    doc = "How strictly the overdue matrix is applied; only the policy named default is in force.",
    printcolumn(name = "Edition", type_ = "string", json_path = ".spec.edition"),
    printcolumn(name = "Unknown", type_ = "string", json_path = ".spec.unknown"),
    printcolumn(name = "Scope", type_ = "string", json_path = ".spec.accountScope"),
    printcolumn(
        name = "Fresh",
        type_ = "string",
        json_path = ".spec.freshness.fresh",
        priority = 1
    ),
    printcolumn(
        name = "Max-Stale",
        type_ = "string",
        json_path = ".spec.freshness.maxStale",
        priority = 1
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OverduePolicySpec {
    /// The dated version of the vendor's table that rules.
    #[serde(default)]
    pub edition: EditionName,
    /// The lock reasons that mean arrears, compared ignoring case.
    #[serde(default = "financial")]
    #[schemars(schema_with = "schema::lock_reasons", length(min = 1))]
    pub lock_reasons: Vec<String>,
    /// What happens where the table gives no plain answer.
    #[serde(default)]
    pub rulings: Rulings,
    /// What happens when there are no usable facts; Deny answers code 503.
    #[serde(default = "warn")]
    pub unknown: Response,
    /// How old facts may be.
    #[serde(default)]
    pub freshness: Freshness,
    /// Whose locks count when an operation names no target.
    #[serde(default)]
    pub account_scope: AccountScope,
    /// Exceptions, read top down: the first that matches a finding rules; where none matches, the mode is Deny.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_RULES))]
    #[x_kube(validation = Rule::new("self.all(rule, self.exists_one(other, other.name == rule.name))")
        .message("rule names must be unique"))]
    pub rules: Vec<PolicyRule>,
}

/// A dated version of the vendor's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum EditionName {
    /// Two tables, for overdue instances and for overdue disks.
    #[default]
    #[serde(rename = "2018-06")]
    June2018,
    /// The later edition with one column.
    #[serde(rename = "2018-11")]
    November2018,
}

/// What happens to a request.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Response {
    /// It is let through.
    Allow,
    /// It is let through with a warning.
    Warn,
    /// It is refused.
    Deny,
}

/// What happens where the table gives no plain answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rulings {
    /// The documented cells of the state disagree.
    #[serde(default = "deny")]
    pub contradicted: Response,
    /// The action is listed, but not for this state.
    #[serde(default = "warn")]
    pub undocumented: Response,
    /// The action is in no table.
    #[serde(default = "allow")]
    pub unlisted: Response,
}

/// How old facts may be.
#[derive(KubeSchema, Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("duration(self.fresh) <= duration(self.maxStale)")
    .message("fresh must not be longer than maxStale"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Freshness {
    /// Facts up to this age are used as they are.
    #[serde(default = "two_minutes")]
    pub fresh: GoDuration,
    /// Facts up to this age are still used, and the poller is woken; older ones are as good as none.
    #[serde(default = "one_hour")]
    pub max_stale: GoDuration,
    /// A denial that rests on an older fact asks ECS again first.
    #[serde(default = "ten_seconds")]
    pub confirm_before_deny: GoDuration,
}

/// Whose locks count when an operation names no target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum AccountScope {
    /// Those of the whole account.
    #[default]
    Account,
    /// Those of the account in the operation's region.
    Region,
}

/// An exception: the findings it matches are judged by its mode.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PolicyRule {
    /// The rule's name, unique in the policy: a DNS label.
    pub name: RuleName,
    /// Namespaces, globs; never matches cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Globs")]
    pub namespaces: Option<Globs>,
    /// Labels of the namespace; never matches cluster-scoped objects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "NamespaceSelector")]
    pub namespace_selector: Option<NamespaceSelector>,
    /// Kinds as `Kind.group`, globs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Globs")]
    #[x_kube(validation = Rule::new("self.all(kind, kind.contains('.') || kind.contains('*'))")
        .message("a kind is written Kind.group, such as Instance.ecs.alibabacloud.m.crossplane.io"))]
    pub kinds: Option<Globs>,
    /// ECS actions by the matrix's names or their aliases, globs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Globs")]
    pub actions: Option<Globs>,
    /// Account names, globs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Globs")]
    pub accounts: Option<Globs>,
    /// The strictest verdict that a matching finding may have.
    pub mode: Mode,
    /// From this time on the rule does not match, RFC 3339.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date_time")]
    pub until: Option<Timestamp>,
    /// Why the rule is there, for those who read the policy later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(max = 1024))]
    pub reason: Option<String>,
}

/// The strictest verdict that a finding may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Mode {
    /// Verdicts stay as they are.
    #[default]
    Deny,
    /// A denial becomes a warning.
    Warn,
    /// Denials and warnings become an audit annotation and a metric only.
    Audit,
    /// Nothing is judged.
    Off,
}

// === impl Default: no policy at all means these ===

impl Default for OverduePolicySpec {
    fn default() -> Self {
        Self {
            edition: EditionName::default(),
            lock_reasons: financial(),
            rulings: Rulings::default(),
            unknown: warn(),
            freshness: Freshness::default(),
            account_scope: AccountScope::default(),
            rules: Vec::new(),
        }
    }
}

impl Default for Rulings {
    fn default() -> Self {
        Self {
            contradicted: deny(),
            undocumented: warn(),
            unlisted: allow(),
        }
    }
}

impl Default for Freshness {
    fn default() -> Self {
        Self {
            fresh: two_minutes(),
            max_stale: one_hour(),
            confirm_before_deny: ten_seconds(),
        }
    }
}

fn financial() -> Vec<String> {
    vec!["financial".to_owned()]
}

const fn allow() -> Response {
    Response::Allow
}

const fn warn() -> Response {
    Response::Warn
}

const fn deny() -> Response {
    Response::Deny
}

const fn two_minutes() -> GoDuration {
    GoDuration::from_secs(120)
}

const fn one_hour() -> GoDuration {
    GoDuration::from_secs(3_600)
}

const fn ten_seconds() -> GoDuration {
    GoDuration::from_secs(10)
}

// === impl OverduePolicy ===

impl OverduePolicy {
    /// The name of the policy that rules.
    pub const IN_FORCE: &'static str = "default";

    /// What is wrong with the policy beyond the shape of its fields; action names are checked where actions are known.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let spec = &self.spec;
        let mut problems = Vec::new();
        if spec.lock_reasons.is_empty() {
            problems.push(Problem::new(
                "spec.lockReasons",
                "at least one reason is needed",
            ));
        }
        if let Some(index) = spec.lock_reasons.iter().position(String::is_empty) {
            problems.push(Problem::new(
                format!("spec.lockReasons[{index}]"),
                "a reason must not be empty",
            ));
        }
        if spec.freshness.max_stale < spec.freshness.fresh {
            problems.push(Problem::new(
                "spec.freshness.fresh",
                format!(
                    "{} must not be longer than maxStale {}",
                    spec.freshness.fresh, spec.freshness.max_stale
                ),
            ));
        }
        problems.extend(too_long("spec.rules", spec.rules.len(), MOST_RULES));
        problems.extend(
            repeated("spec.rules", spec.rules.iter().map(|rule| &rule.name))
                .into_iter()
                .map(|problem| Problem {
                    path: format!("{}.name", problem.path),
                    ..problem
                }),
        );
        for (index, rule) in spec.rules.iter().enumerate() {
            problems.extend(rule.check(&format!("spec.rules[{index}]")));
        }
        problems
    }
}

impl PolicyRule {
    fn check(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if let Some(selector) = &self.namespace_selector {
            problems.extend(selector.check(&format!("{path}.namespaceSelector")));
        }
        for (index, kind) in self.kinds.iter().flat_map(Globs::patterns).enumerate() {
            if !kind.contains(['.', '*']) {
                problems.push(Problem::new(
                    format!("{path}.kinds[{index}]"),
                    format!("`{kind}` matches nothing: a kind is written Kind.group, such as Instance.ecs.alibabacloud.m.crossplane.io"),
                ));
            }
        }
        problems
    }
}

#[cfg(test)]
mod tests;
