//! Every row of the Disk's and the DiskAttachment's tables.

use serde_json::{Value, json};

use super::{Change, cases, created, edited};

fn disk(before: Value, after: Value) -> Change {
    edited("Disk", before, after)
}

cases! {
    a_new_disk_is_created_for_the_account:
        created("Disk", json!({"size": 20}))
        => ["CreateDisk account spec.forProvider"];
    a_new_disk_with_an_instance_is_created_on_it:
        created("Disk", json!({"instanceId": "i-1"}))
        => ["CreateDisk i-1 spec.forProvider"];
    a_new_disk_waits_for_its_instance_to_be_resolved:
        created("Disk", json!({"instanceIdRef": {"name": "web"}}))
        => ["CreateDisk unresolved:spec.forProvider.instanceIdRef spec.forProvider"];
    a_new_disk_waits_for_its_instance_to_be_selected:
        created("Disk", json!({"instanceIdSelector": {"matchLabels": {"a": "b"}}}))
        => ["CreateDisk unresolved:spec.forProvider.instanceIdSelector spec.forProvider"];
    an_id_goes_before_a_reference_to_it:
        created("Disk", json!({"instanceId": "i-1", "instanceIdRef": {"name": "web"}}))
        => ["CreateDisk i-1 spec.forProvider"];
    a_new_disk_that_drops_its_snapshots_is_told_so_afterwards:
        created("Disk", json!({"deleteAutoSnapshot": true}))
        => ["CreateDisk account spec.forProvider", "ModifyDiskAttribute account spec.forProvider.deleteAutoSnapshot"];
    a_dry_run_makes_no_disk:
        created("Disk", json!({"dryRun": true}))
        => [];

    the_size_is_resized:
        disk(json!({"size": 20}), json!({"size": 40}))
        => ["ResizeDisk d-1 spec.forProvider.size"];
    the_charge_type_is_changed:
        disk(json!({"paymentType": "PayAsYouGo"}), json!({"paymentType": "Subscription"}))
        => ["ModifyDiskChargeType d-1 spec.forProvider.paymentType"];
    the_resource_group_is_joined:
        disk(json!({"resourceGroupId": "rg-1"}), json!({"resourceGroupId": "rg-2"}))
        => ["JoinResourceGroup d-1 spec.forProvider.resourceGroupId"];
    tags_are_tagged:
        disk(json!({"tags": {"a": "1"}}), json!({"tags": {"a": "2"}}))
        => ["TagResources d-1 spec.forProvider.tags"];

    an_attachment_attaches_the_disk_to_the_instance:
        created("DiskAttachment", json!({"diskId": "d-1", "instanceId": "i-1"}))
        => ["AttachDisk i-1+d-1 spec.forProvider", "ModifyDiskAttribute d-1 spec.forProvider"];
    a_bootable_attachment_attaches_too:
        created("DiskAttachment", json!({"diskId": "d-1", "instanceId": "i-1", "bootable": true}))
        => ["AttachDisk i-1+d-1 spec.forProvider", "ModifyDiskAttribute d-1 spec.forProvider"];
    an_attachment_waits_for_what_it_selects:
        created("DiskAttachment", json!({"diskIdSelector": {"matchLabels": {}}, "instanceIdRef": {"name": "web"}}))
        => [
            "AttachDisk unresolved:spec.forProvider.instanceIdRef+unresolved:spec.forProvider.diskIdSelector spec.forProvider",
            "ModifyDiskAttribute unresolved:spec.forProvider.diskIdSelector spec.forProvider",
        ];
    an_attachment_needs_both_ids:
        created("DiskAttachment", json!({"diskId": "d-1", "instanceId": ""}))
        => [
            "AttachDisk missing:spec.forProvider.instanceId+d-1 spec.forProvider",
            "ModifyDiskAttribute d-1 spec.forProvider",
        ];
    an_attachment_only_writes_down_what_goes_with_the_instance:
        edited("DiskAttachment", json!({"deleteWithInstance": false}), json!({"deleteWithInstance": true}))
        => [];
}

#[test]
fn attributes_are_attributes() {
    for (field, before, after) in [
        ("deleteAutoSnapshot", json!(false), json!(true)),
        ("deleteWithInstance", json!(false), json!(true)),
        ("description", json!("a"), json!("b")),
        ("diskName", json!("a"), json!("b")),
        ("enableAutoSnapshot", json!(false), json!(true)),
        ("burstingEnabled", json!(false), json!(true)),
    ] {
        let change = disk(json!({field: before}), json!({field: after}));
        assert_eq!(
            change.asks(),
            [format!("ModifyDiskAttribute d-1 spec.forProvider.{field}")]
        );
    }
}

#[test]
fn performance_is_a_spec_of_the_disk() {
    for (field, before, after) in [
        ("performanceLevel", json!("PL0"), json!("PL1")),
        ("category", json!("cloud_ssd"), json!("cloud_essd")),
        ("provisionedIops", json!(100), json!(200)),
    ] {
        let change = disk(json!({field: before}), json!({field: after}));
        assert_eq!(
            change.asks(),
            [format!("ModifyDiskSpec d-1 spec.forProvider.{field}")]
        );
    }
}

#[test]
fn fields_without_an_effect_ask_for_nothing() {
    for (field, before, after) in [
        ("instanceId", json!("i-1"), json!("i-2")),
        ("instanceIdRef", json!({"name": "a"}), json!({"name": "b"})),
        ("type", json!("offline"), json!("online")),
        ("advancedFeatures", json!("a"), json!("b")),
        ("encryptAlgorithm", json!("a"), json!("b")),
        ("dryRun", json!(false), json!(true)),
    ] {
        let change = disk(json!({field: before}), json!({field: after}));
        assert_eq!(change.asks(), Vec::<String>::new(), "{field}");
    }
}

#[test]
fn fields_that_need_replacement_are_told_and_nothing_is_called() {
    let of_disks = [
        ("encrypted", json!(false), json!(true)),
        ("kmsKeyId", json!("a"), json!("b")),
        ("multiAttach", json!("Disabled"), json!("Enabled")),
        ("snapshotId", json!("s-1"), json!("s-2")),
        ("storageSetId", json!("a"), json!("b")),
        ("storageSetPartitionNumber", json!(1), json!(2)),
        ("zoneId", json!("a"), json!("b")),
    ];
    let of_attachments = [
        ("bootable", json!(false), json!(true)),
        ("diskId", json!("d-1"), json!("d-2")),
        ("instanceId", json!("i-1"), json!("i-2")),
        ("keyPairName", json!("a"), json!("b")),
        ("password", json!("a"), json!("b")),
    ];
    let cases = of_disks
        .map(|case| ("Disk", case))
        .into_iter()
        .chain(of_attachments.map(|case| ("DiskAttachment", case)));
    for (kind, (field, before, after)) in cases {
        let change = edited(
            kind,
            json!({field: before, "size": 20}),
            json!({field: after, "size": 40}),
        );
        assert_eq!(
            change.asks(),
            [format!("needs replacement: spec.forProvider.{field}")]
        );
    }
}
