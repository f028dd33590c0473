//! `EcsAccount`: one Alibaba Cloud account, how to ask it, and which objects belong to it.

#![expect(
    unreachable_pub,
    reason = "kube's derive copies structs, `pub` included, into functions"
)]

use super::problem::repeated;
use super::{Endpoint, GoDuration, Problem, RegionId, schema, text};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// One account and how to ask it.
#[derive(CustomResource, KubeSchema, Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "arrears.dev",
    version = "v1alpha1",
    kind = "EcsAccount",
    shortname = "ecsacc",
    category = "arrears",
    derive = "PartialEq",
    status = "EcsAccountStatus",
    doc = "One Alibaba Cloud account: its regions, how to ask it, and which objects belong to it.",
    validation = Rule::new("size(self.metadata.name) <= 180").message("the name must have at most 180 characters"),
    printcolumn(name = "Default", type_ = "boolean", json_path = ".spec.default"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Overdue", type_ = "string", json_path = ".status.conditions[?(@.type==\"Overdue\")].status"),
    printcolumn(name = "Stale", type_ = "string", json_path = ".status.conditions[?(@.type==\"Stale\")].status"),
    printcolumn(name = "Regions", type_ = "string", json_path = ".spec.regions", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(validation = Rule::new("!has(self.defaultRegion) || size(self.regions) == 0 || self.defaultRegion in self.regions")
    .message("defaultRegion must be one of regions"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EcsAccountSpec {
    /// Whether objects that name no account belong to this one; at most one account may say so.
    #[serde(default)]
    pub default: bool,
    /// The regions to look at.
    #[serde(default)]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub regions: Vec<RegionId>,
    /// The region of objects that name none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "RegionId")]
    pub default_region: Option<RegionId>,
    /// The Crossplane provider configs that are this account.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    pub provider_configs: Vec<ProviderConfigRef>,
    /// Where the credentials come from.
    #[serde(default)]
    pub credentials: Credentials,
    /// Which of the ECS API's public and VPC endpoints are asked.
    #[serde(default)]
    pub network: Network,
    /// Endpoints by region, instead of the vendor's own: scheme, host and port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "BTreeMap<String, Endpoint>")]
    pub endpoints: BTreeMap<RegionId, Endpoint>,
    /// How often each region is listed.
    #[serde(default = "thirty_seconds")]
    #[x_kube(validation = Rule::new("duration(self) > duration('0s')").message("pollInterval must be longer than 0s"))]
    pub poll_interval: GoDuration,
    /// How many calls a second the account is asked at most, listings and confirmations together.
    #[serde(default = "twenty")]
    #[schemars(with = "i32", range(min = 1, max = 1000))]
    pub calls_per_second: u32,
}

/// A Crossplane provider config.
#[derive(KubeSchema, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("!has(self.__namespace__) || !has(self.kind) || self.kind == 'ProviderConfig'")
    .message("a ClusterProviderConfig has no namespace"))]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProviderConfigRef {
    /// Its kind; left out, either of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "ProviderConfigKind")]
    pub kind: Option<ProviderConfigKind>,
    /// Its namespace, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 63))]
    pub namespace: Option<String>,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// The kinds of provider configs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
pub enum ProviderConfigKind {
    /// The legacy cluster-scoped one, or the namespaced one.
    ProviderConfig,
    /// The cluster-scoped one of the namespaced API.
    ClusterProviderConfig,
}

/// Where an account's credentials come from.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(
    validation = Rule::new("(self.source == 'Profile') == has(self.profile)")
        .message("profile is needed with source Profile, and only there"),
    validation = Rule::new("(self.source == 'Secret') == has(self.secretRef)")
        .message("secretRef is needed with source Secret, and only there")
)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Credentials {
    /// The kind of source.
    #[serde(default)]
    pub source: CredentialSource,
    /// The profile of the vendor's configuration file, with source Profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", length(min = 1, max = 128))]
    pub profile: Option<String>,
    /// The Secret with accessKeyId, accessKeySecret and optional securityToken, with source Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SecretRef")]
    pub secret_ref: Option<SecretRef>,
    /// A RAM role to assume with these credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "String",
        length(max = 512),
        pattern("^acs:ram::[0-9]+:role/.+$")
    )]
    pub role_arn: Option<String>,
    /// Where the role is assumed, instead of the vendor's own endpoint: scheme, host and port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Endpoint")]
    pub sts_endpoint: Option<Endpoint>,
}

/// The kinds of credential sources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum CredentialSource {
    /// The vendor's default chain.
    #[default]
    Default,
    /// A named profile of the vendor's configuration file.
    Profile,
    /// A Kubernetes Secret.
    Secret,
}

/// A Secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SecretRef {
    /// Its namespace; in a cluster only the release's own is read.
    #[schemars(length(min = 1, max = 63))]
    pub namespace: String,
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Which endpoints of the ECS API are asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Network {
    /// The public ones.
    #[default]
    Public,
    /// Those inside a VPC.
    Vpc,
}

/// What was last seen of an account.
#[derive(KubeSchema, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EcsAccountStatus {
    /// Ready: the account can be asked; Overdue: something is locked for arrears; Stale: some facts are old.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The account's regions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["region".into()]))]
    pub regions: Vec<AccountRegionStatus>,
}

/// What was last seen of one region.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AccountRegionStatus {
    /// The region.
    pub region: RegionId,
    /// When its last complete listing began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "schema::date_time")]
    pub observed_at: Option<Timestamp>,
    /// How many instances are locked for arrears.
    #[serde(default)]
    #[schemars(with = "i64")]
    pub locked_instances: u64,
    /// How many disks are locked for arrears.
    #[serde(default)]
    #[schemars(with = "i64")]
    pub locked_disks: u64,
    /// Why the last listing failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String")]
    pub last_error: Option<String>,
}

const fn twenty() -> u32 {
    20
}

const fn thirty_seconds() -> GoDuration {
    GoDuration::from_secs(30)
}

impl EcsAccount {
    /// What is wrong with the account beyond the shape of its fields; that only one is the default takes all of them.
    #[must_use]
    pub fn check(&self) -> Vec<Problem> {
        let spec = &self.spec;
        let mut problems = Vec::new();
        let name = self.metadata.name.as_deref().unwrap_or_default();
        if !text::is_subdomain(name) || 180 < name.len() {
            problems.push(Problem::new(
                "metadata.name",
                "an account needs a name of lower-case letters, digits, `-` and `.`, at most 180 characters",
            ));
        }
        problems.extend(repeated("spec.regions", &spec.regions));
        match &spec.default_region {
            Some(region) if !spec.regions.is_empty() && !spec.regions.contains(region) => {
                problems.push(Problem::new(
                    "spec.defaultRegion",
                    format!("`{region}` is not one of regions"),
                ));
            }
            Some(_) | None => {}
        }
        for (index, config) in spec.provider_configs.iter().enumerate() {
            problems.extend(config.check(&format!("spec.providerConfigs[{index}]")));
        }
        problems.extend(repeated("spec.providerConfigs", &spec.provider_configs));
        problems.extend(spec.credentials.check("spec.credentials"));
        if spec.poll_interval.as_duration().is_zero() {
            problems.push(Problem::new("spec.pollInterval", "must be longer than 0s"));
        }
        if !(1..=1000).contains(&spec.calls_per_second) {
            problems.push(Problem::new(
                "spec.callsPerSecond",
                "must be from 1 to 1000",
            ));
        }
        problems
    }
}

impl ProviderConfigRef {
    fn check(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        if self.name.is_empty() {
            problems.push(Problem::new(format!("{path}.name"), "must not be empty"));
        }
        match (&self.namespace, self.kind) {
            (Some(_), Some(ProviderConfigKind::ClusterProviderConfig)) => {
                problems.push(Problem::new(
                    format!("{path}.namespace"),
                    "a ClusterProviderConfig has no namespace",
                ));
            }
            (Some(namespace), _) if namespace.is_empty() => {
                problems.push(Problem::new(
                    format!("{path}.namespace"),
                    "must not be empty: leave it out",
                ));
            }
            _ => {}
        }
        problems
    }
}

impl fmt::Display for ProviderConfigRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(kind) = self.kind {
            write!(f, "{kind:?}/")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, "{namespace}/{}", self.name),
            None => f.write_str(&self.name),
        }
    }
}

impl Credentials {
    fn check(&self, path: &str) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut one_of = |field: &str, source: CredentialSource, given: bool| match (
            self.source == source,
            given,
        ) {
            (true, false) => {
                problems.push(Problem::new(
                    format!("{path}.{field}"),
                    format!("is needed with source {source:?}"),
                ));
            }
            (false, true) => {
                problems.push(Problem::new(
                    format!("{path}.{field}"),
                    format!(
                        "belongs to source {source:?}, but source is {:?}",
                        self.source
                    ),
                ));
            }
            _ => {}
        };
        one_of("profile", CredentialSource::Profile, self.profile.is_some());
        one_of(
            "secretRef",
            CredentialSource::Secret,
            self.secret_ref.is_some(),
        );
        if self.profile.as_deref() == Some("") {
            problems.push(Problem::new(format!("{path}.profile"), "must not be empty"));
        }
        if self
            .secret_ref
            .as_ref()
            .is_some_and(|secret| secret.namespace.is_empty() || secret.name.is_empty())
        {
            problems.push(Problem::new(
                format!("{path}.secretRef"),
                "namespace and name must not be empty",
            ));
        }
        if self
            .role_arn
            .as_deref()
            .is_some_and(|role_arn| !is_role_arn(role_arn))
        {
            problems.push(Problem::new(
                format!("{path}.roleArn"),
                "expected acs:ram::<account id>:role/<name>",
            ));
        }
        problems
    }
}

fn is_role_arn(text: &str) -> bool {
    text.strip_prefix("acs:ram::")
        .and_then(|rest| rest.split_once(":role/"))
        .is_some_and(|(account, role)| {
            !account.is_empty()
                && account.bytes().all(|byte| byte.is_ascii_digit())
                && !role.is_empty()
        })
}

#[cfg(test)]
mod tests;
