//! The binding as users write it: the contract's example, and every target that must not be bound.

use super::*;

const CONTRACT: &str = r#"
apiVersion: arrears.dev/v1alpha1
kind: OperationBinding
metadata: {name: acme}
spec:
  target: {group: acme.example, kinds: [VirtualMachine], resources: [virtualmachines]}
  paths: {region: $.spec.region, account: $.spec.account, instanceIds: [$.status.instanceId], diskIds: [$.spec.disks.*.id]}
  operations:
  - {action: CreateInstance, on: [CREATE]}
  - {action: StartInstance, on: [UPDATE], changed: $.spec.power, equals: "On"}
"#;

fn read(yaml: &str) -> Result<OperationBinding, String> {
    serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
}

fn target(target: &str) -> Vec<String> {
    let binding = read(&format!(
        "metadata: {{name: a}}\nspec: {{target: {{{target}}}, operations: [{{action: A, on: [CREATE]}}]}}\n"
    ));
    binding
        .unwrap()
        .check()
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn operation(operation: &str) -> Result<Vec<String>, String> {
    let binding = read(&format!(
        "metadata: {{name: a}}\nspec: {{target: {{group: acme.example, kinds: [Vm]}}, operations: [{{{operation}}}]}}\n"
    ))?;
    Ok(binding.check().iter().map(ToString::to_string).collect())
}

#[test]
fn the_document_of_the_contract_is_read_and_written_without_loss() {
    let binding = read(CONTRACT).unwrap();
    assert_eq!(binding.check(), []);
    let written: serde_json::Value = serde_json::to_value(&binding).unwrap();
    let expected: serde_json::Value = serde_saphyr::from_str(CONTRACT).unwrap();
    assert_eq!(written, expected);
}

#[test]
fn resources_default_to_the_kinds_in_lower_case_with_an_s() {
    let mut binding = read(CONTRACT).unwrap();
    binding.spec.target.resources.clear();
    binding.spec.target.kinds.push("Gpu".to_owned());
    assert_eq!(
        binding.spec.target.effective_resources(),
        ["virtualmachines", "gpus"]
    );
}

#[test]
fn core_types_kubernetes_groups_own_kinds_and_built_in_kinds_are_refused() {
    for (wrong, problem) in [
        (
            "group: '', kinds: [Pod]",
            "spec.target.group: `` can't be bound: expected the domain of a custom group, such as acme.example",
        ),
        (
            "group: apps, kinds: [Deployment]",
            "spec.target.group: `apps` can't be bound: expected the domain of a custom group, such as acme.example",
        ),
        (
            "group: '*.example', kinds: [A]",
            "spec.target.group: `*.example` can't be bound: expected the domain of a custom group, such as acme.example",
        ),
        (
            "group: coordination.k8s.io, kinds: [Lease]",
            "spec.target.group: Kubernetes' own group `coordination.k8s.io` can't be bound",
        ),
        (
            "group: k8s.io, kinds: [A]",
            "spec.target.group: Kubernetes' own group `k8s.io` can't be bound",
        ),
        (
            "group: arrears.dev, kinds: [EcsAccount]",
            "spec.target.group: arrears' own kinds can't be bound",
        ),
        (
            "group: karpenter.sh, kinds: [NodeClaim]",
            "spec.target.kinds[0]: the meaning of `NodeClaim` is built in, it can't be bound",
        ),
        (
            "group: ecs.alibabacloud.m.crossplane.io, kinds: [Disk]",
            "spec.target.kinds[0]: the meaning of `Disk` is built in, it can't be bound",
        ),
        (
            "group: machine.openshift.io, kinds: [Machine]",
            "spec.target.kinds[0]: the meaning of `Machine` is built in, it can't be bound",
        ),
        (
            "group: acme.example, kinds: []",
            "spec.target.kinds: at least one kind is needed",
        ),
        (
            "group: acme.example, kinds: ['*']",
            "spec.target.kinds[0]: `*` is not a kind such as VirtualMachine",
        ),
        (
            "group: acme.example, kinds: [A], resources: ['*']",
            "spec.target.resources[0]: `*` is not a resource such as virtualmachines",
        ),
        (
            "group: acme.example, kinds: [A], resources: [as/status]",
            "spec.target.resources[0]: `as/status` is not a resource such as virtualmachines",
        ),
    ] {
        assert_eq!(target(wrong), [problem], "{wrong}");
    }
    assert!(target("group: karpenter.sh, kinds: [NodePool]").is_empty());
    assert!(target("group: cluster.x-k8s.io, kinds: [Machine]").is_empty());
}

#[test]
fn operations_that_can_never_be_asked_for_are_problems() {
    for (wrong, problem) in [
        (
            "action: A, on: []",
            "spec.operations[0].on: CREATE, UPDATE or both are needed",
        ),
        (
            "action: A, on: [CREATE, CREATE]",
            "spec.operations[0].on[1]: `CREATE` is given twice",
        ),
        (
            "action: A, on: [UPDATE], equals: 1",
            "spec.operations[0].equals: needs changed: the path whose value is compared",
        ),
        (
            "action: 'a b', on: [UPDATE]",
            "spec.operations[0].action: expected letters and digits, beginning with a letter, at most 64 characters",
        ),
    ] {
        assert_eq!(operation(wrong).unwrap(), [problem], "{wrong}");
    }
}

#[test]
fn impossible_values_are_refused_where_they_are_read() {
    for (wrong, says) in [
        ("action: A, on: [DELETE]", "unknown variant"),
        ("action: A, on: [CREATE], change: $.spec", "unknown field"),
        ("action: A, on: [UPDATE], changed: spec.power", "RFC 9535"),
        (
            "action: A, on: [UPDATE], changed: $.a, equals: [1]",
            "can be compared with",
        ),
    ] {
        let error = operation(wrong).unwrap_err();
        assert!(error.contains(says), "{wrong}: {error}");
    }
}

#[test]
fn the_schema_names_every_built_in_kind() {
    let rule = built_in_rule();
    for family in FOREIGN {
        for name in family
            .groups
            .iter()
            .copied()
            .chain(family.kinds.iter().map(|kind| kind.kind))
        {
            assert!(rule.contains(&format!("'{name}'")), "{name}");
        }
    }
}
