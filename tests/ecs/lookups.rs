//! What the three look-ups serve: filters, pages, shapes, dry runs and permissions.

use serde_json::json;

use crate::{
    caller::{Caller, REGION, ask, cloud},
    double::{Cloud, Denial, Locks},
};

type Parameter<'a> = (&'a str, &'a str);
type Parameters<'a> = &'a [Parameter<'a>];

#[tokio::test]
async fn instances_are_filtered_by_reason_and_id_and_both() {
    let cloud = cloud();
    let region = cloud.region("cn-hangzhou");
    region
        .lock_instance("i-1", ["financial"])
        .lock_instance("i-2", ["security", "Financial"]);
    region.lock_instance("i-3", ["Recycling"]).instance("i-4");
    cloud
        .region("cn-beijing")
        .lock_instance("i-5", ["financial"]);

    let rows: [(Parameters<'_>, &[&str]); 8] = [
        (&[], &["i-1", "i-2", "i-3", "i-4"]),
        (&[("LockReason", "financial")], &["i-1", "i-2"]),
        (&[("LockReason", "recycling")], &["i-3"]),
        (
            &[("InstanceIds", r#"["i-4","i-1","i-5","i-9"]"#)],
            &["i-1", "i-4"],
        ),
        (
            &[
                ("InstanceIds", r#"["i-4","i-1"]"#),
                ("LockReason", "financial"),
            ],
            &["i-1"],
        ),
        (&[("InstanceIds", "[]")], &[]),
        // The singular is no parameter: it is ignored, as the service does.
        (&[("InstanceId", "i-1")], &["i-1", "i-2", "i-3", "i-4"]),
        (&[("LockReason", "")], &["i-1", "i-2", "i-3", "i-4"]),
    ];
    for (parameters, ids) in rows {
        assert_eq!(
            ask(&cloud, "DescribeInstances", parameters).await.ids(),
            ids,
            "{parameters:?}"
        );
    }
}

#[tokio::test]
async fn disks_are_filtered_by_reason_and_id_and_instance() {
    let cloud = cloud();
    let region = cloud.region("cn-hangzhou");
    region.lock_disk("d-1", ["financial"]).attach("d-1", "i-1");
    region.disk("d-2").attach("d-2", "i-1").attach("d-2", "i-2");
    region.lock_disk("d-3", ["security"]).mount("d-3", "i-2");

    let rows: [(Parameters<'_>, &[&str]); 5] = [
        (&[], &["d-1", "d-2", "d-3"]),
        (&[("LockReason", "financial")], &["d-1"]),
        (&[("InstanceId", "i-2")], &["d-2", "d-3"]),
        (&[("DiskIds", r#"["d-3","d-9"]"#)], &["d-3"]),
        (
            &[("InstanceId", "i-1"), ("LockReason", "financial")],
            &["d-1"],
        ),
    ];
    for (parameters, ids) in rows {
        assert_eq!(
            ask(&cloud, "DescribeDisks", parameters).await.ids(),
            ids,
            "{parameters:?}"
        );
    }
}

#[tokio::test]
async fn the_locks_of_the_two_kinds_have_their_two_shapes() {
    let cloud = cloud();
    let region = cloud.region("cn-hangzhou");
    region.lock_instance("i-1", ["financial"]).instance("i-2");
    region
        .set_instance("i-3", Locks::Null)
        .set_instance("i-4", Locks::Missing);
    region
        .lock_disk("d-1", ["financial"])
        .disk("d-2")
        .attach("d-1", "i-1");

    let reply = ask(&cloud, "DescribeInstances", &[]).await;
    let items = reply.body["Instances"]["Instance"].as_array().unwrap();
    let locked = json!({"LockReason": [{"LockReason": "financial", "LockMsg": "The specified instance is locked."}]});
    assert_eq!(items[0]["OperationLocks"], locked);
    assert_eq!(items[1]["OperationLocks"], json!({"LockReason": []}));
    assert_eq!(items[2].get("OperationLocks"), Some(&json!(null)));
    assert_eq!(items[3].get("OperationLocks"), None);

    let reply = ask(&cloud, "DescribeDisks", &[]).await;
    let items = reply.body["Disks"]["Disk"].as_array().unwrap();
    assert_eq!(
        items[0]["OperationLocks"],
        json!({"OperationLock": [{"LockReason": "financial"}]})
    );
    assert_eq!(items[1]["OperationLocks"], json!({"OperationLock": []}));
    assert_eq!(items[0]["InstanceId"], "i-1");
    assert_eq!(
        items[0]["Attachments"]["Attachment"][0]["InstanceId"],
        "i-1"
    );

    let reply = ask(
        &cloud,
        "DescribeInstanceAttribute",
        &[("InstanceId", "i-1")],
    )
    .await;
    assert_eq!(
        reply.body["OperationLocks"],
        json!({"LockReason": [{"LockReason": "financial"}]})
    );
    assert_eq!(reply.body["RegionId"], "cn-hangzhou");
}

#[tokio::test]
async fn wrong_parameters_are_refused_by_their_own_codes() {
    let cloud = cloud();
    let many = serde_json::to_string(&vec!["i-1"; 101]).unwrap();
    let (instances, disks) = ("DescribeInstances", "DescribeDisks");
    let rows: [(&str, Parameter<'_>, (u16, &str)); 11] = [
        (instances, ("RegionId", ""), (400, "MissingRegionId")),
        (
            instances,
            ("RegionId", "cn-nowhere"),
            (404, "InvalidRegionId.NotFound"),
        ),
        (
            instances,
            ("LockReason", "overdue"),
            (404, "InvalidLockReason.NotFound"),
        ),
        (
            disks,
            ("LockReason", "refunded"),
            (404, "InvalidLockReason.NotFound"),
        ),
        (instances, ("InstanceIds", "i-1"), (400, "InvalidParameter")),
        (disks, ("DiskIds", "d-1"), (400, "InvalidParameter.DiskIds")),
        (disks, ("DiskIds", &many), (403, "InvalidDiskIds.Malformed")),
        (
            instances,
            ("MaxResults", "many"),
            (400, "InvalidMaxResults"),
        ),
        (
            instances,
            ("NextToken", "nonsense"),
            (400, "InvalidParameter"),
        ),
        (
            "DescribeInstanceAttribute",
            ("InstanceId", "i-9"),
            (404, "InvalidInstanceId.NotFound"),
        ),
        (
            "DescribeEverything",
            ("InstanceId", "i-9"),
            (404, "InvalidAction.NotFound"),
        ),
    ];
    for (action, parameter, refusal) in rows {
        let mut parameters = vec![REGION];
        parameters.retain(|(name, _)| *name != parameter.0);
        parameters.push(parameter);
        let reply = Caller::new(&cloud, action, &parameters).send().await;
        assert_eq!(reply.refusal(), refusal, "{action} {parameter:?}");
    }
}

#[tokio::test]
async fn a_dry_run_tells_that_all_is_well_or_what_is_not() {
    let cloud = Cloud::start();
    let account = cloud.account("AKID", "SECRET");
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"])
        .lock_disk("d-1", ["financial"]);
    let dry = [("DryRun", "true")];
    for action in ["DescribeInstances", "DescribeDisks"] {
        assert_eq!(
            ask(&cloud, action, &dry).await.refusal(),
            (400, "DryRunOperation")
        );

        account.deny(action, Denial::Forbidden);
        let denied = ask(&cloud, action, &[]).await;
        assert_eq!(denied.refusal(), (403, "Forbidden.RAM"));
        assert_eq!(
            denied.body["AccessDeniedDetail"]["AuthAction"],
            format!("ecs:{action}")
        );
        assert_eq!(
            ask(&cloud, action, &dry).await.refusal(),
            (403, "Forbidden.RAM")
        );

        account.deny(action, Denial::EmptyList);
        let empty = ask(&cloud, action, &[]).await;
        assert_eq!((empty.status, empty.ids()), (200, Vec::new()));
        assert_eq!(
            ask(&cloud, action, &dry).await.refusal(),
            (403, "Forbidden.RAM")
        );

        account.allow(action);
        assert_eq!(ask(&cloud, action, &[]).await.ids().len(), 1);
    }
    // This one knows no dry run.
    let attribute = ask(
        &cloud,
        "DescribeInstanceAttribute",
        &[("InstanceId", "i-1"), ("DryRun", "true")],
    )
    .await;
    assert_eq!(attribute.status, 200);
}

#[tokio::test]
async fn what_is_paid_detached_moved_or_deleted_is_so_for_the_next_call() {
    let cloud = cloud();
    let (here, there) = (cloud.region("cn-hangzhou"), cloud.region("cn-beijing"));
    let locked = [("LockReason", "financial")];
    here.lock_instance("i-1", ["financial"])
        .lock_instance("i-2", ["financial"]);
    here.lock_disk("d-1", ["financial"]).attach("d-1", "i-2");

    here.pay_instance("i-1");
    assert_eq!(
        ask(&cloud, "DescribeInstances", &locked).await.ids(),
        ["i-2"]
    );
    here.move_instance("i-2", &there);
    assert!(
        ask(
            &cloud,
            "DescribeInstances",
            &[("InstanceIds", r#"["i-2"]"#)]
        )
        .await
        .ids()
        .is_empty()
    );
    let attribute = ask(
        &cloud,
        "DescribeInstanceAttribute",
        &[("InstanceId", "i-2")],
    )
    .await;
    assert_eq!(attribute.body["RegionId"], "cn-beijing");
    there.delete_instance("i-2");
    here.detach("d-1", "i-2");
    let disk = ask(&cloud, "DescribeDisks", &[]).await;
    assert_eq!(disk.body["Disks"]["Disk"][0]["Status"], "Available");
    here.pay_disk("d-1");
    assert!(ask(&cloud, "DescribeDisks", &locked).await.ids().is_empty());
}

#[tokio::test]
async fn accounts_see_their_own_alone() {
    let cloud = cloud();
    let other = cloud.account("OTHER", "THEIRS");
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    other
        .region("cn-hangzhou")
        .lock_instance("i-2", ["financial"]);
    assert_eq!(ask(&cloud, "DescribeInstances", &[]).await.ids(), ["i-1"]);
    let theirs = Caller::new(&cloud, "DescribeInstances", &[REGION])
        .key("OTHER", "THEIRS")
        .send()
        .await;
    assert_eq!(theirs.ids(), ["i-2"]);
}
