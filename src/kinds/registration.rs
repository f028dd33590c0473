//! Which requests are worth a review: the groups, resources, operations and conditions of the webhook configuration.
//!
//! Guarantees: no registration can match a core type, a type of Kubernetes' own groups, a subresource, one of our
//! configuration kinds or a deletion; what only records results (ids, finalizers, status, labels) and what takes an
//! object out of the provider's hands (pausing, deleting) passes without us, so that our outage can't hold it back.

use crate::api::{
    BuiltInFamily, CROSSPLANE, ECS_OPERATION, KARPENTER, OPENSHIFT, ObjectPath, OperationBinding,
    Trigger,
};
use std::collections::BTreeSet;

/// One entry of the webhook configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The name of the entry, unique in the configuration.
    pub name: String,
    /// The API groups; their kinds are matched in every version.
    pub groups: Vec<String>,
    /// The resources, in each of the groups.
    pub resources: Vec<String>,
    /// The operations, never `DELETE`.
    pub operations: Vec<Trigger>,
    /// Conditions that must all hold, or the request is not reviewed.
    pub conditions: Vec<Condition>,
}

/// A CEL condition on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Condition {
    /// The condition's name, unique in its entry.
    pub name: &'static str,
    /// The CEL expression.
    pub expression: &'static str,
}

/// A binding that can't be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("OperationBinding {binding} can't be registered: {problem}")]
pub struct RegistrationError {
    binding: String,
    problem: String,
}

/// What all entry names end in; at least three labels are needed.
pub const NAME_SUFFIX: &str = "ecs.arrears.dev";

/// The longest name the API server takes.
const LONGEST_NAME: usize = 253;

const NOT_DELETING: Condition = Condition {
    name: "not-deleting",
    expression: "!has(object.metadata.deletionTimestamp)",
};

/// A paused object asks for nothing, whatever else changes: pausing is the way out of trouble and must never wait for us.
const NOT_PAUSED: Condition = Condition {
    name: "not-paused",
    expression: "object.metadata.?annotations[?'crossplane.io/paused'].orValue('') != 'true'",
};

/// A new request, a changed spec, or one of the three annotations that make the provider call ECS by themselves.
const ASKS_FOR_SOMETHING: Condition = Condition {
    name: "asks-for-something",
    expression: "request.operation == 'CREATE' || object.?spec != oldObject.?spec || \
                 oldObject.metadata.?annotations[?'crossplane.io/paused'].orValue('') == 'true' || \
                 ['crossplane.io/external-create-pending', 'crossplane.io/external-name'].exists(name, \
                 object.metadata.?annotations[?name] != oldObject.metadata.?annotations[?name])",
};

/// The provider records the id of what it has just created, late-initialised fields included: losing that would leak it.
const NOT_A_CREATED_ID: Condition = Condition {
    name: "not-a-created-id",
    expression: "request.operation == 'CREATE' || \
                 oldObject.metadata.?annotations[?'crossplane.io/external-name'].orValue('') != '' || \
                 object.metadata.?annotations[?'crossplane.io/external-name'].orValue('') == ''",
};

const IS_ALIBABA_NODE_CLASS: Condition = Condition {
    name: "is-alibaba-node-class",
    expression: "object.?spec.?nodeClassRef.?group.orValue('') == 'karpenter.alibabacloud.com' && \
                 object.?spec.?nodeClassRef.?kind.orValue('') == 'ECSNodeClass'",
};

const IS_ALIBABA_MACHINE: Condition = Condition {
    name: "is-alibaba-machine",
    expression: "object.?spec.?providerSpec.?value.?kind.orValue('') == 'AlibabaCloudMachineProviderConfig'",
};

const HAS_NO_INSTANCE: Condition = Condition {
    name: "has-no-instance",
    expression: "object.?spec.?providerID.orValue('') == ''",
};

const SPEC_CHANGES: Condition = Condition {
    name: "spec-changes",
    expression: "request.operation == 'CREATE' || object.?spec != oldObject.?spec",
};

/// What every entry that matches updates must hold: an object that is being deleted is never held back.
#[must_use]
pub fn condition_for_updates() -> Condition {
    NOT_DELETING
}

/// All entries: one per built-in family, then one per binding.
///
/// # Errors
///
/// Names the first binding that can't be registered.
pub fn registrations(
    bindings: &[OperationBinding],
) -> Result<Vec<Registration>, RegistrationError> {
    let (registrations, errors) = possible_registrations(bindings);
    match errors.into_iter().next() {
        None => Ok(registrations),
        Some(error) => Err(error),
    }
}

/// The same, but a binding that can't be registered costs only its own entry.
#[must_use]
pub fn possible_registrations(
    bindings: &[OperationBinding],
) -> (Vec<Registration>, Vec<RegistrationError>) {
    let mut registrations = built_in();
    let mut errors = Vec::new();
    let mut names = BTreeSet::new();
    for binding in bindings {
        match bound(binding) {
            Ok(registration) if names.insert(registration.name.clone()) => {
                registrations.push(registration);
            }
            Ok(_) => errors.push(refuse(binding, "there are two of this name")),
            Err(error) => errors.push(error),
        }
    }
    (registrations, errors)
}

/// The entries of the families whose meaning is built in.
///
/// Only Crossplane's objects can ask for something when they are changed: a changed Machine is tagged, the spec of a
/// NodeClaim or an EcsOperation can't be changed.
#[must_use]
pub fn built_in() -> Vec<Registration> {
    vec![
        family(
            "crossplane",
            CROSSPLANE,
            &[Trigger::Create, Trigger::Update],
            &[
                NOT_DELETING,
                NOT_PAUSED,
                ASKS_FOR_SOMETHING,
                NOT_A_CREATED_ID,
            ],
        ),
        family(
            "karpenter",
            KARPENTER,
            &[Trigger::Create],
            &[IS_ALIBABA_NODE_CLASS],
        ),
        family(
            "openshift",
            OPENSHIFT,
            &[Trigger::Create],
            &[IS_ALIBABA_MACHINE, HAS_NO_INSTANCE],
        ),
        family("ecsoperation", ECS_OPERATION, &[Trigger::Create], &[]),
    ]
}

fn family(
    name: &str,
    family: BuiltInFamily,
    operations: &[Trigger],
    conditions: &[Condition],
) -> Registration {
    Registration {
        name: format!("{name}.{NAME_SUFFIX}"),
        groups: family.groups.iter().map(ToString::to_string).collect(),
        resources: family
            .kinds
            .iter()
            .map(|kind| kind.resource.to_owned())
            .collect(),
        operations: operations.to_vec(),
        conditions: conditions.to_vec(),
    }
}

fn bound(binding: &OperationBinding) -> Result<Registration, RegistrationError> {
    if let Some(problem) = binding.check().first() {
        return Err(refuse(binding, problem));
    }
    let name = format!("{}.binding.{NAME_SUFFIX}", binding_name(binding));
    if LONGEST_NAME < name.len() {
        return Err(refuse(binding, "its name is too long for a webhook's name"));
    }
    let operations: BTreeSet<Trigger> = binding
        .spec
        .operations
        .iter()
        .flat_map(|operation| &operation.on)
        .copied()
        .collect();
    let target = &binding.spec.target;
    Ok(Registration {
        name,
        groups: vec![target.group.clone()],
        resources: target.effective_resources(),
        conditions: bound_conditions(binding, &operations),
        operations: operations.into_iter().collect(),
    })
}

/// Leaves out what can't ask for any of the binding's actions, where the paths show it.
fn bound_conditions(binding: &OperationBinding, operations: &BTreeSet<Trigger>) -> Vec<Condition> {
    if !operations.contains(&Trigger::Update) {
        return Vec::new();
    }
    let only_spec_asks = binding
        .spec
        .operations
        .iter()
        .filter(|operation| operation.on.contains(&Trigger::Update))
        .all(|operation| {
            operation
                .changed
                .as_ref()
                .is_some_and(ObjectPath::is_within_spec)
        });
    if only_spec_asks {
        vec![NOT_DELETING, SPEC_CHANGES]
    } else {
        vec![NOT_DELETING]
    }
}

fn binding_name(binding: &OperationBinding) -> &str {
    binding.metadata.name.as_deref().unwrap_or_default()
}

fn refuse(binding: &OperationBinding, problem: impl ToString) -> RegistrationError {
    RegistrationError {
        binding: binding_name(binding).to_owned(),
        problem: problem.to_string(),
    }
}

#[cfg(test)]
mod tests;
