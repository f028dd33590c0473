//! Any bytes, and any JSON where an object belongs.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{members, text, told, with};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
        prop::sample::select(vec![
            "StartInstance",
            "i-a",
            "true",
            "*",
            "Running",
            "2026-01-01T00:00:00Z"
        ])
        .prop_map(Value::from),
    ];
    let key = prop_oneof![
        any::<String>(),
        prop::sample::select(vec![
            "metadata",
            "spec",
            "status",
            "annotations",
            "deletionTimestamp",
            "crossplane.io/paused",
            "crossplane.io/external-name",
            "crossplane.io/external-create-pending",
            "forProvider",
            "initProvider",
            "atProvider",
            "managementPolicies",
            "providerConfigRef",
            "name",
            "kind",
            "region",
            "action",
            "instanceIds",
            "diskIds",
            "instanceType",
            "imageId",
            "systemDiskSize",
            "nodeClassRef",
            "group",
            "providerSpec",
            "value",
            "providerID",
            "amount",
            "instanceId",
        ])
        .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(6, 80, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8).prop_map(Value::from_iter),
        ]
    })
}

fn any_kind() -> impl Strategy<Value = (&'static str, &'static str)> {
    prop::sample::select(vec![
        ("arrears.dev", "EcsOperation"),
        ("karpenter.sh", "NodeClaim"),
        ("machine.openshift.io", "Machine"),
        ("ecs.alibabacloud.crossplane.io", "Instance"),
        ("ecs.alibabacloud.crossplane.io", "InstanceSet"),
        ("ecs.alibabacloud.m.crossplane.io", "Disk"),
        ("ecs.alibabacloud.m.crossplane.io", "DiskAttachment"),
        ("ecs.alibabacloud.crossplane.io", "SecurityGroup"),
    ])
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_told_what_is_wrong(bytes in any::<Vec<u8>>()) {
        let (_, problem) = told(&bytes).unwrap_err();
        prop_assert!(!problem.is_empty());
    }

    #[test]
    fn any_bytes_in_place_of_a_member_leave_the_uid_before_it(
        index in 1usize..11, bytes in any::<Vec<u8>>(),
    ) {
        let members = members();
        let key = format!("{}:", json!(members[index].0));
        let text = text(&members);
        let request = text.find(r#""request""#).unwrap();
        let at = request + text[request..].find(&key).unwrap() + key.len();
        let mut broken = text.as_bytes()[..at].to_vec();
        broken.extend_from_slice(&bytes);
        let (uid, _) = told(&broken).unwrap_err();
        prop_assert_eq!(uid.as_deref(), Some("u-1"));
    }

    #[test]
    fn any_json_as_object_is_judged_or_refused_in_any_order_alike(
        kind in any_kind(), object in any_json(), old in any_json(), is_update in any::<bool>(),
    ) {
        let mut members = with("kind", json!({"group": kind.0, "kind": kind.1}));
        members.retain(|(key, _)| !matches!(*key, "object" | "oldObject" | "operation"));
        members.push(("operation", json!(if is_update { "UPDATE" } else { "CREATE" })));
        members.push(("object", object));
        members.push(("oldObject", old));
        let told_in_order = told(text(&members).as_bytes());
        if let Err((uid, _)) = &told_in_order {
            prop_assert_eq!(uid.as_deref(), Some("u-1"));
        }
        members.reverse();
        let strip = |told: Result<String, (Option<String>, String)>| {
            told.map_err(|(uid, problem)| (uid, problem.split(" at line").next().map(str::to_owned)))
        };
        // Which of two unreadable objects is blamed depends on their order.
        let reversed = strip(told(text(&members).as_bytes()));
        prop_assert_eq!(told_in_order.is_ok(), reversed.is_ok());
        if told_in_order.is_ok() {
            prop_assert_eq!(strip(told_in_order), reversed);
        }
    }
}
