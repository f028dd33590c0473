//! What may be registered, and above all what never may.

use super::*;

fn binding(name: &str, target: &str, operations: &str) -> OperationBinding {
    let yaml = format!(
        "metadata: {{name: {name}}}\nspec: {{target: {{{target}}}, operations: [{operations}]}}\n"
    );
    serde_saphyr::from_str(&yaml).unwrap()
}

fn acme(operations: &str) -> Registration {
    let binding = binding(
        "acme",
        "group: acme.example, kinds: [VirtualMachine]",
        operations,
    );
    registrations(&[binding]).unwrap().pop().unwrap()
}

fn condition_names(registration: &Registration) -> Vec<&'static str> {
    registration
        .conditions
        .iter()
        .map(|condition| condition.name)
        .collect()
}

/// Everything that must be able to go on while we are away, and our own configuration.
const NEVER: [(&str, &str, &str); 14] = [
    ("", "Pod", "pods"),
    ("", "Node", "nodes"),
    ("", "Secret", "secrets"),
    ("apps", "Deployment", "deployments"),
    ("batch", "Job", "jobs"),
    ("coordination.k8s.io", "Lease", "leases"),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        "customresourcedefinitions",
    ),
    (
        "admissionregistration.k8s.io",
        "ValidatingWebhookConfiguration",
        "validatingwebhookconfigurations",
    ),
    ("discovery.k8s.io", "EndpointSlice", "endpointslices"),
    ("rbac.authorization.k8s.io", "ClusterRole", "clusterroles"),
    ("arrears.dev", "EcsAccount", "ecsaccounts"),
    ("arrears.dev", "OverduePolicy", "overduepolicies"),
    ("arrears.dev", "LockSnapshot", "locksnapshots"),
    ("arrears.dev", "OperationBinding", "operationbindings"),
];

#[test]
fn nothing_built_in_matches_core_types_leases_or_our_configuration() {
    for registration in built_in() {
        for (group, _, resource) in NEVER {
            let matched = registration.groups.iter().any(|known| known == group)
                && registration.resources.iter().any(|known| known == resource);
            assert!(!matched, "{} matches {group}/{resource}", registration.name);
        }
        for group in &registration.groups {
            assert!(group.contains('.') && !group.ends_with("k8s.io"), "{group}");
        }
        for text in registration.groups.iter().chain(&registration.resources) {
            assert!(
                !text.contains(['*', '/']),
                "{text} matches more than one resource"
            );
        }
    }
}

#[test]
fn no_binding_can_register_for_core_types_leases_or_our_kinds() {
    for (group, kind, resource) in NEVER {
        let target = format!("group: '{group}', kinds: [{kind}], resources: [{resource}]");
        let error = registrations(&[binding("bad", &target, "{action: A, on: [CREATE]}")]);
        let error = error.unwrap_err().to_string();
        assert!(
            error.starts_with("OperationBinding bad can't be registered: spec.target"),
            "{error}"
        );
    }
    for target in [
        "group: acme.example, kinds: [A], resources: ['*']",
        "group: acme.example, kinds: [A], resources: ['*/*']",
        "group: acme.example, kinds: [A], resources: [as/status]",
        "group: '*', kinds: [A]",
        "group: arrears.dev, kinds: [EcsOperation]",
        "group: ecs.alibabacloud.crossplane.io, kinds: [Instance]",
    ] {
        let refused = registrations(&[binding("bad", target, "{action: A, on: [CREATE]}")]);
        assert!(refused.is_err(), "{target}");
    }
}

#[test]
fn names_are_unique_and_have_at_least_three_labels() {
    let bindings = ["b", "crossplane"].map(|name| {
        binding(
            name,
            "group: acme.example, kinds: [A]",
            "{action: A, on: [CREATE]}",
        )
    });
    let registrations = registrations(&bindings).unwrap();
    let names: BTreeSet<&str> = registrations
        .iter()
        .map(|registration| registration.name.as_str())
        .collect();
    assert_eq!(names.len(), registrations.len());
    assert!(
        names.iter().all(|name| 3 <= name.split('.').count()),
        "{names:?}"
    );
    assert!(names.contains("crossplane.ecs.arrears.dev"));
    assert!(names.contains("crossplane.binding.ecs.arrears.dev"));
}

#[test]
fn two_bindings_of_one_name_and_names_that_are_too_long_are_refused() {
    let create = "{action: A, on: [CREATE]}";
    let target = "group: acme.example, kinds: [A]";
    let twice = [binding("a", target, create), binding("a", target, create)];
    assert!(
        registrations(&twice)
            .unwrap_err()
            .to_string()
            .contains("two of this name")
    );
    let long = vec!["a".repeat(60); 4].join(".");
    assert!(
        registrations(&[binding(&long, target, create)])
            .unwrap_err()
            .to_string()
            .contains("too long")
    );
}

#[test]
fn a_binding_registers_for_its_own_kinds_and_operations_only() {
    let registration = acme("{action: A, on: [CREATE]}");
    assert_eq!(registration.groups, ["acme.example"]);
    assert_eq!(registration.resources, ["virtualmachines"]);
    assert_eq!(registration.operations, [Trigger::Create]);
    assert!(registration.conditions.is_empty());
}

#[test]
fn updates_that_can_not_ask_for_anything_are_left_out_where_the_paths_show_it() {
    let spec_only =
        acme("{action: A, on: [CREATE]}, {action: B, on: [UPDATE], changed: $.spec.power}");
    assert_eq!(spec_only.operations, [Trigger::Create, Trigger::Update]);
    assert_eq!(
        condition_names(&spec_only),
        ["not-deleting", "spec-changes"]
    );
    for elsewhere in [
        "{action: B, on: [UPDATE]}",
        "{action: B, on: [UPDATE], changed: $.metadata.annotations.power}",
        "{action: B, on: [UPDATE], changed: $..power}",
    ] {
        assert_eq!(
            condition_names(&acme(elsewhere)),
            ["not-deleting"],
            "{elsewhere}"
        );
    }
}

#[test]
fn only_crossplane_objects_are_reviewed_when_they_change() {
    for registration in built_in() {
        let reviews_changes = registration.operations.contains(&Trigger::Update);
        assert_eq!(
            reviews_changes,
            registration.name.starts_with("crossplane"),
            "{}",
            registration.name
        );
    }
}

#[test]
fn conditions_that_look_at_the_old_object_first_step_aside_for_a_create() {
    let bound = acme("{action: B, on: [CREATE, UPDATE], changed: $.spec.power}");
    for registration in built_in().into_iter().chain([bound]) {
        for condition in &registration.conditions {
            if condition.expression.contains("oldObject") {
                let starts = condition
                    .expression
                    .starts_with("request.operation == 'CREATE' || ");
                assert!(starts, "{}: oldObject is null on CREATE", condition.name);
            }
            assert!(!condition.expression.contains("  "), "{}", condition.name);
        }
    }
}
