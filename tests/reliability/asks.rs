//! What is asked all the time: creations whose right answer is known, because what they are about never changes.
//!
//! `prod` owes money and `lab` does not, whatever fault there is.

use serde_json::{Value, json};

/// The locked instance of the account `prod`.
pub(crate) const LOCKED: &str = "i-bp1locked";
/// Another instance of that account, which is not locked.
pub(crate) const FREE: &str = "i-bp1free";

/// The namespace in which objects are created.
pub(crate) const NAMESPACE: &str = "shop";

/// One creation.
#[derive(Clone)]
pub(crate) struct Ask {
    /// Where the object is posted to.
    pub(crate) path: String,
    /// The object.
    pub(crate) body: String,
    /// What has to come of it.
    pub(crate) right: Right,
}

/// The right answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Right {
    /// 403 by the webhook, whose message holds this.
    Denied(&'static str),
    /// It is created, and nothing is said.
    Accepted,
}

const CLUSTER_GROUP: &str = "ecs.alibabacloud.crossplane.io";
const NAMESPACED_GROUP: &str = "ecs.alibabacloud.m.crossplane.io";

/// All of them.
pub(crate) fn asks() -> Vec<Ask> {
    let denied = Right::Denied(
        "instance i-bp1locked (account prod, cn-hangzhou) is locked for overdue payment",
    );
    vec![
        ask(
            "instances",
            CLUSTER_GROUP,
            instance(CLUSTER_GROUP, "prod"),
            denied,
        ),
        ask(
            "instances",
            CLUSTER_GROUP,
            instance(CLUSTER_GROUP, "lab"),
            Right::Accepted,
        ),
        ask(
            "instances",
            NAMESPACED_GROUP,
            instance(NAMESPACED_GROUP, "prod"),
            denied,
        ),
        ask(
            "instances",
            NAMESPACED_GROUP,
            instance(NAMESPACED_GROUP, "lab"),
            Right::Accepted,
        ),
        ask("ecsoperations", "arrears.dev", start(LOCKED), denied),
        ask("ecsoperations", "arrears.dev", start(FREE), Right::Accepted),
    ]
}

fn ask(resource: &str, group: &str, object: Value, right: Right) -> Ask {
    let namespace = match group {
        CLUSTER_GROUP => String::new(),
        _ => format!("namespaces/{NAMESPACE}/"),
    };
    Ask {
        // A creation that waits for etcd must not wait for long: there are more to come.
        path: format!("/apis/{group}/v1alpha1/{namespace}{resource}?dryRun=All&timeout=8s"),
        body: object.to_string(),
        right,
    }
}

fn instance(group: &str, account: &str) -> Value {
    let (kind, region) = match account {
        "prod" => ("default", "cn-hangzhou"),
        other => (other, "cn-beijing"),
    };
    let mut reference = json!({"name": kind});
    if group == NAMESPACED_GROUP {
        reference["kind"] = json!("ClusterProviderConfig");
    }
    json!({
        "apiVersion": format!("{group}/v1alpha1"),
        "kind": "Instance",
        "metadata": {"name": format!("new-in-{account}")},
        "spec": {
            "providerConfigRef": reference,
            "forProvider": {"region": region, "instanceType": "ecs.g7.large", "imageId": "m-bp1image"},
        },
    })
}

fn start(instance: &str) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "EcsOperation",
        "metadata": {"name": format!("start-{instance}")},
        "spec": {"action": "StartInstance", "account": "prod", "regionId": "cn-hangzhou", "instanceIds": [instance]},
    })
}

/// A creation of 1 MB: as it is for objects that carry data with them.
pub(crate) fn large(number: usize) -> Ask {
    let mut asks = asks();
    let mut ask = asks.swap_remove(number % 4);
    let mut object: Value = serde_json::from_str(&ask.body).unwrap();
    object["spec"]["forProvider"]["userData"] = json!("x".repeat(1_000_000));
    ask.body = object.to_string();
    // That much is work for the API server, too.
    ask.path = ask.path.replace("timeout=8s", "timeout=25s");
    ask
}
