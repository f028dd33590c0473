//! What the leader publishes, at a real API server: listings, status, events; and what a replica reads of it.

#[path = "publish/large.rs"]
mod large;
#[path = "publish/leader.rs"]
mod leader;
#[path = "publish/scene.rs"]
mod scene;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use kube::{Client, client::Body};
use serde_json::json;

use self::scene::{BEIJING, HANGZHOU, Scene, key};
use crate::{double::Fault, plane::wait::until};

/// What the publisher may do, and no more.
const USER: &str = "system:serviceaccount:arrears-system:publisher";

#[tokio::test]
async fn a_lock_is_published_told_and_taken_back_when_it_is_paid() {
    let scene = Scene::begin().await;
    scene.create_account(&[HANGZHOU, BEIJING]).await;
    let cloud = scene.cloud.region(HANGZHOU);
    cloud
        .lock_instance("i-1", ["financial"])
        .lock_disk("d-1", ["financial"])
        .attach("d-1", "i-1");
    let mut leader = scene.leader(scene.admin.clone(), "a", &[HANGZHOU, BEIJING], "2m");
    leader.publish();
    leader.ask();

    let listed = scene.until_read(HANGZHOU, &["i-1"]).await;
    assert_eq!(*listed.listed_for, ["financial"]);
    let objects = scene.locks().await;
    let object = &objects["prod.cn-hangzhou"];
    assert_eq!(
        object["metadata"]["labels"]["app.kubernetes.io/managed-by"],
        "arrears"
    );
    assert_eq!(
        object["metadata"]["annotations"]["arrears.dev/lock-reasons"],
        "financial"
    );
    assert_eq!(object["spec"]["disks"]["d-1"]["instances"][0], "i-1");
    assert_eq!(object["spec"]["source"], "Ecs");
    scene.until_read(BEIJING, &[]).await;

    let overdue = "True Locked: locked for financial: 1 instance and 1 disk in cn-hangzhou";
    let status = scene.until_condition("Overdue", overdue).await;
    scene.until_condition("Ready", "True Listed").await;
    scene.until_condition("Stale", "False Fresh").await;
    assert_eq!(status["conditions"][0]["observedGeneration"], 1);
    let region = status["regions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|region| region["region"] == HANGZHOU)
        .unwrap();
    assert_eq!(
        (&region["lockedInstances"], &region["lockedDisks"]),
        (&json!(1), &json!(1))
    );
    assert!(region["observedAt"].is_string() && region["lastError"].is_null());
    scene
        .until_event("Warning Overdue: locked for financial")
        .await;

    // Asking again and again changes nothing that has to be written.
    let before = scene.versions().await;
    let asked = scene.cloud.total();
    scene.cloud.until(|calls| asked + 12 <= calls.len()).await;
    assert_eq!(scene.versions().await, before);

    scene.cloud.region(HANGZHOU).pay_all();
    scene.until_read(HANGZHOU, &[]).await;
    scene
        .until_condition("Overdue", "False NothingLocked")
        .await;
    scene.until_event("Normal Settled: nothing is locked").await;
    // Another leader sees the same status and has nothing to tell.
    leader.stop();
    leader.ask_no_more();
    let mut next = scene.leader(scene.admin.clone(), "b", &[HANGZHOU, BEIJING], "2m");
    next.publish();
    next.ask();
    scene
        .cloud
        .region(BEIJING)
        .lock_instance("i-2", ["financial"]);
    scene
        .until_event("Warning Overdue: locked for financial: 1 instance in cn-beijing")
        .await;
    let events = scene.events().await;
    assert_eq!(events.len(), 3, "{events:?}");
}

#[tokio::test]
async fn an_account_that_can_not_be_listed_says_why_and_says_so_once() {
    let scene = Scene::begin().await;
    scene.create_account(&[HANGZHOU, BEIJING]).await;
    let trouble = scene.cloud.fault(Fault::forbidden().region(BEIJING));
    let mut leader = scene.leader(scene.admin.clone(), "a", &[HANGZHOU, BEIJING], "2m");
    leader.publish();
    leader.ask();
    let status = scene
        .until_condition("Ready", "False NoPermission: cn-beijing: ")
        .await;
    let message = status["conditions"][0]["message"].as_str().unwrap();
    assert!(message.contains("allow ecs:DescribeInstances"), "{message}");
    assert!(!message.contains("thesecretofthetests"));
    scene
        .until_event("Warning NoPermission: cn-beijing: ")
        .await;
    scene.until_read(HANGZHOU, &[]).await;
    scene.until_condition("Overdue", "Unknown NotListed").await;
    let seen = scene.cloud.total();
    scene.cloud.until(|calls| seen + 4 <= calls.len()).await;
    let status = scene.status().await;
    let region = &status["regions"][0];
    assert_eq!(region["region"], BEIJING);
    assert!(
        region["lastError"]
            .as_str()
            .unwrap()
            .contains("does not permit"),
        "{region}"
    );
    trouble.lift();
    // Whoever has to be mended is asked ever more rarely.
    leader.configure(&scene, &[HANGZHOU, BEIJING], "2m");
    leader.wake();
    scene.until_condition("Ready", "True").await;
    assert_eq!(scene.events().await.len(), 1);
}

#[tokio::test]
async fn objects_of_a_former_region_go_and_somebody_elses_stay_as_they_are() {
    let scene = Scene::begin().await;
    let own = |name: &str, region: &str| {
        json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "LockSnapshot", "metadata": {"name": name},
            "spec": {"account": "own", "region": region, "observedAt": "2026-11-23T10:00:00Z", "instances": {}, "disks": {}}})
    };
    let mut in_the_way = own("prod.cn-beijing", BEIJING);
    in_the_way["spec"]["account"] = json!("prod");
    scene.create_locks(&in_the_way).await;
    scene.create_locks(&own("own.cn-hangzhou", HANGZHOU)).await;
    let before = scene.locks().await;

    let mut leader = scene.leader(scene.admin.clone(), "a", &[HANGZHOU, BEIJING], "2m");
    leader.publish();
    leader.list(HANGZHOU, "a", 1);
    leader.list(BEIJING, "a", 1);
    leader
        .until_trouble("prod.cn-beijing is not one of ours")
        .await;
    scene.until_read(HANGZHOU, &["i-a000000000000"]).await;
    scene
        .send(
            "DELETE",
            "/apis/arrears.dev/v1alpha1/locksnapshots/prod.cn-beijing",
            &json!({}),
        )
        .await;
    leader.until_well().await;
    scene.until_read(BEIJING, &["i-a000000000000"]).await;

    leader.configure(&scene, &[BEIJING], "2m");
    scene.until_gone("prod.cn-hangzhou").await;
    let after = scene.locks().await;
    let names: Vec<_> = after.keys().map(String::as_str).collect();
    assert_eq!(names, ["own.cn-hangzhou", "prod.cn-beijing"]);
    assert_eq!(after["own.cn-hangzhou"], before["own.cn-hangzhou"]);
}

#[tokio::test]
async fn what_has_not_changed_is_written_again_only_when_it_is_half_as_old_as_fresh() {
    let scene = Scene::begin().await;
    let mut leader = scene.leader(scene.admin.clone(), "a", &[HANGZHOU, BEIJING], "1h");
    leader.publish();
    leader.list(HANGZHOU, "a", 3);
    scene
        .until_read(
            HANGZHOU,
            &["i-a000000000000", "i-a000000000001", "i-a000000000002"],
        )
        .await;
    let version =
        async || scene.locks().await["prod.cn-hangzhou"]["metadata"]["resourceVersion"].clone();
    let before = version().await;
    for _ in 0..5 {
        leader.list(HANGZHOU, "a", 3);
    }
    // What is begun later is finished later.
    leader.list(BEIJING, "b", 1);
    scene.until_read(BEIJING, &["i-b000000000000"]).await;
    assert_eq!(version().await, before);
    leader.list(HANGZHOU, "a", 2);
    scene
        .until_read(HANGZHOU, &["i-a000000000000", "i-a000000000001"])
        .await;

    leader.configure(&scene, &[HANGZHOU, BEIJING], "2s");
    let last = leader.list(HANGZHOU, "a", 2);
    until("the listing that has not changed", async || {
        let read = scene.read().await;
        let observed_at = read.get(&key(HANGZHOU)).map(|listed| listed.observed_at);
        match observed_at == Some(last) {
            true => Ok(()),
            false => Err(format!("{observed_at:?}")),
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_told_and_mends_and_these_rights_are_enough() {
    let scene = Scene::begin().await;
    scene.create_account(&[HANGZHOU]).await;
    let client = scene.client_of(USER).await;
    let mut leader = scene.leader(client, "a", &[HANGZHOU], "2m");
    leader.publish();
    leader.list(HANGZHOU, "a", 1);
    leader
        .until_trouble("LockSnapshot prod.cn-hangzhou: answer 403")
        .await;
    leader
        .until_trouble("the list of EcsAccounts: answer 403")
        .await;

    let rule = |group: &str, resource: &str, verbs: &[&str]| json!({"apiGroups": [group], "resources": [resource], "verbs": verbs});
    let rbac = "/apis/rbac.authorization.k8s.io/v1";
    let subjects = json!([{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": USER}]);
    let role = |kind: &str| json!({"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": "publisher"});
    for (path, object) in [
        (
            format!("{rbac}/clusterroles"),
            json!({"metadata": {"name": "publisher"}, "rules": [
                rule("arrears.dev", "locksnapshots", &["list", "create", "patch", "delete"]),
                rule("arrears.dev", "ecsaccounts", &["list"]),
                rule("arrears.dev", "ecsaccounts/status", &["patch"]),
            ]}),
        ),
        (
            format!("{rbac}/clusterrolebindings"),
            json!({"metadata": {"name": "publisher"}, "subjects": subjects, "roleRef": role("ClusterRole")}),
        ),
    ] {
        let created = scene.send("POST", &path, &object).await;
        assert_eq!(created["metadata"]["name"], "publisher", "{created}");
    }
    scene.until_read(HANGZHOU, &["i-a000000000000"]).await;
    scene.until_condition("Overdue", "True").await;
    leader.until_trouble("events: answer 403").await;
    for (path, object) in [
        (
            format!("{rbac}/namespaces/default/roles"),
            json!({"metadata": {"name": "publisher"}, "rules": [rule("events.k8s.io", "events", &["create"])]}),
        ),
        (
            format!("{rbac}/namespaces/default/rolebindings"),
            json!({"metadata": {"name": "publisher"}, "subjects": subjects, "roleRef": role("Role")}),
        ),
    ] {
        let created = scene.send("POST", &path, &object).await;
        assert_eq!(created["metadata"]["name"], "publisher", "{created}");
    }
    scene.until_event("Warning Overdue").await;
    leader.until_well().await;
}

#[tokio::test]
async fn an_api_server_that_does_not_answer_is_asked_once_however_much_is_listed() {
    let scene = Scene::begin().await;
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let silent = tower::service_fn(move |_: hyper::Request<Body>| {
        counted.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<Result<hyper::Response<Body>, std::io::Error>>()
    });
    let mut leader = scene.leader(Client::new(silent, "default"), "a", &[HANGZHOU], "2m");
    leader.publish();
    // What is there, what is of no region, and the accounts.
    until("the first calls", async || {
        leader.list(HANGZHOU, "a", 1);
        match asked.load(Ordering::SeqCst) {
            3 => Ok(()),
            count => Err(format!("{count} calls")),
        }
    })
    .await;
    for ids in 0..100 {
        leader.list(HANGZHOU, "a", ids);
        tokio::task::yield_now().await;
    }
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}
