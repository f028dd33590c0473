//! The rows of the Instance that stop it and start it again, and what happens to fields that are dropped.

use serde_json::{Value, json};

use super::{Change, cases, edited};

fn instance(before: Value, after: Value) -> Change {
    edited("Instance", before, after)
}

/// An instance that is observed to be stopped.
fn stopped(before: Value, after: Value) -> Change {
    instance(before, after).observed(json!({"status": "Stopped"}))
}

cases! {
    row_8_the_host_name_is_an_attribute_and_restarts:
        instance(json!({"hostName": "a"}), json!({"hostName": "b"}))
        => [
            "ModifyInstanceAttribute i-1 spec.forProvider.hostName",
            "StopInstance i-1 spec.forProvider.hostName",
            "StartInstance i-1 spec.forProvider.hostName",
        ];
    row_8_user_data_is_an_attribute_and_restarts:
        instance(json!({"userData": "a"}), json!({"userData": "b"}))
        => [
            "ModifyInstanceAttribute i-1 spec.forProvider.userData",
            "StopInstance i-1 spec.forProvider.userData",
            "StartInstance i-1 spec.forProvider.userData",
        ];
    row_8_another_secret_for_the_password_restarts:
        instance(
            json!({"passwordSecretRef": {"name": "a", "key": "k", "namespace": "n"}}),
            json!({"passwordSecretRef": {"name": "b"}}),
        )
        => [
            "ModifyInstanceAttribute i-1 spec.forProvider.passwordSecretRef",
            "StopInstance i-1 spec.forProvider.passwordSecretRef",
            "StartInstance i-1 spec.forProvider.passwordSecretRef",
        ];
    row_8_another_encrypted_password_restarts:
        instance(json!({"kmsEncryptedPassword": "a"}), json!({"kmsEncryptedPassword": "b"}))
        => [
            "ModifyInstanceAttribute i-1 spec.forProvider.kmsEncryptedPassword",
            "StopInstance i-1 spec.forProvider.kmsEncryptedPassword",
            "StartInstance i-1 spec.forProvider.kmsEncryptedPassword",
        ];
    row_8_a_stopped_instance_that_is_to_stay_stopped_is_not_started:
        stopped(json!({"hostName": "a"}), json!({"hostName": "b"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.hostName"];

    row_10_stopped_to_running_starts:
        stopped(json!({"status": "Stopped"}), json!({"status": "Running"}))
        => ["StartInstance i-1 spec.forProvider.status"];
    row_10_running_to_stopped_stops:
        instance(json!({"status": "Running"}), json!({"status": "Stopped"}))
        => ["StopInstance i-1 spec.forProvider.status"];
    row_10_a_change_to_stopped_stops_even_what_is_not_seen_running:
        stopped(json!({"status": "Running"}), json!({"status": "Stopped"}))
        => ["StopInstance i-1 spec.forProvider.status"];
    row_10_the_effective_status_is_the_spec_before_the_observed_one:
        stopped(json!({"status": "Running", "vswitchId": "vsw-1"}), json!({"vswitchId": "vsw-2"}))
        => [
            "ModifyInstanceVpcAttribute i-1 spec.forProvider.vswitchId",
            "StartInstance i-1 spec.forProvider.vswitchId",
        ];
    row_10_the_start_is_asked_for_by_the_status_if_that_changes_too:
        stopped(json!({"status": "Stopped", "instanceType": "a"}), json!({"status": "Running", "instanceType": "b"}))
        => [
            "ModifyInstanceSpec i-1 spec.forProvider.instanceType",
            "StartInstance i-1 spec.forProvider.status",
        ];

    row_10a_another_image_replaces_the_system_disk:
        instance(json!({"imageId": "m-1"}), json!({"imageId": "m-2"}))
        => [
            "StopInstance i-1 spec.forProvider.imageId",
            "ReplaceSystemDisk i-1+d-sys spec.forProvider.imageId",
            "StartInstance i-1 spec.forProvider.imageId",
        ];
    row_10a_the_key_pair_is_attached_again:
        instance(json!({"imageId": "m-1"}), json!({"imageId": "m-2"})).observed(json!({"keyName": "ops"}))
        => [
            "StopInstance i-1 spec.forProvider.imageId",
            "ReplaceSystemDisk i-1+d-sys spec.forProvider.imageId",
            "AttachKeyPair i-1 spec.forProvider.imageId",
            "StartInstance i-1 spec.forProvider.imageId",
        ];
    row_10a_without_an_observed_system_disk_the_instance_alone_is_the_target:
        stopped(json!({"imageId": "m-1"}), json!({"imageId": "m-2"})).observed(json!({"systemDiskId": null}))
        => ["ReplaceSystemDisk i-1 spec.forProvider.imageId"];
    row_10a_a_stopped_instance_is_not_started_after_its_disk_was_replaced:
        stopped(json!({"imageId": "m-1"}), json!({"imageId": "m-2"}))
        => ["ReplaceSystemDisk i-1+d-sys spec.forProvider.imageId"];
    row_10a_a_new_size_goes_along_with_the_new_image:
        stopped(json!({"imageId": "m-1", "systemDiskSize": 40}), json!({"imageId": "m-2", "systemDiskSize": 80}))
        => ["ResizeDisk d-sys spec.forProvider.systemDiskSize", "ReplaceSystemDisk i-1+d-sys spec.forProvider.imageId"];
    row_10b_another_vswitch_restarts:
        instance(json!({"vswitchId": "vsw-1"}), json!({"vswitchId": "vsw-2"}))
        => [
            "StopInstance i-1 spec.forProvider.vswitchId",
            "ModifyInstanceVpcAttribute i-1 spec.forProvider.vswitchId",
            "StartInstance i-1 spec.forProvider.vswitchId",
        ];
    row_10b_another_private_address_restarts:
        stopped(json!({"privateIp": "10.0.0.1"}), json!({"privateIp": "10.0.0.2"}))
        => ["ModifyInstanceVpcAttribute i-1 spec.forProvider.privateIp"];
    row_10c_a_pay_as_you_go_instance_is_resized:
        instance(json!({"instanceType": "ecs.g6.large"}), json!({"instanceType": "ecs.g6.xlarge"}))
        => [
            "StopInstance i-1 spec.forProvider.instanceType",
            "ModifyInstanceSpec i-1 spec.forProvider.instanceType",
            "StartInstance i-1 spec.forProvider.instanceType",
        ];
    row_10c_a_subscription_is_resized_by_a_call_of_its_own:
        stopped(json!({"instanceType": "a", "instanceChargeType": "PrePaid"}), json!({"instanceType": "b"}))
        => ["ModifyPrepayInstanceSpec i-1 spec.forProvider.instanceType"];
    row_10c_the_observed_charge_type_goes_before_the_spec:
        stopped(json!({"instanceType": "a", "instanceChargeType": "PrePaid"}), json!({"instanceType": "b"}))
            .observed(json!({"instanceChargeType": "PostPaid"}))
        => ["ModifyInstanceSpec i-1 spec.forProvider.instanceType"];
    row_10c_the_old_charge_type_counts_even_if_it_changes_in_the_same_request:
        stopped(
            json!({"instanceType": "a", "instanceChargeType": "PostPaid"}),
            json!({"instanceType": "b", "instanceChargeType": "PrePaid"}),
        )
        => [
            "ModifyInstanceSpec i-1 spec.forProvider.instanceType",
            "ModifyInstanceChargeType i-1 spec.forProvider.instanceChargeType",
        ];
    row_10d_cpu_options_of_1_281_are_an_attribute_while_stopped:
        instance(json!({"cpuOptions": [{"coreCount": 2}]}), json!({"cpuOptions": [{"coreCount": 4}]}))
        => [
            "StopInstance i-1 spec.forProvider.cpuOptions",
            "ModifyInstanceAttribute i-1 spec.forProvider.cpuOptions",
            "StartInstance i-1 spec.forProvider.cpuOptions",
        ];

    user_data_that_is_dropped_is_written_back:
        instance(json!({"userData": "a"}), json!({"userData": null})).observed(json!({"userData": "a"}))
        => [];
    user_data_that_is_dropped_without_late_initialization_is_a_change:
        instance(json!({"userData": "a"}), json!({"userData": null})).observed(json!({"userData": "a"}))
            .under(&["Observe", "Create", "Update", "Delete"])
        => [
            "ModifyInstanceAttribute i-1 spec.forProvider.userData",
            "StopInstance i-1 spec.forProvider.userData",
            "StartInstance i-1 spec.forProvider.userData",
        ];
    deletion_protection_that_is_dropped_without_late_initialization_is_a_change:
        instance(json!({"deletionProtection": true}), json!({"deletionProtection": null}))
            .under(&["Observe", "Update"])
        => ["ModifyInstanceAttribute i-1 spec.forProvider.deletionProtection"];
    deletion_protection_that_was_off_can_be_dropped:
        instance(json!({"deletionProtection": false}), json!({"deletionProtection": null})).under(&["Observe", "Update"])
        => [];
    a_computed_field_that_is_dropped_is_kept:
        instance(json!({"instanceType": "a", "status": "Running"}), json!({"instanceType": null, "status": null}))
            .under(&["Observe", "Update"])
        => [];
    the_last_password_that_is_taken_away_makes_no_call:
        instance(json!({"passwordSecretRef": {"name": "a"}}), json!({"passwordSecretRef": null}))
        => [];
    a_secret_that_is_taken_away_leaves_the_encrypted_password_to_be_sent:
        instance(json!({"passwordSecretRef": {"name": "a"}, "kmsEncryptedPassword": "b"}), json!({"passwordSecretRef": null}))
        => [
            "ModifyInstanceAttribute i-1 spec.forProvider.passwordSecretRef",
            "StopInstance i-1 spec.forProvider.passwordSecretRef",
            "StartInstance i-1 spec.forProvider.passwordSecretRef",
        ];
    an_encrypted_password_that_is_dropped_is_written_back:
        instance(json!({"passwordSecretRef": {"name": "a"}, "kmsEncryptedPassword": "b"}), json!({"kmsEncryptedPassword": null}))
            .observed(json!({"kmsEncryptedPassword": "b"}))
        => [];
}
