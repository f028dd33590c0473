//! The election of the leader, with the API server that counts.

#[path = "lease/foreign.rs"]
mod foreign;
#[path = "lease/frozen.rs"]
mod frozen;
#[path = "lease/outage.rs"]
mod outage;
#[path = "lease/proxy.rs"]
mod proxy;
#[path = "lease/scene.rs"]
mod scene;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use self::scene::{Office, Scene, What};

/// So long that nothing of it can pass for the end of a lease.
const LONG: Duration = Duration::from_secs(15);
/// So short that a test can wait for its end, and renewed in time by machines that are busy.
const SHORT: Duration = Duration::from_secs(3);
/// What machines that are busy may take for something that needs no waiting.
const AT_ONCE: Duration = Duration::from_secs(5);
/// For how much later than it should a busy machine does something.
const SLACK: Duration = Duration::from_secs(1);

#[tokio::test]
async fn one_of_three_leads_whoever_stops_or_dies() {
    let mut scene = Scene::new("lease-three", SHORT).await;
    let mut replicas = BTreeMap::new();
    for name in ["a", "b", "c"] {
        replicas.insert(name.to_owned(), scene.start(name).await);
    }
    for round in 0..6 {
        let leader = scene.await_leader().await.identity;
        let replica = replicas.remove(&leader).unwrap();
        match round % 2 {
            0 => replica.kill().await,
            _ => drop(replica.stop().await),
        }
        scene.await_that(&leader, What::Ended).await;
        let next = format!("replacement-{round}");
        replicas.insert(next.clone(), scene.start(&next).await);
    }
    let last = scene.await_leader().await.identity;

    assert_eq!(scene.overlaps(), 0);
    let lease = scene.lease().await;
    assert_eq!(lease["spec"]["holderIdentity"], *last);
    let mut changes = scene.holders.clone();
    changes.dedup();
    assert!(7 <= changes.len());
    assert_eq!(lease["spec"]["leaseTransitions"], changes.len() - 1);
}

#[tokio::test]
async fn a_leader_that_is_killed_is_replaced_once_its_lease_lapses() {
    let mut scene = Scene::new("lease-killed", SHORT).await;
    let first = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    let _second = scene.start("b").await;
    scene.renewals(2).await;

    let killed = Instant::now();
    first.kill().await;
    let waited = scene.await_that("b", What::Began).await.at - killed;
    let retry = SHORT * 2 / 15;
    assert!(
        (SHORT * 2 / 3..=SHORT + retry + SLACK).contains(&waited),
        "{waited:?}"
    );
    assert_eq!(scene.overlaps(), 0);
}

#[tokio::test]
async fn a_leader_that_stops_is_replaced_at_once() {
    let mut scene = Scene::new("lease-stopped", LONG).await;
    let first = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    assert_eq!(first.leader_metric(), "arrears_leader 1");
    let second = scene.start("b").await;
    scene.renewals(1).await;
    assert_eq!(second.leader_metric(), "arrears_leader 0");

    let stopped = Instant::now();
    first.stop().await;
    let ended = scene.await_that("a", What::Ended).await;
    let began = scene.await_that("b", What::Began).await;
    assert!(ended.at < began.at);
    assert!(began.at - stopped < AT_ONCE);
    assert_eq!(second.leader_metric(), "arrears_leader 1");
    assert_eq!(scene.overlaps(), 0);
}

#[tokio::test]
async fn a_lease_that_is_given_back_is_left_as_client_go_leaves_it() {
    let mut scene = Scene::new("lease-returned", LONG).await;
    let only = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    let held = scene.lease().await["spec"].clone();
    assert_eq!(held["holderIdentity"], "a");
    assert_eq!(held["leaseDurationSeconds"], 15);
    assert_eq!(held["leaseTransitions"], 0);
    assert_eq!(held["acquireTime"], held["renewTime"]);

    let metrics = std::sync::Arc::clone(&only.metrics);
    only.stop().await;
    scene.await_that("a", What::Ended).await;
    assert!(metrics.render().contains("\narrears_leader 0\n"));
    let freed = scene.lease().await["spec"].clone();
    assert_eq!(freed["holderIdentity"], "");
    assert_eq!(freed["leaseDurationSeconds"], 1);
    assert_eq!(freed["leaseTransitions"], 0);
}

#[tokio::test]
async fn a_replica_that_starts_again_takes_its_own_lease_back_at_once() {
    let mut scene = Scene::new("lease-again", LONG).await;
    let first = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    first.kill().await;

    let begin = Instant::now();
    let _again = scene.start("a").await;
    scene.await_that("a", What::Ended).await;
    let began = scene.await_that("a", What::Began).await;
    assert!(began.at - begin < AT_ONCE);
    assert_eq!(scene.lease().await["spec"]["leaseTransitions"], 0);
}

#[tokio::test]
async fn of_two_processes_with_one_identity_one_leads() {
    let mut scene = Scene::new("lease-twins", SHORT).await;
    let first = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    let twin = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    scene.await_that("a", What::Ended).await;
    assert_eq!(first.leader_metric(), "arrears_leader 0");

    // The twin goes on for longer than its first term, and the first one does not take the lease for its own.
    scene.renewals(8).await;
    assert_eq!(scene.unread().len(), 0);
    assert_eq!(twin.leader_metric(), "arrears_leader 1");
    twin.kill().await;
    scene.await_that("a", What::Began).await;
    assert_eq!(first.leader_metric(), "arrears_leader 1");
}

#[tokio::test]
async fn work_that_ends_by_itself_lets_another_replica_try() {
    let mut scene = Scene::new("lease-idle", LONG).await;
    let log = std::sync::Arc::clone(&scene.log);
    let client = scene.plane.client(scene.user()).await;
    let _idle = scene.start_to_do("a", client, move |term| {
        drop(Office::begin(&log, "a", &term));
        std::future::ready(())
    });
    let ended = scene.await_that("a", What::Ended).await;
    let _other = scene.start("b").await;
    let began = scene.await_that("b", What::Began).await;
    assert!(began.at - ended.at < AT_ONCE);
    assert_eq!(scene.overlaps(), 0);
}

#[tokio::test]
async fn a_replica_without_rights_waits_for_them_and_stops_when_told() {
    let mut scene = Scene::without_rights("lease-rights", LONG).await;
    let refused = scene.start("a").await;
    let waiting = scene.start("b").await;
    assert!(refused.stop().await < AT_ONCE);
    assert_eq!(scene.lease().await, json!(null));
    scene.grant().await;
    scene.await_that("b", What::Began).await;
    waiting.stop().await;
    assert_eq!(scene.lease().await["spec"]["holderIdentity"], "");
}
