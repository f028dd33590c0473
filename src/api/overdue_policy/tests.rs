//! The policy as users write it: the contract's example, the defaults, and what is refused.

use super::*;

const CONTRACT: &str = r#"
apiVersion: arrears.dev/v1alpha1
kind: OverduePolicy
metadata: {name: default}
spec:
  edition: "2018-06"
  lockReasons: [financial]
  rulings: {contradicted: Deny, undocumented: Warn, unlisted: Allow}
  unknown: Warn
  freshness: {fresh: 2m, maxStale: 1h, confirmBeforeDeny: 10s}
  accountScope: Account
  rules:
  - name: batch-may-try
    namespaces: ["batch-*"]
    namespaceSelector: {matchLabels: {billing: relaxed}}
    kinds: ["Instance.ecs.alibabacloud.m.crossplane.io"]
    actions: [StartInstance]
    accounts: [prod]
    mode: Warn
    until: "2026-12-31T00:00:00Z"
    reason: "settled by finance, ticket 4711"
"#;

fn read(yaml: &str) -> Result<OverduePolicy, String> {
    serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
}

fn policy(spec: &str) -> Result<OverduePolicy, String> {
    read(&format!("metadata: {{name: default}}\nspec: {{{spec}}}\n"))
}

fn problems(spec: &str) -> Vec<String> {
    policy(spec)
        .unwrap()
        .check()
        .iter()
        .map(ToString::to_string)
        .collect()
}

#[test]
fn the_document_of_the_contract_is_read_and_written_without_loss() {
    let policy = read(CONTRACT).unwrap();
    assert_eq!(policy.check(), []);
    let written: serde_json::Value = serde_json::to_value(&policy).unwrap();
    let expected: serde_json::Value = serde_saphyr::from_str(CONTRACT).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn an_empty_policy_is_the_default_one_and_that_is_the_one_of_the_contract() {
    let empty = policy("").unwrap();
    assert_eq!(empty.spec, OverduePolicySpec::default());
    let mut contract = read(CONTRACT).unwrap();
    contract.spec.rules.clear();
    assert_eq!(empty.spec, contract.spec);
    let partly = policy("rulings: {unlisted: Deny}, freshness: {fresh: 5s}")
        .unwrap()
        .spec;
    assert_eq!(
        partly.rulings,
        Rulings {
            unlisted: Response::Deny,
            ..Rulings::default()
        }
    );
    assert_eq!(
        partly.freshness,
        Freshness {
            fresh: GoDuration::from_secs(5),
            ..Freshness::default()
        }
    );
}

#[test]
fn impossible_values_are_refused_where_they_are_read() {
    for (wrong, says) in [
        ("edition: 2019-01", "unknown variant"),
        ("unknown: deny", "unknown variant"),
        ("lockReason: [financial]", "unknown field"),
        ("freshness: {fresh: 120}", "a unit is missing"),
        ("freshness: {stale: 2m}", "unknown field"),
        ("rules: [{name: A_b, mode: Off}]", "rule name"),
        ("rules: [{name: a}]", "missing field"),
        ("rules: [{name: a, mode: Off, kinds: []}]", "leave it out"),
        (
            "rules: [{name: a, mode: Off, namespaceSelector: {matchLabel: {a: b}}}]",
            "unknown field",
        ),
        (
            "rules: [{name: a, mode: Off, until: 2026-12-31}]",
            "2026-12-31",
        ),
    ] {
        let error = policy(wrong).unwrap_err();
        assert!(error.contains(says), "{wrong}: {error}");
    }
}

#[test]
fn what_one_field_can_not_show_is_a_problem_with_its_place() {
    assert_eq!(
        problems("lockReasons: []"),
        ["spec.lockReasons: at least one reason is needed"]
    );
    assert_eq!(
        problems("lockReasons: [a, '']"),
        ["spec.lockReasons[1]: a reason must not be empty"]
    );
    assert_eq!(
        problems("freshness: {fresh: 2h}"),
        ["spec.freshness.fresh: 2h must not be longer than maxStale 1h"]
    );
    assert_eq!(
        problems("rules: [{name: a, mode: Off}, {name: b, mode: Off}, {name: a, mode: Warn}]"),
        ["spec.rules[2].name: `a` is given twice"]
    );
    assert_eq!(
        problems("rules: [{name: a, mode: Off, kinds: ['*', Instance]}]"),
        [
            "spec.rules[0].kinds[1]: `Instance` matches nothing: a kind is written Kind.group, \
          such as Instance.ecs.alibabacloud.m.crossplane.io"
        ]
    );
    assert_eq!(
        problems(
            "rules: [{name: a, mode: Off, namespaceSelector: {matchExpressions: [{key: a, operator: In}, {key: a, operator: Exists, values: [b]}]}}]"
        ),
        [
            "spec.rules[0].namespaceSelector.matchExpressions[0].values: operators In and NotIn need values",
            "spec.rules[0].namespaceSelector.matchExpressions[1].values: operators Exists and DoesNotExist take no values",
        ]
    );
}
