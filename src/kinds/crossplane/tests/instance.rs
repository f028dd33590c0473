//! Every row of the Instance's table, and what is said below it.

use serde_json::{Value, json};

use super::{Change, cases, edited, updated};

fn instance(before: Value, after: Value) -> Change {
    edited("Instance", before, after)
}

/// An instance that is observed to be stopped.
fn stopped(before: Value, after: Value) -> Change {
    instance(before, after).observed(json!({"status": "Stopped"}))
}

cases! {
    row_1_new_tags_are_tagged:
        instance(json!({"tags": {"a": "1"}}), json!({"tags": {"b": "2"}}))
        => ["TagResources i-1 spec.forProvider.tags"];
    row_1_a_tag_with_another_value_is_tagged_over:
        instance(json!({"tags": {"a": "1"}}), json!({"tags": {"a": "2"}}))
        => ["TagResources i-1 spec.forProvider.tags"];
    row_1_a_removed_tag_is_untagged:
        instance(json!({"tags": {"a": "1", "b": "2"}}), json!({"tags": {"b": null}}))
        => ["UntagResources i-1 spec.forProvider.tags"];
    row_1_tags_come_and_go_together:
        instance(json!({"tags": {"a": "1"}}), json!({"tags": {"a": null, "b": "1"}}))
        => ["UntagResources i-1 spec.forProvider.tags", "TagResources i-1 spec.forProvider.tags"];
    row_1_the_tags_of_the_provider_itself_are_never_missed:
        instance(json!({"tags": {"a": "1", "crossplane-kind": "instance"}}), json!({"tags": {"a": "2", "crossplane-kind": null}}))
        => ["TagResources i-1 spec.forProvider.tags"];
    row_1_volume_tags_are_tagged_on_the_disks_of_the_instance:
        instance(json!({"volumeTags": {"a": "1"}}), json!({"volumeTags": {"a": "2"}}))
        => ["TagResources i-1 spec.forProvider.volumeTags"];
    row_1_another_resource_group_is_joined:
        instance(json!({"resourceGroupId": "rg-1"}), json!({"resourceGroupId": "rg-2"}))
        => ["JoinResourceGroup i-1 spec.forProvider.resourceGroupId"];

    row_2_security_groups_are_left_then_joined:
        instance(json!({"securityGroups": ["sg-1", "sg-2"]}), json!({"securityGroups": ["sg-3", "sg-2"]}))
        => ["LeaveSecurityGroup i-1 spec.forProvider.securityGroups", "JoinSecurityGroup i-1 spec.forProvider.securityGroups"];
    row_2_an_added_security_group_is_only_joined:
        instance(json!({"securityGroups": ["sg-1"]}), json!({"securityGroups": ["sg-1", "sg-2"]}))
        => ["JoinSecurityGroup i-1 spec.forProvider.securityGroups"];
    row_2_the_order_of_security_groups_is_no_change:
        instance(json!({"securityGroups": ["sg-1", "sg-2"]}), json!({"securityGroups": ["sg-2", "sg-1"]}))
        => [];
    row_2_a_move_into_another_vpc_takes_the_security_groups_along:
        instance(json!({"securityGroups": ["sg-1"], "vpcId": "vpc-1"}), json!({"securityGroups": ["sg-2"], "vpcId": "vpc-2"}))
        => [
            "StopInstance i-1 spec.forProvider.vpcId",
            "ModifyInstanceVpcAttribute i-1 spec.forProvider.vpcId",
            "StartInstance i-1 spec.forProvider.vpcId",
        ];

    row_3_the_performance_level_is_of_the_system_disk:
        instance(json!({"systemDiskPerformanceLevel": "PL0"}), json!({"systemDiskPerformanceLevel": "PL1"}))
        => ["ModifyDiskSpec d-sys spec.forProvider.systemDiskPerformanceLevel"];
    row_3_provisioned_iops_are_of_the_system_disk:
        instance(json!({"systemDiskProvisionedIops": 100}), json!({"systemDiskProvisionedIops": 200}))
        => ["ModifyDiskSpec d-sys spec.forProvider.systemDiskProvisionedIops"];
    row_4_the_system_disk_grows:
        instance(json!({"systemDiskSize": 40}), json!({"systemDiskSize": 80}))
        => ["ResizeDisk d-sys spec.forProvider.systemDiskSize"];
    row_5_an_auto_snapshot_policy_is_applied:
        instance(json!({"systemDiskAutoSnapshotPolicyId": "sp-1"}), json!({"systemDiskAutoSnapshotPolicyId": "sp-2"}))
        => ["ApplyAutoSnapshotPolicy d-sys spec.forProvider.systemDiskAutoSnapshotPolicyId"];
    row_6_the_name_of_the_system_disk_is_an_attribute_of_the_disk:
        instance(json!({"systemDiskName": "a"}), json!({"systemDiskName": "b"}))
        => ["ModifyDiskAttribute d-sys spec.forProvider.systemDiskName"];
    row_6_the_description_of_the_system_disk_is_an_attribute_of_the_disk:
        instance(json!({"systemDiskDescription": "a"}), json!({"systemDiskDescription": "b"}))
        => ["ModifyDiskAttribute d-sys spec.forProvider.systemDiskDescription"];
    row_6_bursting_is_an_attribute_of_the_disk:
        instance(json!({"systemDiskBurstingEnabled": false}), json!({"systemDiskBurstingEnabled": true}))
        => ["ModifyDiskAttribute d-sys spec.forProvider.systemDiskBurstingEnabled"];
    row_6_a_system_disk_that_is_not_observed_is_missing:
        instance(json!({"systemDiskName": "a"}), json!({"systemDiskName": "b"})).observed(json!({"systemDiskId": null}))
        => ["ModifyDiskAttribute missing:status.atProvider.systemDiskId spec.forProvider.systemDiskName"];

    row_7_the_name_is_an_attribute_and_restarts_nothing:
        instance(json!({"instanceName": "a"}), json!({"instanceName": "b"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    row_7_the_description_is_an_attribute:
        instance(json!({"description": "a"}), json!({"description": "b"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.description"];
    row_7_deletion_protection_is_an_attribute:
        instance(json!({"deletionProtection": false}), json!({"deletionProtection": true}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.deletionProtection"];
    row_7_the_credit_specification_is_an_attribute:
        instance(json!({"creditSpecification": "Standard"}), json!({"creditSpecification": "Unlimited"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.creditSpecification"];
    row_7_jumbo_frames_are_an_attribute:
        instance(json!({"enableJumboFrame": false}), json!({"enableJumboFrame": true}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.enableJumboFrame"];
    row_7_high_density_of_2_0_is_an_attribute:
        instance(json!({"enableHighDensityMode": false}), json!({"enableHighDensityMode": true}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.enableHighDensityMode"];
    row_7_several_attributes_are_one_call:
        instance(json!({"instanceName": "a", "description": "a"}), json!({"instanceName": "b", "description": "b"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];

    row_9_the_release_time_is_set_by_a_call_of_its_own:
        instance(json!({"autoReleaseTime": "2027-01-01T00:00:00Z"}), json!({"autoReleaseTime": "2028-01-01T00:00:00Z"}))
        => ["ModifyInstanceAutoReleaseTime i-1 spec.forProvider.autoReleaseTime"];

    row_11_bandwidth_from_nothing_allocates_a_public_address:
        instance(json!({"internetMaxBandwidthOut": 0}), json!({"internetMaxBandwidthOut": 5}))
        => [
            "ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut",
            "AllocatePublicIpAddress i-1 spec.forProvider.internetMaxBandwidthOut",
        ];
    row_11_more_bandwidth_allocates_nothing:
        instance(json!({"internetMaxBandwidthOut": 5}), json!({"internetMaxBandwidthOut": 10}))
        => ["ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut"];
    row_11_bandwidth_to_nothing_allocates_nothing:
        instance(json!({"internetMaxBandwidthOut": 5}), json!({"internetMaxBandwidthOut": 0}))
        => ["ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut"];
    row_11_an_absent_bandwidth_over_an_observed_one_is_not_zero:
        instance(json!({}), json!({"internetMaxBandwidthOut": 10})).observed(json!({"internetMaxBandwidthOut": 5}))
        => ["ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut"];
    row_11_the_observed_bandwidth_goes_before_the_old_spec:
        instance(json!({"internetMaxBandwidthOut": 5}), json!({"internetMaxBandwidthOut": 10}))
            .observed(json!({"internetMaxBandwidthOut": 0}))
        => [
            "ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut",
            "AllocatePublicIpAddress i-1 spec.forProvider.internetMaxBandwidthOut",
        ];
    row_11_another_way_to_pay_for_traffic_allocates_nothing:
        instance(json!({"internetChargeType": "PayByTraffic"}), json!({"internetChargeType": "PayByBandwidth"}))
        => ["ModifyInstanceNetworkSpec i-1 spec.forProvider.internetChargeType"];

    row_12_another_charge_type_spends_money:
        instance(json!({"instanceChargeType": "PostPaid"}), json!({"instanceChargeType": "PrePaid"}))
        => ["ModifyInstanceChargeType i-1 spec.forProvider.instanceChargeType"];
    row_13_the_renewal_of_a_subscription_is_set:
        instance(json!({"instanceChargeType": "PrePaid", "renewalStatus": "Normal"}), json!({"renewalStatus": "AutoRenewal"}))
        => ["ModifyInstanceAutoRenewAttribute i-1 spec.forProvider.renewalStatus"];
    row_13_the_renewal_period_of_an_observed_subscription_is_set:
        instance(json!({"autoRenewPeriod": 1}), json!({"autoRenewPeriod": 2})).observed(json!({"instanceChargeType": "PrePaid"}))
        => ["ModifyInstanceAutoRenewAttribute i-1 spec.forProvider.autoRenewPeriod"];
    row_13_pay_as_you_go_is_never_renewed:
        instance(json!({"instanceChargeType": "PostPaid", "renewalStatus": "Normal"}), json!({"renewalStatus": "AutoRenewal"}))
        => [];
    row_14_secondary_addresses_are_assigned_and_taken_away:
        instance(json!({"secondaryPrivateIps": ["10.0.0.2"]}), json!({"secondaryPrivateIps": ["10.0.0.3"]}))
        => [
            "UnassignPrivateIpAddresses i-1 spec.forProvider.secondaryPrivateIps",
            "AssignPrivateIpAddresses i-1 spec.forProvider.secondaryPrivateIps",
        ];
    row_14_more_secondary_addresses_are_assigned:
        instance(json!({"secondaryPrivateIpAddressCount": 1}), json!({"secondaryPrivateIpAddressCount": 2}))
        => ["AssignPrivateIpAddresses i-1 spec.forProvider.secondaryPrivateIpAddressCount"];
    row_14_fewer_secondary_addresses_are_taken_away:
        instance(json!({"secondaryPrivateIpAddressCount": 2}), json!({"secondaryPrivateIpAddressCount": 1}))
        => ["UnassignPrivateIpAddresses i-1 spec.forProvider.secondaryPrivateIpAddressCount"];
    row_14_ipv6_addresses_are_assigned:
        instance(json!({"ipv6Addresses": ["::1"]}), json!({"ipv6Addresses": ["::1", "::2"]}))
        => ["AssignIpv6Addresses i-1 spec.forProvider.ipv6Addresses"];
    row_15_another_deployment_set_moves_the_instance:
        instance(json!({"deploymentSetId": "ds-1"}), json!({"deploymentSetId": "ds-2"}))
        => ["ModifyInstanceDeployment i-1 spec.forProvider.deploymentSetId"];
    row_16_maintenance_is_set:
        instance(json!({"maintenanceAction": "Stop"}), json!({"maintenanceAction": "AutoRecover"}))
        => ["ModifyInstanceMaintenanceAttributes i-1 spec.forProvider.maintenanceAction"];
    row_16_the_maintenance_time_is_set:
        instance(
            json!({"maintenanceTime": [{"startTime": "01:00:00", "endTime": "02:00:00"}]}),
            json!({"maintenanceTime": [{"startTime": "02:00:00", "endTime": "03:00:00"}]}),
        )
        => ["ModifyInstanceMaintenanceAttributes i-1 spec.forProvider.maintenanceTime"];
    row_16_metadata_options_are_set:
        instance(json!({"httpTokens": "optional"}), json!({"httpTokens": "required"}))
        => ["ModifyInstanceMetadataOptions i-1 spec.forProvider.httpTokens"];
    row_17_another_key_of_1_281_is_exchanged_and_the_instance_rebooted:
        instance(json!({"keyName": "a"}), json!({"keyName": "b"}))
        => [
            "DetachKeyPair i-1 spec.forProvider.keyName",
            "AttachKeyPair i-1 spec.forProvider.keyName",
            "RebootInstance i-1 spec.forProvider.keyName",
        ];
    row_17_a_stopped_instance_is_not_rebooted:
        stopped(json!({"keyName": "a"}), json!({"keyName": "b"}))
        => ["DetachKeyPair i-1 spec.forProvider.keyName", "AttachKeyPair i-1 spec.forProvider.keyName"];
    row_18_another_role_of_1_281_is_exchanged:
        instance(json!({"roleName": "a"}), json!({"roleName": "b"}))
        => ["DetachInstanceRamRole i-1 spec.forProvider.roleName", "AttachInstanceRamRole i-1 spec.forProvider.roleName"];
    row_18_private_pool_options_of_1_281_are_set:
        instance(json!({"privatePoolOptionsMatchCriteria": "Open"}), json!({"privatePoolOptionsMatchCriteria": "Target"}))
        => ["ModifyInstanceAttachmentAttributes i-1 spec.forProvider.privatePoolOptionsMatchCriteria"];

    rows_are_told_in_the_order_in_which_the_provider_makes_the_calls:
        instance(
            json!({"instanceType": "a", "hostName": "a", "internetMaxBandwidthOut": 0, "imageId": "m-1", "tags": {"a": "1"}}),
            json!({"instanceType": "b", "hostName": "b", "internetMaxBandwidthOut": 1, "imageId": "m-2", "tags": {"a": "2"}}),
        )
        => [
            "TagResources i-1 spec.forProvider.tags",
            "ModifyInstanceAttribute i-1 spec.forProvider.hostName",
            "StopInstance i-1 spec.forProvider.imageId",
            "ReplaceSystemDisk i-1+d-sys spec.forProvider.imageId",
            "ModifyInstanceSpec i-1 spec.forProvider.instanceType",
            "StartInstance i-1 spec.forProvider.imageId",
            "ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut",
            "AllocatePublicIpAddress i-1 spec.forProvider.internetMaxBandwidthOut",
        ];

    a_block_inside_a_disk_that_changes_nothing_is_no_change:
        instance(
            json!({"dataDisks": [{"size": 20, "kmsKeyId": "a", "performanceLevel": "PL0"}]}),
            json!({"dataDisks": [{"size": 20, "kmsKeyId": "b", "performanceLevel": "PL1", "kmsKeyIdRef": {"name": "x"}}]}),
        )
        => [];
    another_size_of_a_data_disk_needs_replacement:
        instance(json!({"dataDisks": [{"size": 20}]}), json!({"dataDisks": [{"size": 40}]}))
        => ["needs replacement: spec.forProvider.dataDisks"];
    another_data_disk_needs_replacement:
        instance(json!({"dataDisks": [{"size": 20}]}), json!({"dataDisks": [{"size": 20}, {"size": 20}]}))
        => ["needs replacement: spec.forProvider.dataDisks"];
    what_is_observed_of_a_data_disk_is_filled_in_and_no_change:
        instance(json!({"dataDisks": [{"size": 20}]}), json!({"dataDisks": [{"size": 20, "device": "/dev/xvdb"}]}))
            .observed(json!({"dataDisks": [{"size": 20, "device": "/dev/xvdb"}]}))
        => [];
    a_network_interface_needs_replacement:
        instance(json!({"networkInterfaces": [{"vswitchId": "a"}]}), json!({"networkInterfaces": [{"vswitchId": "b"}]}))
        => ["needs replacement: spec.forProvider.networkInterfaces"];
    image_options_need_replacement:
        instance(json!({"imageOptions": [{"loginAsNonRoot": false}]}), json!({"imageOptions": [{"loginAsNonRoot": true}]}))
        => ["needs replacement: spec.forProvider.imageOptions"];

    the_number_5_is_the_number_5_0:
        updated("Instance", json!({"spec": {"forProvider": {"internetMaxBandwidthOut": 5}}}), json!({"spec": {"forProvider": {"internetMaxBandwidthOut": 5.0}}}))
        => [];
}

#[test]
fn fields_without_an_effect_ask_for_nothing() {
    for (field, before, after) in [
        ("dryRun", json!(false), json!(true)),
        ("forceDelete", json!(false), json!(true)),
        ("includeDataDisks", json!(false), json!(true)),
        ("operatorType", json!("upgrade"), json!("downgrade")),
        ("period", json!(1), json!(2)),
        ("periodUnit", json!("Month"), json!("Week")),
        ("passwordInherit", json!(false), json!(true)),
        ("isOutdated", json!(false), json!(true)),
        ("stoppedMode", json!("KeepCharging"), json!("StopCharging")),
        ("spotDuration", json!(0), json!(1)),
        ("kmsEncryptionContext", json!({"a": "1"}), json!({"a": "2"})),
        ("imageIdRef", json!({"name": "a"}), json!({"name": "b"})),
        (
            "vswitchIdSelector",
            json!({"matchLabels": {"a": "1"}}),
            json!({"matchLabels": {"a": "2"}}),
        ),
    ] {
        let change = instance(json!({field: before}), json!({field: after}));
        assert_eq!(change.asks(), Vec::<String>::new(), "{field}");
    }
}

#[test]
fn fields_that_need_replacement_are_told_and_nothing_is_called() {
    for (field, before, after) in [
        ("availabilityZone", json!("a"), json!("b")),
        ("systemDiskCategory", json!("a"), json!("b")),
        ("systemDiskStorageClusterId", json!("a"), json!("b")),
        ("systemDiskEncrypted", json!(false), json!(true)),
        ("systemDiskKmsKeyId", json!("a"), json!("b")),
        ("systemDiskEncryptAlgorithm", json!("a"), json!("b")),
        ("networkInterfaceTrafficMode", json!("a"), json!("b")),
        ("networkCardIndex", json!(0), json!(1)),
        ("queuePairNumber", json!(0), json!(1)),
        ("spotStrategy", json!("a"), json!("b")),
        ("spotPriceLimit", json!(0.1), json!(0.2)),
        ("securityEnhancementStrategy", json!("a"), json!("b")),
        ("hpcClusterId", json!("a"), json!("b")),
        ("httpPutResponseHopLimit", json!(1), json!(2)),
        ("ipv6AddressCount", json!(1), json!(2)),
        ("dedicatedHostId", json!("a"), json!("b")),
        ("launchTemplateId", json!("a"), json!("b")),
        ("launchTemplateName", json!("a"), json!("b")),
        ("launchTemplateVersion", json!("a"), json!("b")),
        ("spotInterruptionBehavior", json!("a"), json!("b")),
        ("networkInterfaceId", json!("a"), json!("b")),
        ("sourceDestCheck", json!(false), json!(true)),
    ] {
        let change = instance(
            json!({field: before, "instanceType": "a"}),
            json!({field: after, "instanceType": "b"}),
        );
        assert_eq!(
            change.asks(),
            [format!("needs replacement: spec.forProvider.{field}")]
        );
    }
}
