//! The rules that hold for every kind: when nothing is asked, and when something else than the spec asks.

use serde_json::{Value, json};

use super::{
    Change, cases, change, created, creation, edited, existing, merged, uncreated, updated,
};

const START: &str = "StartInstance i-1 spec.forProvider.status";
const GATE: &str = "metadata.annotations[crossplane.io/external-create-pending]";
const EARLIER: &str = "2026-11-24T06:00:00Z";
const LATER: &str = "2026-11-24T06:00:01Z";

/// A stopped instance that is to start, and so would be judged.
fn starting(before: Value, difference: Value) -> Change {
    updated(
        "Instance",
        merged(
            json!({"spec": {"forProvider": {"status": "Stopped"}}, "status": {"atProvider": {"status": "Stopped"}}}),
            before,
        ),
        merged(
            json!({"spec": {"forProvider": {"status": "Running"}}}),
            difference,
        ),
    )
}

fn annotated(annotations: Value) -> Value {
    json!({"metadata": {"annotations": annotations}})
}

/// The write that the provider makes just before it creates a disk.
fn gate(before: Value) -> Change {
    change(
        "Disk",
        merged(uncreated("Disk"), before),
        annotated(json!({"crossplane.io/external-create-pending": LATER})),
    )
}

cases! {
    an_edit_of_an_ordinary_object_is_judged:
        starting(json!({}), json!({}))
        => [START];
    an_object_being_deleted_asks_for_nothing:
        starting(json!({"metadata": {"deletionTimestamp": EARLIER}}), json!({}))
        => [];
    an_object_that_is_deleted_with_this_change_asks_for_nothing:
        starting(json!({}), json!({"metadata": {"deletionTimestamp": EARLIER}}))
        => [];
    a_paused_object_asks_for_nothing:
        starting(annotated(json!({"crossplane.io/paused": "true"})), json!({}))
        => [];
    pausing_asks_for_nothing:
        starting(json!({}), annotated(json!({"crossplane.io/paused": "true"})))
        => [];
    only_exactly_true_pauses:
        starting(annotated(json!({"crossplane.io/paused": "True"})), json!({}))
        => [START];
    a_paused_object_creates_nothing:
        creation("Instance", annotated(json!({"crossplane.io/paused": "true"})))
        => [];
    no_policies_at_all_pause:
        starting(json!({"spec": {"managementPolicies": []}}), json!({}))
        => [];
    absent_policies_mean_everything:
        starting(json!({"spec": {"managementPolicies": null}}), json!({}))
        => [START];

    an_unfinished_creation_stops_the_reconciler:
        starting(annotated(json!({"crossplane.io/external-create-pending": EARLIER})), json!({}))
        => [];
    a_creation_that_succeeded_at_the_same_time_is_finished:
        starting(annotated(json!({
            "crossplane.io/external-create-pending": EARLIER,
            "crossplane.io/external-create-succeeded": EARLIER,
        })), json!({}))
        => [START];
    a_creation_that_failed_later_is_finished:
        starting(annotated(json!({
            "crossplane.io/external-create-pending": EARLIER,
            "crossplane.io/external-create-failed": LATER,
        })), json!({}))
        => [START];
    a_creation_pending_after_an_earlier_success_is_unfinished:
        starting(annotated(json!({
            "crossplane.io/external-create-pending": LATER,
            "crossplane.io/external-create-succeeded": EARLIER,
        })), json!({}))
        => [];
    moments_are_compared_across_time_zones:
        starting(annotated(json!({
            "crossplane.io/external-create-pending": "2026-11-24T14:00:00+08:00",
            "crossplane.io/external-create-succeeded": LATER,
        })), json!({}))
        => [START];
    what_is_no_moment_is_not_pending:
        starting(annotated(json!({"crossplane.io/external-create-pending": "soon"})), json!({}))
        => [START];
    a_new_object_that_carries_a_pending_creation_asks_for_nothing:
        creation("Instance", annotated(json!({"crossplane.io/external-create-pending": EARLIER})))
        => [];

    the_create_gate_is_a_creation:
        gate(json!({}))
        => [&format!("CreateDisk account {GATE}")];
    the_create_gate_sees_resolved_ids:
        gate(json!({"spec": {"forProvider": {"instanceId": "i-1", "instanceIdRef": {"name": "web"}}}}))
        => [&format!("CreateDisk i-1 {GATE}")];
    the_create_gate_opens_again_for_the_next_attempt:
        gate(annotated(json!({
            "crossplane.io/external-create-pending": EARLIER,
            "crossplane.io/external-create-failed": EARLIER,
        })))
        => [&format!("CreateDisk account {GATE}")];
    the_create_gate_judges_a_vanished_instance_by_the_account:
        updated("Instance", json!({}), annotated(json!({"crossplane.io/external-create-pending": LATER})))
        => [
            &format!("CreateInstance(RunInstances) account {GATE}"),
            &format!("StartInstance(RunInstances) account {GATE}"),
        ];
    the_create_gate_of_a_paused_object_asks_for_nothing:
        gate(annotated(json!({"crossplane.io/paused": "true"})))
        => [];
    the_create_gate_without_the_policy_asks_for_nothing:
        gate(json!({"spec": {"managementPolicies": ["Observe", "Update"]}}))
        => [];
    a_pending_annotation_that_is_set_back_is_no_gate:
        change(
            "Disk",
            merged(uncreated("Disk"), annotated(json!({"crossplane.io/external-create-pending": LATER}))),
            annotated(json!({"crossplane.io/external-create-pending": EARLIER})),
        )
        => [];
    removing_the_pending_annotation_asks_for_nothing:
        change(
            "Disk",
            merged(uncreated("Disk"), annotated(json!({"crossplane.io/external-create-pending": LATER}))),
            annotated(json!({"crossplane.io/external-create-pending": null})),
        )
        => [];

    an_edit_of_what_was_never_created_waits_for_the_gate:
        change("Instance", uncreated("Instance"), json!({"spec": {"forProvider": {"instanceType": "b"}}}))
        => [];
    a_resolved_reference_of_what_was_never_created_waits_for_the_gate:
        change("DiskAttachment", uncreated("DiskAttachment"), json!({"spec": {"forProvider": {"diskId": "d-1"}}}))
        => [];
    the_tag_initializer_asks_for_nothing_before_the_creation:
        change("Instance", uncreated("Instance"), json!({"spec": {"forProvider": {"tags": {"crossplane-kind": "instance"}}}}))
        => [];
    the_tag_initializer_asks_for_nothing_afterwards:
        edited("Instance", json!({"tags": {"a": "1"}}), json!({"tags": {
            "crossplane-kind": "instance.ecs.alibabacloud.crossplane.io",
            "crossplane-name": "web",
            "crossplane-providerconfig": "default",
        }}))
        => [];
    an_empty_init_provider_is_no_change:
        updated("Instance", json!({}), json!({"spec": {"initProvider": {}}}))
        => [];
    an_edited_init_provider_is_no_change:
        updated("Instance", json!({"spec": {"initProvider": {"instanceType": "a"}}}), json!({"spec": {"initProvider": {"instanceType": "b"}}}))
        => [];
    a_region_of_what_was_never_created_waits_for_the_gate:
        change("Instance", uncreated("Instance"), json!({"spec": {"forProvider": {"region": "cn-hangzhou"}}}))
        => [];

    recording_success_asks_for_nothing:
        updated("Instance", annotated(json!({"crossplane.io/external-create-pending": EARLIER})),
            annotated(json!({"crossplane.io/external-create-succeeded": LATER})))
        => [];
    recording_failure_asks_for_nothing:
        updated("Instance", annotated(json!({"crossplane.io/external-create-pending": EARLIER})),
            annotated(json!({"crossplane.io/external-create-failed": LATER})))
        => [];
    recording_the_id_asks_for_nothing:
        change("Instance", uncreated("Instance"), annotated(json!({"crossplane.io/external-name": "i-1"})))
        => [];
    recording_the_id_together_with_what_was_observed_asks_for_nothing:
        change("Instance", uncreated("Instance"), json!({
            "metadata": {"annotations": {"crossplane.io/external-name": "i-1"}},
            "spec": {"forProvider": {"status": "Running", "instanceType": "a", "internetMaxBandwidthOut": 5,
                "dataDisks": [{"size": 20}], "availabilityZone": "cn-beijing-a"}},
        }))
        => [];
    recording_the_id_may_fill_in_blocks:
        change("Instance", merged(uncreated("Instance"), json!({"spec": {"forProvider": {"dataDisks": [{"size": 20}]}}})), json!({
            "metadata": {"annotations": {"crossplane.io/external-name": "i-1"}},
            "spec": {"forProvider": {"dataDisks": [{"size": 20, "device": "/dev/xvdb"}]}},
        }))
        => [];
    late_initialization_before_the_first_observation_asks_for_nothing:
        updated("Instance", json!({"status": null}), json!({"spec": {"forProvider": {"status": "Running", "hostName": "a"}}}))
        => [];
    late_initialization_of_the_observed_value_asks_for_nothing:
        edited("Instance", json!({}), json!({"status": "Running", "internetMaxBandwidthOut": 5.0}))
            .observed(json!({"internetMaxBandwidthOut": 5}))
        => [];
    a_value_that_differs_from_the_observed_one_is_asked_for:
        edited("Instance", json!({}), json!({"status": "Running"})).observed(json!({"status": "Stopped"}))
        => [START];
    a_value_that_is_not_observed_is_asked_for:
        edited("Instance", json!({}), json!({"instanceName": "a"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    labels_finalizers_owners_and_other_annotations_ask_for_nothing:
        updated("Instance", json!({}), json!({"metadata": {
            "labels": {"a": "1"},
            "finalizers": ["finalizer.managedresource.crossplane.io"],
            "ownerReferences": [{"name": "x"}],
            "managedFields": [{"manager": "x"}],
            "annotations": {"upjet.crossplane.io/provider-meta": "{}", "other": "x"},
        }}))
        => [];
    a_status_that_changes_asks_for_nothing:
        updated("Instance", json!({}), json!({"status": {"atProvider": {"status": "Stopped"}}}))
        => [];
    dropped_fields_that_were_filled_in_are_no_change:
        edited("Instance", json!({"status": "Running", "instanceType": "a", "hostName": "a"}),
            json!({"status": null, "instanceType": null, "hostName": null}))
        => [];

    an_external_name_that_is_removed_makes_a_new_resource:
        updated("Disk", json!({}), annotated(json!({"crossplane.io/external-name": null})))
        => ["CreateDisk account metadata.annotations[crossplane.io/external-name]"];
    an_external_name_that_is_changed_makes_a_new_resource:
        updated("Disk", json!({}), annotated(json!({"crossplane.io/external-name": "d-2"})))
        => ["CreateDisk account metadata.annotations[crossplane.io/external-name]"];
    an_external_name_that_is_changed_without_the_policy_makes_nothing:
        updated("Disk", json!({"spec": {"managementPolicies": ["Observe", "Update"]}}), annotated(json!({"crossplane.io/external-name": "d-2"})))
        => [];
    another_region_makes_a_new_resource:
        updated("Disk", json!({}), json!({"spec": {"forProvider": {"region": "cn-hangzhou"}}}))
        => ["CreateDisk account spec.forProvider.region"];
    a_region_that_is_added_may_be_the_one_it_has:
        updated("Disk", json!({"spec": {"forProvider": {"region": null}}}), json!({"spec": {"forProvider": {"region": "cn-hangzhou"}}}))
        => [];
    a_region_that_is_taken_out_may_be_the_one_it_has:
        updated("Disk", json!({}), json!({"spec": {"forProvider": {"region": null}}}))
        => [];
    another_account_makes_a_new_resource:
        updated("Disk", json!({}), json!({"spec": {"providerConfigRef": {"name": "other"}}}))
        => ["CreateDisk account spec.providerConfigRef"];
    another_kind_of_account_makes_a_new_resource:
        updated("Disk", json!({"spec": {"providerConfigRef": {"kind": "ClusterProviderConfig"}}}), json!({"spec": {"providerConfigRef": {"kind": "ProviderConfig"}}}))
        => ["CreateDisk account spec.providerConfigRef"];
    an_account_that_is_not_named_is_the_default_one:
        updated("Disk", json!({}), json!({"spec": {"providerConfigRef": null}}))
        => [];
    a_change_that_needs_replacement_makes_no_call_at_all:
        edited("Instance", json!({"availabilityZone": "a", "status": "Stopped"}), json!({"availabilityZone": "b", "status": "Running"}))
        => ["needs replacement: spec.forProvider.availabilityZone"];
    a_value_that_needs_replacement_and_is_what_is_observed_is_filled_in:
        edited("Instance", json!({}), json!({"availabilityZone": "a"})).observed(json!({"availabilityZone": "a"}))
        => [];

    a_file_that_shows_no_id_was_not_uncreated:
        change("Instance", uncreated("Instance"), json!({"spec": {"forProvider": {"instanceName": "b"}}})).in_files()
        => ["ModifyInstanceAttribute elsewhere:metadata.annotations[crossplane.io/external-name] spec.forProvider.instanceName"];
    a_file_that_shows_no_id_inherits_it_from_the_state_before:
        edited("Instance", json!({"instanceName": "a"}), json!({"instanceName": "b"}))
            .after(json!({"metadata": {"annotations": null}, "status": null})).in_files()
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    a_file_that_shows_no_id_may_show_it_in_the_status:
        edited("Instance", json!({"instanceName": "a"}), json!({"instanceName": "b"}))
            .everywhere(json!({"metadata": {"annotations": null}})).in_files()
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    a_file_inherits_the_status_of_the_state_before:
        edited("Instance", json!({"imageId": "m-1"}), json!({"imageId": "m-2"})).after(json!({"status": null})).in_files()
        => [
            "StopInstance i-1 spec.forProvider.imageId",
            "ReplaceSystemDisk i-1+d-sys spec.forProvider.imageId",
            "StartInstance i-1 spec.forProvider.imageId",
        ];
    a_file_that_does_not_show_the_system_disk_has_it_elsewhere:
        edited("Instance", json!({"systemDiskSize": 20}), json!({"systemDiskSize": 40})).everywhere(json!({"status": null})).in_files()
        => ["ResizeDisk elsewhere:status.atProvider.systemDiskId spec.forProvider.systemDiskSize"];
    nobody_fills_in_fields_in_files:
        edited("Instance", json!({}), json!({"instanceName": "a"})).everywhere(json!({"status": null})).in_files()
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    a_new_file_is_a_creation:
        created("Disk", json!({})).in_files()
        => ["CreateDisk account spec.forProvider"];
    another_id_in_a_file_makes_a_new_resource:
        updated("Disk", json!({}), annotated(json!({"crossplane.io/external-name": "d-2"}))).in_files()
        => ["CreateDisk account metadata.annotations[crossplane.io/external-name]"];
}

#[test]
fn a_repeated_object_asks_for_nothing_whatever_it_holds() {
    for kind in [
        "Instance",
        "InstanceSet",
        "Disk",
        "DiskAttachment",
        "Snapshot",
    ] {
        assert_eq!(
            change(kind, existing(kind), json!({})).asks(),
            Vec::<String>::new()
        );
    }
}
