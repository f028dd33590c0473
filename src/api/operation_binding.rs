//! `OperationBinding`: which ECS actions a kind that is not built in stands for.
//!
//! Guarantees: a binding that `check` passes can't name Kubernetes' own types, ours, or a kind whose meaning is built in.

#![expect(
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "kube's derive copies structs, `pub` included, into functions, and takes repeated columns"
)]

use super::built_in::FOREIGN;
use super::ecs_operation::is_action_name;
use super::problem::{repeated, too_long};
use super::{GROUP, ObjectPath, Problem, Scalar, is_built_in, text};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

const MOST: usize = 32;
const LONGEST_NAME: usize = 63;
const LONGEST_GROUP: usize = 253;

/// What a kind means.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "arrears.dev",
    version = "v1alpha1",
    kind = "OperationBinding",
    shortname = "opbind",
    category = "arrears",
    derive = "PartialEq",
    doc = "Which ECS actions a kind that is not built in stands for.",
    printcolumn(name = "Group", type_ = "string", json_path = ".spec.target.group"),
    printcolumn(name = "Kinds", type_ = "string", json_path = ".spec.target.kinds"),
    printcolumn(
        name = "Actions",
        type_ = "string",
        json_path = ".spec.operations[*].action"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct OperationBindingSpec {
    /// The kinds that are bound.
    pub target: BindingTarget,
    /// Where in the object the targets stand, as RFC 9535 paths.
    #[serde(default)]
    pub paths: BindingPaths,
    /// The actions and when they are asked for.
    #[schemars(length(min = 1, max = MOST))]
    pub operations: Vec<BoundOperation>,
}

/// The kinds that a binding is for, in every version of the group.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(
    validation = Rule::new("self.group != 'k8s.io' && !self.group.endsWith('.k8s.io')")
        .message("Kubernetes' own groups can't be bound"),
    validation = Rule::new(format!("self.group != '{GROUP}'")).message("arrears' own kinds can't be bound"),
    validation = Rule::new(built_in_rule()).message("the meaning of this kind is built in, it can't be bound")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingTarget {
    /// The API group: a domain, such as acme.example.
    #[schemars(length(max = LONGEST_GROUP), pattern(r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)+$"))]
    pub group: String,
    /// The kinds, such as VirtualMachine.
    #[schemars(length(min = 1, max = MOST), inner(length(max = LONGEST_NAME), pattern("^[A-Z][A-Za-z0-9]*$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub kinds: Vec<String>,
    /// The resources to register for; left out, each kind in lower case with an s.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST), inner(length(max = LONGEST_NAME), pattern("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub resources: Vec<String>,
}

/// Where in an object the targets stand.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BindingPaths {
    /// The region; left out, the account's default region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ObjectPath")]
    pub region: Option<ObjectPath>,
    /// The account's name; left out, the default account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ObjectPath")]
    pub account: Option<ObjectPath>,
    /// The instance ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST))]
    pub instance_ids: Vec<ObjectPath>,
    /// The disk ids.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST))]
    pub disk_ids: Vec<ObjectPath>,
}

/// One action and when it is asked for.
#[derive(KubeSchema, Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
// CEL does not see a field without a type, so that `equals` needs `changed` is said in the schema itself.
#[schemars(extend("anyOf" = json!([{ "required": ["changed"] }, { "not": { "required": ["equals"] } }])))]
pub struct BoundOperation {
    /// The ECS action, such as StartInstance.
    #[schemars(length(max = 64), pattern("^[A-Za-z][A-Za-z0-9]*$"))]
    pub action: String,
    /// The requests that can ask for it.
    #[schemars(length(min = 1, max = 2))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub on: Vec<Trigger>,
    /// A path: the action is asked for when what it finds differs between the old and the new object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ObjectPath")]
    pub changed: Option<ObjectPath>,
    /// A string, number or boolean that the path in changed must find in the new object.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Scalar")]
    pub equals: Option<Scalar>,
}

/// The requests that can ask for an action.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum Trigger {
    /// The object is created.
    #[serde(rename = "CREATE")]
    Create,
    /// The object is changed.
    #[serde(rename = "UPDATE")]
    Update,
}

/// True for targets that are none of the built-in foreign kinds.
fn built_in_rule() -> String {
    let list = |names: &mut dyn Iterator<Item = &str>| {
        names
            .map(|name| format!("'{name}'"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    FOREIGN
        .iter()
        .map(|family| {
            let groups = list(&mut family.groups.iter().copied());
            let kinds = list(&mut family.kinds.iter().map(|kind| kind.kind));
            format!("!(self.group in [{groups}] && self.kinds.exists(kind, kind in [{kinds}]))")
        })
        .collect::<Vec<_>>()
        .join(" && ")
}

// === impl OperationBinding ===

impl OperationBinding {
    /// What is wrong with the binding beyond the shape of its fields; whether actions exist is not known here.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self
            .metadata
            .name
            .as_deref()
            .is_some_and(text::is_subdomain)
        {
            problems.push(Problem::new(
                "metadata.name",
                "a binding needs a name of lower-case letters, digits, `-` and `.`",
            ));
        }
        problems.extend(self.spec.target.check("spec.target"));
        if self.spec.operations.is_empty() {
            problems.push(Problem::new(
                "spec.operations",
                "at least one operation is needed",
            ));
        }
        problems.extend(too_long(
            "spec.operations",
            self.spec.operations.len(),
            MOST,
        ));
        for (index, operation) in self.spec.operations.iter().enumerate() {
            problems.extend(operation.check(&format!("spec.operations[{index}]")));
        }
        problems
    }
}

// === impl BindingTarget ===

impl BindingTarget {
    /// The resources to register for: those given, else each kind in lower case with an `s`.
    #[must_use]
    pub fn effective_resources(&self) -> Vec<String> {
        if self.resources.is_empty() {
            self.kinds
                .iter()
                .map(|kind| format!("{}s", kind.to_ascii_lowercase()))
                .collect()
        } else {
            self.resources.clone()
        }
    }

    /// Why the target can't be bound, or an empty list.
    #[must_use]
    pub fn check(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let group = self.group.as_str();
        let group_path = format!("{path}.group");
        if group == GROUP {
            problems.push(Problem::new(
                group_path,
                "arrears' own kinds can't be bound",
            ));
        } else if group == "k8s.io" || group.ends_with(".k8s.io") {
            problems.push(Problem::new(
                group_path,
                format!("Kubernetes' own group `{group}` can't be bound"),
            ));
        } else if !text::is_subdomain(group) || !group.contains('.') || LONGEST_GROUP < group.len()
        {
            problems.push(Problem::new(
                group_path,
                format!("`{group}` can't be bound: expected the domain of a custom group, such as acme.example"),
            ));
        }
        if self.kinds.is_empty() {
            problems.push(Problem::new(
                format!("{path}.kinds"),
                "at least one kind is needed",
            ));
        }
        for (index, kind) in self.kinds.iter().enumerate() {
            let path = format!("{path}.kinds[{index}]");
            if !is_kind(kind) {
                problems.push(Problem::new(
                    path,
                    format!("`{kind}` is not a kind such as VirtualMachine"),
                ));
            } else if group != GROUP && is_built_in(group, kind) {
                problems.push(Problem::new(
                    path,
                    format!("the meaning of `{kind}` is built in, it can't be bound"),
                ));
            }
        }
        for (index, resource) in self.resources.iter().enumerate() {
            if !text::is_label(resource) || LONGEST_NAME < resource.len() {
                let path = format!("{path}.resources[{index}]");
                problems.push(Problem::new(
                    path,
                    format!("`{resource}` is not a resource such as virtualmachines"),
                ));
            }
        }
        problems.extend(repeated(&format!("{path}.kinds"), &self.kinds));
        problems.extend(repeated(&format!("{path}.resources"), &self.resources));
        problems.extend(too_long(&format!("{path}.kinds"), self.kinds.len(), MOST));
        problems.extend(too_long(
            &format!("{path}.resources"),
            self.resources.len(),
            MOST,
        ));
        problems
    }
}

fn is_kind(text: &str) -> bool {
    text.len() <= LONGEST_NAME
        && text.starts_with(|first: char| first.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

// === impl BoundOperation ===

impl BoundOperation {
    fn check(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !is_action_name(&self.action) {
            problems.push(Problem::new(
                format!("{path}.action"),
                "expected letters and digits, beginning with a letter, at most 64 characters",
            ));
        }
        if self.on.is_empty() {
            problems.push(Problem::new(
                format!("{path}.on"),
                "CREATE, UPDATE or both are needed",
            ));
        }
        problems.extend(repeated(&format!("{path}.on"), &self.on));
        if self.equals.is_some() && self.changed.is_none() {
            problems.push(Problem::new(
                format!("{path}.equals"),
                "needs changed: the path whose value is compared",
            ));
        }
        problems
    }
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
        })
    }
}

#[cfg(test)]
mod tests;
