//! What one rule can match that no webhook of ours may.

use k8s_openapi::api::admissionregistration::v1::RuleWithOperations;

use super::entry::Problem;
use crate::api::{ECS_OPERATION, GROUP};

/// All that is wrong with a rule.
pub(super) fn problems(rule: &RuleWithOperations) -> Vec<Problem> {
    let groups = rule.api_groups.as_deref().unwrap_or_default();
    let resources = rule.resources.as_deref().unwrap_or_default();
    let operations = rule.operations.as_deref().unwrap_or_default();
    if groups.is_empty() || resources.is_empty() || operations.is_empty() {
        // It matches nothing.
        return Vec::new();
    }
    let mut problems = Vec::new();
    for group in groups {
        problems.extend(of_group(group, resources));
        problems.extend(of_ours(group, resources));
    }
    problems.extend(
        resources
            .iter()
            .filter_map(|resource| of_resource(resource)),
    );
    problems.extend(
        operations
            .iter()
            .filter_map(|operation| of_operation(operation)),
    );
    problems
}

fn of_group(group: &str, resources: &[String]) -> Option<Problem> {
    let listed = resources.join(", ");
    match group {
        "" => Some(Problem::new(
            format!(
                "can match the core group's {}",
                examples(resources, &["pods", "nodes", "secrets"])
            ),
            "name the groups of the providers' kinds: a cluster can't start without its core types",
        )),
        "*" => Some(Problem::new(
            format!(
                "can match {} of every group",
                examples(
                    resources,
                    &["pods, leases.coordination.k8s.io and all else"]
                )
            ),
            "name the groups; a wildcard also matches what the cluster lives on",
        )),
        _ if group.contains('*') => Some(Problem::new(
            format!("can match the groups `{group}`"),
            "name the groups; the API server knows no patterns",
        )),
        "coordination.k8s.io" => Some(Problem::new(
            format!("can match {}", examples(resources, &["leases"])),
            "leave the group out: without leases no controller keeps its leader and no node stays alive",
        )),
        _ if group == "k8s.io" || group.ends_with(".k8s.io") || !group.contains('.') => {
            Some(Problem::new(
                format!("can match {listed} of Kubernetes' own group `{group}`"),
                "leave the group out: what runs and guards the cluster must not wait for a webhook",
            ))
        }
        _ => None,
    }
}

/// Our own kinds but the one that asks for something.
fn of_ours(group: &str, resources: &[String]) -> Option<Problem> {
    if group != GROUP && group != "*" {
        return None;
    }
    let is_request = |resource: &str| {
        ECS_OPERATION
            .kinds
            .iter()
            .any(|kind| kind.resource == resource)
    };
    let whole = |resource: &String| {
        let name = resource.split('/').next().unwrap_or_default();
        !is_request(name)
    };
    let matched: Vec<String> = resources
        .iter()
        .filter(|resource| whole(resource))
        .cloned()
        .collect();
    (!matched.is_empty()).then(|| {
        Problem::new(
            format!(
                "can match arrears' own configuration, {GROUP} {}",
                examples(&matched, &["ecsaccounts", "overduepolicies", "locksnapshots", "operationbindings"])
            ),
            "name ecsoperations alone: what configures the webhook, or turns it off, must not wait for it",
        )
    })
}

fn of_resource(resource: &str) -> Option<Problem> {
    if resource.contains('/') {
        return Some(Problem::new(
            format!("can match the subresource {resource}"),
            "name the resource alone: status and scale are bookkeeping",
        ));
    }
    resource.contains('*').then(|| {
        Problem::new(
            format!("can match `{resource}`, every resource of its groups"),
            "name the resources: what is added to a group later must not be held back unseen",
        )
    })
}

fn of_operation(operation: &str) -> Option<Problem> {
    match operation {
        "CREATE" | "UPDATE" => None,
        "*" => Some(Problem::new(
            "can match DELETE and CONNECT, by operations `*`".to_owned(),
            "name CREATE and UPDATE: a deletion never costs money, and held back it keeps namespaces from going",
        )),
        other => Some(Problem::new(
            format!("can match {other}"),
            "name CREATE and UPDATE only: a deletion never costs money, and held back it keeps namespaces from going",
        )),
    }
}

/// The resources, or for a wildcard what it stands for.
fn examples(resources: &[String], wildcard: &[&str]) -> String {
    if resources.iter().any(|resource| resource.contains('*')) {
        return wildcard.join(", ");
    }
    resources.join(", ")
}
