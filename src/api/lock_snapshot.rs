//! `LockSnapshot`: one complete listing of what is locked in one account and region.

#![expect(
    unreachable_pub,
    reason = "kube's derive copies structs, `pub` included, into functions"
)]

use super::{AccountName, DiskId, InstanceId, Problem, RegionId, schema};
use jiff::Timestamp;
use kube::{CustomResource, KubeSchema};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

// Not `... + string(index)`: the API server takes what `string` returns for endless and refuses the definition for its cost.
const NAME_RULE: &str = "has(self.spec.shard) && self.spec.shard.index > 0 ? \
                         self.metadata.name == '%s.%s.%d'.format([self.spec.account, self.spec.region, self.spec.shard.index]) : \
                         self.metadata.name == self.spec.account + '.' + self.spec.region";

/// What a listing found.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "arrears.dev",
    version = "v1alpha1",
    kind = "LockSnapshot",
    shortname = "locks",
    category = "arrears",
    derive = "PartialEq",
    doc = "One complete listing of what is locked in one Alibaba Cloud account and region.",
    validation = Rule::new(NAME_RULE)
        .message("the name must be <account>.<region>, with .<index> for shards after the first"),
    printcolumn(name = "Account", type_ = "string", json_path = ".spec.account"),
    printcolumn(name = "Region", type_ = "string", json_path = ".spec.region"),
    printcolumn(name = "Source", type_ = "string", json_path = ".spec.source"),
    printcolumn(name = "Observed", type_ = "date", json_path = ".spec.observedAt"),
    printcolumn(name = "Shard", type_ = "integer", json_path = ".spec.shard.index", priority = 1),
    printcolumn(name = "Shards", type_ = "integer", json_path = ".spec.shard.count", priority = 1)
)]
#[x_kube(validation = Rule::new("has(self.observedAt)").message("observedAt is needed: only a file may leave it out"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockSnapshotSpec {
    /// The account that was listed: the name of its EcsAccount.
    pub account: AccountName,
    /// The region that was listed.
    pub region: RegionId,
    /// When the listing began, RFC 3339; only in a file it may be left out, and is then the file's own date.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date_time")]
    pub observed_at: Option<Timestamp>,
    /// Where the listing comes from.
    #[serde(default)]
    pub source: SnapshotSource,
    /// The locked instances by id; an instance that is not here is not locked.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, LockedInstance>")]
    #[x_kube(merge_strategy = MapMerge::Atomic)]
    pub instances: BTreeMap<InstanceId, LockedInstance>,
    /// The locked disks by id; a disk that is not here is not locked.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, LockedDisk>")]
    #[x_kube(merge_strategy = MapMerge::Atomic)]
    pub disks: BTreeMap<DiskId, LockedDisk>,
    /// Which part this is where one object is too small for the listing; left out, the object is the whole of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Shard")]
    pub shard: Option<Shard>,
}

/// Who made a snapshot.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema,
)]
pub enum SnapshotSource {
    /// The ECS API was asked.
    Ecs,
    /// A person or a script wrote it.
    #[default]
    File,
}

/// Why an instance is locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedInstance {
    /// The lock reasons as ECS spells them; an empty list means not locked.
    #[schemars(schema_with = "schema::lock_reasons")]
    pub reasons: Vec<String>,
    /// The disks attached to it; left out where that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Vec<DiskId>")]
    pub disks: Option<Vec<DiskId>>,
}

/// Why a disk is locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LockedDisk {
    /// The lock reasons as ECS spells them; an empty list means not locked.
    #[schemars(schema_with = "schema::lock_reasons")]
    pub reasons: Vec<String>,
    /// The instances it is attached to; none means that it is not attached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub instances: Vec<InstanceId>,
}

/// One part of a listing that is spread over several objects; only a complete set of one `observedAt` counts.
#[derive(
    KubeSchema, Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize,
)]
#[x_kube(validation = Rule::new("self.index < self.count").message("index must be less than count"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Shard {
    /// Which part this is, from 0.
    #[schemars(with = "i32", range(min = 0))]
    pub index: u32,
    /// How many parts there are.
    #[schemars(with = "i32", range(min = 1))]
    pub count: u32,
}

impl LockSnapshot {
    /// What is wrong with the snapshot beyond the shape of its fields.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        match self.spec.shard {
            Some(shard) if shard.count <= shard.index => {
                vec![Problem::new(
                    "spec.shard.index",
                    format!("{} must be less than count {}", shard.index, shard.count),
                )]
            }
            Some(_) | None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = r#"
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec:
  account: prod
  region: cn-hangzhou
  observedAt: "2026-11-23T10:00:00Z"
  source: Ecs
  instances:
    i-bp1locked: {reasons: [financial], disks: [d-bp1a]}
  disks:
    d-bp1a: {reasons: [financial], instances: [i-bp1locked]}
  shard: {index: 0, count: 1}
"#;

    fn read(yaml: &str) -> Result<LockSnapshot, String> {
        serde_saphyr::from_str(yaml).map_err(|error| error.to_string())
    }

    #[test]
    fn the_document_of_the_contract_is_read_and_written_without_loss() {
        let snapshot = read(CONTRACT).unwrap();
        assert_eq!(snapshot.check(), []);
        assert_eq!(
            snapshot.spec.instances["i-bp1locked"].reasons,
            ["financial"]
        );
        assert_eq!(
            snapshot.spec.disks["d-bp1a"].instances[0].as_str(),
            "i-bp1locked"
        );
        let written: serde_json::Value = serde_json::to_value(&snapshot).unwrap();
        let expected: serde_json::Value = serde_saphyr::from_str(CONTRACT).unwrap();
        assert_eq!(written, expected);
    }

    #[test]
    fn absent_attachments_of_an_instance_are_unknown_and_of_a_disk_are_none() {
        let snapshot = read("
metadata: {name: prod.cn-hangzhou}
spec: {account: prod, region: cn-hangzhou, instances: {i-a: {reasons: []}}, disks: {d-a: {reasons: []}}}
").unwrap();
        assert_eq!(snapshot.spec.instances["i-a"].disks, None);
        assert_eq!(snapshot.spec.disks["d-a"].instances, []);
        assert_eq!(snapshot.spec.observed_at, None);
        assert_eq!(snapshot.spec.source, SnapshotSource::File);
    }

    #[test]
    fn impossible_values_are_refused() {
        for (wrong, says) in [
            ("instances: {bp1: {reasons: []}}", "instance id"),
            ("instances: {i-a: {reason: [financial]}}", "unknown field"),
            ("instances: {i-a: {}}", "reasons"),
            ("disks: {i-a: {reasons: []}}", "disk id"),
            ("observedAt: yesterday", "yesterday"),
            ("source: Cloud", "unknown variant"),
            ("instance: {}", "unknown field"),
            ("shard: {index: -1, count: 1}", ""),
        ] {
            let yaml = format!(
                "metadata: {{name: a}}\nspec:\n  account: prod\n  region: cn-hangzhou\n  {wrong}\n"
            );
            let error = read(&yaml).unwrap_err();
            assert!(error.contains(says), "{wrong}: {error}");
        }
    }

    #[test]
    fn a_shard_outside_its_set_is_a_problem() {
        let mut snapshot = read(CONTRACT).unwrap();
        snapshot.spec.shard = Some(Shard { index: 2, count: 2 });
        assert_eq!(
            snapshot.check()[0].to_string(),
            "spec.shard.index: 2 must be less than count 2"
        );
    }
}
