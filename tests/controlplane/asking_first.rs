//! Before a denial the cloud is asked, within the time that the API server gives.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::double::{Cloud, Fault};
use crate::plane::call::create;
use crate::plane::product::Product;
use crate::plane::tenant::Tenant;
use crate::plane::wait::within;
use crate::scene::unguarded;

const KEY: &str = "LTAIcontrolplane";
const SECRET: &str = "thesecretofthecontrolplane";
const LIMIT: Duration = Duration::from_secs(30);

fn account(cloud: &Cloud) -> String {
    format!(
        r#"
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {{name: prod}}
spec:
  regions: [cn-hangzhou]
  endpoints: {{cn-hangzhou: "{}"}}
  pollInterval: 200ms
  credentials: {{source: Secret, secretRef: {{namespace: arrears, name: keys}}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: keys, namespace: arrears}}
stringData: {{accessKeyId: {KEY}, accessKeySecret: {SECRET}}}
---
apiVersion: arrears.dev/v1alpha1
kind: OverduePolicy
metadata: {{name: default}}
spec: {{freshness: {{confirmBeforeDeny: 0s}}}}
"#,
        cloud.endpoint()
    )
}

/// A request to start the instance, under a name of its own.
fn start(name: &str) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "EcsOperation",
        "metadata": {"name": name},
        "spec": {"action": "StartInstance", "instanceIds": ["i-bp1web"]},
    })
}

/// Waits until the lock is known.
async fn locked(tenant: &Tenant) {
    let refused = within(LIMIT, async || {
        let answer = tenant.answers(create(start("probe")).dry_run()).await;
        match answer.code {
            403 => Ok(()),
            _ => Err(answer.body.to_string()),
        }
    });
    refused.await.unwrap();
}

#[tokio::test]
async fn a_payment_counts_at_once_and_a_silent_cloud_costs_no_more_than_the_webhooks_time() {
    let cloud = Cloud::start();
    cloud.account(KEY, SECRET).region("cn-hangzhou");
    let hangzhou = cloud.region("cn-hangzhou");
    hangzhou.lock_instance("i-bp1web", ["financial"]);
    let product = Product::start(&[("account.yaml", &account(&cloud))]).await;
    let tenant = unguarded("asking-first").await;
    tenant
        .register(product.registration(), &product.url, &product.authority)
        .await;
    locked(&tenant).await;

    // A listing that is under way when the payment is made must not undo it: it began before.
    hangzhou.pay_instance("i-bp1web");
    tenant.accepts(create(start("paid"))).await;

    hangzhou.lock_instance("i-bp1web", ["financial"]);
    locked(&tenant).await;
    cloud.fault(Fault::hang());
    let began = Instant::now();
    let answer = tenant
        .rejects(create(start("silent")), "is locked for overdue payment")
        .await;
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    let message = answer.body["message"].as_str().unwrap();
    assert!(
        message.ends_with("(as last listed: ECS did not answer in time)"),
        "{message}"
    );
}
