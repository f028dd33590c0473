//! The cloud of the suite: two accounts, one that owes money and one that does not.

use serde_json::{Value, json};

use crate::asks::{FREE, LOCKED};
use crate::double::Cloud;

/// The two accounts; the Secret with the keys of each is called after it.
pub(crate) const KEYS: [&str; 2] = ["prod", "lab"];

/// An account's access key and its secret.
fn keys(account: &str) -> (String, String) {
    (format!("LTAI{account}"), format!("thesecretof{account}"))
}

/// A cloud in which `prod` has a locked instance.
pub(crate) fn cloud() -> Cloud {
    let cloud = Cloud::start();
    for name in KEYS {
        let (id, secret) = keys(name);
        let account = cloud.account(&id, &secret);
        if name == "prod" {
            let region = account.region("cn-hangzhou");
            region.instance(FREE).lock_instance(LOCKED, ["financial"]);
        } else {
            account.region("cn-beijing").instance("i-bp1lab");
        }
    }
    cloud
}

/// Ends whatever has been done to it.
pub(crate) fn mend(cloud: &Cloud) {
    cloud.heal();
    cloud.open();
    for action in ["DescribeInstances", "DescribeDisks"] {
        cloud.first_account().allow(action);
    }
}

/// The Secrets with the accounts' keys.
pub(crate) fn secrets(namespace: &str) -> Vec<Value> {
    let secret = |name: &str| {
        let (id, secret) = keys(name);
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": format!("keys-{name}"), "namespace": namespace},
            "stringData": {"accessKeyId": id, "accessKeySecret": secret},
        })
    };
    KEYS.map(secret).to_vec()
}

/// The accounts; each is listed often, so that a fault of the cloud meets many listings.
pub(crate) fn accounts(cloud: &Cloud, namespace: &str) -> Vec<Value> {
    let account = |name: &str, region: &str, config: &str| {
        json!({
            "apiVersion": "arrears.dev/v1alpha1",
            "kind": "EcsAccount",
            "metadata": {"name": name},
            "spec": {
                "default": name == "prod",
                "regions": [region],
                "endpoints": {region: cloud.endpoint()},
                "providerConfigs": [{"name": config}],
                "credentials": {
                    "source": "Secret",
                    "secretRef": {"namespace": namespace, "name": format!("keys-{name}")},
                },
                "pollInterval": "2s",
            },
        })
    };
    vec![
        account("prod", "cn-hangzhou", "default"),
        account("lab", "cn-beijing", "lab"),
    ]
}
