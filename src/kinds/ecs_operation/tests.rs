use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    kinds::{karpenter, openshift},
    matrix::{ALIASES, Action},
};

fn on_create(spec: &str) -> String {
    let text = format!(r#"{{"kind":"EcsOperation","metadata":{{"name":"a"}},"spec":{spec}}}"#);
    describe(&infer(&serde_json::from_str(&text).unwrap(), None))
}

/// One line: `Action instances / disks`, the calls joined by `;`, with account and region in front where given.
fn describe(inference: &Inference<'_>) -> String {
    match inference {
        Inference::Nothing => "nothing".into(),
        Inference::Malformed(malformed) => format!(
            "{} is {}, expected {}",
            malformed.field, malformed.found, malformed.expected
        ),
        Inference::Asked(asked) => {
            let subject = match (&asked.subject.account, &asked.subject.region) {
                (AccountRef::Default, None) => String::new(),
                (AccountRef::Named(name), region) => format!("{name} {region:?}: "),
                (account, region) => format!("{account:?} {region:?}: "),
            };
            let calls = asked.operations.iter().map(|operation| {
                assert_eq!(operation.field, "spec.action");
                let target = &operation.target;
                format!(
                    "{} {} / {}",
                    operation.call.name(),
                    ids(&target.instances),
                    ids(&target.disks)
                )
            });
            format!("{subject}{}", calls.collect::<Vec<_>>().join("; "))
        }
    }
}

fn ids(ids: &Ids<'_>) -> String {
    match ids {
        Ids::None => "-".into(),
        Ids::Known(ids) => ids.join("+"),
        Ids::Missing(field) => format!("no {field}"),
        other => format!("{other:?}"),
    }
}

/// Every action of the matrix: with all ids given, and with none. Written out, so that a changed table shows here.
const ACTIONS: [(&str, &str, &str); 41] = [
    (
        "AllocatePublicIpAddress",
        "i-1+i-2 / -",
        "no spec.instanceIds / -",
    ),
    (
        "AttachDisk",
        "i-1+i-2 / d-1",
        "no spec.instanceIds / no spec.diskIds",
    ),
    ("AuthorizeSecurityGroup", "- / -", "- / -"),
    ("CreateDisk", "i-1+i-2 / -", "- / -"),
    ("CreateImage", "i-1+i-2 / -", "- / -"),
    ("CreateInstance", "- / -", "- / -"),
    ("CreateSecurityGroup", "- / -", "- / -"),
    ("CreateSnapshot", "- / d-1", "- / no spec.diskIds"),
    ("DeleteDisk", "- / d-1", "- / no spec.diskIds"),
    ("DeleteImage", "- / -", "- / -"),
    ("DeleteInstance", "i-1+i-2 / -", "no spec.instanceIds / -"),
    ("DeleteSecurityGroup", "- / -", "- / -"),
    ("DeleteSnapshot", "- / -", "- / -"),
    ("DescribeAutoSnapshotPolicy", "- / -", "- / -"),
    ("DescribeDisks", "- / -", "- / -"),
    ("DescribeImages", "- / -", "- / -"),
    (
        "DescribeInstanceAttribute",
        "i-1+i-2 / -",
        "no spec.instanceIds / -",
    ),
    (
        "DescribeInstanceMonitorData",
        "i-1+i-2 / -",
        "no spec.instanceIds / -",
    ),
    ("DescribeInstanceStatus", "- / -", "- / -"),
    ("DescribeInstanceTypes", "- / -", "- / -"),
    ("DescribeInstances", "- / -", "- / -"),
    ("DescribeRegions", "- / -", "- / -"),
    ("DescribeSecurityGroupAttribute", "- / -", "- / -"),
    ("DescribeSecurityGroups", "- / -", "- / -"),
    ("DescribeSnapshotAttribute", "- / -", "- / -"),
    ("DescribeSnapshots", "- / -", "- / -"),
    ("DescribeZones", "- / -", "- / -"),
    (
        "DetachDisk",
        "i-1+i-2 / d-1",
        "no spec.instanceIds / no spec.diskIds",
    ),
    ("JoinSecurityGroup", "i-1+i-2 / -", "- / -"),
    ("LeaveSecurityGroup", "i-1+i-2 / -", "- / -"),
    ("ModifyAutoSnapshotPolicy", "- / -", "- / -"),
    ("ModifyDiskAttribute", "- / d-1", "- / no spec.diskIds"),
    (
        "ModifyInstanceAttribute",
        "i-1+i-2 / -",
        "no spec.instanceIds / -",
    ),
    (
        "ModifyInstanceSpec",
        "i-1+i-2 / -",
        "no spec.instanceIds / -",
    ),
    ("ReInitDisk", "- / d-1", "- / no spec.diskIds"),
    ("RebootInstance", "i-1+i-2 / -", "no spec.instanceIds / -"),
    (
        "ReplaceSystemDisk",
        "i-1+i-2 / d-1",
        "no spec.instanceIds / -",
    ),
    ("ResetDisk", "- / d-1", "- / no spec.diskIds"),
    ("RevokeSecurityGroup", "- / -", "- / -"),
    ("StartInstance", "i-1+i-2 / -", "no spec.instanceIds / -"),
    ("StopInstance", "i-1+i-2 / -", "no spec.instanceIds / -"),
];

const IDS: &str = r#""instanceIds":["i-1","i-2"],"diskIds":["d-1"]"#;

#[test]
fn every_action_takes_its_own_ids_and_misses_those_it_needs() {
    assert!(
        ACTIONS
            .iter()
            .map(|(name, ..)| *name)
            .eq(Action::all().map(Action::name))
    );
    for (action, given, bare) in ACTIONS {
        assert_eq!(
            on_create(&format!(r#"{{"action":"{action}",{IDS}}}"#)),
            format!("{action} {given}")
        );
        for none in [
            "",
            r#","instanceIds":[],"diskIds":[]"#,
            r#","instanceIds":null,"diskIds":null"#,
        ] {
            assert_eq!(
                on_create(&format!(r#"{{"action":"{action}"{none}}}"#)),
                format!("{action} {bare}"),
                "{none}"
            );
        }
    }
}

#[test]
fn every_alias_takes_the_ids_of_the_actions_it_stands_for() {
    for alias in ALIASES {
        let expect = |pick: fn(&(&str, &'static str, &'static str)) -> &'static str| {
            let rows = alias.actions.iter().map(|action| {
                let row = ACTIONS.iter().find(|(name, ..)| name == action).unwrap();
                // What RunInstances starts does not exist before it.
                let row = if alias.name == "RunInstances" {
                    "- / -"
                } else {
                    pick(row)
                };
                format!("{action} {row}")
            });
            rows.collect::<Vec<_>>().join("; ")
        };
        let name = alias.name;
        assert_eq!(
            on_create(&format!(r#"{{"action":"{name}",{IDS}}}"#)),
            expect(|row| row.1)
        );
        assert_eq!(
            on_create(&format!(r#"{{"action":"{name}"}}"#)),
            expect(|row| row.2)
        );
    }
}

#[test]
fn an_action_in_no_table_takes_whatever_ids_are_given() {
    for (spec, expected) in [
        (
            format!(r#"{{"action":"ResizeDisk",{IDS}}}"#),
            "ResizeDisk i-1+i-2 / d-1",
        ),
        (
            r#"{"action":"FlyToTheMoon","diskIds":["d-1"]}"#.into(),
            "FlyToTheMoon - / d-1",
        ),
        (
            r#"{"action":"startinstance"}"#.into(),
            "startinstance - / -",
        ),
    ] {
        assert_eq!(on_create(&spec), expected);
    }
}

#[test]
fn account_and_region_are_the_objects_own() {
    for (fields, expected) in [
        (
            r#""account":"prod","regionId":"cn-hangzhou""#,
            r#"prod Some("cn-hangzhou"): CreateInstance - / -"#,
        ),
        (r#""account":"prod""#, "prod None: CreateInstance - / -"),
        (
            r#""regionId":"cn-beijing""#,
            r#"Default Some("cn-beijing"): CreateInstance - / -"#,
        ),
        (r#""account":null,"regionId":null"#, "CreateInstance - / -"),
        (
            r#""account":"""#,
            "spec.account is a string, expected the name of an account",
        ),
        (
            r#""account":{}"#,
            "spec.account is an object, expected the name of an account",
        ),
        (
            r#""regionId":"""#,
            "spec.regionId is a string, expected the id of a region",
        ),
        (
            r#""regionId":7"#,
            "spec.regionId is a number, expected the id of a region",
        ),
    ] {
        assert_eq!(
            on_create(&format!(r#"{{"action":"CreateInstance",{fields}}}"#)),
            expected
        );
    }
}

#[test]
fn impossible_fields_are_named_where_they_matter() {
    for (spec, expected) in [
        (
            "null",
            "spec is an object, expected an object with an action",
        ),
        ("{}", "spec is an object, expected an object with an action"),
        ("[]", "spec is a list, expected an object"),
        (
            r#"{"action":null}"#,
            "spec is an object, expected an object with an action",
        ),
        (
            r#"{"action":7}"#,
            "spec.action is a number, expected the name of an ECS action",
        ),
        (
            r#"{"action":""}"#,
            "spec.action is a string, expected the name of an ECS action",
        ),
        (
            r#"{"action":"Start Instance"}"#,
            "spec.action is a string, expected the name of an ECS action",
        ),
        (
            r#"{"action":"StartInstance","instanceIds":"i-1"}"#,
            "spec.instanceIds is a string, expected a list of instance ids",
        ),
        (
            r#"{"action":"StartInstance","instanceIds":["i-1","x"]}"#,
            "spec.instanceIds[1] is a string, expected an instance id",
        ),
        (
            r#"{"action":"StartInstance","instanceIds":["d-1"]}"#,
            "spec.instanceIds[0] is a string, expected an instance id",
        ),
        (
            r#"{"action":"StartInstance","instanceIds":[""]}"#,
            "spec.instanceIds[0] is a string, expected an instance id",
        ),
        (
            r#"{"action":"StartInstance","instanceIds":["i-1",{"id":"i-2"}]}"#,
            "spec.instanceIds[1] is an object, expected an instance id",
        ),
        (
            r#"{"action":"DeleteDisk","diskIds":["d-1","d-2",3]}"#,
            "spec.diskIds[2] is a number, expected a disk id",
        ),
        (
            r#"{"action":"ResizeDisk","diskIds":[true]}"#,
            "spec.diskIds[0] is a boolean, expected a disk id",
        ),
        // What the action does not take is not looked at.
        (
            r#"{"action":"StartInstance","instanceIds":["i-1"],"diskIds":{"a":1}}"#,
            "StartInstance i-1 / -",
        ),
        (
            r#"{"action":"DeleteDisk","diskIds":["d-1"],"instanceIds":[7]}"#,
            "DeleteDisk - / d-1",
        ),
        (
            r#"{"action":"RunInstances","diskIds":[7],"instanceIds":[7],"parameters":7}"#,
            "CreateInstance - / -; StartInstance - / -",
        ),
        (
            r#"{"action":"StartInstance","instanceIds":[null,"i-1"]}"#,
            "StartInstance i-1 / -",
        ),
    ] {
        assert_eq!(on_create(spec), expected, "{spec}");
    }
}

#[test]
fn a_request_that_is_changed_or_deleted_asks_for_nothing() {
    let text = r#"{"spec":{"action":"CreateInstance"}}"#;
    let new: EcsOperation<'_> = serde_json::from_str(text).unwrap();
    let old: EcsOperation<'_> =
        serde_json::from_str(r#"{"spec":{"action":"StopInstance"}}"#).unwrap();
    assert_eq!(describe(&infer(&new, None)), "CreateInstance - / -");
    assert_eq!(infer(&new, Some(&old)), Inference::Nothing);
    let text = text.replacen(
        '{',
        r#"{"metadata":{"deletionTimestamp":"2026-11-23T10:00:00Z"},"#,
        1,
    );
    let new: EcsOperation<'_> = serde_json::from_str(&text).unwrap();
    assert_eq!(infer(&new, None), Inference::Nothing);
}

#[test]
fn ids_and_names_are_borrowed_from_the_text() {
    let text = r#"{"spec":{"action":"ResizeDisk","account":"prod","diskIds":["d-1"]}}"#;
    let operation: EcsOperation<'_> = serde_json::from_str(text).unwrap();
    let spec = operation.spec.value().unwrap();
    assert!(matches!(spec.action, Lenient::Is(Cow::Borrowed(_))));
    assert!(matches!(spec.account, Lenient::Is(Cow::Borrowed(_))));
    assert!(matches!(
        spec.disk_ids.value().unwrap()[0],
        Lenient::Is(Cow::Borrowed(_))
    ));
}

/// JSON made of the names and values that the families of plain fields look at.
fn any_json() -> impl Strategy<Value = Value> {
    const NAMES: [&str; 16] = [
        "metadata",
        "deletionTimestamp",
        "spec",
        "action",
        "regionId",
        "account",
        "instanceIds",
        "diskIds",
        "nodeClassRef",
        "group",
        "apiVersion",
        "kind",
        "providerSpec",
        "value",
        "providerID",
        "x",
    ];
    const TEXTS: [&str; 9] = [
        "",
        "StartInstance",
        "RunInstances",
        "ResizeDisk",
        "i-1",
        "d-1",
        "karpenter.alibabacloud.com",
        "ECSNodeClass",
        "AlibabaCloudMachineProviderConfig",
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,4}".prop_map(Value::from),
        prop::sample::select(&TEXTS[..]).prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        let name = prop::sample::select(&NAMES[..]).prop_map(str::to_owned);
        prop_oneof![
            1 => prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            4 => prop::collection::btree_map(name, inner, 0..8)
                .prop_map(Value::from_iter::<std::collections::BTreeMap<_, _>>),
        ]
    })
}

proptest! {
    #[test]
    fn any_object_gets_an_answer(metadata in any_json(), spec in any_json()) {
        let text = serde_json::json!({"metadata": metadata, "spec": spec}).to_string();
        let is_deleting = metadata.get("deletionTimestamp").is_some_and(|stamp| !stamp.is_null());
        let operation: EcsOperation<'_> = serde_json::from_str(&text).unwrap();
        let claim = serde_json::from_str(&text).unwrap();
        let machine = serde_json::from_str(&text).unwrap();
        for inference in [infer(&operation, None), karpenter::infer(&claim, None), openshift::infer(&machine, None)] {
            prop_assert!(!is_deleting || inference == Inference::Nothing);
            if let Inference::Asked(asked) = inference {
                prop_assert!(!asked.operations.is_empty());
            }
        }
        prop_assert_eq!(infer(&operation, Some(&operation)), Inference::Nothing);
    }
}
