//! The life of a Crossplane object as its provider writes it: the write before the creation is judged, what only records never is.

use serde_json::{Value, json};

use crate::plane::call::{Call, apply, create, merge, replace};
use crate::plane::users::PROVIDER;
use crate::scene::{
    GROUPS, OVERDUE_DISK, PAID, annotated, crossplane, existing, guard, guarded, instance,
    of_account, unguarded, with,
};
use crate::table::Case;
use crate::table::Expected::{Denied, Passes};
use crate::table::{judge, meets, settle};

const EARLIER: &str = "2026-11-23T10:00:00Z";
const LATER: &str = "2026-11-23T10:10:00Z";
const CREATE: &str = "ECS CreateInstance (as RunInstances) would fail: instance i-bp1both and disk d-bp1overdue (account prod, cn-hangzhou) \
                      are locked for overdue payment [matrix 2018-06: instance overdue, disk overdue -> error; \
                      field metadata.annotations[crossplane.io/external-create-pending]]";
const ATTACH: &str = "ECS AttachDisk would fail: disk d-bp1overdue (account prod, cn-hangzhou) is locked for overdue payment \
                      [matrix 2018-06: instance normal, disk overdue -> error; field metadata.annotations[crossplane.io/external-create-pending]]";

/// An object whose creation has begun and about whose end nothing is recorded.
fn begun(group: &str, name: &str) -> Value {
    annotated(instance(group, name), "external-create-pending", EARLIER)
}

/// An object whose creation was started and failed; the provider will try again.
fn failed(group: &str, name: &str) -> Value {
    annotated(begun(group, name), "external-create-failed", EARLIER)
}

/// An object whose creation was started; no id is recorded yet.
fn launched(group: &str, name: &str) -> Value {
    annotated(begun(group, name), "external-create-succeeded", EARLIER)
}

/// The provider writes the whole object with this annotation in it.
fn write(object: &Value, annotation: &str, value: &str) -> Call {
    provider(annotated(object.clone(), annotation, value))
}

fn provider(object: Value) -> Call {
    replace(object)
        .by(PROVIDER)
        .manager("crossplane-kubernetes")
}

/// What the provider learns from its first look, along with the id.
fn late_initialized(object: &Value) -> Value {
    with(object.clone(), json!({"spec": {"forProvider": learned()}}))
}

fn learned() -> Value {
    json!({
        "availabilityZone": "cn-hangzhou-k",
        "hostName": "web",
        "instanceName": "web",
        "status": "Running",
        "systemDiskSize": 40,
        "internetMaxBandwidthOut": 5,
    })
}

fn attachment(group: &str, name: &str) -> Value {
    let references = json!({"region": "cn-hangzhou", "diskIdRef": {"name": "data"}, "instanceIdRef": {"name": "web"}});
    crossplane(group, "DiskAttachment", name, references)
}

/// What the reference resolver applies.
fn resolved(object: &Value) -> Call {
    let ids = json!({"diskId": OVERDUE_DISK, "instanceId": PAID});
    let object = with(object.clone(), json!({"spec": {"forProvider": ids}}));
    apply(object)
        .by(PROVIDER)
        .manager("managed.crossplane.io/api-simple-reference-resolver")
}

const CASES: &[Case] = &[
    Case {
        name: "create-what-was-asked-for-before-the-debt",
        before: instance,
        call: |object| write(object, "external-create-pending", EARLIER),
        expected: Denied(CREATE),
    },
    Case {
        name: "create-it-in-an-account-that-has-paid",
        before: |group, name| of_account("lab", instance(group, name)),
        call: |object| write(object, "external-create-pending", EARLIER),
        expected: Passes,
    },
    Case {
        name: "try-again-after-a-failure",
        before: failed,
        call: |object| write(object, "external-create-pending", LATER),
        expected: Denied(CREATE),
    },
    Case {
        name: "try-again-after-a-launch-without-result",
        before: launched,
        call: |object| write(object, "external-create-pending", LATER),
        expected: Denied(CREATE),
    },
    Case {
        name: "create-again-what-has-vanished",
        before: |group, name| {
            annotated(
                existing(group, name, PAID),
                "external-create-pending",
                EARLIER,
            )
        },
        call: |object| write(object, "external-create-pending", LATER),
        expected: Denied(CREATE),
    },
    Case {
        name: "record-that-the-creation-was-started",
        before: begun,
        call: |object| write(object, "external-create-succeeded", LATER),
        expected: Passes,
    },
    Case {
        name: "record-that-the-creation-has-failed",
        before: begun,
        call: |object| write(object, "external-create-failed", LATER),
        expected: Passes,
    },
    Case {
        name: "record-the-id",
        before: launched,
        call: |object| write(object, "external-name", "i-bp1new"),
        expected: Passes,
    },
    Case {
        name: "record-the-id-with-what-was-observed",
        before: launched,
        call: |object| write(&late_initialized(object), "external-name", "i-bp1new"),
        expected: Passes,
    },
    Case {
        name: "record-what-was-observed-later",
        before: |group, name| {
            let object = annotated(launched(group, name), "external-name", "i-bp1overdue");
            with(object, json!({"status": {"atProvider": learned()}}))
        },
        call: |object| provider(late_initialized(object)),
        expected: Passes,
    },
    Case {
        name: "tag-what-was-not-created-yet",
        before: instance,
        call: |object| {
            let tags = json!({"crossplane-kind": "instance", "crossplane-name": "x", "crossplane-providerconfig": "default"});
            provider(with(
                object.clone(),
                json!({"spec": {"initProvider": {}, "forProvider": {"tags": tags}}}),
            ))
        },
        expected: Passes,
    },
    Case {
        name: "go-on-with-a-creation-of-unknown-end",
        before: begun,
        call: |object| {
            merge(
                object,
                json!({"spec": {"forProvider": {"instanceType": "ecs.g7.xlarge"}}}),
            )
        },
        expected: Passes,
    },
];

#[tokio::test]
async fn the_write_before_a_creation_is_judged_and_what_only_records_passes() {
    let tenant = unguarded("gate-cases").await;
    for group in GROUPS {
        settle(&tenant, group, CASES).await;
    }
    guard(&tenant).await;
    for group in GROUPS {
        judge(&tenant, group, CASES).await;
    }
}

#[tokio::test]
async fn references_are_judged_at_the_gate_once_they_are_resolved() {
    let tenant = guarded("gate-references").await;
    for group in GROUPS {
        let object = attachment(group, "resolved-later");
        let warnings = tenant.accepts(create(object.clone())).await.warnings;
        assert_eq!(
            warnings,
            [
                "arrears: ECS AttachDisk not judged: spec.forProvider.instanceIdRef is not resolved yet"
            ]
        );
        meets(&tenant, resolved(&object), Passes).await;

        let object = tenant.stored(&object).await;
        assert_eq!(object["spec"]["forProvider"]["diskId"], OVERDUE_DISK);
        let object = with(object, json!({"metadata": {"managedFields": null}}));
        meets(
            &tenant,
            write(&object, "external-create-pending", EARLIER),
            Denied(ATTACH),
        )
        .await;
    }
}

/// Each step is the object as the provider writes it, from the one before.
#[tokio::test]
async fn a_whole_life_in_an_account_that_has_paid_meets_no_objection() {
    let tenant = guarded("gate-life").await;
    for group in GROUPS {
        let object = of_account("lab", instance(group, "born-and-gone"));
        tenant.accepts(create(object.clone())).await;
        let steps: [fn(Value) -> Value; 6] = [
            |object| {
                with(
                    object,
                    json!({"spec": {"forProvider": {"tags": {"crossplane-kind": "instance"}}}}),
                )
            },
            |object| {
                with(
                    object,
                    json!({"metadata": {"finalizers": ["tests.arrears.dev/managed"]}}),
                )
            },
            |object| annotated(object, "external-create-pending", EARLIER),
            |object| annotated(object, "external-create-succeeded", EARLIER),
            |object| annotated(late_initialized(&object), "external-name", "i-bp1born"),
            |object| with(object, json!({"metadata": {"finalizers": []}})),
        ];
        let mut object = object;
        for step in steps {
            object = step(object);
            meets(&tenant, provider(object.clone()), Passes).await;
        }
        let stored = tenant.stored(&object).await;
        assert_eq!(
            stored["metadata"]["annotations"]["crossplane.io/external-name"],
            "i-bp1born"
        );
        tenant.accepts(crate::plane::call::delete(&object)).await;
    }
}
