//! A configuration, a handler that judges by it, and reviews to ask it with.

use std::sync::Arc;

use arc_swap::ArcSwap;
use arrears::{
    admission::{Handler, Reply},
    config,
    telemetry::Metrics,
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// When every review is judged: half a minute after the listings were observed.
const NOW: &str = "2026-11-23T10:00:30Z";

const ACCOUNTS: &str = "
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: prod}
spec: {default: true, regions: [cn-hangzhou], pollInterval: 30s}
---
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: staging}
spec: {regions: [cn-shanghai], providerConfigs: [{name: staging}]}
---
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec:
  account: prod
  region: cn-hangzhou
  source: Ecs
  observedAt: '2026-11-23T10:00:00Z'
  instances:
    i-owing: {reasons: [financial], disks: [d-system]}
    i-both: {reasons: [financial], disks: [d-owing]}
  disks:
    d-owing: {reasons: [financial], instances: [i-both]}
";

/// A kind with more operations than an answer has room for.
const FLEET: &str = "
apiVersion: arrears.dev/v1alpha1
kind: OperationBinding
metadata: {name: fleet}
spec:
  target: {group: acme.example, kinds: [Fleet]}
  paths: {account: $.spec.account, instanceIds: [$.spec.id], diskIds: [$.spec.disk]}
  operations:
  - {action: StartInstance, on: [CREATE]}
  - {action: RebootInstance, on: [CREATE]}
  - {action: StopInstance, on: [CREATE]}
  - {action: ModifyInstanceSpec, on: [CREATE]}
  - {action: ModifyInstanceAttribute, on: [CREATE]}
  - {action: ModifyInstanceVpcAttribute, on: [CREATE]}
  - {action: ReplaceSystemDisk, on: [CREATE]}
  - {action: AttachDisk, on: [CREATE]}
  - {action: DetachDisk, on: [CREATE]}
  - {action: ReInitDisk, on: [CREATE]}
  - {action: ResetDisk, on: [CREATE]}
  - {action: CreateInstance, on: [CREATE]}
  - {action: CreateDisk, on: [CREATE]}
  - {action: CreateSnapshot, on: [CREATE]}
  - {action: CreateImage, on: [CREATE]}
  - {action: JoinSecurityGroup, on: [CREATE]}
  - {action: LeaveSecurityGroup, on: [CREATE]}
  - {action: CreateSecurityGroup, on: [CREATE]}
  - {action: AuthorizeSecurityGroup, on: [CREATE]}
  - {action: AllocatePublicIpAddress, on: [CREATE]}
  - {action: RunInstances, on: [CREATE]}
  - {action: CopyImage, on: [CREATE]}
  - {action: ImportImage, on: [CREATE]}
  - {action: AttachKeyPair, on: [CREATE]}
  - {action: AttachNetworkInterface, on: [CREATE]}
  - {action: RedeployInstance, on: [CREATE]}
  - {action: ModifyDiskSpec, on: [CREATE]}
  - {action: DescribeInstances, on: [CREATE]}
  - {action: DeleteInstance, on: [CREATE]}
";

/// What is answered by a configuration.
pub(crate) struct Scene {
    handler: Handler,
}

impl Scene {
    /// The configuration of this file, and this `OverduePolicy`.
    pub(crate) fn new(policy: &str) -> Self {
        Self::of(&[
            ACCOUNTS,
            FLEET,
            &format!(
                "\napiVersion: arrears.dev/v1alpha1\nkind: OverduePolicy\nmetadata: {{name: default}}\nspec: {policy}\n"
            ),
        ])
    }

    /// This configuration alone.
    pub(crate) fn of(documents: &[&str]) -> Self {
        let basis = config::parse("scene.yaml", &documents.join("\n---\n"), now()).unwrap();
        Self {
            handler: Handler::new(
                Arc::new(ArcSwap::from_pointee(basis)),
                Arc::new(Metrics::new()),
                now,
            ),
        }
    }

    /// What is answered to a body: the HTTP status and the JSON.
    pub(crate) fn ask(&self, body: impl AsRef<[u8]>) -> (u16, Value) {
        match self.handler.answer(body.as_ref()) {
            Reply::Review(text) => (200, serde_json::from_slice(&text).unwrap()),
            Reply::BadRequest(text) => (400, serde_json::from_slice(&text).unwrap()),
        }
    }

    /// The response to a review.
    pub(crate) fn response(&self, review: &Value) -> Value {
        let (status, mut answer) = self.ask(review.to_string());
        assert_eq!(status, 200, "{answer}");
        answer["response"].take()
    }
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

/// The review of a request.
pub(crate) fn review(group: &str, kind: &str, operation: &str, object: Value, old: Value) -> Value {
    let version = json!({"group": group, "version": "v1alpha1", "kind": kind});
    json!({
        "kind": "AdmissionReview",
        "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "u-1", "kind": version, "requestKind": version,
            "resource": {"group": group, "version": "v1alpha1", "resource": "things"},
            "name": "thing", "namespace": "shop", "operation": operation,
            "userInfo": {"username": "kim", "groups": ["system:authenticated"]},
            "object": object, "oldObject": old, "dryRun": false,
            "options": {"kind": "CreateOptions", "apiVersion": "meta.k8s.io/v1"},
        },
    })
}

/// The review of an `EcsOperation` that is created.
pub(crate) fn ecs_operation(spec: Value) -> Value {
    let object = json!({"metadata": {"name": "thing"}, "spec": spec});
    review("arrears.dev", "EcsOperation", "CREATE", object, Value::Null)
}

/// The review of a `Fleet` that is created.
pub(crate) fn fleet(spec: Value) -> Value {
    let object = json!({"metadata": {"name": "thing"}, "spec": spec});
    review("acme.example", "Fleet", "CREATE", object, Value::Null)
}

/// The review of a Crossplane `Instance` whose `forProvider` changes.
pub(crate) fn instance(before: Value, after: Value) -> Value {
    let object = |for_provider: Value| {
        json!({
            "metadata": {"name": "web", "annotations": {"crossplane.io/external-name": "i-owing"}},
            "spec": {"forProvider": for_provider, "providerConfigRef": {"name": "default"}},
        })
    };
    review(
        "ecs.alibabacloud.crossplane.io",
        "Instance",
        "UPDATE",
        object(after),
        object(before),
    )
}
