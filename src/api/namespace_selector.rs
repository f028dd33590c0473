//! A label selector over namespaces, with the meaning of Kubernetes' own.
//!
//! Not `k8s-openapi`'s type, because that one ignores unknown fields: `matchLabel: ...` would silently select every
//! namespace.

use super::Problem;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Selects namespaces by their labels; all parts given must match.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceSelector {
    /// Labels that must be there with these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: BTreeMap<String, String>,
    /// Requirements that must all hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub match_expressions: Vec<SelectorRequirement>,
}

/// One requirement on one label.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SelectorRequirement {
    /// The label's key.
    #[schemars(length(min = 1, max = 317))]
    pub key: String,
    /// How the label is compared.
    pub operator: SelectorOperator,
    /// The values of In and NotIn; none for Exists and DoesNotExist.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub values: Vec<String>,
}

/// How a requirement compares a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum SelectorOperator {
    /// The label has one of the values.
    In,
    /// The label has none of the values, or is not there.
    NotIn,
    /// The label is there.
    Exists,
    /// The label is not there.
    DoesNotExist,
}

impl NamespaceSelector {
    /// What is wrong with the selector that stands at `path`.
    pub(super) fn check(&self, path: &str) -> Vec<Problem> {
        self.match_expressions
            .iter()
            .enumerate()
            .filter_map(|(index, requirement)| {
                let path = format!("{path}.matchExpressions[{index}].values");
                match (requirement.operator, requirement.values.is_empty()) {
                    (SelectorOperator::In | SelectorOperator::NotIn, true) => {
                        Some(Problem::new(path, "operators In and NotIn need values"))
                    }
                    (SelectorOperator::Exists | SelectorOperator::DoesNotExist, false) => Some(
                        Problem::new(path, "operators Exists and DoesNotExist take no values"),
                    ),
                    _ => None,
                }
            })
            .collect()
    }
}
