//! From nothing to a denied `kubectl apply`, and what an administrator and the cloud do afterwards.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chart::{NAMESPACE, RELEASE};
use crate::double::Cloud;
use crate::plane::Plane;
use crate::plane::wait::until;
use crate::release::{Place, Release};
use crate::rights;

const KEY: &str = "LTAIinstalled";
const SECRET: &str = "thesecretoftheinstalled";

fn account(cloud: &Cloud, regions: &[&str]) -> Value {
    let endpoints: serde_json::Map<String, Value> = regions
        .iter()
        .map(|region| ((*region).to_owned(), json!(cloud.endpoint())))
        .collect();
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "EcsAccount",
        "metadata": {"name": "prod"},
        "spec": {
            "regions": regions,
            "defaultRegion": "cn-hangzhou",
            "endpoints": endpoints,
            "pollInterval": "1s",
            "credentials": {"source": "Secret", "secretRef": {"namespace": NAMESPACE, "name": "ecs-reader"}},
        },
    })
}

fn start(name: &str, instance: &str) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "EcsOperation",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"action": "StartInstance", "regionId": "cn-hangzhou", "instanceIds": [instance]},
    })
}

fn policy(spec: Value) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "OverduePolicy",
        "metadata": {"name": "default"},
        "spec": spec,
    })
}

/// Waits until an apply is refused with a text, and gives the whole of it.
async fn denied(release: &Release, object: &Value, text: &str) -> String {
    until("a denial", async || match release.try_apply(object).await {
        Err(refused) if refused.contains(text) => Ok(refused),
        other => {
            release.delete(&["ecsop", "-n", "shop", "--all"]).await;
            Err(format!("{other:?}"))
        }
    })
    .await
}

async fn accepted(release: &Release, object: &Value) {
    until("acceptance", async || release.try_apply(object).await).await;
}

#[tokio::test]
async fn from_nothing_to_a_denied_apply_and_through_the_life_of_an_installation() {
    let cloud = Cloud::start();
    let hangzhou = cloud.account(KEY, SECRET).region("cn-hangzhou");
    hangzhou.lock_instance("i-bp1web", ["financial"]);
    let plane = Plane::shared().await;

    let began = Instant::now();
    let values = [
        ("credentials.secrets[0]", "ecs-reader"),
        ("leaseDurationSeconds", "3"),
        // A test needs no long goodbye.
        ("lameDuckSeconds", "1"),
        ("certificates.lifetime", "10s"),
        ("certificates.authorityLifetime", "30s"),
    ];
    let release = Release::install(plane, &values).await;
    release
        .apply(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
        .await;
    release
        .apply(&json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "ecs-reader", "namespace": NAMESPACE},
            "stringData": {"accessKeyId": KEY, "accessKeySecret": SECRET},
        }))
        .await;
    release.apply(&account(&cloud, &["cn-hangzhou"])).await;
    let (code, said) = release.test("0s").await;
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("has no entry of arrears"), "{said}");
    let mut first = release.pod("arrears-0", Place::BehindTheService).await;
    let mut second = release.pod("arrears-1", Place::Aside).await;
    first.ready().await;
    second.ready().await;
    release.registered("Fail").await;
    let (code, said) = release.test("1m").await;
    assert_eq!(code, Some(0), "{said}");
    let refused = denied(
        &release,
        &start("web", "i-bp1web"),
        "is locked for overdue payment",
    )
    .await;
    println!("from nothing to a denied apply: {:?}", began.elapsed());
    println!("{refused}");
    assert!(
        refused.contains("admission webhook \"ecsoperation.ecs.arrears.dev\" denied the request: ECS StartInstance would fail: instance i-bp1web (account prod, cn-hangzhou) is locked for overdue payment"),
        "{refused}"
    );
    accepted(&release, &start("db", "i-bp1db")).await;

    // One asks for both; what it hears, both know.
    let leading = [
        first.metric("arrears_leader").await,
        second.metric("arrears_leader").await,
    ];
    assert_eq!(leading.iter().sum::<f64>(), 1.0, "{leading:?}");
    for pod in [&first, &second] {
        let series =
            r#"arrears_locked_targets{account="prod",region="cn-hangzhou",target="instance"}"#;
        until("the lock", async || match pod.metric(series).await {
            1.0 => Ok(()),
            other => Err(format!("{other}\n{}", pod.log())),
        })
        .await;
    }
    let status = until("the status", async || {
        let account = release.get(&["ecsacc", "prod"]).await;
        let conditions = account["status"]["conditions"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let is = |kind: &str, status: &str| {
            conditions
                .iter()
                .any(|condition| condition["type"] == kind && condition["status"] == status)
        };
        match is("Ready", "True") && is("Overdue", "True") && is("Stale", "False") {
            true => Ok(account["status"].clone()),
            false => Err(account.to_string()),
        }
    })
    .await;
    assert_eq!(status["regions"][0]["lockedInstances"], 1, "{status}");

    // A broken policy: the last good one stays in force, and the object says so.
    release
        .apply(&policy(
            json!({"rules": [{"name": "all", "mode": "Warn", "until": "2020-01-01T00:00:00Z"}]}),
        ))
        .await;
    release
        .apply(&policy(
            json!({"rules": [{"name": "all", "mode": "Warn", "actions": ["StartInstanse"]}]}),
        ))
        .await;
    until("the event", async || {
        let events = release
            .get(&["events.events.k8s.io", "-n", "default"])
            .await;
        let events = events["items"].as_array().cloned().unwrap_or_default();
        let told = events
            .iter()
            .find(|event| event["regarding"]["kind"] == "OverduePolicy");
        match told.map(|event| event["note"].to_string()) {
            Some(note) if note.contains("StartInstance") => Ok(()),
            other => Err(format!("{other:?}")),
        }
    })
    .await;
    denied(
        &release,
        &start("web", "i-bp1web"),
        "is locked for overdue payment",
    )
    .await;
    release.apply(&policy(json!({}))).await;

    // Another region is locked, then it is no longer asked for: what was published of it goes.
    release
        .apply(&account(&cloud, &["cn-hangzhou", "cn-beijing"]))
        .await;
    cloud
        .region("cn-beijing")
        .lock_instance("i-bp1far", ["financial"]);
    until("the other region", async || {
        match release.get(&["locks", "prod.cn-beijing"]).await {
            Value::Null => Err("nothing is published".to_owned()),
            locks => Ok(locks),
        }
    })
    .await;
    release.apply(&account(&cloud, &["cn-hangzhou"])).await;
    until("the end of the other region", async || {
        match release.get(&["locks", "prod.cn-beijing"]).await {
            Value::Null => Ok(()),
            locks => Err(locks.to_string()),
        }
    })
    .await;

    // The bill is paid.
    hangzhou.pay_instance("i-bp1web");
    accepted(&release, &start("web", "i-bp1web")).await;

    // The certificates are exchanged for others, by an authority that is exchanged too.
    let changes = |pod: &crate::pod::Pod| pod.lines("took over a new certificate").len();
    until("new certificates", async || match changes(&first) {
        0..=3 => Err(first.log()),
        _ => Ok(()),
    })
    .await;
    hangzhou.lock_instance("i-bp1web", ["financial"]);
    release.delete(&["ecsop", "-n", "shop", "--all"]).await;
    denied(
        &release,
        &start("web", "i-bp1web"),
        "is locked for overdue payment",
    )
    .await;

    // Whoever leads is gone; the other one goes on.
    let (left, mut right) = match first.metric("arrears_leader").await {
        1.0 => (first, second),
        _ => (second, first),
    };
    left.kill().await;
    until("another leader", async || {
        match right.metric("arrears_leader").await {
            1.0 => Ok(()),
            _ => Err(right.log()),
        }
    })
    .await;
    right.ready().await;

    // Nothing was asked of the API server that the chart does not allow, and nothing is allowed that was not asked.
    rights::check(plane, &release.objects).await;

    // Uninstalled while it runs: nothing is blocked, and nothing comes back.
    release
        .delete(&["validatingwebhookconfiguration", RELEASE])
        .await;
    release.delete(&["ecsop", "-n", "shop", "--all"]).await;
    accepted(&release, &start("web", "i-bp1web")).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    let left_over = release
        .get(&["validatingwebhookconfiguration", RELEASE])
        .await;
    assert_eq!(left_over, Value::Null);
}
