//! Crossplane Instances and the reviews about them, as JSON with gaps: the envelope in the order of Go's struct, the
//! objects with sorted keys, and `managedFields` of the writers that such an object has.

use serde_json::{Map, Value, json};

const GROUP: &str = "ecs.alibabacloud.m.crossplane.io";
const CREATED: &str = "2026-11-20T08:15:30Z";
const CHANGED: &str = "2026-11-24T06:00:00Z";

/// How large the parts of an object are that no verdict depends on.
#[derive(Clone, Copy)]
pub(crate) struct Bulk {
    /// Tags in the spec, and as many in the status.
    pub(crate) tags: usize,
    /// Attached disks in the status.
    pub(crate) disks: usize,
    /// Characters of user data.
    pub(crate) user_data: usize,
}

/// The review of one request.
pub(crate) fn review(operation: &str, object: &Value, old_object: &Value) -> String {
    let kind = format!(r#"{{"group":"{GROUP}","version":"v1alpha1","kind":"Instance"}}"#);
    let resource = format!(r#"{{"group":"{GROUP}","version":"v1alpha1","resource":"instances"}}"#);
    let user = concat!(
        r#"{"username":"system:serviceaccount:argocd:argocd-application-controller","#,
        r#""uid":"0b1c7c1e-7a2f-4f5c-8f61-0c1f7d3f4a55","#,
        r#""groups":["system:serviceaccounts","system:serviceaccounts:argocd","system:authenticated"],"#,
        r#""extra":{"authentication.kubernetes.io/credential-id":["JTI=6c5c2b2e-8a54-4a9f-9d38-0f5a2f3c1b7e"],"#,
        r#""authentication.kubernetes.io/node-name":["cn-hangzhou.10.0.3.17"]}}"#
    );
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{"uid":"<uid>","kind":{kind},"resource":{resource},"requestKind":{kind},"requestResource":{resource},"name":"web-<serial>","namespace":"shop","operation":"{operation}","userInfo":{user},"object":{object},"oldObject":{old_object},"dryRun":false,"options":{{"kind":"PatchOptions","apiVersion":"meta.k8s.io/v1","force":true,"fieldManager":"argocd-controller","fieldValidation":"Strict"}}}}}}
"#
    )
}

/// An Instance as its author applies it, on its way to being stored.
pub(crate) fn new_instance(account: &str) -> Value {
    let mut object = json!({
        "apiVersion": format!("{GROUP}/v1alpha1"),
        "kind": "Instance",
        "metadata": {
            "creationTimestamp": CHANGED,
            "generation": 1,
            "labels": {"app.kubernetes.io/name": "shop"},
            "name": "web-<serial>",
            "namespace": "shop",
            "uid": "<uid>",
        },
        "spec": {
            "forProvider": {
                "imageId": "aliyun_3_x64_20G_alibase_20240819.vhd",
                "instanceType": "ecs.g7.large",
                "region": "cn-hangzhou",
                "securityGroups": ["sg-bp1a3kd9fj2ls0qwe8r7"],
                "systemDiskCategory": "cloud_essd",
                "tags": {"team": "shop"},
                "vswitchId": "vsw-bp1s5fnvk4gn2tws03624",
            },
            "managementPolicies": ["*"],
            "providerConfigRef": {"kind": "ClusterProviderConfig", "name": account},
        },
    });
    let fields = json!({"f:spec": object.get("spec").map_or(Value::Null, field_set)});
    add_managed_fields(
        &mut object,
        json!([writer("argocd-controller", "Apply", fields)]),
    );
    object
}

/// An Instance that has been running for a while.
pub(crate) fn instance(prefix: &str, instance_type: &str, generation: u64, bulk: Bulk) -> Value {
    let id = format!("{prefix}<number>");
    let mut observed = settings("ecs.g7.large", bulk);
    merge(&mut observed, observations(&id, bulk));
    let mut object = json!({
        "apiVersion": format!("{GROUP}/v1alpha1"),
        "kind": "Instance",
        "metadata": {
            "annotations": {
                "crossplane.io/external-create-pending": "2026-11-20T08:15:34Z",
                "crossplane.io/external-create-succeeded": "2026-11-20T08:15:36Z",
                "crossplane.io/external-name": id,
                "upjet.crossplane.io/provider-meta": r#"{"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0":{"create":600000000000}}"#,
            },
            "creationTimestamp": CREATED,
            "finalizers": ["finalizer.managedresource.crossplane.io"],
            "generation": generation,
            "labels": {"app.kubernetes.io/managed-by": "argocd", "app.kubernetes.io/name": "shop"},
            "name": "web-<serial>",
            "namespace": "shop",
            "resourceVersion": "48213377",
            "uid": "7d0f3c54-0b6e-4b61-9a3e-2f1f5f0c9a10",
        },
        "spec": {
            "forProvider": settings(instance_type, bulk),
            "initProvider": {},
            "managementPolicies": ["*"],
            "providerConfigRef": {"kind": "ClusterProviderConfig", "name": "default"},
        },
        "status": {
            "atProvider": observed,
            "conditions": [
                {"lastTransitionTime": CREATED, "reason": "Available", "status": "True", "type": "Ready"},
                {"lastTransitionTime": CREATED, "reason": "ReconcileSuccess", "status": "True", "type": "Synced"},
                {"lastTransitionTime": CREATED, "reason": "Success", "status": "True", "type": "LastAsyncOperation"},
            ],
            "observedGeneration": 7,
        },
    });
    let writers = all_writers(&object);
    add_managed_fields(&mut object, writers);
    object
}

/// What can be asked for: `forProvider`, and again in `atProvider`.
fn settings(instance_type: &str, bulk: Bulk) -> Value {
    json!({
        "availabilityZone": "cn-hangzhou-i",
        "deletionProtection": false,
        "description": "shop front, blue/green pair",
        "hostName": "web",
        "httpEndpoint": "enabled",
        "httpTokens": "required",
        "imageId": "aliyun_3_x64_20G_alibase_20240819.vhd",
        "instanceChargeType": "PostPaid",
        "instanceName": "web-<serial>",
        "instanceType": instance_type,
        "internetChargeType": "PayByTraffic",
        "internetMaxBandwidthOut": 5,
        "keyName": "shop-ops",
        "maintenanceAction": "AutoRecover",
        "privateIp": "10.0.3.17",
        "region": "cn-hangzhou",
        "roleName": "shop-web",
        "securityGroups": ["sg-bp1a3kd9fj2ls0qwe8r7", "sg-bp1m0kd9fj2ls0qwe8r8"],
        "spotStrategy": "NoSpot",
        "status": "Running",
        "systemDiskCategory": "cloud_essd",
        "systemDiskPerformanceLevel": "PL1",
        "systemDiskSize": 40,
        "tags": tags(bulk),
        "userData": "IyEvYmluL3No".repeat(bulk.user_data / 12),
        "vpcId": "vpc-bp1vwnn14rqpyiczj2k6z",
        "vswitchId": "vsw-bp1s5fnvk4gn2tws03624",
    })
}

/// What only the cloud knows.
fn observations(id: &str, bulk: Bulk) -> Value {
    let disks: Vec<Value> = (0..bulk.disks)
        .map(|disk| {
            json!({
                "category": "cloud_essd",
                "deleteWithInstance": true,
                "device": format!("/dev/xvd{disk}"),
                "encrypted": false,
                "name": format!("data-{disk:04}"),
                "performanceLevel": "PL1",
                "size": 200,
            })
        })
        .collect();
    json!({
        "cpu": 2,
        "createTime": CREATED,
        "dataDisks": disks,
        "id": id,
        "memory": 8192,
        "networkInterfaceId": "eni-bp1d2k3j4h5g6f7d8s9a",
        "osName": "Alibaba Cloud Linux 3.2104 LTS 64-bit",
        "osType": "linux",
        "primaryIpAddress": "10.0.3.17",
        "publicIp": "47.96.12.34",
        "startTime": CREATED,
        "systemDiskId": "d-bp1s0a1d2f3g4h5j6k7l",
    })
}

fn tags(bulk: Bulk) -> Value {
    (0..bulk.tags)
        .map(|tag| {
            let key = format!("cost.example.com/centre-{tag:04}");
            (key, json!(format!("shop-{tag:04}-hangzhou")))
        })
        .collect::<Map<_, _>>()
        .into()
}

/// The field sets of the three writers that such an object has.
fn all_writers(object: &Value) -> Value {
    let part = |name: &str| object.get(name).map_or(Value::Null, field_set);
    let provided = json!({"f:metadata": part("metadata"), "f:spec": part("spec")});
    let mut status = writer("provider", "Update", json!({"f:status": part("status")}));
    merge(&mut status, json!({"subresource": "status"}));
    json!([
        writer(
            "argocd-controller",
            "Apply",
            json!({"f:spec": part("spec")})
        ),
        writer("provider", "Update", provided),
        status,
    ])
}

fn writer(manager: &str, operation: &str, fields: Value) -> Value {
    json!({
        "apiVersion": format!("{GROUP}/v1alpha1"),
        "fieldsType": "FieldsV1",
        "fieldsV1": fields,
        "manager": manager,
        "operation": operation,
        "time": CREATED,
    })
}

fn add_managed_fields(object: &mut Value, writers: Value) {
    if let Some(metadata) = object.get_mut("metadata") {
        merge(metadata, json!({"managedFields": writers}));
    }
}

fn field_set(value: &Value) -> Value {
    let Value::Object(fields) = value else {
        return json!({});
    };
    let own = [(".".to_owned(), json!({}))];
    let fields = fields
        .iter()
        .map(|(name, value)| (format!("f:{name}"), field_set(value)));
    own.into_iter().chain(fields).collect::<Map<_, _>>().into()
}

fn merge(into: &mut Value, from: Value) {
    if let (Value::Object(into), Value::Object(from)) = (into, from) {
        into.extend(from);
    }
}
