//! What is created: a Crossplane Instance of some 2 kB, as a GitOps controller would send it.

use bytes::Bytes;
use serde_json::json;

/// The namespace that the Instances are created in.
pub(crate) const NAMESPACE: &str = "shop";

/// Where they are created; a dry run goes through all of the API server but the last write.
pub(crate) const PATH: &str = "/apis/ecs.alibabacloud.m.crossplane.io/v1alpha1/namespaces/shop/instances?dryRun=All&fieldManager=argocd-controller";

/// What takes the place of a number, so that no two objects are the same.
const GAP: &str = "<serial>";

/// An Instance with a gap for its number.
pub(crate) struct Body {
    pieces: Vec<String>,
}

impl Body {
    /// One of an account that owes nothing: to be allowed.
    pub(crate) fn allowed() -> Self {
        Self::of("clean")
    }

    /// One of the account that owes money: to be denied.
    pub(crate) fn denied() -> Self {
        Self::of("default")
    }

    /// The one of this number.
    pub(crate) fn numbered(&self, serial: u64) -> Bytes {
        self.pieces.join(&format!("{serial:010}")).into()
    }

    fn of(provider_config: &str) -> Self {
        let tags: serde_json::Map<_, _> = (0..10)
            .map(|tag| {
                let key = format!("cost.example.com/centre-{tag:02}");
                (key, json!(format!("shop-{tag:02}-hangzhou")))
            })
            .collect();
        let object = json!({
            "apiVersion": "ecs.alibabacloud.m.crossplane.io/v1alpha1",
            "kind": "Instance",
            "metadata": {
                "annotations": {"argocd.argoproj.io/tracking-id": format!("shop:ecs.alibabacloud.m.crossplane.io/Instance:shop/web-{GAP}")},
                "labels": {"app.kubernetes.io/managed-by": "argocd", "app.kubernetes.io/name": "shop"},
                "name": format!("web-{GAP}"),
                "namespace": NAMESPACE,
            },
            "spec": {
                "forProvider": {
                    "availabilityZone": "cn-hangzhou-i",
                    "deletionProtection": false,
                    "description": "shop front, blue/green pair",
                    "hostName": "web",
                    "httpEndpoint": "enabled",
                    "httpTokens": "required",
                    "imageId": "aliyun_3_x64_20G_alibase_20240819.vhd",
                    "instanceChargeType": "PostPaid",
                    "instanceName": format!("web-{GAP}"),
                    "instanceType": "ecs.g7.large",
                    "internetChargeType": "PayByTraffic",
                    "internetMaxBandwidthOut": 5,
                    "keyName": "shop-ops",
                    "region": "cn-hangzhou",
                    "roleName": "shop-web",
                    "securityGroups": ["sg-bp1a3kd9fj2ls0qwe8r7", "sg-bp1m0kd9fj2ls0qwe8r8"],
                    "systemDiskCategory": "cloud_essd",
                    "systemDiskPerformanceLevel": "PL1",
                    "systemDiskSize": 40,
                    "tags": tags,
                    "userData": "IyEvYmluL3No".repeat(32),
                    "vswitchId": "vsw-bp1s5fnvk4gn2tws03624",
                },
                "managementPolicies": ["*"],
                "providerConfigRef": {"kind": "ClusterProviderConfig", "name": provider_config},
            },
        });
        Self {
            pieces: object.to_string().split(GAP).map(str::to_owned).collect(),
        }
    }
}
