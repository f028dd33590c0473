//! What is asked for by creating an object, kind by kind, through the API server.

use serde_json::{Value, json};

use crate::plane::call::{Call, apply, create};
use crate::plane::users::{DEVELOPER, PROVIDER};
use crate::scene::{
    GROUPS, OVERDUE, OVERDUE_DISK, PAID, PAID_DISK, annotated, crossplane, guarded, instance,
    of_account, plane, with,
};
use crate::table::Expected::{Denied, NotJudged, Passes, Warns};
use crate::table::{Expected, meets};

/// A name, the object of that name in a group, and what has to come of its creation.
type Creation = (&'static str, fn(&str, &str) -> Value, Expected);

const OWES: &str = "ECS CreateInstance (as RunInstances) would fail: instance i-bp1both and disk d-bp1overdue (account prod, cn-hangzhou) \
                    are locked for overdue payment";

const INSTANCES: &[Creation] = &[
    ("instance-of-an-account-that-owes", instance, Denied(OWES)),
    (
        "instance-of-an-account-that-has-paid",
        |group, name| of_account("lab", instance(group, name)),
        Passes,
    ),
    (
        "instance-of-an-account-nobody-has-listed",
        |group, name| of_account("staging", instance(group, name)),
        NotJudged("region cn-shanghai has never been listed"),
    ),
    (
        "instance-of-an-account-nobody-has-configured",
        |group, name| of_account("stranger", instance(group, name)),
        NotJudged("no account names provider config stranger"),
    ),
    (
        "instance-that-comes-paused",
        |group, name| annotated(instance(group, name), "paused", "true"),
        Passes,
    ),
    (
        "instance-paused-by-something-else-than-true",
        |group, name| annotated(instance(group, name), "paused", "yes"),
        Denied(OWES),
    ),
    (
        "instance-that-may-only-be-observed",
        |group, name| {
            let object = annotated(instance(group, name), "external-name", OVERDUE);
            with(object, json!({"spec": {"managementPolicies": ["Observe"]}}))
        },
        Passes,
    ),
    (
        "instance-without-any-policy",
        |group, name| {
            with(
                instance(group, name),
                json!({"spec": {"managementPolicies": []}}),
            )
        },
        Passes,
    ),
    (
        "instance-that-exists-and-is-imported",
        |group, name| annotated(instance(group, name), "external-name", OVERDUE),
        Passes,
    ),
    (
        "instance-that-is-only-tried",
        |group, name| {
            with(
                instance(group, name),
                json!({"spec": {"forProvider": {"dryRun": true}}}),
            )
        },
        Passes,
    ),
];

const SET: fn(&str, &str) -> Value = |group, name| {
    let fields = json!({"region": "cn-hangzhou", "instanceType": "ecs.g7.large", "imageId": "m-bp1image", "amount": 2});
    crossplane(group, "InstanceSet", name, fields)
};

const DISK: fn(&str, &str) -> Value = |group, name| {
    let fields = json!({"region": "cn-hangzhou", "zoneId": "cn-hangzhou-k", "size": 20, "category": "cloud_essd"});
    crossplane(group, "Disk", name, fields)
};

const OTHERS: &[Creation] = &[
    ("set-of-an-account-that-owes", SET, Denied(OWES)),
    (
        "set-of-an-account-that-has-paid",
        |group, name| of_account("lab", SET(group, name)),
        Passes,
    ),
    (
        "disk-of-an-account-that-owes",
        DISK,
        Denied("ECS CreateDisk would fail"),
    ),
    (
        "disk-of-an-account-that-has-paid",
        |group, name| of_account("lab", DISK(group, name)),
        Passes,
    ),
    (
        "disk-on-an-instance-that-is-locked",
        |group, name| {
            with(
                DISK(group, name),
                json!({"spec": {"forProvider": {"instanceId": OVERDUE}}}),
            )
        },
        Denied("ECS CreateDisk would fail: instance i-bp1overdue and disk d-bp1overdue"),
    ),
    (
        "group-of-an-account-that-owes",
        |group, name| {
            crossplane(
                group,
                "SecurityGroup",
                name,
                json!({"region": "cn-hangzhou"}),
            )
        },
        Passes,
    ),
    (
        "attachment-of-a-locked-disk",
        |group, name| {
            attachment(
                group,
                name,
                json!({"diskId": OVERDUE_DISK, "instanceId": PAID}),
            )
        },
        Denied("ECS AttachDisk would fail: disk d-bp1overdue"),
    ),
    (
        "attachment-to-a-locked-instance",
        |group, name| {
            attachment(
                group,
                name,
                json!({"diskId": PAID_DISK, "instanceId": OVERDUE}),
            )
        },
        Passes,
    ),
    (
        "attachment-of-what-is-paid",
        |group, name| {
            attachment(
                group,
                name,
                json!({"diskId": PAID_DISK, "instanceId": PAID}),
            )
        },
        Passes,
    ),
    (
        "attachment-to-a-reference",
        |group, name| {
            attachment(
                group,
                name,
                json!({"diskId": PAID_DISK, "instanceIdRef": {"name": "web"}}),
            )
        },
        Passes,
    ),
    (
        "attachment-of-a-reference",
        |group, name| {
            attachment(
                group,
                name,
                json!({"diskIdRef": {"name": "data"}, "instanceId": PAID}),
            )
        },
        Warns("ECS AttachDisk not judged: spec.forProvider.diskIdRef is not resolved yet"),
    ),
    (
        "attachment-of-a-selected-disk",
        |group, name| {
            let selector = json!({"matchLabels": {"app": "web"}});
            attachment(
                group,
                name,
                json!({"diskIdSelector": selector, "instanceIdSelector": selector}),
            )
        },
        Warns("arrears: ECS AttachDisk not judged"),
    ),
];

fn attachment(group: &str, name: &str, fields: Value) -> Value {
    let object = crossplane(
        group,
        "DiskAttachment",
        name,
        json!({"region": "cn-hangzhou"}),
    );
    with(object, json!({"spec": {"forProvider": fields}}))
}

#[tokio::test]
async fn an_instance_is_created_only_where_nothing_is_owed() {
    let tenant = guarded("creating-instances").await;
    for group in GROUPS {
        for (name, object, expected) in INSTANCES {
            meets(
                &tenant,
                create(object(group, name)).by(DEVELOPER),
                *expected,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn sets_disks_and_attachments_are_judged_by_their_own_rows_of_the_matrix() {
    let tenant = guarded("creating-others").await;
    for group in GROUPS {
        for (name, object, expected) in OTHERS {
            meets(
                &tenant,
                create(object(group, name)).by(DEVELOPER),
                *expected,
            )
            .await;
        }
    }
}

#[tokio::test]
async fn compositions_create_by_apply_and_are_told_the_same() {
    let tenant = guarded("creating-applied").await;
    let composed = |object: Value| -> Call {
        apply(object)
            .by(PROVIDER)
            .manager("apiextensions.crossplane.io/composed/8fb3ae2c")
    };
    for group in GROUPS {
        meets(&tenant, composed(instance(group, "applied")), Denied(OWES)).await;
        let paid = of_account("lab", instance(group, "applied"));
        meets(&tenant, composed(paid), Passes).await;
    }
}

#[tokio::test]
async fn an_object_whose_name_the_api_server_makes_is_judged_like_any_other() {
    let tenant = guarded("creating-generated").await;
    for group in GROUPS {
        let mut object = instance(group, "");
        object["metadata"] = json!({"generateName": "web-"});
        tenant.rejects(create(object.clone()), OWES).await;
        let made = tenant.accepts(create(of_account("lab", object))).await.body;
        assert!(
            made["metadata"]["name"].to_string().starts_with("\"web-"),
            "{made}"
        );
    }
}

#[tokio::test]
async fn kubectl_prints_the_denial_and_its_dry_run_prints_the_same() {
    let tenant = guarded("creating-kubectl").await;
    let object = tenant
        .own(of_account("default", instance(GROUPS[1], "web")))
        .to_string();
    let denial = "admission webhook \"crossplane.ecs.arrears.dev\" denied the request: ECS CreateInstance (as RunInstances) would fail: \
                  instance i-bp1both and disk d-bp1overdue (account prod, cn-hangzhou) are locked for overdue payment [matrix 2018-06: \
                  instance overdue, disk overdue -> error; field spec.forProvider]. Settle the bill, then retry. (1 more)";
    for (arguments, prefix) in [
        (&["create"][..], "error when creating \"STDIN\": "),
        (&["apply"], "error when creating \"STDIN\": "),
        (
            &["create", "--dry-run=server"],
            "error when creating \"STDIN\": ",
        ),
        (
            &["apply", "--dry-run=server"],
            "error when creating \"STDIN\": ",
        ),
        (&["apply", "--server-side"], ""),
        (&["apply", "--server-side", "--dry-run=server"], ""),
    ] {
        let arguments = [arguments, &["--context=developer", "-f", "-"]].concat();
        let output = plane().await.kubectl(&arguments, &object).await;
        assert_eq!(output.code, 1, "{arguments:?}");
        assert_eq!(
            output.stderr.trim_end(),
            format!("Error from server (Forbidden): {prefix}{denial}"),
            "{arguments:?}"
        );
        assert_eq!(output.stdout, "", "{arguments:?}");
    }
}
