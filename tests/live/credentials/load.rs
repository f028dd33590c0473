//! Reviews and listings go on, and are right, while keys are rotated, end, and are taken away.

use std::{sync::Arc, time::Duration};

use tokio::{sync::watch, task::JoinSet};

use super::places::{Make, NEXT_TOKEN, PROVIDER, ROLE, TOKEN, machine, oidc};
use crate::{double::TokenState, plan::Plan, scene::Scene};

/// What goes on all the time, and how much of it there was.
struct Load {
    reviews: watch::Receiver<usize>,
    listings: watch::Receiver<usize>,
    tasks: JoinSet<()>,
    end: watch::Sender<bool>,
}

impl Load {
    fn begin(scene: &Arc<Scene>) -> Self {
        let (reviewed, reviews) = watch::channel(0);
        let (listed, listings) = watch::channel(0);
        let end = watch::Sender::new(false);
        let mut tasks = JoinSet::new();
        for _ in 0..4 {
            let (scene, reviewed, end) = (Arc::clone(scene), reviewed.clone(), end.subscribe());
            tasks.spawn(async move {
                while !*end.borrow() {
                    scene.denies("StartInstance", &["i-web"], &[]).await;
                    scene.allows("StartInstance", &["i-free"], &[]).await;
                    scene.denies("AttachDisk", &["i-free"], &["d-web"]).await;
                    reviewed.send_modify(|count| *count += 3);
                }
            });
        }
        let (scene, ended) = (Arc::clone(scene), end.subscribe());
        tasks.spawn(async move {
            while !*ended.borrow() {
                scene.list().await;
                listed.send_modify(|count| *count += 1);
            }
        });
        Self {
            reviews,
            listings,
            tasks,
            end,
        }
    }

    /// Until there have been some more of each; panics where a task did.
    async fn goes_on(&mut self) {
        for counter in [&mut self.reviews, &mut self.listings] {
            let goal = *counter.borrow() + 4;
            tokio::select! {
                reached = counter.wait_for(|count| goal <= *count) => { reached.unwrap(); }
                Some(ended) = self.tasks.join_next() => { ended.unwrap(); panic!("it goes on") }
            }
        }
    }

    async fn end(mut self) -> (usize, usize) {
        self.end.send_replace(true);
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        (*self.reviews.borrow(), *self.listings.borrow())
    }
}

/// Time that passes at once: less than the margin of renewal, as much, and more than what keys have left.
const STEPS: [u64; 4] = [150, 400, 150, 700];

async fn run(keys: Make, action: &str) {
    let scene = Scene::of(Plan {
        keys: &keys,
        attempt: Duration::from_secs(20),
        ..Plan::default()
    })
    .await;
    let scene = Arc::new(scene);
    let cloud = scene.cloud();
    cloud.lock_instance("i-web", ["financial"]);
    cloud.instance("i-free");
    cloud.lock_disk("d-web", ["financial"]);
    scene.list().await;
    let mut load = Load::begin(&scene);
    let mut taken_away = 0;
    for (number, seconds) in STEPS.iter().cycle().take(60).enumerate() {
        load.goes_on().await;
        scene.seconds(*seconds);
        if number % 10 == 5 {
            rotate(&scene, number);
        }
        load.goes_on().await;
        if number % 12 == 3 {
            // Not where keys were renewed a moment ago: they are not fetched more often than each few seconds.
            let fetched = scene.calls(action);
            scene.seconds(20);
            load.goes_on().await;
            if scene.calls(action) == fetched {
                scene.double.expire_sessions();
                taken_away += 1;
                load.goes_on().await;
            }
        }
    }
    let (reviews, listings) = load.end().await;
    let fetched = scene.calls(action);
    assert!(480 <= reviews && 480 <= listings, "{reviews} {listings}");
    assert!(2 <= taken_away, "{taken_away}");
    assert!(taken_away + 2 <= fetched, "{fetched}");
    assert!(fetched <= 80, "{fetched}");
}

/// The cluster's token is another one from now on, and the former is none.
fn rotate(scene: &Scene, number: usize) {
    let (former, next) = match number % 20 {
        5 => (TOKEN, NEXT_TOKEN),
        _ => (NEXT_TOKEN, TOKEN),
    };
    let account = scene.account();
    account.oidc_role(ROLE, PROVIDER, next, TokenState::Good);
    // As the kubelet does it: the file is always whole.
    let path = scene.home.join("next");
    std::fs::write(&path, next).unwrap();
    std::fs::rename(path, scene.home.join("token")).unwrap();
    account.oidc_role(ROLE, PROVIDER, former, TokenState::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_of_the_cluster_is_renewed_under_load() {
    run(oidc, "AssumeRoleWithOIDC").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_machines_role_is_renewed_under_load() {
    run(
        |ground| {
            let lifetime = jiff::SignedDuration::from_mins(30);
            ground.cloud.machine_keys_live(lifetime);
            machine(ground)
        },
        "MetadataKeys",
    )
    .await;
}
