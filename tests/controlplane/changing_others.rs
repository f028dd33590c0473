//! What is asked for by changing sets, disks, attachments and security groups that exist.

use serde_json::{Value, json};

use crate::plane::call::{delete, merge};
use crate::scene::{
    GROUPS, OVERDUE, OVERDUE_DISK, PAID, PAID_DISK, annotated, crossplane, for_provider, guard,
    unguarded, with,
};
use crate::table::Case;
use crate::table::Expected::{Denied, Passes, Warns};
use crate::table::{judge, settle};

fn set(group: &str, name: &str) -> Value {
    let filter = json!({"key": "InstanceId", "value": ["i-bp1gone"]});
    let fields = json!({
        "region": "cn-hangzhou", "instanceType": "ecs.g7.large", "imageId": "m-bp1image", "amount": 2,
        "excludeInstanceFilter": [filter],
    });
    // The provider's id of a set: the list of its instances, in base64.
    annotated(
        crossplane(group, "InstanceSet", name, fields),
        "external-name",
        "WyJpLWJwMW92ZXJkdWUiXQ==",
    )
}

fn locked_disk(group: &str, name: &str) -> Value {
    let fields =
        json!({"region": "cn-hangzhou", "zoneId": "cn-hangzhou-k", "size": 20, "diskName": "data"});
    let observed =
        json!({"status": {"atProvider": {"id": OVERDUE_DISK, "size": 20, "diskName": "data"}}});
    let disk = with(crossplane(group, "Disk", name, fields), observed);
    annotated(disk, "external-name", OVERDUE_DISK)
}

fn attachment(group: &str, name: &str) -> Value {
    let fields = json!({"region": "cn-hangzhou", "diskId": PAID_DISK, "instanceId": PAID});
    annotated(
        crossplane(group, "DiskAttachment", name, fields),
        "external-name",
        "d-bp1paid:i-bp1paid",
    )
}

fn security_group(group: &str, name: &str) -> Value {
    let fields = json!({"region": "cn-hangzhou", "securityGroupName": "web"});
    annotated(
        crossplane(group, "SecurityGroup", name, fields),
        "external-name",
        "sg-bp1web",
    )
}

const CASES: &[Case] = &[
    Case {
        name: "exclude-other-instances-from-a-set",
        before: set,
        call: |object| {
            let filter = json!({"key": "InstanceId", "value": ["i-bp1other"]});
            merge(
                object,
                for_provider(json!({"excludeInstanceFilter": [filter]})),
            )
        },
        expected: Denied("ECS CreateInstance (as RunInstances) would fail"),
    },
    Case {
        name: "tag-a-set",
        before: set,
        call: |object| merge(object, for_provider(json!({"tags": {"team": "shop"}}))),
        expected: Passes,
    },
    Case {
        name: "rename-a-locked-disk",
        before: locked_disk,
        call: |object| merge(object, for_provider(json!({"diskName": "logs"}))),
        expected: Passes,
    },
    Case {
        name: "enlarge-a-locked-disk",
        before: locked_disk,
        call: |object| merge(object, for_provider(json!({"size": 40}))),
        expected: Passes,
    },
    Case {
        name: "name-another-instance-for-a-locked-disk",
        before: locked_disk,
        call: |object| merge(object, for_provider(json!({"instanceId": OVERDUE}))),
        expected: Passes,
    },
    Case {
        name: "encrypt-a-locked-disk",
        before: locked_disk,
        call: |object| merge(object, for_provider(json!({"encrypted": true}))),
        expected: Warns("spec.forProvider.encrypted"),
    },
    Case {
        name: "delete-a-locked-disk",
        before: locked_disk,
        call: delete,
        expected: Passes,
    },
    Case {
        name: "attach-a-locked-disk-instead",
        before: attachment,
        call: |object| merge(object, for_provider(json!({"diskId": OVERDUE_DISK}))),
        expected: Warns("spec.forProvider.diskId"),
    },
    Case {
        name: "detach-a-disk",
        before: attachment,
        call: delete,
        expected: Passes,
    },
    Case {
        name: "rename-a-group-of-an-account-that-owes",
        before: security_group,
        call: |object| merge(object, for_provider(json!({"description": "the shop's"}))),
        expected: Passes,
    },
];

#[tokio::test]
async fn sets_disks_attachments_and_groups_are_changed_by_their_own_rows_of_the_matrix() {
    let tenant = unguarded("changing-others").await;
    for group in GROUPS {
        settle(&tenant, group, CASES).await;
    }
    guard(&tenant).await;
    for group in GROUPS {
        judge(&tenant, group, CASES).await;
    }
}
