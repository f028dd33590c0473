//! Every row of the kinds that the seed's edition never denies.

use serde_json::json;

use super::{Flavour, Resource, cases, created, edited, two_values};
use crate::kinds::crossplane::{field::Form, others};

cases! {
    an_auto_provisioning_group_is_created_by_an_unlisted_call:
        created("AutoProvisioningGroup", json!({"totalTargetCapacity": "10"}))
        => ["CreateAutoProvisioningGroup account spec.forProvider"];
    a_raised_target_is_an_unlisted_call:
        edited("AutoProvisioningGroup", json!({"totalTargetCapacity": "10"}), json!({"totalTargetCapacity": "20"}))
        => ["ModifyAutoProvisioningGroup account spec.forProvider.totalTargetCapacity"];
    a_snapshot_is_made_of_its_disk:
        created("Snapshot", json!({"diskId": "d-1"}))
        => ["CreateSnapshot d-1 spec.forProvider"];
    a_snapshot_waits_for_its_disk_to_be_resolved:
        created("Snapshot", json!({"diskIdRef": {"name": "data"}}))
        => ["CreateSnapshot unresolved:spec.forProvider.diskIdRef spec.forProvider"];
    a_snapshot_group_is_made_of_an_instance_and_its_disks:
        created("SnapshotGroup", json!({"instanceId": "i-1", "diskId": ["d-1", "d-2"]}))
        => ["CreateSnapshotGroup i-1+d-1+d-2 spec.forProvider"];
    an_image_is_made_of_an_instance:
        created("Image", json!({"instanceId": "i-1"}))
        => ["CreateImage i-1 spec.forProvider"];
    an_image_is_made_of_a_snapshot:
        created("Image", json!({"snapshotId": "s-1"}))
        => ["CreateImage account spec.forProvider"];
    an_image_copy_is_a_call_of_its_own:
        created("ImageCopy", json!({"sourceImageId": "m-1"}))
        => ["CopyImage account spec.forProvider"];
    an_image_import_is_a_call_of_its_own:
        created("ImageImport", json!({}))
        => ["ImportImage account spec.forProvider"];
    a_security_group_is_created:
        created("SecurityGroup", json!({"vpcId": "vpc-1"}))
        => ["CreateSecurityGroup account spec.forProvider"];
    a_security_group_with_an_inner_policy_is_told_it_afterwards:
        created("SecurityGroup", json!({"innerAccessPolicy": "Drop"}))
        => ["CreateSecurityGroup account spec.forProvider", "ModifySecurityGroupPolicy account spec.forProvider.innerAccessPolicy"];
    a_rule_for_what_comes_in_authorizes:
        created("SecurityGroupRule", json!({"type": "ingress"}))
        => ["AuthorizeSecurityGroup account spec.forProvider"];
    a_rule_for_what_goes_out_authorizes_by_the_newer_name:
        created("SecurityGroupRule", json!({"type": "egress"}))
        => ["AuthorizeSecurityGroup(AuthorizeSecurityGroupEgress) account spec.forProvider.type"];
    the_description_of_a_rule_for_what_comes_in_is_modified:
        edited("SecurityGroupRule", json!({"type": "ingress", "description": "a"}), json!({"description": "b"}))
        => ["ModifySecurityGroupRule account spec.forProvider.description"];
    the_description_of_a_rule_for_what_goes_out_is_modified:
        edited("SecurityGroupRule", json!({"type": "egress", "description": "a"}), json!({"description": "b"}))
        => ["ModifySecurityGroupEgressRule account spec.forProvider.description"];
    an_auto_snapshot_policy_is_created:
        created("AutoSnapshotPolicy", json!({}))
        => ["CreateAutoSnapshotPolicy account spec.forProvider"];
    an_auto_snapshot_policy_is_modified_by_the_newer_name:
        edited("AutoSnapshotPolicy", json!({"retentionDays": 1}), json!({"retentionDays": 2}))
        => ["ModifyAutoSnapshotPolicy(ModifyAutoSnapshotPolicyEx) account spec.forProvider.retentionDays"];
    an_auto_snapshot_policy_is_applied_to_its_disk:
        created("AutoSnapshotPolicyAttachment", json!({"autoSnapshotPolicyId": "sp-1", "diskId": "d-1"}))
        => ["ApplyAutoSnapshotPolicy d-1 spec.forProvider"];
    a_key_pair_is_attached:
        created("KeyPairAttachment", json!({"keyPairName": "ops", "instanceIds": ["i-1", "i-2"]}))
        => ["AttachKeyPair i-1+i-2 spec.forProvider"];
    a_key_pair_that_is_forced_on_instances_reboots_each_of_them:
        created("KeyPairAttachment", json!({"keyPairName": "ops", "instanceIds": ["i-1", "i-2"], "force": true}))
        => ["AttachKeyPair i-1+i-2 spec.forProvider", "RebootInstance i-1+i-2 spec.forProvider.force"];
    a_key_pair_waits_for_its_instances_to_be_resolved:
        created("KeyPairAttachment", json!({"instanceRefs": [{"name": "web"}]}))
        => ["AttachKeyPair unresolved:spec.forProvider.instanceRefs spec.forProvider"];
    a_network_interface_is_attached:
        created("NetworkInterfaceAttachment", json!({"instanceId": "i-1", "networkInterfaceId": "eni-1"}))
        => ["AttachNetworkInterface i-1 spec.forProvider"];
    an_attached_network_interface_never_changes:
        edited("NetworkInterfaceAttachment", json!({"instanceId": "i-1"}), json!({"instanceId": "i-2"}))
        => [];
}

#[test]
fn each_field_that_changes_in_place_makes_its_call() {
    for (kind, fields, call) in [
        (
            "AutoProvisioningGroup",
            &[
                "totalTargetCapacity",
                "payAsYouGoTargetCapacity",
                "spotTargetCapacity",
                "maxSpotPrice",
                "autoProvisioningGroupName",
                "defaultTargetCapacityType",
                "excessCapacityTerminationPolicy",
            ][..],
            "ModifyAutoProvisioningGroup",
        ),
        (
            "Snapshot",
            &["snapshotName", "description", "retentionDays"],
            "ModifySnapshotAttribute",
        ),
        ("Snapshot", &["resourceGroupId"], "JoinResourceGroup"),
        ("Snapshot", &["tags"], "TagResources"),
        (
            "SnapshotGroup",
            &["snapshotGroupName", "description"],
            "ModifySnapshotGroup",
        ),
        ("SnapshotGroup", &["tags"], "TagResources"),
        (
            "Image",
            &["description", "imageName", "imageFamily", "bootMode"],
            "ModifyImageAttribute",
        ),
        ("Image", &["resourceGroupId"], "JoinResourceGroup"),
        ("Image", &["tags"], "TagResources"),
        (
            "ImageCopy",
            &["imageName", "description"],
            "ModifyImageAttribute",
        ),
        (
            "ImageImport",
            &["imageName", "description"],
            "ModifyImageAttribute",
        ),
        (
            "SecurityGroup",
            &["securityGroupName", "description"],
            "ModifySecurityGroupAttribute",
        ),
        (
            "SecurityGroup",
            &["innerAccessPolicy"],
            "ModifySecurityGroupPolicy",
        ),
        ("SecurityGroup", &["resourceGroupId"], "JoinResourceGroup"),
        ("SecurityGroup", &["tags"], "TagResources"),
        (
            "AutoSnapshotPolicy",
            &[
                "autoSnapshotPolicyName",
                "copiedSnapshotsRetentionDays",
                "copyEncryptionConfiguration",
                "enableCrossRegionCopy",
                "repeatWeekdays",
                "retentionDays",
                "targetCopyRegions",
                "timePoints",
            ],
            "ModifyAutoSnapshotPolicy(ModifyAutoSnapshotPolicyEx)",
        ),
        (
            "AutoSnapshotPolicy",
            &["resourceGroupId"],
            "JoinResourceGroup",
        ),
        ("AutoSnapshotPolicy", &["tags"], "TagResources"),
    ] {
        for field in fields {
            let (before, after) = two_values(form_of(kind, field));
            let change = edited(kind, json!({*field: before}), json!({*field: after}));
            assert_eq!(
                change.asks(),
                [format!("{call} account spec.forProvider.{field}")],
                "{kind}"
            );
        }
    }
}

#[test]
fn fields_that_need_replacement_are_told_and_nothing_is_called() {
    for (kind, table) in [
        ("Snapshot", &others::SNAPSHOT),
        ("Image", &others::IMAGE),
        ("SecurityGroupRule", &others::SECURITY_GROUP_RULE),
        (
            "AutoSnapshotPolicyAttachment",
            &others::AUTO_SNAPSHOT_POLICY_ATTACHMENT,
        ),
        ("KeyPairAttachment", &others::KEY_PAIR_ATTACHMENT),
    ] {
        assert!(!table.replacing.is_empty());
        for field in table.replacing {
            let (before, after) = two_values(form_of(kind, field));
            let change = edited(
                kind,
                json!({*field: before, "description": "a"}),
                json!({*field: after, "description": "b"}),
            );
            assert_eq!(
                change.asks(),
                [format!("needs replacement: spec.forProvider.{field}")],
                "{kind}"
            );
        }
    }
}

#[test]
fn other_kinds_and_groups_are_not_ours() {
    for kind in [
        "KeyPair",
        "LaunchTemplate",
        "instance",
        "",
        "NetworkInterface",
    ] {
        assert_eq!(Resource::named(kind), None);
    }
    assert_eq!(Flavour::of_group("vpc.alibabacloud.crossplane.io"), None);
}

fn form_of(kind: &str, name: &str) -> Form {
    let fields = Resource::named(kind).unwrap().table().fields;
    fields.iter().find(|field| field.name == name).unwrap().form
}
