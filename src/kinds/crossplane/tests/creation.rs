//! What an Instance's creation calls, imports, and the spec that a resource is made from.

use serde_json::json;

use super::{cases, created, creation};

const RUN: [&str; 2] = [
    "CreateInstance(RunInstances) account spec.forProvider",
    "StartInstance(RunInstances) account spec.forProvider",
];

cases! {
    a_new_instance_is_created_and_started:
        created("Instance", json!({"instanceType": "ecs.g6.large", "internetMaxBandwidthOut": 10}))
        => [RUN[0], RUN[1]];
    a_new_instance_with_unresolved_references_is_created_all_the_same:
        created("Instance", json!({"securityGroupSelector": {"matchLabels": {}}, "vswitchIdRef": {"name": "a"}}))
        => [RUN[0], RUN[1]];
    a_dry_run_makes_no_instance:
        created("Instance", json!({"dryRun": true}))
        => [];
    a_new_instance_that_is_to_be_stopped_is_stopped_afterwards:
        created("Instance", json!({"status": "Stopped"}))
        => [RUN[0], RUN[1], "StopInstance account spec.forProvider.status"];
    what_is_sent_after_the_creation_is_told_in_order:
        created("Instance", json!({
            "volumeTags": {"a": "1"},
            "secondaryPrivateIpAddressCount": 1,
            "maintenanceNotify": true,
            "httpTokens": "required",
            "tags": {"a": "1"},
            "userData": "x",
        }))
        => [
            RUN[0],
            RUN[1],
            "TagResources account spec.forProvider.volumeTags",
            "AssignPrivateIpAddresses account spec.forProvider.secondaryPrivateIpAddressCount",
            "ModifyInstanceMaintenanceAttributes account spec.forProvider.maintenanceNotify",
            "ModifyInstanceMetadataOptions account spec.forProvider.httpTokens",
        ];
    the_init_provider_fills_what_the_spec_leaves_open:
        creation("Disk", json!({"spec": {"initProvider": {"instanceId": "i-9"}}}))
        => ["CreateDisk i-9 spec.forProvider"];
    the_spec_goes_before_the_init_provider:
        creation("Disk", json!({"spec": {"forProvider": {"instanceId": "i-1"}, "initProvider": {"instanceId": "i-9"}}}))
        => ["CreateDisk i-1 spec.forProvider"];
    an_object_that_names_a_resource_imports_it:
        creation("Instance", json!({"metadata": {"annotations": {"crossplane.io/external-name": "i-1"}}}))
        => [];
    an_import_of_which_the_state_is_known_is_brought_in_line:
        creation("Instance", json!({
            "metadata": {"annotations": {"crossplane.io/external-name": "i-1"}},
            "spec": {"forProvider": {"instanceType": "b"}},
            "status": {"atProvider": {"instanceType": "a", "status": "Stopped"}},
        }))
        => ["ModifyInstanceSpec i-1 spec.forProvider.instanceType"];
    an_empty_name_names_nothing:
        creation("Instance", json!({"metadata": {"annotations": {"crossplane.io/external-name": ""}}}))
        => [RUN[0], RUN[1]];
}
