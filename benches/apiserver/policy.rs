//! The same question without a webhook: a ValidatingAdmissionPolicy with a LockSnapshot as its parameter.
//!
//! It is asked about what the webhook would be asked about, and knows as much as CEL lets it know: one listing, found by
//! name, and by that one account. Policies, freshness, confirmation and the matrix are left out.

use anyhow::Context;
use serde_json::{Value, json};

use crate::registration;

/// The name of the policy and of its binding.
pub(crate) const NAME: &str = "locked.policy.arrears.dev";

/// What its denials say.
pub(crate) const MESSAGE: &str = "locked for overdue payment";

/// The policy and its binding, with the rules and match conditions of this registration.
pub(crate) fn objects(registration: &Value, snapshot: &str) -> anyhow::Result<[Value; 2]> {
    let entry = registration::entry(registration)?;
    let field = |name| {
        entry
            .get(name)
            .with_context(|| format!("an entry without {name}"))
    };
    let policy = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicy",
        "metadata": {"name": NAME},
        "spec": {
            "failurePolicy": "Fail",
            "paramKind": {"apiVersion": "arrears.dev/v1alpha1", "kind": "LockSnapshot"},
            "matchConstraints": {"resourceRules": field("rules")?, "namespaceSelector": field("namespaceSelector")?},
            "matchConditions": field("matchConditions")?,
            "variables": [
                {"name": "id", "expression": "object.metadata.?annotations[?'crossplane.io/external-name'].orValue('')"},
                {"name": "account", "expression": "object.spec.?providerConfigRef.?name.orValue('default')"},
            ],
            "validations": [
                {"expression": "!(variables.id in params.spec.instances)", "message": MESSAGE},
                // Nothing can be created in an account with a locked instance.
                {"expression": "variables.account != 'default' || \
                                !params.spec.instances.exists(id, 'financial' in params.spec.instances[id].reasons)",
                 "message": MESSAGE},
            ],
        },
    });
    let binding = json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": {"name": NAME},
        "spec": {
            "policyName": NAME,
            "paramRef": {"name": snapshot, "parameterNotFoundAction": "Deny"},
            "validationActions": ["Deny"],
        },
    });
    Ok([policy, binding])
}
