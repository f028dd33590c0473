//! What is sent, and what is no call at all.

use super::*;

#[tokio::test]
async fn a_listing_is_one_signed_post_to_the_endpoint_of_its_region() {
    let mut scene = Scene::new(|_| ok(an_empty_page())).await;
    let page = scene.instances(LOCKED).await.unwrap();
    assert!(page.items.is_empty());
    let [request] = &scene.service.requests()[..] else {
        panic!("not one request");
    };
    assert_eq!(
        request.line,
        "POST /?LockReason=financial&MaxResults=100&RegionId=cn-hangzhou"
    );
    assert_eq!(request.header("host"), scene.service.host());
    assert_eq!(request.header("x-acs-action"), "DescribeInstances");
    assert_eq!(request.header("x-acs-version"), "2014-05-26");
    assert_eq!(request.header("x-acs-date"), "2026-11-24T00:00:00Z");
    assert_eq!(request.header("x-acs-security-token"), "the-token-0");
    assert_eq!(request.header("accept"), "application/json");
    assert_eq!(request.header("content-length"), "0");
    let user_agent = concat!("arrears/", env!("CARGO_PKG_VERSION"));
    assert_eq!(request.header("user-agent"), user_agent);
    let again = Signing {
        method: "POST",
        host: &scene.service.host(),
        action: "DescribeInstances",
        version: "2014-05-26",
        query: &[
            ("RegionId", "cn-hangzhou"),
            ("LockReason", "financial"),
            ("MaxResults", "100"),
        ],
        form: &[],
        date: "2026-11-24T00:00:00Z".parse().unwrap(),
        nonce: request.header("x-acs-signature-nonce"),
        more_headers: &[],
    }
    .sign(&keys(0));
    for (name, value) in &again.headers {
        assert_eq!(request.header(name), value, "{name}");
    }
}

#[tokio::test]
async fn disks_are_asked_for_in_pages_of_their_own_size_and_by_their_own_parameter() {
    let body =
        json!({"Disks": {"Disk": [{"DiskId": "d-1", "InstanceId": "i-1"}]}, "NextToken": "n"});
    let mut scene = Scene::new(move |_| ok(body.to_string())).await;
    let next = Query::Locked {
        reason: "financial",
        next_token: Some("t=&1"),
    };
    let page = scene.disks(next).await.unwrap();
    assert_eq!(page.next_token.as_deref(), Some("n"));
    assert_eq!(page.items[0].instances, ["i-1"]);
    scene.disks(Query::Ids(&["d-1".to_owned()])).await.unwrap();
    let requests = scene.service.requests();
    assert_eq!(
        requests[0].line,
        "POST /?LockReason=financial&MaxResults=500&NextToken=t%3D%261&RegionId=cn-hangzhou"
    );
    assert_eq!(requests[1].parameter("DiskIds"), r#"["d-1"]"#);
    assert_eq!(requests[1].header("x-acs-action"), "DescribeDisks");
}

#[tokio::test]
async fn one_instance_is_asked_for_without_a_region_and_no_other_is_taken_for_it() {
    let body = json!({"InstanceId": "i-1", "OperationLocks": {"LockReason": []}});
    let mut scene = Scene::new(move |_| ok(body.to_string())).await;
    let instance = scene.instance("i-1").await.unwrap();
    assert_eq!(instance.id, "i-1");
    let [request] = &scene.service.requests()[..] else {
        panic!("not one request");
    };
    assert_eq!(request.line, "POST /?InstanceId=i-1");
    let error = scene.instance("i-2").await.unwrap_err();
    assert_eq!(error.class, Class::Malformed);
}

#[tokio::test]
async fn no_ids_and_too_many_ids_are_no_call() {
    let mut scene = Scene::new(|_| ok(an_empty_page())).await;
    let page = scene.instances(Query::Ids(&[])).await.unwrap();
    assert!(page.items.is_empty());
    let error = scene.instances(Query::Ids(&ids(101))).await.unwrap_err();
    assert_eq!(error.class, Class::Rejected);
    assert!(scene.service.requests().is_empty());
    scene.instances(Query::Ids(&ids(100))).await.unwrap();
    assert_eq!(scene.service.requests().len(), 1);
}

#[tokio::test]
async fn a_region_that_the_account_does_not_name_is_no_call() {
    let mut scene = Scene::new(|_| ok(an_empty_page())).await;
    let elsewhere = "cn-beijing".parse().unwrap();
    let error = scene
        .client
        .instances(&elsewhere, LOCKED, patience())
        .await
        .unwrap_err();
    assert_eq!(error.class, Class::UnknownRegion);
    assert!(error.message.contains("prod"), "{error}");
    assert!(scene.service.requests().is_empty());
}

#[tokio::test]
async fn keys_that_no_header_can_carry_are_no_call() {
    let ring = Ring::of([Keys {
        access_key_id: "id\r\nhost: evil".to_owned(),
        ..keys(0)
    }]);
    let mut scene = Scene::with(|_| ok(an_empty_page()), ring).await;
    let error = scene.instances(LOCKED).await.unwrap_err();
    assert_eq!(error.class, Class::BadCredentials);
    assert!(!error.to_string().contains("evil"), "{error}");
    assert!(scene.service.requests().is_empty());
}

#[tokio::test]
async fn without_credentials_nothing_is_sent_and_the_reason_is_told() {
    let mut scene = Scene::with(|_| ok(an_empty_page()), Ring::of([])).await;
    let error = scene.instances(LOCKED).await.unwrap_err();
    assert_eq!(error.class, Class::NoCredentials);
    assert!(error.message.contains("the ring is empty"), "{error}");
    assert!(scene.service.requests().is_empty());
}
