//! The `arrears.dev` objects: what users write and clusters store.
//!
//! Guarantees: a value of these types has text of the right shape in every field (ids, names, durations, dates,
//! paths), because reading refuses anything else and unknown fields with it. What one field alone can't show is in
//! each kind's `check`. Never does I/O and knows nothing of the matrix: action names are plain text here.

mod built_in;
mod duration;
mod ecs_account;
mod ecs_operation;
mod globs;
mod lock_snapshot;
mod namespace_selector;
mod object_path;
mod operation_binding;
mod overdue_policy;
mod problem;
mod schema;
mod text;

pub use built_in::{
    BuiltInFamily, BuiltInKind, CROSSPLANE, ECS_OPERATION, KARPENTER, OPENSHIFT, is_built_in,
};
pub use duration::{DurationError, GoDuration};
pub use ecs_account::{
    AccountRegionStatus, CredentialSource, Credentials, EcsAccount, EcsAccountSpec,
    EcsAccountStatus, Network, ProviderConfigKind, ProviderConfigRef, SecretRef,
};
pub use ecs_operation::{EcsOperation, EcsOperationSpec};
pub use globs::Globs;
pub use lock_snapshot::{
    LockSnapshot, LockSnapshotSpec, LockedDisk, LockedInstance, Shard, SnapshotSource,
};
pub use namespace_selector::{NamespaceSelector, SelectorOperator, SelectorRequirement};
pub use object_path::{ObjectPath, PathError, Scalar};
pub use operation_binding::{
    BindingPaths, BindingTarget, BoundOperation, OperationBinding, OperationBindingSpec, Trigger,
};
pub use overdue_policy::{
    AccountScope, EditionName, Freshness, Mode, OverduePolicy, OverduePolicySpec, PolicyRule,
    Response, Rulings,
};
pub use problem::Problem;
pub use text::{AccountName, DiskId, Endpoint, InstanceId, RegionId, RuleName, TextError};

pub(crate) use text::is_label as is_dns_label;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt as _;

/// The API group of every object here.
pub const GROUP: &str = "arrears.dev";

/// The only version of the group.
pub const VERSION: &str = "v1alpha1";

/// `apiVersion` as it stands in a document.
pub const API_VERSION: &str = "arrears.dev/v1alpha1";

/// The definitions of all kinds, in the order of their names.
#[must_use]
pub fn definitions() -> Vec<CustomResourceDefinition> {
    vec![
        EcsAccount::crd(),
        EcsOperation::crd(),
        LockSnapshot::crd(),
        OperationBinding::crd(),
        OverduePolicy::crd(),
    ]
}

#[cfg(test)]
mod tests {
    use super::{API_VERSION, GROUP, VERSION, definitions};
    use serde_json::Value;

    /// Calls `visit` with the path and schema of every property below `schema`.
    fn each_property(path: &str, schema: &Value, visit: &mut impl FnMut(&str, &Value)) {
        if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
            for (name, property) in properties {
                let path = format!("{path}.{name}");
                visit(&path, property);
                each_property(&path, property, visit);
            }
        }
        for inner in ["items", "additionalProperties"] {
            if let Some(schema) = schema.get(inner) {
                each_property(&format!("{path}[]"), schema, visit);
            }
        }
    }

    fn schemas() -> Vec<(String, Value)> {
        definitions()
            .into_iter()
            .map(|definition| {
                let value = serde_json::to_value(&definition).unwrap();
                let schema = value
                    .pointer("/spec/versions/0/schema/openAPIV3Schema")
                    .unwrap()
                    .clone();
                (definition.spec.names.kind, schema)
            })
            .collect()
    }

    #[test]
    fn every_field_of_every_kind_says_what_it_is() {
        let mut seen = 0;
        for (kind, schema) in schemas() {
            assert!(
                !schema["description"]
                    .as_str()
                    .unwrap()
                    .contains("Auto-generated"),
                "{kind}"
            );
            each_property(&kind, &schema, &mut |path, property| {
                seen += 1;
                assert!(
                    property.get("description").is_some(),
                    "{path} has no description"
                );
            });
        }
        assert!(seen > 60, "only {seen} fields seen");
    }

    #[test]
    fn schemas_are_structural_and_use_only_formats_the_api_server_knows() {
        for (kind, schema) in schemas() {
            each_property(&kind, &schema, &mut |path, property| {
                let untyped = property
                    .get("x-kubernetes-preserve-unknown-fields")
                    .is_some();
                assert!(
                    property.get("type").is_some() || untyped,
                    "{path} has no type"
                );
                // The derive makes `status` itself nullable; no rule looks at it.
                let may_be_null = path == format!("{kind}.status");
                assert!(
                    may_be_null || property.get("nullable").is_none(),
                    "{path} is nullable: has() would be true for null"
                );
                assert!(property.get("patternProperties").is_none(), "{path}");
                if let Some(format) = property.get("format") {
                    assert!(
                        ["date-time", "int32", "int64"].contains(&format.as_str().unwrap()),
                        "{path}: {format}"
                    );
                }
            });
        }
    }

    /// CEL can't spell these as they are; the API server escapes `namespace` as `__namespace__`.
    #[test]
    fn rules_do_not_spell_reserved_words() {
        let definitions = serde_json::to_string(&definitions()).unwrap();
        for word in [
            "namespace",
            "package",
            "in",
            "as",
            "if",
            "for",
            "import",
            "function",
            "return",
        ] {
            assert!(
                !definitions.contains(&format!("self.{word})")),
                "self.{word}"
            );
            assert!(
                !definitions.contains(&format!("self.{word} ")),
                "self.{word}"
            );
        }
    }

    #[test]
    fn names_scopes_and_categories_are_those_of_the_contract() {
        let rows: Vec<String> = definitions()
            .iter()
            .map(|definition| {
                let names = &definition.spec.names;
                assert_eq!(definition.spec.group, GROUP);
                assert_eq!(definition.spec.versions[0].name, VERSION);
                format!(
                    "{} {} {} {:?} {:?} status={}",
                    names.kind,
                    names.plural,
                    definition.spec.scope,
                    names.short_names.as_deref().unwrap(),
                    names.categories.as_deref().unwrap(),
                    definition.spec.versions[0].subresources.is_some(),
                )
            })
            .collect();
        assert_eq!(API_VERSION, format!("{GROUP}/{VERSION}"));
        assert_eq!(
            rows,
            [
                r#"EcsAccount ecsaccounts Cluster ["ecsacc"] ["arrears"] status=true"#,
                r#"EcsOperation ecsoperations Namespaced ["ecsop"] ["arrears"] status=false"#,
                r#"LockSnapshot locksnapshots Cluster ["locks"] ["arrears"] status=false"#,
                r#"OperationBinding operationbindings Cluster ["opbind"] ["arrears"] status=false"#,
                r#"OverduePolicy overduepolicies Cluster ["overdue"] ["arrears"] status=false"#,
            ]
        );
    }
}
