//! Management policies, and what becomes real when an object wakes up.

use serde_json::{Value, json};

use super::{Change, cases, change, created, edited, existing, merged, uncreated};

const UNPAUSED: &str = "metadata.annotations[crossplane.io/paused]";

fn paused(kind: &'static str, object: Value) -> Value {
    let base = if object.get("status").is_some() {
        existing(kind)
    } else {
        uncreated(kind)
    };
    merged(
        merged(base, object),
        json!({"metadata": {"annotations": {"crossplane.io/paused": "true"}}}),
    )
}

/// An object that wakes up with this change.
fn woken(kind: &'static str, object: Value) -> Change {
    change(
        kind,
        paused(kind, object),
        json!({"metadata": {"annotations": {"crossplane.io/paused": null}}}),
    )
}

/// An instance of which this is asked and that is observed, and that wakes up with this change.
fn woken_instance(for_provider: Value, at_provider: Value) -> Change {
    woken(
        "Instance",
        json!({"spec": {"forProvider": for_provider}, "status": {"atProvider": at_provider}}),
    )
}

fn with_policies(kind: &'static str, base: Value, before: &[&str], after: &[&str]) -> Change {
    change(
        kind,
        merged(base, json!({"spec": {"managementPolicies": before}})),
        json!({"spec": {"managementPolicies": after}}),
    )
}

cases! {
    unpausing_what_was_never_created_creates_it:
        woken("Disk", json!({}))
        => [&format!("CreateDisk account {UNPAUSED}")];
    unpausing_by_another_word_creates_it_too:
        change("Disk", paused("Disk", json!({})), json!({"metadata": {"annotations": {"crossplane.io/paused": "false"}}}))
        => [&format!("CreateDisk account {UNPAUSED}")];
    unpausing_brings_in_line_what_differs_from_what_is_observed:
        woken_instance(json!({"instanceType": "b", "instanceName": "x"}), json!({"instanceType": "a", "instanceName": "x"}))
        => [
            "StopInstance i-1 spec.forProvider.instanceType",
            "ModifyInstanceSpec i-1 spec.forProvider.instanceType",
            "StartInstance i-1 spec.forProvider.instanceType",
        ];
    unpausing_ignores_what_is_not_observed:
        woken_instance(json!({"instanceType": "b", "userData": "x", "imageIdRef": {"name": "y"}}), json!({}))
        => [];
    unpausing_ignores_the_region:
        woken_instance(json!({"region": "cn-hangzhou"}), json!({}))
        => [];
    unpausing_ignores_what_the_spec_does_not_say:
        woken_instance(json!({}), json!({"instanceType": "a", "tags": {"a": "1"}}))
        => [];
    unpausing_measures_an_edit_of_the_same_request_by_what_is_observed:
        change(
            "Instance",
            paused("Instance", json!({"spec": {"forProvider": {"instanceName": "a"}}, "status": {"atProvider": {"instanceName": "b"}}})),
            json!({"metadata": {"annotations": {"crossplane.io/paused": null}}, "spec": {"forProvider": {"instanceName": "b"}}}),
        )
        => [];
    unpausing_a_stopped_instance_that_is_to_run_starts_it:
        woken_instance(json!({"status": "Running"}), json!({"status": "Stopped"}))
        => ["StartInstance i-1 spec.forProvider.status"];
    unpausing_with_a_bandwidth_over_an_observed_zero_allocates_an_address:
        woken_instance(json!({"internetMaxBandwidthOut": 5}), json!({"internetMaxBandwidthOut": 0}))
        => [
            "ModifyInstanceNetworkSpec i-1 spec.forProvider.internetMaxBandwidthOut",
            "AllocatePublicIpAddress i-1 spec.forProvider.internetMaxBandwidthOut",
        ];
    unpausing_decides_by_the_observed_charge_type:
        woken_instance(
            json!({"instanceType": "b", "instanceChargeType": "PostPaid"}),
            json!({"instanceType": "a", "instanceChargeType": "PrePaid", "status": "Stopped"}),
        )
        => [
            "ModifyPrepayInstanceSpec i-1 spec.forProvider.instanceType",
            "ModifyInstanceChargeType i-1 spec.forProvider.instanceChargeType",
        ];
    unpausing_what_needs_replacement_is_told:
        woken_instance(json!({"availabilityZone": "b"}), json!({"availabilityZone": "a"}))
        => ["needs replacement: spec.forProvider.availabilityZone"];
    unpausing_into_another_region_makes_a_new_resource:
        change(
            "Disk",
            paused("Disk", json!({"status": {}})),
            json!({"metadata": {"annotations": {"crossplane.io/paused": null}}, "spec": {"forProvider": {"region": "cn-hangzhou"}}}),
        )
        => ["CreateDisk account spec.forProvider.region"];
    unpausing_in_files_that_show_no_state_is_measured_by_the_old_spec:
        change(
            "Instance",
            merged(uncreated("Instance"), json!({"metadata": {"annotations": {"crossplane.io/paused": "true"}}, "spec": {"forProvider": {"instanceName": "a"}}})),
            json!({"metadata": {"annotations": {"crossplane.io/paused": null}}, "spec": {"forProvider": {"instanceName": "b"}}}),
        ).in_files()
        => ["ModifyInstanceAttribute elsewhere:metadata.annotations[crossplane.io/external-name] spec.forProvider.instanceName"];

    policies_that_gain_create_create_what_was_never_created:
        with_policies("Disk", uncreated("Disk"), &["Observe"], &["*"])
        => ["CreateDisk account spec.managementPolicies"];
    policies_that_were_empty_and_gain_create_create_too:
        with_policies("Disk", uncreated("Disk"), &[], &["Observe", "Create"])
        => ["CreateDisk account spec.managementPolicies"];
    policies_that_were_refused_and_gain_create_create_too:
        with_policies("Disk", uncreated("Disk"), &["Create"], &["*"])
        => ["CreateDisk account spec.managementPolicies"];
    policies_that_gain_only_update_create_nothing:
        with_policies("Disk", uncreated("Disk"), &["Observe"], &["Observe", "Update"])
        => [];
    policies_that_gain_update_are_measured_by_what_is_observed:
        with_policies(
            "Disk",
            merged(existing("Disk"), json!({"spec": {"forProvider": {"size": 40}}, "status": {"atProvider": {"size": 20}}})),
            &["Observe"],
            &["Observe", "Update"],
        )
        => ["ResizeDisk d-1 spec.forProvider.size"];
    policies_that_gain_only_create_leave_an_existing_resource_alone:
        with_policies(
            "Disk",
            merged(existing("Disk"), json!({"spec": {"forProvider": {"size": 40}}, "status": {"atProvider": {"size": 20}}})),
            &["Observe", "Update"],
            &["Observe", "Create", "Update"],
        )
        => [];
    policies_that_lose_update_ask_for_nothing:
        with_policies("Disk", existing("Disk"), &["*"], &["Observe"])
        => [];
}

#[test]
fn each_supported_set_of_policies_permits_what_it_says() {
    let sets: [(&[&str], bool, bool); 15] = [
        (&["*"], true, true),
        (
            &["Observe", "Create", "Update", "LateInitialize", "Delete"],
            true,
            true,
        ),
        (&["Observe"], false, false),
        (&[], false, false),
        (&["Observe", "Create", "Update", "Delete"], true, true),
        (
            &["Observe", "Create", "Update", "LateInitialize"],
            true,
            true,
        ),
        (&["Observe", "Create", "Update"], true, true),
        (
            &["Observe", "Create", "LateInitialize", "Delete"],
            true,
            false,
        ),
        (&["Observe", "Create", "LateInitialize"], true, false),
        (&["Observe", "Create", "Delete"], true, false),
        (&["Observe", "Create"], true, false),
        (&["Observe", "Delete"], false, false),
        (&["Observe", "Update"], false, true),
        (&["Observe", "LateInitialize"], false, false),
        (&["Observe", "Update", "LateInitialize"], false, true),
    ];
    for (policies, creates, updates) in sets {
        let creation = created("Disk", json!({})).under(policies);
        assert_eq!(!creation.asks().is_empty(), creates, "{policies:?}");
        let update = edited("Disk", json!({"size": 20}), json!({"size": 40})).under(policies);
        assert_eq!(!update.asks().is_empty(), updates, "{policies:?}");
    }
}

#[test]
fn any_other_set_of_policies_makes_the_reconciler_refuse() {
    let sets: [&[&str]; 5] = [
        &["Create"],
        &["Update"],
        &["Create", "Update"],
        &["*", "Observe"],
        &["Observe", "Create", "Dance"],
    ];
    for policies in sets {
        let creation = created("Disk", json!({})).under(policies);
        let update = edited("Disk", json!({"size": 20}), json!({"size": 40})).under(policies);
        assert!(
            creation.asks().is_empty() && update.asks().is_empty(),
            "{policies:?}"
        );
    }
}
