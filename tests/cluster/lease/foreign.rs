//! What others write into the Lease.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::scene::{Scene, What, lease};
use super::{AT_ONCE, LONG, SHORT};
use crate::plane::call::{create, delete, merge};
use crate::plane::wait::until;

/// A replica comes to lead whatever the Lease holds, and waits no longer than it has to.
async fn is_taken(scene: &mut Scene, spec: Value, expected: std::ops::Range<Duration>) -> Value {
    scene.tenant.accepts(create(lease(spec.clone()))).await;
    let begin = Instant::now();
    let replica = scene.start("a").await;
    let waited = scene.await_that("a", What::Began).await.at - begin;
    assert!(expected.contains(&waited), "{spec}: {waited:?}");
    let taken = scene.lease().await;
    replica.stop().await;
    scene.await_that("a", What::Ended).await;
    scene.tenant.accepts(delete(&lease(json!({})))).await;
    taken
}

#[tokio::test]
async fn a_lease_that_names_no_holder_is_taken_at_once() {
    let mut scene = Scene::new("lease-nobody", LONG).await;
    for spec in [
        json!({}),
        json!({"holderIdentity": ""}),
        json!({"leaseDurationSeconds": i32::MAX, "renewTime": "9999-12-31T23:59:59.999999Z"}),
        json!({"leaseTransitions": i32::MAX, "acquireTime": "0001-01-01T00:00:01.000000Z"}),
    ] {
        let taken = is_taken(&mut scene, spec, Duration::ZERO..AT_ONCE).await;
        assert_eq!(taken["spec"]["holderIdentity"], "a");
        assert_eq!(taken["spec"]["leaseDurationSeconds"], 15);
    }
}

#[tokio::test]
async fn a_holder_that_shows_no_life_is_waited_for_once_whatever_it_says() {
    let mut scene = Scene::new("lease-dead", SHORT).await;
    let once = |duration: Duration| duration..duration + AT_ONCE;
    for (spec, expected) in [
        (json!({"holderIdentity": "gone"}), once(SHORT)),
        (
            json!({
                "holderIdentity": "gone",
                "leaseDurationSeconds": 1,
                "renewTime": "9999-12-31T23:59:59.999999Z",
                "leaseTransitions": i32::MAX,
            }),
            once(Duration::from_secs(1)),
        ),
        // Its clock was right, or a day behind: who knows.
        (
            json!({"holderIdentity": "gone", "leaseDurationSeconds": 2, "renewTime": "2001-01-01T00:00:00.000000Z"}),
            once(Duration::from_secs(2)),
        ),
    ] {
        let count = spec["leaseTransitions"].as_i64().unwrap_or(0);
        let taken = is_taken(&mut scene, spec, expected).await;
        let counted = (count + 1).min(i64::from(i32::MAX));
        assert_eq!(taken["spec"]["leaseTransitions"], counted);
    }
}

#[tokio::test]
async fn whoever_labels_or_deletes_the_lease_does_not_end_the_term() {
    let mut scene = Scene::new("lease-labelled", SHORT).await;
    let leader = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    let label = json!({"metadata": {"labels": {"team": "blue"}}});
    for _ in 0..3 {
        scene
            .tenant
            .accepts(merge(&lease(json!({})), label.clone()))
            .await;
        scene.renewals(2).await;
        assert_eq!(scene.lease().await["metadata"]["labels"]["team"], "blue");
        scene.tenant.accepts(delete(&lease(json!({})))).await;
        until("the lease", async || {
            let holder = scene.lease().await["spec"]["holderIdentity"].clone();
            let is_back = holder == "a";
            is_back.then_some(()).ok_or_else(|| holder.to_string())
        })
        .await;
    }
    assert_eq!(scene.unread().len(), 0);
    assert_eq!(leader.leader_metric(), "arrears_leader 1");
}

#[tokio::test]
async fn a_lease_that_was_taken_away_is_not_renewed() {
    let mut scene = Scene::new("lease-taken", SHORT).await;
    let _leader = scene.start("a").await;
    scene.await_that("a", What::Began).await;
    let theirs = json!({"spec": {"holderIdentity": "other"}});
    let taken = Instant::now();
    scene.tenant.accepts(merge(&lease(json!({})), theirs)).await;
    let ended = scene.await_that("a", What::Ended).await;
    // At its next renewal, not only when its term would have been over.
    assert!(ended.at - taken < SHORT * 2 / 3);
    assert_eq!(scene.lease().await["spec"]["holderIdentity"], "other");
    let again = scene.await_that("a", What::Began).await;
    assert!(SHORT <= again.at - ended.at);
    assert_eq!(scene.lease().await["spec"]["leaseTransitions"], 1);
}
