//! Keys over time: fetched once for everybody, renewed before they end, kept while they last.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::scene::{Scene, assumed, at, refused};
use crate::ecs::credentials::Provider;

/// An hour's keys from STS each time, numbered; unless STS is away.
struct Sts {
    scene: Scene,
    is_away: Arc<AtomicBool>,
}

impl Sts {
    async fn start() -> Self {
        let is_away = Arc::new(AtomicBool::new(false));
        let (away, granted) = (Arc::clone(&is_away), AtomicUsize::new(0));
        let mut scene = Scene::new(move |request| {
            if away.load(Ordering::SeqCst) {
                return refused(503, "ServiceUnavailable", "later");
            }
            let number = granted.fetch_add(1, Ordering::SeqCst);
            let date: Timestamp = request.query["Timestamp"].parse().unwrap();
            assumed(
                &format!("keys-{number}"),
                date + SignedDuration::from_hours(1),
            )
        })
        .await;
        scene.rrsa().set("ECS_METADATA_DISABLED", "true");
        Self { scene, is_away }
    }

    fn is_away(&self, is_away: bool) {
        self.is_away.store(is_away, Ordering::SeqCst);
    }

    async fn pass(&self, seconds: u64) {
        self.scene.pass(Duration::from_secs(seconds)).await;
    }

    /// How often since this was last asked.
    fn asked(&self) -> usize {
        self.scene.service.requests().len()
    }
}

/// Waits until the fetch that is under way has ended.
async fn landed(provider: &Provider) {
    let flight = provider.0.progress().flight.clone();
    if let Some(mut flight) = flight {
        assert!(flight.wait_for(Option::is_some).await.is_ok());
    }
}

async fn id(provider: &Provider) -> String {
    provider.keys().await.unwrap().access_key_id.clone()
}

#[tokio::test]
async fn many_who_ask_at_once_are_one_fetch() {
    let sts = Sts::start().await;
    let provider = Arc::new(sts.scene.provider());
    sts.scene.service.open(false);
    let callers = (0..64).map(|_| {
        let provider = Arc::clone(&provider);
        tokio::spawn(async move { provider.keys().await })
    });
    let callers: Vec<_> = callers.collect();
    sts.scene.service.arrived(1).await;
    sts.scene.service.open(true);
    let mut all = Vec::new();
    for caller in callers {
        all.push(caller.await.unwrap().unwrap());
    }
    assert!(all.iter().all(|keys| Arc::ptr_eq(keys, &all[0])));
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn a_fetch_outlives_who_began_it() {
    let sts = Sts::start().await;
    let provider = Arc::new(sts.scene.provider());
    sts.scene.service.open(false);
    let impatient = tokio::spawn({
        let provider = Arc::clone(&provider);
        async move { provider.keys().await }
    });
    sts.scene.service.arrived(1).await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());
    sts.scene.service.open(true);
    assert_eq!(id(&provider).await, "keys-0");
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn nobody_waits_for_new_keys_while_the_old_ones_last() {
    let sts = Sts::start().await;
    let provider = sts.scene.provider();
    assert_eq!(id(&provider).await, "keys-0");
    sts.pass(3419).await;
    assert_eq!(id(&provider).await, "keys-0");
    assert_eq!(sts.asked(), 1);
    sts.pass(1).await;
    sts.scene.service.open(false);
    // Would never return if it waited for the answer.
    assert_eq!(id(&provider).await, "keys-0");
    sts.scene.service.arrived(2).await;
    assert_eq!(id(&provider).await, "keys-0");
    sts.scene.service.open(true);
    landed(&provider).await;
    assert_eq!(id(&provider).await, "keys-1");
    assert_eq!(sts.asked(), 1);
}

#[tokio::test]
async fn the_last_keys_serve_through_an_outage_until_they_really_end() {
    let sts = Sts::start().await;
    let provider = sts.scene.provider();
    provider.keys().await.unwrap();
    assert_eq!(sts.asked(), 1);
    sts.is_away(true);
    sts.pass(3400).await;
    for second in 3400..3600 {
        assert_eq!(id(&provider).await, "keys-0", "{second}");
        landed(&provider).await;
        sts.pass(1).await;
    }
    assert_eq!(sts.asked(), 36, "each 5 of the last 180 seconds");
    sts.pass(5).await;
    let error = provider.keys().await.unwrap_err().to_string();
    assert!(
        error.contains("STS says ServiceUnavailable: later"),
        "{error}"
    );
    sts.is_away(false);
    sts.pass(5).await;
    assert_eq!(id(&provider).await, "keys-1");
}

#[tokio::test]
async fn a_failure_is_not_asked_for_again_at_once() {
    let sts = Sts::start().await;
    sts.is_away(true);
    let provider = sts.scene.provider();
    let first = provider.keys().await.unwrap_err();
    assert_eq!(sts.asked(), 1);
    sts.is_away(false);
    sts.pass(4).await;
    for _ in 0..100 {
        assert_eq!(provider.keys().await.unwrap_err(), first);
    }
    assert_eq!(sts.asked(), 0);
    sts.pass(1).await;
    assert_eq!(id(&provider).await, "keys-0");
}

#[tokio::test]
async fn rejected_keys_are_replaced_once_however_many_reject_them() {
    let sts = Sts::start().await;
    let provider = sts.scene.provider();
    let first = provider.keys().await.unwrap();
    sts.pass(60).await;
    provider.reject(&first);
    assert_eq!(id(&provider).await, "keys-1");
    sts.pass(60).await;
    provider.reject(&first);
    assert_eq!(id(&provider).await, "keys-1");
    assert_eq!(sts.asked(), 2);
}

#[tokio::test]
async fn rejected_keys_are_still_the_best_there_are_when_no_others_can_be_had() {
    let sts = Sts::start().await;
    let provider = sts.scene.provider();
    let first = provider.keys().await.unwrap();
    sts.pass(60).await;
    provider.reject(&first);
    sts.is_away(true);
    assert_eq!(id(&provider).await, "keys-0");
    assert_eq!(id(&provider).await, "keys-0");
    assert_eq!(sts.asked(), 2);
}

#[tokio::test]
async fn keys_in_a_file_are_looked_up_again() {
    let mut scene = Scene::usual().await;
    let write = |scene: &Scene, id: &str| {
        let profile =
            json!({"name": "it", "mode": "AK", "access_key_id": id, "access_key_secret": "s"});
        scene.profiles("it", &json!([profile]));
    };
    write(&scene, "old");
    scene.credentials(json!({"source": "Profile", "profile": "it"}));
    let provider = scene.provider();
    assert_eq!(id(&provider).await, "old");
    write(&scene, "new");
    scene.pass(Duration::from_secs(299)).await;
    assert_eq!(id(&provider).await, "old");
    scene.pass(Duration::from_secs(1)).await;
    assert_eq!(id(&provider).await, "old");
    landed(&provider).await;
    assert_eq!(id(&provider).await, "new");
    // Somebody may be writing it: what was read last still serves.
    scene.write(".aliyun/config.json", "{");
    scene.pass(Duration::from_secs(24 * 3600)).await;
    assert_eq!(id(&provider).await, "new");
    landed(&provider).await;
    assert_eq!(id(&provider).await, "new");
}

#[tokio::test]
async fn keys_that_end_within_the_margin_serve_all_the_same() {
    let mut scene = Scene::new(|_| assumed("short", at(60))).await;
    scene.rrsa().set("ECS_METADATA_DISABLED", "true");
    let provider = scene.provider();
    assert_eq!(id(&provider).await, "short");
    scene.pass(Duration::from_secs(59)).await;
    assert_eq!(id(&provider).await, "short");
    landed(&provider).await;
    scene.pass(Duration::from_secs(10)).await;
    let error = provider.keys().await.unwrap_err().to_string();
    assert!(
        error.contains("have ended at 2026-11-24T00:01:00Z"),
        "{error}"
    );
}
