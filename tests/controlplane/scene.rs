//! What the tests of the webhook share: accounts, locks and a policy, one running product that knows them, and objects.
//!
//! `prod` owes money, `lab` does not, of `staging` nothing is known. The policy answers 503 where facts are missing; in
//! namespaces whose names begin with `relaxed-`, `audited-` or `unjudged-` it is milder, and so it is where `billing: relaxed` is.

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::plane::Plane;
use crate::plane::product::{Product, definitions};
use crate::plane::tenant::Tenant;

/// Locked, with a disk that is not.
pub(crate) const OVERDUE: &str = "i-bp1overdue";
/// Locked, with a locked disk.
pub(crate) const BOTH: &str = "i-bp1both";
/// Not locked.
pub(crate) const PAID: &str = "i-bp1paid";
/// The disk of [`BOTH`], locked.
pub(crate) const OVERDUE_DISK: &str = "d-bp1overdue";
/// Not locked.
pub(crate) const PAID_DISK: &str = "d-bp1paid";

/// The groups of Crossplane's provider: kinds for the whole cluster, and kinds in namespaces.
pub(crate) const GROUPS: [&str; 2] = [
    "ecs.alibabacloud.crossplane.io",
    "ecs.alibabacloud.m.crossplane.io",
];

/// The accounts: `prod` owes money, `lab` does not, `staging` was never listed.
pub(crate) const ACCOUNTS: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: prod}
spec: {default: true, regions: [cn-hangzhou], providerConfigs: [{name: default}]}
---
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: lab}
spec: {regions: [cn-beijing], providerConfigs: [{name: lab}]}
---
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: staging}
spec: {regions: [cn-shanghai], providerConfigs: [{name: staging}]}
";

/// What is locked. No `observedAt`: the listings are as old as their file.
pub(crate) const LOCKS: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec:
  account: prod
  region: cn-hangzhou
  source: File
  instances:
    i-bp1overdue: {reasons: [financial], disks: [d-bp1system]}
    i-bp1both: {reasons: [financial, security], disks: [d-bp1overdue]}
    i-bp1paid: {reasons: [security], disks: []}
  disks:
    d-bp1overdue: {reasons: [financial], instances: [i-bp1both]}
---
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: lab.cn-beijing}
spec: {account: lab, region: cn-beijing, source: File, instances: {}, disks: {}}
";

const POLICY: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: OverduePolicy
metadata: {name: default}
spec:
  unknown: Deny
  rules:
  - {name: relaxed, namespaces: ['relaxed-*'], mode: Warn, reason: 'settled by finance, ticket 4711'}
  - {name: audited, namespaces: ['audited-*'], mode: Audit}
  - {name: unjudged, namespaces: ['unjudged-*'], mode: 'Off'}
  - {name: labelled, namespaceSelector: {matchLabels: {billing: relaxed}}, mode: Warn}
";

const NAMESPACES: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: rules-labelled, labels: {billing: relaxed}}
";

static PRODUCT: OnceCell<Product> = OnceCell::const_new();

/// The plane with our kinds installed too.
pub(crate) async fn plane() -> &'static Plane {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let plane = Plane::shared().await;
    INSTALLED
        .get_or_init(|| async { plane.install_crds(&definitions()).await })
        .await;
    plane
}

/// The product that all tests of this binary share.
pub(crate) async fn product() -> &'static Product {
    let files = [
        ("accounts.yaml", ACCOUNTS),
        ("locks.yaml", LOCKS),
        ("policy.yaml", POLICY),
        ("namespaces.yaml", NAMESPACES),
    ];
    PRODUCT.get_or_init(|| Product::start(&files)).await
}

/// A tenant whose objects are not reviewed yet: for what has been there before the webhook.
pub(crate) async fn unguarded(name: &'static str) -> Tenant {
    plane().await.tenant(name).await
}

/// Registers the shared product for the tenant's objects.
pub(crate) async fn guard(tenant: &Tenant) -> Value {
    let product = product().await;
    tenant
        .register(product.registration(), &product.url, &product.authority)
        .await
}

/// A tenant whose objects the shared product reviews.
pub(crate) async fn guarded(name: &'static str) -> Tenant {
    let tenant = unguarded(name).await;
    guard(&tenant).await;
    tenant
}

/// A Crossplane object of the account `prod`.
pub(crate) fn crossplane(group: &str, kind: &str, name: &str, for_provider: Value) -> Value {
    json!({
        "apiVersion": format!("{group}/v1alpha1"),
        "kind": kind,
        "metadata": {"name": name},
        "spec": {"forProvider": for_provider},
    })
}

/// An `Instance` of the account `prod` that does not exist yet.
pub(crate) fn instance(group: &str, name: &str) -> Value {
    let for_provider =
        json!({"region": "cn-hangzhou", "instanceType": "ecs.g7.large", "imageId": "m-bp1image"});
    crossplane(group, "Instance", name, for_provider)
}

/// An `Instance` that exists under this id and is stopped, as the provider has recorded it.
pub(crate) fn existing(group: &str, name: &str, id: &str) -> Value {
    let recorded = json!({
        "metadata": {"annotations": {"crossplane.io/external-name": id}},
        "spec": {"forProvider": {"status": "Stopped", "instanceName": "web", "internetMaxBandwidthOut": 0}},
        "status": {"atProvider": {
            "id": id,
            "imageId": "m-bp1image",
            "instanceName": "web",
            "instanceType": "ecs.g7.large",
            "instanceChargeType": "PostPaid",
            "internetMaxBandwidthOut": 0,
            "status": "Stopped",
            "systemDiskId": "d-bp1system",
        }},
    });
    with(instance(group, name), recorded)
}

/// The same object in another account, through the provider config of that name.
pub(crate) fn of_account(account: &str, object: Value) -> Value {
    let mut reference = json!({"name": account});
    if is_namespaced(&object) {
        reference["kind"] = json!("ClusterProviderConfig");
    }
    with(object, json!({"spec": {"providerConfigRef": reference}}))
}

/// The object with an annotation of Crossplane's.
pub(crate) fn annotated(object: Value, name: &str, value: &str) -> Value {
    with(object, annotation(name, value))
}

/// A merge patch that sets an annotation of Crossplane's.
pub(crate) fn annotation(name: &str, value: impl Into<Value>) -> Value {
    json!({"metadata": {"annotations": {format!("crossplane.io/{name}"): value.into()}}})
}

/// A merge patch of `spec.forProvider`.
pub(crate) fn for_provider(fields: Value) -> Value {
    json!({"spec": {"forProvider": fields}})
}

/// An object with a merge patch applied to it.
pub(crate) fn with(mut object: Value, patch: Value) -> Value {
    match (&mut object, patch) {
        (Value::Object(fields), Value::Object(changes)) => {
            for (name, change) in changes {
                let field = fields.remove(&name).unwrap_or_default();
                fields.insert(name, with(field, change));
            }
            object
        }
        (_, patch) => patch,
    }
}

fn is_namespaced(object: &Value) -> bool {
    object["apiVersion"]
        .as_str()
        .is_some_and(|group| group.contains(".m.crossplane"))
}
