//! The stages, judged by the program itself: what is denied where, under the OverduePolicy that the chart renders.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};

use crate::chart::{object, render};

/// A start of an instance that is locked, by an object in each of these namespaces and by one that has none.
const MANIFESTS: &str = "
{apiVersion: arrears.dev/v1alpha1, kind: EcsOperation, metadata: {name: a, namespace: shop}, spec: {action: StartInstance, instanceIds: [i-bp1web]}}
---
{apiVersion: arrears.dev/v1alpha1, kind: EcsOperation, metadata: {name: b, namespace: other}, spec: {action: StartInstance, instanceIds: [i-bp1web]}}
---
{apiVersion: ecs.alibabacloud.crossplane.io/v1alpha1, kind: Instance, metadata: {name: c}, spec: {forProvider: {instanceType: ecs.g7.large, region: cn-hangzhou}}}
";

const FACTS: &str = "
{apiVersion: arrears.dev/v1alpha1, kind: EcsAccount, metadata: {name: prod}, spec: {default: true, regions: [cn-hangzhou]}}
---
{apiVersion: arrears.dev/v1alpha1, kind: LockSnapshot, metadata: {name: prod.cn-hangzhou}, spec: {account: prod, region: cn-hangzhou, source: File, instances: {i-bp1web: {reasons: [financial]}}, disks: {}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {kubernetes.io/metadata.name: shop}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: other, labels: {kubernetes.io/metadata.name: other}}}
";

/// (verdict, the rule that it is from) in `shop`, in `other`, and without a namespace.
fn verdicts(policy: Option<&Value>) -> Vec<(String, Value)> {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    fs::create_dir(folder.path().join("config")).unwrap();
    write("config/facts.yaml", FACTS);
    write("objects.yaml", MANIFESTS);
    if let Some(policy) = policy {
        write("config/policy.json", &policy.to_string());
    }
    let output = Command::new(env!("CARGO_BIN_EXE_arrears"))
        .args(["check", "-o", "json", "--config"])
        .arg(folder.path().join("config"))
        .arg(folder.path().join("objects.yaml"))
        .output()
        .unwrap();
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr)));
    let results = report["results"].as_array().unwrap();
    let verdict = |result: &Value| {
        let rule = result["findings"][0]["rule"].clone();
        (result["verdict"].as_str().unwrap().to_owned(), rule)
    };
    results.iter().map(verdict).collect()
}

fn staged(values: &[(&str, &str)]) -> Vec<(String, Value)> {
    let objects = render(values);
    verdicts(Some(object(&objects, "OverduePolicy", "default")))
}

fn expected(verdicts: [(&str, Value); 3]) -> Vec<(String, Value)> {
    verdicts
        .map(|(verdict, rule)| (verdict.to_owned(), rule))
        .to_vec()
}

#[test]
fn observe_denies_nothing_whatever_rules_follow() {
    let observed = || ("audit", json!("stage-observe"));
    let all = expected([observed(), observed(), observed()]);
    assert_eq!(staged(&[("stage", "observe")]), all);
    let strict = [
        ("stage", "observe"),
        ("policy.spec.unknown", "Deny"),
        ("policy.spec.rules[0].name", "strict"),
        ("policy.spec.rules[0].mode", "Deny"),
    ];
    assert_eq!(staged(&strict), all);
}

#[test]
fn canary_denies_in_its_namespaces_and_observes_everything_else() {
    let canary = [("stage", "canary"), ("canary.namespaces", "{shop,batch}")];
    assert_eq!(
        staged(&canary),
        expected([
            ("deny", json!("stage-canary")),
            ("audit", json!("stage-canary-elsewhere")),
            ("audit", json!("stage-canary-cluster")),
        ])
    );
    // Rules of one's own hold where the stage enforces.
    let relaxed = [
        &canary[..],
        &[
            ("policy.spec.rules[0].name", "relaxed"),
            ("policy.spec.rules[0].mode", "Warn"),
            ("policy.spec.rules[0].namespaces", "{shop,other}"),
        ],
    ]
    .concat();
    assert_eq!(
        staged(&relaxed),
        expected([
            ("warn", json!("relaxed")),
            ("audit", json!("stage-canary-elsewhere")),
            ("audit", json!("stage-canary-cluster")),
        ])
    );
}

#[test]
fn enforce_denies_everywhere_and_makes_no_policy_unless_it_is_asked_to() {
    let all = expected([
        ("deny", json!("-")),
        ("deny", json!("-")),
        ("deny", json!("-")),
    ]);
    assert_eq!(verdicts(None), all);
    assert_eq!(staged(&[("policy.create", "true")]), all);
    for values in [
        &[][..],
        &[("policy.create", "false"), ("policy.spec.unknown", "Deny")],
    ] {
        let objects = render(values);
        assert!(
            !objects
                .iter()
                .any(|object| object["kind"] == "OverduePolicy"),
            "{values:?}"
        );
    }
    let objects = render(&[("policy.spec.unknown", "Deny")]);
    assert_eq!(
        object(&objects, "OverduePolicy", "default")["spec"]["unknown"],
        "Deny"
    );
}
