//! Keys that end, and are renewed, while they are in use.

use std::sync::Arc;

use serde_json::json;

use crate::{
    double::Fault,
    hands::Hands,
    scene::{ROLE, Scene},
};

const CALLERS: usize = 8;
const CALLS: usize = 3;
const ROUNDS: i64 = 200;
const MINUTE: i64 = 60;

/// Calls of all callers in each of the minutes; none of them may fail.
async fn rounds(scene: &Arc<Scene>, provider: &Arc<arrears::ecs::Provider>, minutes: i64) {
    let hands: &Hands = &scene.hands;
    for minute in 0..minutes {
        let mut callers = tokio::task::JoinSet::new();
        for _ in 0..CALLERS {
            let (scene, provider) = (Arc::clone(scene), Arc::clone(provider));
            callers.spawn(async move {
                for _ in 0..CALLS {
                    let keys = provider.keys().await.unwrap();
                    scene.ask(&keys).await.unwrap();
                }
            });
        }
        while let Some(ended) = callers.join_next().await {
            ended.unwrap_or_else(|error| panic!("minute {minute}: {error}"));
        }
        hands.advance(MINUTE);
    }
}

/// 200 minutes with keys that last 60, renewed 3 minutes before they end: that is 4 times.
#[tokio::test]
async fn keys_that_end_under_load_fail_no_call() {
    let mut scene = Scene::new();
    scene.rrsa();
    let scene = Arc::new(scene);
    let provider = Arc::new(scene.provider(&json!({"roleArn": ROLE})));
    rounds(&scene, &provider, ROUNDS).await;
    assert_eq!(scene.cloud.count("AssumeRoleWithOIDC"), 4);
    assert_eq!(scene.cloud.count("AssumeRole"), 4);
    let calls = scene.cloud.count("DescribeInstances");
    assert_eq!(calls, CALLERS * CALLS * usize::try_from(ROUNDS).unwrap());
}

/// STS is away when the keys should be renewed and comes back in their last minute.
#[tokio::test]
async fn an_outage_of_sts_that_ends_before_the_keys_do_fails_no_call() {
    let mut scene = Scene::new();
    scene.rrsa();
    let scene = Arc::new(scene);
    let provider = Arc::new(scene.provider(&json!({})));
    rounds(&scene, &provider, 50).await;
    let trouble = scene
        .cloud
        .fault(Fault::unavailable().action("AssumeRoleWithOIDC"));
    rounds(&scene, &provider, 9).await;
    assert!(0 < trouble.hits());
    trouble.lift();
    rounds(&scene, &provider, 30).await;
}
