//! Listings that take several objects: read back whole, whoever writes them.

use std::{collections::BTreeSet, time::Duration};

use arrears::{clock::Clock, cluster::Shards};
use futures_util::{Stream, StreamExt as _};
use jiff::Timestamp;
use kube::{
    Api,
    api::{ApiResource, DynamicObject, WatchEvent, WatchParams},
};
use serde_json::Value;

use super::scene::{HANGZHOU, Scene, key};

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_ids_are_read_back_whole_from_several_objects() {
    let scene = Scene::begin().await;
    let mut leader = scene.leader(scene.admin.clone(), "a", &[HANGZHOU], "2m");
    leader.publish();
    leader.list(HANGZHOU, "many", 100_000);
    // The first is written last.
    scene.until_there("prod.cn-hangzhou").await;
    let listed = scene.read().await.remove(&key(HANGZHOU)).unwrap();
    let ids: BTreeSet<_> = listed
        .snapshot
        .instances()
        .map(|entry| entry.id())
        .collect();
    assert_eq!(ids.len(), 100_000);
    let objects = scene.locks().await;
    assert!(4 < objects.len(), "{}", objects.len());
    for (name, object) in &objects {
        let bytes = object.to_string().len();
        assert!(bytes < 1_000_000, "{name}: {bytes} bytes");
    }
    // What is listed now needs one: the others go, the last one last.
    leader.list(HANGZHOU, "few", 1);
    let last = u32::try_from(objects.len()).unwrap() - 1;
    scene.until_gone(&format!("prod.cn-hangzhou.{last}")).await;
    assert_eq!(scene.locks().await.len(), 1);
    scene.until_read(HANGZHOU, &["i-few000000000000"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_and_a_new_leader_that_write_over_each_other_never_make_a_mixture() {
    let scene = Scene::begin().await;
    let resource = ApiResource {
        group: "arrears.dev".to_owned(),
        version: "v1alpha1".to_owned(),
        api_version: "arrears.dev/v1alpha1".to_owned(),
        kind: "LockSnapshot".to_owned(),
        plural: "locksnapshots".to_owned(),
    };
    let objects: Api<DynamicObject> = Api::all_with(scene.admin.clone(), &resource);
    let mut changes = objects
        .watch(&WatchParams::default(), "0")
        .await
        .unwrap()
        .boxed();

    let regions = [HANGZHOU];
    let mut old = scene.leader(scene.admin.clone(), "old", &regions, "1s");
    let mut new = scene.leader(scene.admin.clone(), "new", &regions, "1s");
    old.publish();
    new.publish();
    let mut shards = Shards::new(Clock::system());
    let mut given = Vec::new();
    let mut last = None;
    // Each of several objects, and of another number of them.
    for round in 0..6 {
        let (leader, prefix, ids) = match round % 2 {
            0 => (&old, "old", 40_000),
            _ => (&new, "new", 60_000),
        };
        last = Some((leader.list(HANGZHOU, prefix, ids), ids));
        // The other one is begun when this one has written something.
        take(&mut changes, &mut shards, &mut given).await;
    }
    // The one that leads now lists again; the other has lost its term in the middle of whatever it was at.
    old.stop();
    let (last, ids) = last.unwrap();
    while given.last() != Some(&(last, ids)) {
        take(&mut changes, &mut shards, &mut given).await;
    }
    assert!(given.is_sorted());
    let read = scene.read().await;
    assert_eq!(read[&key(HANGZHOU)].observed_at, last);
}

/// Takes the next change and checks what it gives.
async fn take(
    changes: &mut (impl Stream<Item = kube::Result<WatchEvent<DynamicObject>>> + Unpin),
    shards: &mut Shards,
    given: &mut Vec<(Timestamp, usize)>,
) {
    let change = tokio::time::timeout(Duration::from_secs(60), changes.next()).await;
    let object = match change.expect("a change").unwrap().unwrap() {
        WatchEvent::Added(object) | WatchEvent::Modified(object) => object,
        WatchEvent::Deleted(object) => {
            return shards.delete(object.metadata.name.as_deref().unwrap());
        }
        WatchEvent::Bookmark(_) => return,
        WatchEvent::Error(error) => panic!("{error:?}"),
    };
    let name = object.metadata.name.clone().unwrap();
    let json: Value = serde_json::to_value(&object).unwrap();
    if let Some((_, listed)) = shards.apply(&name, json.to_string().as_bytes()).unwrap() {
        let mut prefixes: BTreeSet<String> = BTreeSet::new();
        let mut ids = 0;
        for entry in listed.snapshot.instances() {
            ids += 1;
            prefixes.insert(entry.id().chars().take(5).collect());
        }
        assert_eq!(prefixes.len(), 1, "{prefixes:?}");
        let expected = if prefixes.contains("i-old") {
            40_000
        } else {
            60_000
        };
        assert_eq!(ids, expected);
        given.push((listed.observed_at, ids));
    }
}
