//! Asking whether one may ask.

use super::*;

#[tokio::test]
async fn a_permission_is_there_when_the_rehearsal_says_so_and_only_then() {
    for (act, class) in [
        (refusal(400, "DryRunOperation"), None),
        (ok(an_empty_page()), Some(Class::Malformed)),
        (ok("{}".to_owned()), Some(Class::Malformed)),
        (refusal(403, "Forbidden.RAM"), Some(Class::NoPermission)),
        (refusal(400, "InvalidParameter"), Some(Class::Rejected)),
    ] {
        let mut scene = Scene::new(move |_| act.clone()).await;
        for (what, action) in [
            (Describe::Instances, "DescribeInstances"),
            (Describe::Disks, "DescribeDisks"),
        ] {
            let outcome = scene
                .client
                .check_permission(&scene.region, what, patience())
                .await;
            assert_eq!(outcome.as_ref().err().map(|error| error.class), class);
            let [request] = &scene.service.requests()[..] else {
                panic!("not one request");
            };
            assert_eq!(request.line, "POST /?DryRun=true&RegionId=cn-hangzhou");
            assert_eq!(request.header("x-acs-action"), action);
            assert_eq!(scene.counted(action, "ok"), usize::from(class.is_none()));
        }
    }
}

#[tokio::test]
async fn a_rehearsal_that_is_answered_in_earnest_says_what_is_wrong() {
    let scene =
        Scene::new(|_| Act::Answer(200, "x-acs-request-id: R-9\r\n", an_empty_page())).await;
    let error = scene
        .client
        .check_permission(&scene.region, Describe::Disks, patience())
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "DescribeDisks in cn-hangzhou: ECS gave an answer that can't be read: what answers there did not honour DryRun (request R-9)"
    );
}
