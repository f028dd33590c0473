//! How it fails when told to, as a client meets it.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    caller::Caller,
    double::{Answer, Cloud, Fault, Shape},
};

const HERE: (&str, &str) = ("RegionId", "cn-hangzhou");

/// Longer than anything takes that comes at all.
const NEVER: Duration = Duration::from_millis(300);

fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.account("AKID", "SECRET");
    let region = cloud.region("cn-hangzhou");
    region
        .lock_instance("i-1", ["financial"])
        .lock_disk("d-1", ["financial"])
        .attach("d-1", "i-1");
    cloud
}

fn call(cloud: &Cloud, action: &str) -> Caller {
    Caller::new(
        cloud,
        action,
        &[HERE, ("MaxResults", "10"), ("InstanceId", "i-1")],
    )
}

/// Sends a call and has the whole answer, or how it failed.
async fn fetch(caller: Caller) -> Result<(u16, String), reqwest::Error> {
    let response = caller.request().send().await?;
    Ok((response.status().as_u16(), response.text().await?))
}

#[tokio::test]
async fn refusals_come_with_the_status_the_code_and_the_hint_of_the_service() {
    let cloud = cloud();
    let hint = Duration::from_millis(2500);
    let rows = [
        (Fault::server_error(), (500, "InternalError")),
        (Fault::unavailable(), (503, "ServiceUnavailable")),
        (Fault::forbidden(), (403, "Forbidden.RAM")),
        (
            Fault::expired_token(),
            (400, "InvalidSecurityToken.Expired"),
        ),
        (
            Fault::refused(400, "Account.Arrearage", "in arrears"),
            (400, "Account.Arrearage"),
        ),
        (Fault::throttled(Some(hint)), (400, "Throttling.User")),
    ];
    for (fault, refusal) in rows {
        cloud.heal();
        cloud.fault(fault);
        let reply = call(&cloud, "DescribeInstances").send().await;
        assert_eq!(reply.refusal(), refusal);
    }
    let throttled = call(&cloud, "DescribeInstances").send().await;
    let limit = throttled.headers["x-ratelimit-user-api"].to_str().unwrap();
    assert!(limit.contains("TimeLeft:2500,"), "{limit}");
}

#[tokio::test]
async fn a_fault_meets_the_calls_that_it_is_for_and_no_others() {
    let cloud = cloud();
    cloud.region("cn-beijing");
    let other = cloud.account("OTHER", "THEIRS");
    let fault = |fault: Fault| cloud.fault(fault.region("cn-hangzhou"));

    let trouble = fault(Fault::server_error().action("DescribeDisks"));
    assert_eq!(call(&cloud, "DescribeInstances").send().await.status, 200);
    assert_eq!(call(&cloud, "DescribeDisks").send().await.status, 500);
    let elsewhere = Caller::new(&cloud, "DescribeDisks", &[("RegionId", "cn-beijing")]);
    assert_eq!(elsewhere.send().await.status, 200);
    assert_eq!(trouble.hits(), 1);
    trouble.lift();
    assert_eq!(call(&cloud, "DescribeDisks").send().await.status, 200);

    cloud.fault(Fault::server_error().account(&other));
    assert_eq!(call(&cloud, "DescribeDisks").send().await.status, 200);
    let theirs = call(&cloud, "DescribeDisks").key("OTHER", "THEIRS");
    assert_eq!(theirs.send().await.status, 500);

    // Who is not let in meets no fault of what is inside.
    let forged = call(&cloud, "DescribeDisks")
        .key("OTHER", "WRONG")
        .send()
        .await;
    assert_eq!(forged.code(), "SignatureDoesNotMatch");
}

type When = fn(Fault) -> Fault;

#[tokio::test]
async fn a_fault_counts_the_calls_that_fit() {
    let cloud = cloud();
    let rows: [(When, [u16; 5]); 4] = [
        (|fault| fault.nth(2), [200, 500, 200, 200, 200]),
        (|fault| fault.first(2), [500, 500, 200, 200, 200]),
        (|fault| fault.from(4), [200, 200, 200, 500, 500]),
        (|fault| fault.every(2), [200, 500, 200, 500, 200]),
    ];
    for (when, expected) in rows {
        cloud.heal();
        cloud.fault(when(Fault::server_error()));
        for status in expected {
            assert_eq!(
                call(&cloud, "DescribeInstances").send().await.status,
                status
            );
        }
    }
}

#[tokio::test]
async fn connections_are_refused_and_taken_again_on_the_same_port() {
    let cloud = cloud();
    cloud.close();
    let refused = fetch(call(&cloud, "DescribeInstances")).await.unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    cloud.open();
    assert_eq!(call(&cloud, "DescribeInstances").send().await.status, 200);
    assert_eq!(cloud.total(), 1);
}

#[tokio::test]
async fn an_answer_that_never_comes_does_not_come() {
    let cloud = cloud();
    cloud.fault(Fault::hang());
    let waiting = timeout(NEVER, fetch(call(&cloud, "DescribeInstances")));
    assert!(waiting.await.is_err());
    assert_eq!(cloud.calls("DescribeInstances")[0].answer, None);
}

#[tokio::test]
async fn a_body_that_stalls_begins_and_does_not_end() {
    let cloud = cloud();
    cloud.fault(Fault::stall_in_body());
    let mut response = call(&cloud, "DescribeInstances")
        .request()
        .send()
        .await
        .unwrap();
    let length = response.content_length().unwrap() as usize;
    let begin = response.chunk().await.unwrap().unwrap();
    assert_eq!(begin.len(), length / 2);
    assert!(timeout(NEVER, response.chunk()).await.is_err());
}

#[tokio::test]
async fn resets_break_the_connection_before_the_answer_or_within_it() {
    let cloud = cloud();
    let before = cloud.fault(Fault::reset());
    let error = fetch(call(&cloud, "DescribeInstances")).await.unwrap_err();
    assert!(
        format!("{error:?}").contains("ConnectionReset"),
        "{error:?}"
    );
    before.lift();

    cloud.fault(Fault::reset_in_body());
    let mut response = call(&cloud, "DescribeInstances")
        .request()
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let error = loop {
        match response.chunk().await {
            Ok(chunk) => assert!(chunk.is_some(), "the body ended as if it were whole"),
            Err(error) => break error,
        }
    };
    assert!(
        format!("{error:?}").contains("ConnectionReset"),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_slow_body_comes_whole() {
    let cloud = cloud();
    cloud.fault(Fault::slow_body(Duration::from_millis(1)));
    let reply = call(&cloud, "DescribeInstances").send().await;
    assert_eq!(reply.ids(), ["i-1"]);
}

#[tokio::test]
async fn answers_of_others_come_as_they_are() {
    let cloud = cloud();
    let rows = [
        (Fault::html(200), (200, "<html>")),
        (Fault::html(502), (502, "<html>")),
        (Fault::redirect("http://elsewhere.example/"), (302, "")),
        (Fault::instead(Answer::of(204, "text/plain", "")), (204, "")),
    ];
    for (fault, (status, begin)) in rows {
        cloud.heal();
        cloud.fault(fault);
        let (was, body) = fetch(call(&cloud, "DescribeInstances")).await.unwrap();
        assert_eq!(was, status);
        assert!(body.starts_with(begin), "{body}");
    }
}

#[tokio::test]
async fn truncated_json_is_a_whole_body_of_half_the_json() {
    let cloud = cloud();
    cloud.fault(Fault::truncated());
    let (status, body) = fetch(call(&cloud, "DescribeInstances")).await.unwrap();
    assert_eq!(status, 200);
    let error = serde_json::from_str::<Value>(&body).unwrap_err();
    assert!(error.is_eof(), "{error}");
}

#[tokio::test]
async fn an_oversized_answer_is_that_much_longer_and_still_json() {
    let cloud = cloud();
    cloud.fault(Fault::oversized(20_000_000));
    let (_, body) = fetch(call(&cloud, "DescribeInstances")).await.unwrap();
    assert!(20_000_000 < body.len());
    assert!(serde_json::from_str::<Value>(&body).is_ok());
}

#[tokio::test]
async fn a_held_call_sees_how_things_are_when_it_goes_on_and_a_held_answer_how_they_were() {
    let cloud = cloud();
    for (fault, expected) in [(Fault::hold_call(), 0), (Fault::hold_answer(), 1)] {
        let region = cloud.region("cn-hangzhou");
        region.lock_instance("i-1", ["financial"]);
        cloud.forget_calls();
        let trouble = cloud.fault(fault);
        let locked = [HERE, ("LockReason", "financial")];
        let flight = tokio::spawn(Caller::new(&cloud, "DescribeInstances", &locked).send());
        trouble.until_held(1).await;
        region.pay_instance("i-1");
        assert!(!flight.is_finished());
        trouble.lift();
        assert_eq!(flight.await.unwrap().ids().len(), expected);
    }
}

#[tokio::test]
async fn listings_lie_as_they_are_told() {
    let cloud = cloud();
    cloud.region("cn-hangzhou").pay_all().lock_many(25, 0);
    let page = |token: &str| {
        let parameters = [
            ("RegionId", "cn-beijing"),
            ("MaxResults", "10"),
            ("NextToken", token),
        ];
        Caller::new(&cloud, "DescribeInstances", &parameters).send()
    };
    cloud.region("cn-beijing").lock_many(25, 0);
    let first = page("").await;
    let second = first.next().unwrap();
    let third = page(second).await;
    let third = third.next().unwrap();

    let told = async |fault: Fault, token: &str| {
        cloud.heal();
        cloud.fault(fault);
        page(token).await
    };
    let reply = told(Fault::empty(), "").await;
    assert_eq!(
        (reply.status, reply.ids().len(), reply.next()),
        (200, 0, None)
    );
    let reply = told(Fault::without_items(), "").await;
    assert_eq!(
        (reply.body.get("Instances"), reply.next()),
        (None, Some(second))
    );
    let reply = told(Fault::repeated_token(), second).await;
    assert_eq!((reply.ids().len(), reply.next()), (10, Some(second)));
    let reply = told(Fault::duplicates(), third).await;
    assert_eq!(reply.ids().len(), 10);
    assert_eq!(reply.ids()[..5], reply.ids()[5..]);
    let back = told(Fault::shifted(-1), second).await;
    assert_eq!(back.ids()[0], first.ids()[9]);
    let on = told(Fault::shifted(1), second).await;
    assert_eq!(on.ids()[0], crate::double::many_instance(11));

    for fault in [Fault::endless_pages(), Fault::endless_empty_pages()] {
        let mut tokens = std::collections::BTreeSet::new();
        let mut reply = told(fault, third).await;
        for _ in 0..20 {
            let token = reply.next().expect("there is no end").to_owned();
            reply = page(&token).await;
            assert_eq!(reply.status, 200);
            tokens.insert(token);
        }
        assert_eq!(tokens.len(), 20);
    }
}

#[tokio::test]
async fn other_shapes_are_no_shapes_of_the_documents() {
    let cloud = cloud();
    let rows = [
        (
            Shape::ListAtTheTop,
            "/0/Instances/Instance/0/InstanceId",
            "\"i-1\"",
        ),
        (Shape::FlatItems, "/Instances/0/InstanceId", "\"i-1\""),
        (Shape::BareItem, "/Instances/Instance/InstanceId", "\"i-1\""),
        (Shape::NullItems, "/Instances/Instance", "null"),
        (Shape::NumericId, "/Instances/Instance/0/InstanceId", "7"),
        (
            Shape::TextLocks,
            "/Instances/Instance/0/OperationLocks",
            "\"financial\"",
        ),
        (
            Shape::FlatLocks,
            "/Instances/Instance/0/OperationLocks/0/LockReason",
            "\"financial\"",
        ),
        (
            Shape::LocksOfTheOtherKind,
            "/Instances/Instance/0/OperationLocks/OperationLock/0/LockReason",
            "\"financial\"",
        ),
        (
            Shape::UnknownLockMembers,
            "/Instances/Instance/0/OperationLocks/LockReason/0/Reason",
            "\"financial\"",
        ),
    ];
    for (shape, place, value) in rows {
        cloud.heal();
        cloud.fault(Fault::shaped(shape));
        let reply = call(&cloud, "DescribeInstances").send().await;
        let found = reply.body.pointer(place).map(Value::to_string);
        assert_eq!(found.as_deref(), Some(value), "{shape:?}");
    }
    cloud.heal();
    cloud.fault(Fault::shaped(Shape::NoId));
    let reply = call(&cloud, "DescribeInstances").send().await;
    assert_eq!(
        reply.body["Instances"]["Instance"][0].get("InstanceId"),
        None
    );

    cloud.heal();
    cloud.fault(Fault::shaped(Shape::LocksOfTheOtherKind));
    let disks = call(&cloud, "DescribeDisks");
    assert!(
        disks
            .send()
            .await
            .body
            .to_string()
            .contains(r#""LockReason":[{"LockReason""#)
    );
    let attribute = call(&cloud, "DescribeInstanceAttribute").send().await;
    assert!(attribute.body["OperationLocks"]["OperationLock"].is_array());

    cloud.heal();
    cloud.fault(Fault::bare_lock());
    let bare = call(&cloud, "DescribeInstanceAttribute").send().await;
    assert_eq!(
        bare.body["OperationLocks"]["LockReason"]["LockReason"],
        "financial"
    );
}
