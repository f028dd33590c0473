//! What a start refuses, and what it only remarks.

use super::fixture::{Files, account, policy};

#[test]
fn wrong_objects_are_told_with_their_place_and_remedy() {
    let object = |kind: &str, rest: &str| {
        format!(
            "apiVersion: arrears.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: default}}\n{rest}"
        )
    };
    let cases: [(String, &str); 16] = [
        (
            object("OverduePolicy", "spec: {unknown: Deyn}\n"),
            "a.yaml:4:17: spec.unknown: unknown value `Deyn`, did you mean `Deny`?",
        ),
        (
            object("OverduePolicy", "spec:\n  unknown: Deny\n  unknown: Warn\n"),
            "a.yaml:6:3: duplicate key `unknown`, first on line 5",
        ),
        (
            object("OverduePolicy", "spec: {freshness: {fresh: 2 minutes}}\n"),
            "a.yaml:4:27: spec.freshness.fresh: `2 minutes` is not a duration: the unit is unknown; expected numbers with units ns, us, ms, s, m or h, such as 30s, 1.5s or 1h30m",
        ),
        (
            object(
                "OverduePolicy",
                "spec: {rules: [{name: a, mode: Off, actions: [StartInstanse]}]}\n",
            ),
            "a.yaml:4:47: spec.rules[0].actions[0]: unknown action `StartInstanse`; is `StartInstance` meant?",
        ),
        (
            object("OverduePolicy", "").replace("metadata: {name: default}", "spec: {}"),
            "a.yaml:1:1: missing field `metadata`",
        ),
        (
            object("OverduePolicy", "spec: {}\n").replace("{name: default}", "{}"),
            "a.yaml:3:1: an OverduePolicy needs a name; the one named `default` rules",
        ),
        (
            object("OverduPolicy", "spec: {}\n"),
            "a.yaml:2:1: unknown kind `OverduPolicy`; is `OverduePolicy` meant?",
        ),
        (
            object("Policy", "spec: {}\n"),
            "a.yaml:2:1: `Policy` is no kind of configuration; there are EcsAccount, OverduePolicy, LockSnapshot, OperationBinding",
        ),
        (
            policy("Deny").replace("v1alpha1", "v1"),
            "a.yaml:1:1: there is no OverduePolicy in `arrears.dev/v1`; write `arrears.dev/v1alpha1`",
        ),
        (
            policy("Deny").replace("arrears.dev", "arrear.dev"),
            "a.yaml:1:1: there is no OverduePolicy in `arrear.dev/v1alpha1`; write `arrears.dev/v1alpha1`",
        ),
        (
            account("prod", "").replace("arrears.dev/v1alpha1", "v1"),
            "a.yaml:1:1: there is no EcsAccount in `v1`; write `arrears.dev/v1alpha1`",
        ),
        (
            account("Prod", ""),
            "a.yaml:3:12: metadata.name: an account needs a name of lower-case letters, digits, `-` and `.`, at most 180 characters",
        ),
        (
            account("prod", "regions: [Hangzhou]"),
            "a.yaml:4:18: spec.regions[0]: `Hangzhou` is not a region id: expected lower-case letters, digits and single hyphens, beginning with a letter, such as `cn-hangzhou`",
        ),
        ("a: [".to_owned(), "a.yaml:1:4: unclosed bracket '['"),
        (
            object(
                "LockSnapshot",
                "spec: {account: prod, region: cn-hangzhou}\n",
            ),
            "a.yaml:3:18: metadata.name: `default` is not `prod.cn-hangzhou`",
        ),
        (
            "hello\n".to_owned(),
            "a.yaml:1:1: not a Kubernetes object but a string",
        ),
    ];
    for (text, expected) in cases {
        let errors = Files::new(&[("a.yaml", &text)]).errors();
        assert_eq!(errors, [expected], "{text}");
    }
}

#[test]
fn every_problem_of_every_file_is_told_at_once() {
    let files = Files::new(&[
        ("a.yaml", "kind: x\n"),
        ("b.json", "{"),
        ("c.yaml", &policy("Deny")),
        ("d.yaml", &policy("Yes")),
    ]);
    let errors = files.errors();
    let places: Vec<_> = errors.iter().map(|error| error.get(..6).unwrap()).collect();
    assert_eq!(places, ["a.yaml", "b.json", "d.yaml"], "{errors:?}");
}

#[test]
fn nothing_known_of_any_account_is_remarked() {
    let watched = Files::new(&[]).open();
    assert_eq!(
        watched.remarks(),
        [
            "accounts: there is no EcsAccount and no LockSnapshot, so nothing is known of any account: every operation gets the policy's `unknown` outcome"
        ]
    );
    let mut watched = Files::new(&[("policy.yaml", &policy("Deny"))]).open();
    assert_eq!(watched.remarks().len(), 1);
    watched.files.write("account.yaml", &account("prod", ""));
    assert!(watched.look());
    assert_eq!(
        watched.remarks(),
        [
            "EcsAccount prod: it names no region, so nobody is asked and nothing is known of it; add `regions`"
        ]
    );
    let with_region = account("prod", "defaultRegion: cn-hangzhou");
    watched.files.write("account.yaml", &with_region);
    assert!(watched.look());
    assert_eq!(watched.remarks(), [""; 0]);
}

#[test]
fn a_selector_that_has_no_labels_to_match_is_remarked() {
    let text = "apiVersion: arrears.dev/v1alpha1\nkind: OverduePolicy\nmetadata: {name: default}\nspec:\n  rules:\n  - {name: a, mode: Off, namespaceSelector: {matchLabels: {billing: relaxed}}}\n";
    let mut watched = Files::new(&[
        ("account.yaml", &account("prod", "regions: [cn-hangzhou]")),
        ("policy.yaml", text),
    ])
    .open();
    assert_eq!(watched.remarks().len(), 1);
    watched.files.write("namespaces.yaml", "apiVersion: v1\nkind: NamespaceList\nitems:\n- metadata: {name: shop, labels: {billing: relaxed}}\n- metadata: {name: bare, labels: null}\n");
    assert!(watched.look());
    assert_eq!(watched.remarks(), [""; 0]);
    assert_eq!(watched.basis.namespaces["shop"]["billing"], "relaxed");
    assert!(watched.basis.namespaces["bare"].is_empty());
}

#[test]
fn what_is_not_ours_is_passed_over() {
    let files = Files::new(&[(
        "a.yaml",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n---\napiVersion: arrears.dev/v1alpha1\nkind: EcsOperation\nmetadata: {name: x, namespace: y}\nspec: {action: StartInstance}\n---\n",
    )]);
    assert!(files.open().basis.accounts.iter().next().is_none());
}
