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
    assert_eq!(
        (snapshot.account().as_str(), snapshot.region().as_str()),
        ("prod", "cn-hangzhou")
    );
    assert_eq!(
        snapshot.observed_at().unwrap().to_string(),
        "2026-11-23T10:00:00Z"
    );
    assert_eq!(snapshot.source(), Source::Ecs);
    let instance = snapshot.instances().next().unwrap();
    assert_eq!(instance.id(), "i-bp1locked");
    assert_eq!(instance.reasons().collect::<Vec<_>>(), ["financial"]);
    assert_eq!(instance.attached().collect::<Vec<_>>(), ["d-bp1a"]);
    assert_eq!(
        snapshot
            .disks()
            .next()
            .unwrap()
            .attached()
            .collect::<Vec<_>>(),
        ["i-bp1locked"]
    );
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
    assert_eq!(
        snapshot.instances().count(),
        0,
        "an instance that is only mentioned is not listed"
    );
}

#[test]
fn null_is_as_good_as_absent() {
    let json = with_members(
        r#","observedAt":null,"source":null,"shard":null,"disks":null,"instances":{"i-1":{"reasons":[],"disks":null}}"#,
    );
    let snapshot = Snapshot::from_json(json.as_bytes()).unwrap();
    assert!(!snapshot.instances().next().unwrap().attachments_known());
    let yaml = with_lines(
        "  observedAt:\n  shard: ~\n  disks:\n  instances:\n    i-1: {reasons: [], disks: }\n",
    );
    let snapshot = Snapshot::from_yaml(&yaml).unwrap();
    assert!(!snapshot.instances().next().unwrap().attachments_known());
}

#[test]
fn attachments_may_be_known_to_be_none() {
    let yaml = with_lines(
        "  instances:\n    i-1: {reasons: [financial], disks: []}\n    i-2: {reasons: [financial]}\n",
    );
    let snapshot = Snapshot::from_yaml(&yaml).unwrap();
    let known: Vec<bool> = snapshot
        .instances()
        .map(|entry| entry.attachments_known())
        .collect();
    assert_eq!(known, [true, false]);
}

#[test]
fn yaml_errors_name_the_place() {
    let cases = [
        (
            "  instances:\n    i-1: {reasons: [financial], disc: []}\n",
            "line 8, column 33: spec.instances.i-1: `disc` is no field here; there are `reasons`, `disks`",
        ),
        (
            "  instances:\n    i-1: {reasons: []}\n    i-1: {reasons: []}\n",
            "line 9, column 5: spec.instances: `i-1` is listed twice",
        ),
        (
            "  instances:\n    i-1: {reasons: []}\n    d-1: {reasons: []}\n",
            "line 9, column 5: spec.instances: `d-1` is a disk id, where an instance id belongs",
        ),
        (
            "  instances:\n    i-1: {reasons: [], reasons: []}\n",
            "line 8, column 24: spec.instances.i-1: `reasons` is there twice",
        ),
        (
            "  instances:\n    i-1: {disks: []}\n",
            "line 8, column 10: spec.instances.i-1: `reasons` is missing",
        ),
        (
            "  instances:\n    i-1:\n",
            "line 8, column 8: spec.instances.i-1: is not an entry with `reasons`",
        ),
        (
            "  instances:\n    i-1: {reasons: financial}\n",
            "line 8, column 20: spec.instances.i-1.reasons: is not a list of reasons",
        ),
        (
            "  instances:\n    i-1: {reasons: [{a: b}]}\n",
            "line 8, column 21: spec.instances.i-1.reasons: is not a reason",
        ),
        (
            "  instances: [i-1]\n",
            "line 7, column 14: spec.instances: is not a map from ids to entries",
        ),
        (
            "  disks:\n    d-1: {reasons: [], instances: [\"i 1\"]}\n",
            "line 8, column 36: spec.disks.d-1.instances: `i 1` may hold only letters, digits, `-`, `_` and `.`, \
             and begins with a letter or a digit",
        ),
        (
            "  observedAt: yesterday\n",
            "line 7, column 15: spec.observedAt: `yesterday` is no RFC 3339 time, 2026-11-23T10:00:00Z",
        ),
        (
            "  source: Disk\n",
            "line 7, column 11: spec.source: `Disk` is neither `Ecs` nor `File`",
        ),
        (
            "  shard: {index: 2, count: 2}\n",
            "line 7, column 10: spec.shard: `index` has to be less than `count`",
        ),
        (
            "  shard: {index: 1}\n",
            "line 7, column 10: spec.shard: `count` is missing",
        ),
        (
            "  shard: {index: -1, count: 1}\n",
            "line 7, column 18: spec.shard.index: is not a whole number",
        ),
        (
            "  account: other\n",
            "line 7, column 3: spec: `account` is there twice",
        ),
        (
            "  typo: 1\n",
            "line 7, column 3: spec: `typo` is no field here; there are `account`, `region`, `observedAt`, `source`, \
             `instances`, `disks`, `shard`",
        ),
        (
            "  instances: {i-1: {reasons: []}\n",
            "line 7, column 14: unclosed bracket '{'",
        ),
        (
            "---\na: b\n",
            "line 8, column 1: a second document, where a LockSnapshot stands alone",
        ),
        (
            "  instances:\n    <<: {}\n",
            "line 8, column 5: spec.instances: YAML merge keys are not allowed by configured policy",
        ),
    ];
    for (lines, expected) in cases {
        assert_eq!(wrong_yaml(&with_lines(lines)), expected, "{lines}");
    }
}

#[test]
fn json_errors_name_the_place() {
    let cases = [
        (
            r#","instances":{"i-1":{"reasons":["financial"],"disc":[]}}"#,
            "line 2, column 51: spec.instances.i-1: `disc` is no field here; there are `reasons`, `disks`",
        ),
        (
            r#","instances":{"i-1":{"reasons":[]},"i-1":{"reasons":[]}}"#,
            "line 2, column 40: spec.instances: `i-1` is listed twice",
        ),
        (
            r#","instances":{"i-1":{"disks":[]}}"#,
            "line 2, column 32: spec.instances.i-1: `reasons` is missing",
        ),
        (
            r#","instances":{"i-1":null}"#,
            "line 2, column 24: spec.instances.i-1: invalid type: null, expected an entry with `reasons`",
        ),
        (
            r#","instances":{"i-1":{"reasons":[5]}}"#,
            "line 2, column 33: spec.instances.i-1.reasons: invalid type: integer `5`, expected a reason",
        ),
        (
            r#","shard":{"index":-1,"count":1}"#,
            "line 2, column 20: spec.shard.index: invalid type: integer `-1`, expected a whole number",
        ),
        (
            r#","shard":{"index":0,"count":65537}"#,
            "line 2, column 33: spec.shard.count: `65537` is more than 65536",
        ),
        (
            r#","instances":{"i-1":{"reasons":[}}"#,
            "line 2, column 33: expected value",
        ),
        (r#"}} {"#, "line 2, column 4: trailing characters"),
        (
            r#","shard":{"index":1,"count":2}"#,
            "line 1, column 96: metadata.name: `prod.cn-hangzhou` is not `prod.cn-hangzhou.1`",
        ),
    ];
    for (members, expected) in cases {
        assert_eq!(wrong_json(&with_members(members)), expected, "{members}");
    }
}

#[test]
fn what_is_no_lock_snapshot_at_all_is_said_in_both_formats() {
    let cases = [
        (
            "",
            "line 1, column 1: EOF while parsing a value",
            "line 1, column 1: `apiVersion` is missing",
        ),
        (
            "{}",
            "line 1, column 2: `apiVersion` is missing",
            "line 1, column 1: `apiVersion` is missing",
        ),
        (
            "[]",
            "line 1, column 1: invalid type: sequence, expected a LockSnapshot",
            "line 1, column 1: is not a LockSnapshot",
        ),
        (
            "{\"kind\":\"List\"}",
            "line 1, column 14: kind: `List` is not `LockSnapshot`",
            "line 1, column 9: kind: `List` is not `LockSnapshot`",
        ),
    ];
    for (text, json, yaml) in cases {
        assert_eq!(wrong_json(text), json, "{text:?}");
        assert_eq!(wrong_yaml(text), yaml, "{text:?}");
    }
}

#[test]
fn a_name_is_pointed_at_though_it_comes_before_what_it_disagrees_with() {
    let wrong = wrong_yaml(&CONTRACT.replace("name: prod.cn", "name: dev.cn"));
    assert_eq!(
        wrong,
        "line 4, column 18: metadata.name: `dev.cn-hangzhou` is not `prod.cn-hangzhou`"
    );
    let shard = CONTRACT
        .replace("index: 0, count: 1", "index: 3, count: 7")
        .replace("prod.cn-hangzhou}", "prod.cn-hangzhou.3}");
    assert_eq!(
        Part::from_yaml(&shard).unwrap().shard(),
        Shard { index: 3, count: 7 }
    );
    assert_eq!(
        Snapshot::from_yaml(&shard).unwrap_err().kind(),
        ErrorKind::Incomplete
    );
}

#[test]
fn kinds_of_errors_are_told_apart_and_the_log_gets_the_parsers_words() {
    let kind = |members: &str| {
        Part::from_json(with_members(members).as_bytes())
            .unwrap_err()
            .kind()
    };
    assert_eq!(kind(","), ErrorKind::Syntax);
    assert_eq!(kind(r#","typo":1"#), ErrorKind::Invalid);
    assert_eq!(
        kind(r#","disks":{"d-1":{"reasons":[]},"d-1":{"reasons":[]}}"#),
        ErrorKind::Duplicate
    );
    let error = Part::from_yaml(&with_lines("  instances: []\n")).unwrap_err();
    assert_eq!((error.line(), error.column()), (Some(7), Some(14)));
    assert_eq!(
        error.message(),
        "spec.instances: is not a map from ids to entries"
    );
    assert!(
        error.detail().contains("expected mapping start"),
        "{}",
        error.detail()
    );
}

#[test]
fn a_hostile_document_makes_a_message_of_one_bounded_line() {
    let long = "x".repeat(100_000);
    for text in [
        with_members(&format!(r#","{long}":1"#)),
        with_members(&format!(r#","instances":"{long}""#)),
    ] {
        let wrong = wrong_json(&text);
        assert!(wrong.len() < 500, "{} bytes", wrong.len());
    }
    let wrong = wrong_json(&with_members(r#","a\u001b[2J\n":1"#));
    assert!(wrong.contains(r"`a\u{1b}[2J\n` is no field"), "{wrong}");
    assert!(Part::from_json("[".repeat(1_000_000).as_bytes()).is_err());
    assert!(Part::from_yaml(&"[".repeat(100_000)).is_err());
}

#[test]
fn yaml_aliases_can_not_multiply_without_bound() {
    let mut text = with_lines("  disks:\n    d-0: {reasons: &a [r], instances: &b [");
    text.push_str(
        &(0..10_000)
            .map(|number| format!("i-{number}, "))
            .collect::<String>(),
    );
    text.push_str("]}\n");
    text.push_str(
        &(1..5_000)
            .map(|number| format!("    d-{number}: {{reasons: *a, instances: *b}}\n"))
            .collect::<String>(),
    );
    let wrong = wrong_yaml(&text);
    assert!(wrong.contains("alias"), "{wrong}");
}
