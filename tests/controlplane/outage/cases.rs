//! What a Crossplane object may and may not go through while nobody answers.

use serde_json::{Value, json};

use crate::plane::call::{Call, apply, create, delete, merge, replace};
use crate::plane::users::PROVIDER;
use crate::scene::{OVERDUE, annotated, annotation, existing, for_provider, instance, with};
use crate::table::Case;
use crate::table::Expected::{HeldBack, Passes};

const MOMENT: &str = "2026-11-23T10:00:00Z";

pub(super) fn standing(group: &str, name: &str) -> Value {
    existing(group, name, OVERDUE)
}

fn paused(group: &str, name: &str) -> Value {
    annotated(standing(group, name), "paused", "true")
}

fn begun(group: &str, name: &str) -> Value {
    annotated(instance(group, name), "external-create-pending", MOMENT)
}

fn launched(group: &str, name: &str) -> Value {
    annotated(begun(group, name), "external-create-succeeded", MOMENT)
}

/// An object that is not there before; what stands in its place bears another name.
fn absent(group: &str, name: &str) -> Value {
    instance(group, &format!("not-{name}"))
}

fn named(object: &Value) -> Value {
    let name = object["metadata"]["name"].as_str().unwrap();
    let name = name.strip_prefix("not-").unwrap();
    with(object.clone(), json!({"metadata": {"name": name}}))
}

fn provider(object: Value) -> Call {
    replace(object).by(PROVIDER)
}

/// What must go on.
pub(super) const GOES_ON: &[Case] = &[
    Case {
        name: "out-label",
        before: standing,
        call: |object| merge(object, json!({"metadata": {"labels": {"team": "shop"}}})),
        expected: Passes,
    },
    Case {
        name: "out-annotation",
        before: standing,
        call: |object| {
            merge(
                object,
                json!({"metadata": {"annotations": {"upjet.crossplane.io/provider-meta": "x"}}}),
            )
        },
        expected: Passes,
    },
    Case {
        name: "out-owner",
        before: standing,
        call: |object| {
            let owner = json!({"apiVersion": "example.org/v1", "kind": "XServer", "name": "x", "uid": "6d2f"});
            merge(object, json!({"metadata": {"ownerReferences": [owner]}}))
        },
        expected: Passes,
    },
    Case {
        name: "out-status",
        before: standing,
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
        name: "out-creation-started",
        before: begun,
        call: |object| {
            provider(annotated(
                object.clone(),
                "external-create-succeeded",
                MOMENT,
            ))
        },
        expected: Passes,
    },
    Case {
        name: "out-creation-failed",
        before: begun,
        call: |object| provider(annotated(object.clone(), "external-create-failed", MOMENT)),
        expected: Passes,
    },
    Case {
        name: "out-id-recorded",
        before: launched,
        call: |object| provider(annotated(object.clone(), "external-name", "i-bp1new")),
        expected: Passes,
    },
    Case {
        name: "out-id-recorded-with-what-was-observed",
        before: launched,
        call: |object| {
            let object = with(
                object.clone(),
                for_provider(json!({"status": "Running", "systemDiskSize": 40})),
            );
            provider(annotated(object, "external-name", "i-bp1new"))
        },
        expected: Passes,
    },
    Case {
        name: "out-finalizer-added",
        before: standing,
        call: |object| {
            merge(
                object,
                json!({"metadata": {"finalizers": ["tests.arrears.dev/kept"]}}),
            )
            .by(PROVIDER)
        },
        expected: Passes,
    },
    Case {
        name: "out-finalizer-removed",
        before: |group, name| {
            with(
                standing(group, name),
                json!({"metadata": {"finalizers": ["tests.arrears.dev/kept"]}}),
            )
        },
        call: |object| merge(object, json!({"metadata": {"finalizers": null}})).by(PROVIDER),
        expected: Passes,
    },
    Case {
        name: "out-deleted",
        before: standing,
        call: delete,
        expected: Passes,
    },
    Case {
        name: "out-paused",
        before: standing,
        call: |object| merge(object, annotation("paused", "true")),
        expected: Passes,
    },
    Case {
        name: "out-paused-and-changed",
        before: standing,
        call: |object| {
            let object = annotated(object.clone(), "paused", "true");
            replace(with(object, for_provider(json!({"status": "Running"}))))
        },
        expected: Passes,
    },
    Case {
        name: "out-changed-while-paused",
        before: paused,
        call: |object| merge(object, for_provider(json!({"status": "Running"}))),
        expected: Passes,
    },
    Case {
        name: "out-applied-as-it-is",
        before: instance,
        call: |object| apply(object.clone()).manager("argocd"),
        expected: Passes,
    },
];

/// What must wait.
pub(super) const WAITS: &[Case] = &[
    Case {
        name: "out-created",
        before: absent,
        call: |object| create(named(object)),
        expected: HeldBack,
    },
    Case {
        name: "out-created-by-apply",
        before: absent,
        call: |object| apply(named(object)),
        expected: HeldBack,
    },
    Case {
        name: "out-imported",
        before: absent,
        call: |object| create(annotated(named(object), "external-name", OVERDUE)),
        expected: HeldBack,
    },
    Case {
        name: "out-changed",
        before: standing,
        call: |object| merge(object, for_provider(json!({"status": "Running"}))),
        expected: HeldBack,
    },
    Case {
        name: "out-applied",
        before: instance,
        call: |object| {
            apply(with(
                object.clone(),
                for_provider(json!({"instanceType": "ecs.g7.xlarge"})),
            ))
        },
        expected: HeldBack,
    },
    Case {
        name: "out-tagged",
        before: standing,
        call: |object| {
            provider(with(
                object.clone(),
                for_provider(json!({"tags": {"crossplane-kind": "instance"}})),
            ))
        },
        expected: HeldBack,
    },
    Case {
        name: "out-before-creation",
        before: instance,
        call: |object| provider(annotated(object.clone(), "external-create-pending", MOMENT)),
        expected: HeldBack,
    },
    Case {
        name: "out-woken",
        before: paused,
        call: |object| merge(object, annotation("paused", Value::Null)),
        expected: HeldBack,
    },
    Case {
        name: "out-woken-by-another-word",
        before: paused,
        call: |object| merge(object, annotation("paused", "no")),
        expected: HeldBack,
    },
    Case {
        name: "out-allowed-more",
        before: |group, name| {
            with(
                standing(group, name),
                json!({"spec": {"managementPolicies": ["Observe"]}}),
            )
        },
        call: |object| merge(object, json!({"spec": {"managementPolicies": ["*"]}})),
        expected: HeldBack,
    },
    Case {
        name: "out-id-changed",
        before: standing,
        call: |object| merge(object, annotation("external-name", "i-bp1stranger")),
        expected: HeldBack,
    },
    Case {
        name: "out-id-removed",
        before: standing,
        call: |object| merge(object, annotation("external-name", Value::Null)),
        expected: HeldBack,
    },
];
