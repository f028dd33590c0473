//! Every row of the InstanceSet.

use serde_json::{Value, json};

use super::{Change, cases, created, edited, updated};

const WITHOUT_LATE_INITIALIZATION: &[&str] = &["Observe", "Create", "Update", "Delete"];

fn filter(before: Value, after: Value) -> Change {
    edited(
        "InstanceSet",
        json!({"excludeInstanceFilter": before}),
        json!({"excludeInstanceFilter": after}),
    )
}

fn excluding(ids: &[&str]) -> Value {
    json!([{"key": "InstanceId", "value": ids}])
}

cases! {
    a_new_set_runs_its_instances:
        created("InstanceSet", json!({"amount": 3}))
        => ["CreateInstance(RunInstances) account spec.forProvider", "StartInstance(RunInstances) account spec.forProvider"];
    tags_are_tagged_on_its_instances:
        edited("InstanceSet", json!({"tags": {"a": "1"}}), json!({"tags": {"a": "2"}}))
        => ["TagResources i-1+i-2 spec.forProvider.tags"];
    instances_that_are_not_observed_are_missing:
        edited("InstanceSet", json!({"tags": {"a": "1"}}), json!({"tags": {"a": "2"}})).observed(json!({"instanceIds": null}))
        => ["TagResources missing:status.atProvider.instanceIds spec.forProvider.tags"];
    a_first_filter_deletes_what_it_excludes:
        filter(json!(null), excluding(&["i-1"]))
        => ["DeleteInstance(DeleteInstances) i-1 spec.forProvider.excludeInstanceFilter"];
    any_change_of_a_filter_runs_new_instances_and_names_them:
        filter(excluding(&["i-1"]), excluding(&["i-2"]))
        => [
            "DeleteInstance(DeleteInstances) i-2 spec.forProvider.excludeInstanceFilter",
            "CreateInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "StartInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "ModifyInstanceAttribute account spec.forProvider.excludeInstanceFilter",
        ];
    a_filter_that_grows_is_another_item_as_a_whole:
        filter(excluding(&["i-1"]), excluding(&["i-1", "i-2"]))
        => [
            "DeleteInstance(DeleteInstances) i-1+i-2 spec.forProvider.excludeInstanceFilter",
            "CreateInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "StartInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "ModifyInstanceAttribute account spec.forProvider.excludeInstanceFilter",
        ];
    a_filter_by_names_may_delete_any_instance_of_the_set:
        filter(json!(null), json!([{"key": "InstanceName", "value": ["web"]}]))
        => ["DeleteInstance(DeleteInstances) i-1+i-2 spec.forProvider.excludeInstanceFilter"];
    a_filter_that_is_emptied_runs_new_instances:
        filter(excluding(&["i-1"]), json!([]))
        => [
            "CreateInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "StartInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "ModifyInstanceAttribute account spec.forProvider.excludeInstanceFilter",
        ];
    a_filter_that_is_dropped_is_written_back:
        filter(excluding(&["i-1"]), json!(null))
        => [];
    a_filter_that_is_dropped_without_late_initialization_runs_new_instances:
        filter(excluding(&["i-1"]), json!(null)).under(WITHOUT_LATE_INITIALIZATION)
        => [
            "CreateInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "StartInstance(RunInstances) account spec.forProvider.excludeInstanceFilter",
            "ModifyInstanceAttribute account spec.forProvider.excludeInstanceFilter",
        ];
    a_filter_of_another_shape_is_malformed:
        updated("InstanceSet", json!({}), json!({"spec": {"forProvider": {"excludeInstanceFilter": "i-1"}}}))
        => ["malformed: spec.forProvider.excludeInstanceFilter should be a list, is a string"];
}

#[test]
fn everything_else_needs_replacement() {
    for field in super::super::instance_set::INSTANCE_SET.replacing {
        let known = super::super::instance_set::INSTANCE_SET.fields;
        let field = known.iter().find(|known| known.name == *field).unwrap();
        let (before, after) = super::two_values(field.form);
        let change = edited(
            "InstanceSet",
            json!({field.name: before, "tags": {"a": "1"}}),
            json!({field.name: after, "tags": {"a": "2"}}),
        );
        assert_eq!(
            change.asks(),
            [format!(
                "needs replacement: spec.forProvider.{}",
                field.name
            )]
        );
    }
}
