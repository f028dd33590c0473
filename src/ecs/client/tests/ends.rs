//! How a call ends that has no answer, and what is never told of it.

use super::*;

#[tokio::test]
async fn an_attempt_that_hangs_is_given_up_and_tried_again() {
    let mut scene = Scene::new(|number| match number {
        0 => Act::Hang,
        _ => ok(an_empty_page()),
    })
    .await;
    let patience = Patience {
        attempt: Duration::from_millis(300),
        ..patience()
    };
    let region = &scene.region;
    scene
        .client
        .instances(region, LOCKED, patience)
        .await
        .unwrap();
    // On a busy machine the second one may be too slow as well.
    let attempts = scene.service.requests().len();
    assert!(2 <= attempts, "{attempts}");
    assert_eq!(scene.counted("DescribeInstances", "timeout"), attempts - 1);
    assert_eq!(scene.counted("DescribeInstances", "ok"), 1);
}

#[tokio::test]
async fn all_attempts_together_end_within_the_patience() {
    let scene = Scene::new(|_| Act::Hang).await;
    let patience = within(Duration::from_millis(50));
    let error = scene
        .client
        .instances(&scene.region, LOCKED, patience)
        .await
        .unwrap_err();
    assert_eq!(error.class, Class::Timeout);
    assert_eq!(
        error.message,
        "50ms have passed, still waiting for an answer"
    );
    assert_eq!(scene.counted("DescribeInstances", "timeout"), 1);
}

#[tokio::test]
async fn what_was_met_before_the_patience_ended_is_what_is_told() {
    let scene = Scene::new(|number| match number {
        0 => refusal(400, "Throttling"),
        _ => Act::Hang,
    })
    .await;
    let error = scene
        .client
        .instances(&scene.region, LOCKED, within(Duration::from_secs(2)))
        .await
        .unwrap_err();
    assert_eq!(error.class, Class::Throttled { retry_after: None });
}

#[tokio::test]
async fn a_service_that_nobody_runs_is_an_error_of_the_network() {
    let mut scene = Scene::new(|_| Act::Close).await;
    drop(std::mem::replace(
        &mut scene.service,
        Service::start(|_| Act::Close).await,
    ));
    let error = scene.instances(LOCKED).await.unwrap_err();
    assert_eq!(error.class, Class::Network);
    assert!(!error.message.contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn no_secret_is_in_what_a_client_or_its_errors_show() {
    let echo = json!({
        "Code": "SignatureDoesNotMatch",
        "Message": "not matched the-token-0. server string to sign is:POST\nx-acs-security-token:the-token-0",
    });
    let scene = Scene::new(move |_| Act::Answer(400, "", echo.to_string())).await;
    let error = scene.instances(LOCKED).await.unwrap_err();
    let all = format!("{error} {error:?} {} {:?}", error.remedy(), scene.client);
    for secret in ["the-token", "the-secret"] {
        assert!(!all.contains(secret), "{all}");
    }
}
