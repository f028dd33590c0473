//! What is asked for by changing an object that exists, through the API server.

use serde_json::{Value, json};

use crate::plane::call::{Call, apply, delete, merge, replace};
use crate::plane::users::PROVIDER;
use crate::scene::{
    BOTH, GROUPS, OVERDUE, PAID, annotated, annotation, existing, for_provider, guard, instance,
    of_account, unguarded, with,
};
use crate::table::Case;
use crate::table::Expected::{Denied, NotJudged, Passes, Warns};
use crate::table::{judge, settle};

const START: &str = "ECS StartInstance would fail: instance i-bp1overdue (account prod, cn-hangzhou) is locked for overdue payment \
                     [matrix 2018-06: instance overdue, disk normal -> error; field spec.forProvider.status]. Settle the bill, then retry.";
const CREATE: &str = "ECS CreateInstance (as RunInstances) would fail";

fn locked(group: &str, name: &str) -> Value {
    existing(group, name, OVERDUE)
}

fn locked_with_its_disk(group: &str, name: &str) -> Value {
    existing(group, name, BOTH)
}

fn paid(group: &str, name: &str) -> Value {
    existing(group, name, PAID)
}

fn paused_wanting_to_run(group: &str, name: &str) -> Value {
    annotated(wanting_to_run(group, name), "paused", "true")
}

fn wanting_to_run(group: &str, name: &str) -> Value {
    with(
        locked(group, name),
        for_provider(json!({"status": "Running"})),
    )
}

fn deleting(group: &str, name: &str) -> Value {
    with(
        locked(group, name),
        json!({"metadata": {"finalizers": ["tests.arrears.dev/kept"]}}),
    )
}

fn started(object: &Value) -> Call {
    merge(object, for_provider(json!({"status": "Running"})))
}

/// The whole object without what the API server alone writes, as somebody with a manifest sends it.
fn manifest(object: &Value, fields: Value) -> Value {
    let mut object = with(object.clone(), for_provider(fields));
    object.as_object_mut().unwrap().remove("status");
    object
}

const FIELDS: &[Case] = &[
    Case {
        name: "start-a-locked-one",
        before: locked,
        call: started,
        expected: Denied(START),
    },
    Case {
        name: "start-a-locked-one-by-replacing-it",
        before: locked,
        call: |object| replace(manifest(object, json!({"status": "Running"}))),
        expected: Denied(START),
    },
    Case {
        name: "start-a-locked-one-by-applying-it",
        before: locked,
        call: |object| apply(manifest(object, json!({"status": "Running"}))).manager("argocd"),
        expected: Denied(START),
    },
    Case {
        name: "apply-a-locked-one-as-it-is",
        before: locked,
        call: |object| apply(manifest(object, json!({}))).manager("argocd"),
        expected: Passes,
    },
    Case {
        name: "start-one-with-a-locked-disk",
        before: locked_with_its_disk,
        call: started,
        expected: Denied("instance i-bp1both and disk d-bp1overdue"),
    },
    Case {
        name: "start-one-that-is-locked-for-security-only",
        before: paid,
        call: started,
        expected: Passes,
    },
    Case {
        name: "start-one-of-an-account-nobody-has-listed",
        before: |group, name| of_account("staging", paid(group, name)),
        call: started,
        expected: NotJudged(
            "ECS StartInstance can't be judged: whether instance i-bp1paid is locked for overdue payment is unknown: \
             region cn-hangzhou has never been listed",
        ),
    },
    Case {
        name: "stop-a-locked-one",
        before: wanting_to_run,
        call: |object| merge(object, for_provider(json!({"status": "Stopped"}))),
        expected: Passes,
    },
    Case {
        name: "change-the-image-of-a-locked-one",
        before: locked,
        call: |object| merge(object, for_provider(json!({"imageId": "m-bp1other"}))),
        expected: Denied("ECS ReplaceSystemDisk would fail"),
    },
    Case {
        name: "give-a-locked-one-a-public-address",
        before: locked,
        call: |object| merge(object, for_provider(json!({"internetMaxBandwidthOut": 5}))),
        expected: Denied("ECS AllocatePublicIpAddress would fail"),
    },
    Case {
        name: "rename-a-locked-one",
        before: locked,
        call: |object| merge(object, for_provider(json!({"instanceName": "shop"}))),
        expected: Passes,
    },
    Case {
        name: "rename-one-with-a-locked-disk",
        before: locked_with_its_disk,
        call: |object| merge(object, for_provider(json!({"instanceName": "shop"}))),
        expected: Denied(
            "ECS ModifyInstanceAttribute may fail: instance i-bp1both and disk d-bp1overdue (account prod, cn-hangzhou) are locked for overdue \
             payment [matrix 2018-06: instance overdue, disk overdue -> normal in the instance table, error in the disk table",
        ),
    },
    Case {
        name: "resize-a-locked-one",
        before: locked,
        call: |object| {
            merge(
                object,
                for_provider(json!({"instanceType": "ecs.g7.xlarge"})),
            )
        },
        expected: Warns(
            "arrears: ECS ModifyInstanceSpec may fail: instance i-bp1overdue is overdue [2018-06]",
        ),
    },
    Case {
        name: "resize-a-locked-one-that-runs",
        before: wanting_to_run,
        call: |object| {
            merge(
                object,
                for_provider(json!({"instanceType": "ecs.g7.xlarge"})),
            )
        },
        expected: Denied("ECS StartInstance would fail"),
    },
    Case {
        name: "tag-a-locked-one",
        before: locked,
        call: |object| merge(object, for_provider(json!({"tags": {"team": "shop"}}))).by(PROVIDER),
        expected: Passes,
    },
    Case {
        name: "change-what-needs-a-replacement",
        before: locked,
        call: |object| {
            merge(
                object,
                for_provider(json!({"systemDiskCategory": "cloud_essd", "status": "Running"})),
            )
        },
        expected: Warns("arrears: "),
    },
];

const LIFE: &[Case] = &[
    Case {
        name: "write-the-status-of-a-locked-one",
        before: locked,
        call: |object| {
            merge(
                object,
                json!({"status": {"atProvider": {"status": "Running"}}}),
            )
            .status()
            .by(PROVIDER)
        },
        expected: Passes,
    },
    Case {
        name: "label-a-locked-one",
        before: locked,
        call: |object| {
            merge(
                object,
                json!({"metadata": {"labels": {"team": "shop"}, "annotations": {"note": "ask finance"}}}),
            )
        },
        expected: Passes,
    },
    Case {
        name: "give-a-locked-one-a-finalizer",
        before: locked,
        call: |object| {
            merge(
                object,
                json!({"metadata": {"finalizers": ["finalizer.managedresource.crossplane.io"]}}),
            )
            .by(PROVIDER)
        },
        expected: Passes,
    },
    Case {
        name: "take-the-finalizer-from-a-locked-one",
        before: deleting,
        call: |object| merge(object, json!({"metadata": {"finalizers": null}})).by(PROVIDER),
        expected: Passes,
    },
    Case {
        name: "delete-a-locked-one",
        before: locked,
        call: delete,
        expected: Passes,
    },
    Case {
        name: "pause-a-locked-one",
        before: wanting_to_run,
        call: |object| merge(object, annotation("paused", "true")),
        expected: Passes,
    },
    Case {
        name: "start-a-locked-one-that-is-paused",
        before: |group, name| annotated(locked(group, name), "paused", "true"),
        call: started,
        expected: Passes,
    },
    Case {
        name: "wake-a-locked-one-that-shall-run",
        before: paused_wanting_to_run,
        call: |object| merge(object, annotation("paused", Value::Null)),
        expected: Denied(START),
    },
    Case {
        name: "wake-a-locked-one-by-another-word",
        before: paused_wanting_to_run,
        call: |object| merge(object, annotation("paused", "false")),
        expected: Denied(START),
    },
    Case {
        name: "wake-a-locked-one-that-is-as-it-shall-be",
        before: |group, name| annotated(locked(group, name), "paused", "true"),
        call: |object| merge(object, annotation("paused", Value::Null)),
        expected: Passes,
    },
    Case {
        name: "wake-one-that-was-never-created",
        before: |group, name| annotated(instance(group, name), "paused", "true"),
        call: |object| merge(object, annotation("paused", Value::Null)),
        expected: Denied(CREATE),
    },
    Case {
        name: "allow-updates-of-a-locked-one-that-shall-run",
        before: |group, name| {
            with(
                wanting_to_run(group, name),
                json!({"spec": {"managementPolicies": ["Observe"]}}),
            )
        },
        call: |object| merge(object, json!({"spec": {"managementPolicies": ["*"]}})),
        expected: Denied("ECS StartInstance would fail"),
    },
    Case {
        name: "move-one-to-another-region",
        before: locked,
        call: |object| merge(object, for_provider(json!({"region": "cn-beijing"}))),
        expected: Denied(CREATE),
    },
    Case {
        name: "move-one-to-the-account-that-owes",
        before: |group, name| of_account("lab", paid(group, name)),
        call: |object| {
            merge(
                object,
                json!({"spec": {"providerConfigRef": {"name": "default"}}}),
            )
        },
        expected: Denied(CREATE),
    },
    Case {
        name: "forget-the-id-of-one",
        before: locked,
        call: |object| merge(object, annotation("external-name", Value::Null)),
        expected: Denied(CREATE),
    },
    Case {
        name: "change-the-id-of-one",
        before: locked,
        call: |object| merge(object, annotation("external-name", "i-bp1stranger")),
        expected: Denied(CREATE),
    },
];

#[tokio::test]
async fn a_changed_field_is_judged_by_the_calls_it_makes() {
    let tenant = unguarded("changing-fields").await;
    for group in GROUPS {
        settle(&tenant, group, FIELDS).await;
    }
    guard(&tenant).await;
    for group in GROUPS {
        judge(&tenant, group, FIELDS).await;
    }
}

#[tokio::test]
async fn what_makes_no_call_passes_and_what_wakes_the_provider_is_judged() {
    let tenant = unguarded("changing-lives").await;
    for group in GROUPS {
        settle(&tenant, group, LIFE).await;
    }
    guard(&tenant).await;
    for group in GROUPS {
        judge(&tenant, group, LIFE).await;
    }
}

#[tokio::test]
async fn a_locked_object_on_its_way_out_is_never_held_up() {
    let tenant = unguarded("changing-deleting").await;
    for group in GROUPS {
        let object = deleting(group, "on-its-way-out");
        crate::table::stand(&tenant, &object).await;
    }
    guard(&tenant).await;
    for group in GROUPS {
        let object = deleting(group, "on-its-way-out");
        tenant.accepts(delete(&object)).await;
        let marked = tenant.stored(&object).await;
        assert!(
            marked["metadata"]["deletionTimestamp"].is_string(),
            "{marked}"
        );
        tenant.accepts(started(&object)).await;
        let unlocked = json!({"metadata": {"finalizers": null}});
        tenant.accepts(merge(&object, unlocked).by(PROVIDER)).await;
        assert_eq!(tenant.stored(&object).await, Value::Null);
    }
}
