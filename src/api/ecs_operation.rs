//! `EcsOperation`: a plain request for one ECS action, for teams without a provider.

#![expect(
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "kube's derive copies structs, `pub` included, into functions, and takes repeated columns"
)]

use super::problem::too_long;
use super::{AccountName, DiskId, InstanceId, Problem, RegionId};
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

const MOST_IDS: usize = 100;
const MOST_PARAMETERS: usize = 64;
const LONGEST_ACTION: usize = 64;

/// One ECS action and its targets.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "arrears.dev",
    version = "v1alpha1",
    kind = "EcsOperation",
    namespaced,
    shortname = "ecsop",
    category = "arrears",
    derive = "PartialEq",
    doc = "A plain request for one ECS action; admitted only if the overdue matrix lets it through.",
    printcolumn(name = "Action", type_ = "string", json_path = ".spec.action"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.account"),
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.regionId"),
    printcolumn(name = "Instances", type_ = "string", json_path = ".spec.instanceIds"),
    printcolumn(
        name = "Disks",
        type_ = "string",
        json_path = ".spec.diskIds",
        priority = 1
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[x_kube(validation = Rule::new("self == oldSelf")
    .message("the spec of an EcsOperation can't be changed: create another one"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EcsOperationSpec {
    /// The ECS action, such as StartInstance.
    #[schemars(length(max = LONGEST_ACTION), pattern("^[A-Za-z][A-Za-z0-9]*$"))]
    pub action: String,
    /// The region; left out, the account's default region.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RegionId")]
    pub region_id: Option<RegionId>,
    /// The account: the name of its EcsAccount; left out, the default account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "AccountName")]
    pub account: Option<AccountName>,
    /// The instances the action is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_IDS))]
    pub instance_ids: Vec<InstanceId>,
    /// The disks the action is for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = MOST_IDS))]
    pub disk_ids: Vec<DiskId>,
    /// Further parameters of the action, for whoever carries it out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "parameters")]
    pub parameters: BTreeMap<String, String>,
}

fn parameters(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "type": "object",
        "maxProperties": MOST_PARAMETERS,
        "additionalProperties": { "type": "string", "maxLength": 32_768 },
    })
}

impl EcsOperation {
    /// What is wrong with the request beyond the shape of its fields; whether the action exists is not known here.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let spec = &self.spec;
        let mut problems = Vec::new();
        if !is_action_name(&spec.action) {
            problems.push(Problem::new(
                "spec.action",
                format!("expected letters and digits, beginning with a letter, at most {LONGEST_ACTION} characters"),
            ));
        }
        problems.extend(too_long(
            "spec.instanceIds",
            spec.instance_ids.len(),
            MOST_IDS,
        ));
        problems.extend(too_long("spec.diskIds", spec.disk_ids.len(), MOST_IDS));
        problems.extend(too_long(
            "spec.parameters",
            spec.parameters.len(),
            MOST_PARAMETERS,
        ));
        problems
    }
}

/// Whether a text can name an ECS action at all.
pub(super) fn is_action_name(text: &str) -> bool {
    text.len() <= LONGEST_ACTION
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<EcsOperation, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn the_document_of_the_contract_is_read() {
        let operation = read(
            "
apiVersion: arrears.dev/v1alpha1
kind: EcsOperation
metadata: {name: start-web-1, namespace: shop}
spec: {action: StartInstance, regionId: cn-hangzhou, account: prod, instanceIds: [i-bp1locked], diskIds: [], parameters: {}}
",
        )
        .unwrap();
        assert_eq!(operation.check(), []);
        assert_eq!(operation.spec.instance_ids[0].as_str(), "i-bp1locked");
        assert_eq!(
            read("metadata: {}\nspec: {action: CreateInstance}\n")
                .unwrap()
                .check(),
            []
        );
    }

    #[test]
    fn impossible_values_are_refused() {
        for (wrong, says) in [
            ("", "action"),
            ("action: A, instanceIds: [x]", "instance id"),
            ("action: A, diskIds: [i-a]", "disk id"),
            ("action: A, regionID: cn-hangzhou", "unknown field"),
            ("action: A, parameters: {a: {b: c}}", ""),
        ] {
            let error = read(&format!("metadata: {{}}\nspec: {{{wrong}}}\n")).unwrap_err();
            assert!(error.contains(says), "{wrong}: {error}");
        }
        for wrong in ["''", "'Start Instance'", "1Start"] {
            let operation = read(&format!("metadata: {{}}\nspec: {{action: {wrong}}}\n")).unwrap();
            assert_eq!(operation.check()[0].path, "spec.action", "{wrong}");
        }
    }
}
