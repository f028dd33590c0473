//! A leader that loses the API server, which the others still reach.

use std::time::Instant;

use super::proxy::{Proxy, Way};
use super::scene::{Scene, What};
use super::{AT_ONCE, LONG, SHORT, SLACK};

async fn loses_the_lease_in_time(name: &'static str, way: Way) {
    let mut scene = Scene::new(name, SHORT).await;
    let proxy = Proxy::start(scene.plane).await;
    let client = proxy.client(scene.plane, scene.user()).await;
    let cut_off = scene.start_with("a", client);
    scene.await_that("a", What::Began).await;
    let other = scene.start("b").await;
    scene.renewals(2).await;

    let cut = Instant::now();
    proxy.set(way);
    let ended = scene.await_that("a", What::Ended).await;
    let began = scene.await_that("b", What::Began).await;
    assert!(ended.at - cut < SHORT, "{:?}", ended.at - cut);
    assert!(ended.at < began.at);
    assert!(began.at - cut < SHORT + SHORT * 2 / 15 + SLACK);
    assert_eq!(cut_off.leader_metric(), "arrears_leader 0");

    proxy.set(Way::Open);
    other.stop().await;
    scene.await_that("a", What::Began).await;
    assert_eq!(scene.overlaps(), 0);
    assert_eq!(scene.lease().await["spec"]["leaseTransitions"], 2);
}

#[tokio::test]
async fn work_is_dropped_before_the_lease_lapses_when_connections_are_closed() {
    loses_the_lease_in_time("lease-closed", Way::Closed).await;
}

#[tokio::test]
async fn work_is_dropped_before_the_lease_lapses_when_nothing_is_answered() {
    loses_the_lease_in_time("lease-silent", Way::Silent).await;
}

#[tokio::test]
async fn a_short_outage_costs_nobody_the_lease() {
    let mut scene = Scene::new("lease-blink", LONG).await;
    let proxy = Proxy::start(scene.plane).await;
    let client = proxy.client(scene.plane, scene.user()).await;
    let leader = scene.start_with("a", client);
    scene.await_that("a", What::Began).await;
    let _other = scene.start("b").await;
    scene.renewals(1).await;
    for way in [Way::Closed, Way::Silent] {
        proxy.set(way);
        proxy.hinders().await;
        proxy.set(Way::Open);
        scene.renewals(1).await;
    }
    assert_eq!(leader.leader_metric(), "arrears_leader 1");
    assert_eq!(scene.unread().len(), 0);
}

async fn stops_in_time(name: &'static str, way: Way) {
    let mut scene = Scene::new(name, LONG).await;
    let proxy = Proxy::start(scene.plane).await;
    let client = proxy.client(scene.plane, scene.user()).await;
    let leader = scene.start_with("a", client);
    scene.await_that("a", What::Began).await;
    proxy.set(way);
    assert!(leader.stop().await < AT_ONCE);
    scene.await_that("a", What::Ended).await;
    // It could tell nobody, so the lease has to lapse.
    assert_eq!(scene.lease().await["spec"]["holderIdentity"], "a");
}

#[tokio::test]
async fn a_leader_stops_in_time_when_connections_are_closed() {
    stops_in_time("lease-stop-closed", Way::Closed).await;
}

#[tokio::test]
async fn a_leader_stops_in_time_when_nothing_is_answered() {
    stops_in_time("lease-stop-silent", Way::Silent).await;
}
