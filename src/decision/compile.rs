//! From an `OverduePolicy` to its compiled form.

use super::policy::{ActionNames, Globs, Policy, Requirement, Rule, Selector};
use crate::{
    api::{
        EditionName, NamespaceSelector, OverduePolicySpec, PolicyRule, Problem, SelectorOperator,
    },
    lock::Freshness,
    matrix::{self, EditionId},
};

impl Default for Policy {
    fn default() -> Self {
        let (policy, _) = compile(&OverduePolicySpec::default());
        policy
    }
}

impl Policy {
    /// Compiles what an admin has written.
    ///
    /// # Errors
    /// Where a rule names an action that nobody knows.
    pub fn compile(spec: &OverduePolicySpec) -> Result<Self, Vec<Problem>> {
        match compile(spec) {
            (policy, problems) if problems.is_empty() => Ok(policy),
            (_, problems) => Err(problems),
        }
    }
}

fn compile(spec: &OverduePolicySpec) -> (Policy, Vec<Problem>) {
    let mut problems = Vec::new();
    let rules = spec
        .rules
        .iter()
        .enumerate()
        .map(|(index, rule)| compile_rule(rule, &format!("spec.rules[{index}]"), &mut problems))
        .collect();
    let freshness = &spec.freshness;
    let policy = Policy {
        edition: match spec.edition {
            EditionName::June2018 => EditionId::E2018_06,
            EditionName::November2018 => EditionId::E2018_11,
        },
        lock_reasons: spec.lock_reasons.clone(),
        rulings: spec.rulings,
        unknown: spec.unknown,
        freshness: Freshness {
            fresh: freshness.fresh.as_duration(),
            max_stale: freshness.max_stale.as_duration(),
        },
        confirm_before_deny: freshness.confirm_before_deny.as_duration(),
        account_scope: spec.account_scope,
        rules,
    };
    (policy, problems)
}

fn compile_rule(rule: &PolicyRule, path: &str, problems: &mut Vec<Problem>) -> Rule {
    let globs = |globs: &Option<crate::api::Globs>| {
        globs.as_ref().map(|globs| Globs::new(globs.patterns()))
    };
    Rule {
        name: rule.name.to_string(),
        namespaces: globs(&rule.namespaces),
        namespace_selector: rule.namespace_selector.as_ref().map(compile_selector),
        kinds: globs(&rule.kinds),
        actions: rule
            .actions
            .as_ref()
            .map(|actions| compile_actions(actions.patterns(), path, problems)),
        accounts: globs(&rule.accounts),
        mode: rule.mode,
        until: rule.until,
    }
}

fn compile_actions(patterns: &[String], path: &str, problems: &mut Vec<Problem>) -> ActionNames {
    let mut names = Vec::new();
    for (index, pattern) in patterns.iter().enumerate() {
        match ActionNames::matching(pattern) {
            Some(matching) => names.extend(matching),
            None => problems.push(Problem::new(
                format!("{path}.actions[{index}]"),
                match matrix::nearest_action(pattern) {
                    Some(nearest) => format!("unknown action `{pattern}`; is `{nearest}` meant?"),
                    None => format!("`{pattern}` matches no known ECS action"),
                },
            )),
        }
    }
    ActionNames::new(names)
}

fn compile_selector(selector: &NamespaceSelector) -> Selector {
    let labels = selector
        .match_labels
        .iter()
        .map(|(key, value)| Requirement::In(key.clone(), vec![value.clone()]));
    let expressions = selector.match_expressions.iter().map(|requirement| {
        let (key, values) = (requirement.key.clone(), requirement.values.clone());
        match requirement.operator {
            SelectorOperator::In => Requirement::In(key, values),
            SelectorOperator::NotIn => Requirement::NotIn(key, values),
            SelectorOperator::Exists => Requirement::Exists(key),
            SelectorOperator::DoesNotExist => Requirement::DoesNotExist(key),
        }
    });
    Selector::new(labels.chain(expressions).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compile_json(spec: serde_json::Value) -> Result<Policy, Vec<String>> {
        let spec: OverduePolicySpec = serde_json::from_value(spec).unwrap();
        Policy::compile(&spec).map_err(|problems| problems.iter().map(Problem::to_string).collect())
    }

    #[test]
    fn no_policy_is_the_documented_defaults() {
        let policy = Policy::default();
        assert_eq!(policy.edition, EditionId::E2018_06);
        assert_eq!(policy.lock_reasons, ["financial"]);
        assert_eq!(policy.freshness, Freshness::default());
        assert_eq!(policy.confirm_before_deny.as_secs(), 10);
    }

    #[test]
    fn an_action_pattern_stands_for_canonical_names() {
        let policy = compile_json(serde_json::json!({"rules": [
            {"name": "a", "mode": "Off", "actions": ["RunInstances", "Resize*"]}
        ]}))
        .unwrap();
        let actions = policy.rules[0].actions.as_ref().unwrap();
        for name in ["CreateInstance", "StartInstance", "ResizeDisk"] {
            assert!(actions.contain(name), "{name}");
        }
        assert!(!actions.contain("RunInstances") && !actions.contain("StopInstance"));
    }

    #[test]
    fn an_unknown_action_is_an_error_with_a_place_and_a_hint() {
        let problems = compile_json(serde_json::json!({"rules": [
            {"name": "a", "mode": "Off", "actions": ["StartInstance", "StartInstanse"]},
            {"name": "b", "mode": "Off", "actions": ["Fly*"]}
        ]}))
        .unwrap_err();
        assert_eq!(
            problems,
            [
                "spec.rules[0].actions[1]: unknown action `StartInstanse`; is `StartInstance` meant?",
                "spec.rules[1].actions[0]: `Fly*` matches no known ECS action",
            ]
        );
    }
}
