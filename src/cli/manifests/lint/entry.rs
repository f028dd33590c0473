//! What is wrong with one entry as a whole.

use k8s_openapi::{
    api::admissionregistration::v1::{MatchCondition, ValidatingWebhook},
    apimachinery::pkg::apis::meta::v1::LabelSelector,
};

use super::rules;
use crate::{
    api::{CROSSPLANE, ECS_OPERATION, GROUP},
    cluster::{NAMESPACE_LABEL, is_probe_condition},
    kinds::registration::{Condition, built_in, condition_for_updates},
};

/// The longest wait for an answer that is taken, and the longest that is advised.
const LONGEST_TIMEOUT: i32 = 10;
const ADVISED_TIMEOUT: i32 = 3;

/// What the API server takes for a timeout that is not set.
const DEFAULT_TIMEOUT: i32 = 10;

/// One thing that is wrong.
pub(super) struct Problem {
    pub(super) text: String,
    pub(super) remedy: &'static str,
    pub(super) is_advice: bool,
}

/// All that is wrong with an entry.
pub(super) fn problems(entry: &ValidatingWebhook) -> Vec<Problem> {
    let rules = entry.rules.as_deref().unwrap_or_default();
    let mut problems: Vec<Problem> = rules.iter().flat_map(rules::problems).collect();
    problems.extend(namespace(entry));
    problems.extend(settings(entry));
    problems.extend(conditions(entry));
    problems
}

/// Whether the entry can match objects of the namespace that the webhook runs in.
fn namespace(entry: &ValidatingWebhook) -> Option<Problem> {
    let namespace = &entry.client_config.service.as_ref()?.namespace;
    let rules = entry.rules.as_deref().unwrap_or_default();
    let is_in_namespaces = rules
        .iter()
        .any(|rule| rule.scope.as_deref() != Some("Cluster"));
    let is_left_out = entry
        .namespace_selector
        .as_ref()
        .is_some_and(|selector| leaves_out(selector, namespace));
    if !is_in_namespaces || is_left_out || is_for_the_probe(entry) {
        return None;
    }
    Some(Problem::new(
        format!("can match objects in the webhook's own namespace, {namespace}"),
        "leave it out by its kubernetes.io/metadata.name in namespaceSelector: what brings the webhook back must not wait for it",
    ))
}

/// Whether a selector can't select the namespace of this name.
fn leaves_out(selector: &LabelSelector, namespace: &str) -> bool {
    let other_label = selector
        .match_labels
        .iter()
        .flatten()
        .any(|(key, value)| key == NAMESPACE_LABEL && value != namespace);
    let other_expression = selector
        .match_expressions
        .iter()
        .flatten()
        .any(|expression| {
            let values = expression.values.as_deref().unwrap_or_default();
            let is_named = values.iter().any(|value| value == namespace);
            expression.key == NAMESPACE_LABEL
                && match expression.operator.as_str() {
                    "NotIn" => is_named,
                    "In" => !is_named,
                    // Every namespace has the label.
                    "DoesNotExist" => true,
                    _ => false,
                }
        });
    other_label || other_expression
}

/// Whether the entry can match nothing but the probe: a dry run of one object of ours that is never made.
fn is_for_the_probe(entry: &ValidatingWebhook) -> bool {
    let is_ours = |groups: &[String], resources: &[String]| {
        let named = |resource: &String| {
            ECS_OPERATION
                .kinds
                .iter()
                .any(|kind| kind.resource == *resource)
        };
        groups.iter().all(|group| group == GROUP) && resources.iter().all(named)
    };
    let rules = entry.rules.as_deref().unwrap_or_default();
    let is_narrow = rules.iter().all(|rule| {
        is_ours(
            rule.api_groups.as_deref().unwrap_or_default(),
            rule.resources.as_deref().unwrap_or_default(),
        ) && rule
            .operations
            .iter()
            .flatten()
            .all(|name| name == "CREATE")
    });
    let conditions = entry.match_conditions.as_deref().unwrap_or_default();
    is_narrow && conditions.iter().any(is_probe_condition)
}

fn settings(entry: &ValidatingWebhook) -> Vec<Problem> {
    let mut problems = Vec::new();
    if entry.side_effects != "None" {
        problems.push(Problem::new(
            format!("sideEffects is {}", entry.side_effects),
            "set it to None: dry runs, such as those of GitOps tools, must be judged like the real thing",
        ));
    }
    match entry.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT) {
        seconds if LONGEST_TIMEOUT < seconds => problems.push(Problem::new(
            format!("timeoutSeconds is {seconds}"),
            "set it to 3, to 10 at most: it is taken from the time of the user's own request",
        )),
        seconds if ADVISED_TIMEOUT < seconds => problems.push(Problem {
            is_advice: true,
            ..Problem::new(format!("timeoutSeconds is {seconds}"), "3 is enough")
        }),
        _ => {}
    }
    if entry
        .match_policy
        .as_deref()
        .is_some_and(|policy| policy != "Equivalent")
    {
        problems.push(Problem::new(
            "matchPolicy is not Equivalent".to_owned(),
            "set it to Equivalent: a request by another version of the API would go unreviewed",
        ));
    }
    if entry
        .failure_policy
        .as_deref()
        .is_some_and(|policy| !["Fail", "Ignore"].contains(&policy))
    {
        problems.push(Problem::new(
            "failurePolicy is neither Fail nor Ignore".to_owned(),
            "set it to one of them",
        ));
    }
    if !entry
        .admission_review_versions
        .iter()
        .any(|version| version == "v1")
    {
        problems.push(Problem::new(
            "admissionReviewVersions lacks v1".to_owned(),
            "add v1, the only one that arrears answers",
        ));
    }
    problems
}

/// What must be there so that an outage can't hold back deletions and bookkeeping.
fn conditions(entry: &ValidatingWebhook) -> Option<Problem> {
    let rules = entry.rules.as_deref().unwrap_or_default();
    let updates = rules.iter().filter(|rule| {
        let mut operations = rule.operations.iter().flatten();
        operations.any(|operation| operation == "UPDATE" || operation == "*")
    });
    let mut needed: Vec<Condition> = Vec::new();
    for rule in updates {
        needed.push(condition_for_updates());
        let is_crossplane =
            |group: &String| CROSSPLANE.groups.contains(&group.as_str()) || group == "*";
        if rule.api_groups.iter().flatten().any(is_crossplane) {
            needed.extend(crossplane());
        }
    }
    let given = entry.match_conditions.as_deref().unwrap_or_default();
    let mut missing: Vec<&str> = Vec::new();
    for condition in &needed {
        if !given.iter().any(|given| is_same(given, condition))
            && !missing.contains(&condition.name)
        {
            missing.push(condition.name);
        }
    }
    (!missing.is_empty()).then(|| {
        Problem::new(
            format!(
                "can match updates that only record results or let go of an object: no matchCondition {}",
                missing.join(", ")
            ),
            "take the matchConditions that `arrears manifests webhook` writes",
        )
    })
}

fn crossplane() -> Vec<Condition> {
    let of_crossplane = |group: &String| CROSSPLANE.groups.contains(&group.as_str());
    built_in()
        .into_iter()
        .filter(|registration| registration.groups.iter().any(of_crossplane))
        .flat_map(|registration| registration.conditions)
        .collect()
}

/// Whether they ask for the same, whatever they are called.
fn is_same(given: &MatchCondition, needed: &Condition) -> bool {
    let words = |text: &str| {
        text.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    words(&given.expression) == words(needed.expression)
}

// === impl Problem ===

impl Problem {
    pub(super) fn new(text: String, remedy: &'static str) -> Self {
        Self {
            text,
            remedy,
            is_advice: false,
        }
    }
}
