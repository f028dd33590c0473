//! However many ask, the cloud is asked once; and for what is allowed it is not asked at all.

use std::sync::Arc;

use tokio::task::JoinSet;

use super::{double::Fault, scene::Scene};

#[tokio::test(flavor = "multi_thread")]
async fn sixty_four_callers_of_one_cold_target_make_one_call() {
    let scene = Arc::new(Scene::begin().await);
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.list().await;
    scene.minute();
    let before = scene.double.total();
    let held = scene.double.fault(Fault::hold_answer());
    let mut callers = JoinSet::new();
    for _ in 0..64 {
        let scene = Arc::clone(&scene);
        callers.spawn(async move { scene.ask("StartInstance", &["i-web"], &[]).await });
    }
    scene
        .until_counted(r#"arrears_confirmations_total{outcome="shared"} 63"#)
        .await;
    held.lift();
    while let Some(answer) = callers.join_next().await {
        assert_eq!(answer.unwrap().code, Some(403));
    }
    assert_eq!(scene.double.total() - before, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_targets_at_once_are_asked_for_in_few_calls() {
    let scene = Arc::new(Scene::begin().await);
    for number in 0..200 {
        scene
            .cloud()
            .lock_instance(&format!("i-{number:03}"), ["financial"]);
    }
    scene.list().await;
    scene.minute();
    let before = scene.double.total();
    let held = scene.double.fault(Fault::hold_answer());
    let mut callers = JoinSet::new();
    for number in 0..200 {
        let scene = Arc::clone(&scene);
        callers.spawn(async move {
            let id = format!("i-{number:03}");
            scene.ask("StartInstance", &[&id], &[]).await
        });
    }
    scene.until_counted("arrears_reviews_in_flight 200").await;
    held.lift();
    while let Some(answer) = callers.join_next().await {
        assert_eq!(answer.unwrap().code, Some(403));
    }
    let calls = scene.double.total() - before;
    assert!(calls <= 4, "{calls} calls");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_asked_for_what_is_allowed_while_the_facts_are_fresh() {
    let scene = Arc::new(Scene::begin().await);
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.cloud().instance("i-free");
    scene.list().await;
    scene.seconds(100);
    let before = scene.double.total();
    scene.allows("StartInstance", &["i-free"], &[]).await;
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let scene = Arc::clone(&scene);
        callers.spawn(async move {
            for _ in 0..25_000 {
                let answer = scene.ask_directly("StartInstance", "i-free").await;
                assert!(answer.contains(r#""verdict":"allow""#), "{answer}");
            }
        });
    }
    while let Some(done) = callers.join_next().await {
        done.unwrap();
    }
    assert_eq!(scene.double.total(), before, "after 100,000 reviews");
}

#[tokio::test]
async fn a_caller_who_leaves_does_not_take_the_answer_along() {
    let scene = Scene::begin().await;
    scene.cloud().lock_instance("i-web", ["financial"]);
    scene.list().await;
    scene.minute();
    scene.cloud().pay_instance("i-web");
    let before = scene.double.total();
    let held = scene.double.fault(Fault::hold_answer());
    {
        let asked = std::pin::pin!(scene.ask("StartInstance", &["i-web"], &[]));
        let called = std::pin::pin!(scene.double.until_called("DescribeInstances", 3));
        tokio::select! {
            answer = asked => panic!("{answer:?}"),
            () = called => {}
        }
    }
    held.lift();
    scene.allows("StartInstance", &["i-web"], &[]).await;
    assert_eq!(
        scene.double.total() - before,
        1,
        "the first call's answer served"
    );
}
