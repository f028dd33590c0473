//! What is tried again, how soon, and what never is.

use super::*;

#[tokio::test]
async fn what_is_likely_to_pass_is_tried_again() {
    for first in [
        refusal(500, "InternalError"),
        refusal(503, "ServiceUnavailable"),
        refusal(400, "Throttling"),
        refusal(400, "SignatureNonceUsed"),
        Act::Answer(502, "", "<html>".to_owned()),
        Act::Close,
        Act::Cut(an_empty_page()),
    ] {
        let told = format!("{first:?}");
        let mut scene = Scene::new(move |number| match number {
            0 => first.clone(),
            _ => ok(an_empty_page()),
        })
        .await;
        scene.instances(LOCKED).await.unwrap();
        let requests = scene.service.requests();
        assert_eq!(requests.len(), 2, "{told}");
        let nonce = |index: usize| requests[index].header("x-acs-signature-nonce").to_owned();
        assert_ne!(nonce(0), nonce(1), "{told}");
        assert!(rested(&scene), "{told}");
        assert_eq!(scene.counted("DescribeInstances", "ok"), 1);
    }
}

#[tokio::test]
async fn what_will_not_pass_is_not_tried_again() {
    for (act, class, outcome) in [
        (refusal(403, "Forbidden.RAM"), Class::NoPermission, "denied"),
        (
            refusal(400, "InvalidTimeStamp.Expired"),
            Class::ClockSkew,
            "error",
        ),
        (
            refusal(404, "InvalidRegionId.NotFound"),
            Class::UnknownRegion,
            "error",
        ),
        (
            refusal(404, "InvalidLockReason.NotFound"),
            Class::Rejected,
            "error",
        ),
        (ok("<html>".to_owned()), Class::Malformed, "error"),
        (ok("{\"Instances\":".to_owned()), Class::Malformed, "error"),
        (ok("{}".to_owned()), Class::Malformed, "error"),
        (
            Act::Answer(404, "", "<html>".to_owned()),
            Class::Malformed,
            "error",
        ),
        (Act::Endless(17 * 1024 * 1024), Class::Malformed, "error"),
    ] {
        let mut scene = Scene::new(move |_| act.clone()).await;
        let error = scene.instances(LOCKED).await.unwrap_err();
        assert_eq!(error.class, class, "{error}");
        assert_eq!(scene.service.requests().len(), 1, "{error}");
        assert_eq!(scene.counted("DescribeInstances", outcome), 1, "{error}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let mut elsewhere = Service::start(|_| ok(an_empty_page())).await;
    let location: &'static str = format!("location: {}/\r\n", elsewhere.endpoint()).leak();
    for status in [301, 302, 303, 307, 308] {
        let mut scene = Scene::new(move |_| Act::Answer(status, location, an_empty_page())).await;
        let error = scene.instances(LOCKED).await.unwrap_err();
        assert_eq!(error.class, Class::Malformed);
        assert!(error.message.contains("not followed"), "{error}");
        assert_eq!(scene.service.requests().len(), 1);
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_throttled_call_waits_as_long_as_it_is_told_to() {
    let mut scene = Scene::new(|number| match number {
        0 => throttled("x-ratelimit-user-api: Limit:1,Remain:0,TimeLeft:2500,Reset:1\r\n"),
        1 => throttled(""),
        _ => ok(an_empty_page()),
    })
    .await;
    scene.instances(LOCKED).await.unwrap();
    assert_eq!(scene.service.requests().len(), 3);
    assert_eq!(scene.counted("DescribeInstances", "throttled"), 2);
    let [first, second] = scene.manual.slept()[..] else {
        panic!("{:?}", scene.manual.slept());
    };
    let within = |low: u64, pause: Duration| {
        let low = Duration::from_millis(low);
        assert!(
            low <= pause && pause < low + Duration::from_secs(1),
            "{pause:?}"
        );
    };
    within(2600, first);
    within(1200, second);
}

#[tokio::test]
async fn a_throttled_call_that_would_have_to_wait_too_long_is_given_up_at_once() {
    let mut scene = Scene::new(|_| throttled("x-acs-retry-after: 60000\r\n")).await;
    let error = scene.instances(LOCKED).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(60));
    assert_eq!(error.class, Class::Throttled { retry_after });
    assert_eq!(scene.service.requests().len(), 1);
    assert!(scene.manual.slept().is_empty());
}

#[tokio::test]
async fn keys_that_are_taken_no_more_are_replaced_once() {
    for code in [
        "InvalidSecurityToken.Expired",
        "MissingSecurityToken",
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
    ] {
        let script = move |number| match number {
            0 => refusal(400, code),
            _ => ok(an_empty_page()),
        };
        let ring = Ring::of([keys(0), keys(1)]);
        let mut scene = Scene::with(script, ring).await;
        scene.instances(LOCKED).await.unwrap();
        let tokens: Vec<_> = scene
            .service
            .requests()
            .iter()
            .map(|request| request.header("x-acs-security-token").to_owned())
            .collect();
        assert_eq!(tokens, ["the-token-0", "the-token-1"], "{code}");
        assert_eq!(scene.ring.rejected(), 1);
        assert_eq!(scene.counted("DescribeInstances", "denied"), 1);
    }
}

#[tokio::test]
async fn without_other_keys_the_error_stays() {
    let refused = |_| refusal(400, "InvalidSecurityToken.Expired");
    for (ring, attempts) in [
        (Ring::of([keys(0)]), 1),
        (Ring::of([keys(0), keys(0)]), 1),
        (Ring::of([keys(0), keys(1), keys(2)]), 2),
    ] {
        let mut scene = Scene::with(refused, ring).await;
        let error = scene.instances(LOCKED).await.unwrap_err();
        assert_eq!(error.class, Class::ExpiredToken);
        assert_eq!(scene.service.requests().len(), attempts);
    }
}

#[tokio::test]
async fn an_outage_does_not_multiply_the_calls() {
    const CALLS: usize = 50;
    let mut scene = Scene::new(|_| refusal(500, "InternalError")).await;
    for _ in 0..CALLS {
        let error = scene.instances(LOCKED).await.unwrap_err();
        assert_eq!(error.class, Class::Server);
    }
    let attempts = scene.service.requests().len();
    assert!(
        CALLS < attempts && attempts <= CALLS + CALLS / 5 + 10,
        "{attempts}"
    );
    assert_eq!(scene.counted("DescribeInstances", "error"), attempts);
}

#[tokio::test]
async fn attempts_are_paced() {
    let rate = Rate {
        per_second: 2,
        burst: 3,
    };
    let scene = Scene::paced(|_| ok(an_empty_page()), rate).await;
    for _ in 0..5 {
        scene.instances(LOCKED).await.unwrap();
    }
    assert_eq!(scene.manual.elapsed(), Duration::from_secs(1));
}
