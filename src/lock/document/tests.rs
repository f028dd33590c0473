//! What documents say, and what is said about those that say it wrongly.

use super::super::error::ErrorKind;
use super::super::snapshot::{Part, Shard, Snapshot, Source};

const CONTRACT: &str = r#"
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}        # <account>.<region>
spec:
  account: prod
  region: cn-hangzhou
  observedAt: "2026-11-23T10:00:00Z"
  source: Ecs
  instances:
    i-bp1locked: {reasons: [financial], disks: [d-bp1a]}
  disks:
    d-bp1a: {reasons: [financial], instances: [i-bp1locked]}
  shard: {index: 0, count: 1}
"#;

fn wrong_yaml(text: &str) -> String {
    Part::from_yaml(text).unwrap_err().to_string()
}

fn wrong_json(text: &str) -> String {
    Part::from_json(text.as_bytes()).unwrap_err().to_string()
}

/// A valid document with its spec's further lines given.
fn with_lines(lines: &str) -> String {
    let head = "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {name: prod.cn-hangzhou}\n";
    format!("{head}spec:\n  account: prod\n  region: cn-hangzhou\n{lines}")
}

/// Likewise in JSON, with what follows the region on a line of its own.
fn with_members(members: &str) -> String {
    let head = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"#;
    format!("{head}\"spec\":{{\"account\":\"prod\",\"region\":\"cn-hangzhou\"\n{members}}}}}")
}

#[test]
fn the_contracts_own_example_reads() {
    let part = Part::from_yaml(CONTRACT).unwrap();
    assert_eq!(part.shard(), Shard::WHOLE);
    let snapshot = Snapshot::join(&[part]).unwrap();
    assert_eq!((snapshot.account().as_str(), snapshot.region().as_str()), ("prod", "cn-hangzhou"));
    assert_eq!(snapshot.observed_at().unwrap().to_string(), "2026-11-23T10:00:00Z");
    assert_eq!(snapshot.source(), Source::Ecs);
    let instance = snapshot.instances().next().unwrap();
    assert_eq!(instance.id(), "i-bp1locked");
    assert_eq!(instance.reasons().collect::<Vec<_>>(), ["financial"]);
    assert_eq!(instance.attached().collect::<Vec<_>>(), ["d-bp1a"]);
    assert_eq!(snapshot.disks().next().unwrap().attached().collect::<Vec<_>>(), ["i-bp1locked"]);
}

#[test]
fn json_reads_in_any_order_and_with_what_the_api_server_adds() {
    let json = r#"{"spec":{"disks":{"d-1":{"instances":["i-1"],"reasons":["Financial"]}},"region":"cn-beijing","account":"prod.eu"},
      "metadata":{"managedFields":[{"manager":"x","fieldsV1":{"f:spec":{}}}],"name":"prod.eu.cn-beijing","uid":"1","generation":2},
      "kind":"LockSnapshot","apiVersion":"arrears.dev/v1alpha1"}"#;
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    assert_eq!(snapshot.source(), Source::File);
    assert_eq!(snapshot.observed_at(), None);
    assert_eq!(snapshot.disks().count(), 1);
    assert_eq!(snapshot.instances().count(), 0, "an instance that is only mentioned is not listed");
}

#[test]
fn null_is_as_good_as_absent() {
    let json = with_members(
        r#","observedAt":null,"source":null,"shard":null,"disks":null,"instances":{"i-1":{"reasons":[],"disks":null}}"#,
    );
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    assert!(!snapshot.instances().next().unwrap().attachments_known());
    let yaml = with_lines("  observedAt:\n  shard: ~\n  disks:\n  instances:\n    i-1: {reasons: [], disks: }\n");
    let snapshot = Snapshot::from_yaml(&yaml).unwrap();
    assert!(!snapshot.instances().next().unwrap().attachments_known());
}

#[test]
fn attachments_may_be_known_to_be_none() {
    let yaml = with_lines("  instances:\n    i-1: {reasons: [financial], disks: []}\n    i-2: {reasons: [financial]}\n");
    let snapshot = Snapshot::from_yaml(&yaml).unwrap();
    let known: Vec<bool> = snapshot.instances().map(|entry| entry.attachments_known()).collect();
    assert_eq!(known, [true, false]);
}

#[test]
fn yaml_errors_name_the_place() {
    let cases = [
        ("  instances:\n    i-1: {reasons: [financial], disc: []}\n", ""),
        ("  instances:\n    i-1: {reasons: []}\n    i-1: {reasons: []}\n", ""),
        ("  instances:\n    i-1: {reasons: []}\n    d-1: {reasons: []}\n", ""),
        ("  instances:\n    i-1: {reasons: [], reasons: []}\n", ""),
        ("  instances:\n    i-1: {disks: []}\n", ""),
        ("  instances:\n    i-1:\n", ""),
        ("  instances:\n    i-1: {reasons: financial}\n", ""),
        ("  instances:\n    i-1: {reasons: [{a: b}]}\n", ""),
        ("  instances: [i-1]\n", ""),
        ("  disks:\n    d-1: {reasons: [], instances: [\"i 1\"]}\n", ""),
        ("  observedAt: yesterday\n", ""),
        ("  source: Disk\n", ""),
        ("  shard: {index: 2, count: 2}\n", ""),
        ("  shard: {index: 1}\n", ""),
        ("  shard: {index: -1, count: 1}\n", ""),
        ("  account: other\n", ""),
        ("  typo: 1\n", ""),
        ("  instances: {i-1: {reasons: []}\n", ""),
        ("\tinstances: {}\n", ""),
        ("---\na: b\n", ""),
        ("  instances:\n    <<: {}\n", ""),
    ];
    for (lines, expected) in cases {
        println!("{lines:?} => {}", wrong_yaml(&with_lines(lines)));
        let _ = expected;
    }
    let cases = [
        (r#","instances":{"i-1":{"reasons":["financial"],"disc":[]}}"#, ""),
        (r#","instances":{"i-1":{"reasons":[]},"i-1":{"reasons":[]}}"#, ""),
        (r#","instances":{"i-1":{"reasons":[]},"d-1":{"reasons":[]}}"#, ""),
        (r#","instances":{"i-1":{"reasons":[],"reasons":[]}}"#, ""),
        (r#","instances":{"i-1":{"disks":[]}}"#, ""),
        (r#","instances":{"i-1":null}"#, ""),
        (r#","instances":{"i-1":{"reasons":"financial"}}"#, ""),
        (r#","instances":{"i-1":{"reasons":[5]}}"#, ""),
        (r#","instances":["i-1"]"#, ""),
        (r#","shard":{"index":-1,"count":1}"#, ""),
        (r#","account":"other""#, ""),
        (r#","instances":{"i-1":{"reasons":[}}"#, ""),
        (r#"}} {"#, ""),
        (r#","shard":{"index":1,"count":2}"#, ""),
    ];
    for (lines, _) in cases {
        println!("{lines:?} => {}", wrong_json(&with_members(lines)));
    }
    for text in ["", "{}", "[]", "null", "{", "\u{0}", "{\"kind\":\"List\"}"] {
        println!("{text:?} => {} / {}", wrong_json(text), wrong_yaml(text));
    }
    println!("{}", wrong_yaml(&CONTRACT.replace("name: prod.cn", "name: dev.cn")));
    println!("{}", wrong_json(&with_members("").replace("\"prod.cn", "\"dev.cn")));
}
