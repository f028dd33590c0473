//! Who gets in: signatures, dates, nonces, keys and tokens.

use jiff::SignedDuration;

use crate::{caller::Caller, double::Cloud};

const HERE: [(&str, &str); 1] = [("RegionId", "cn-hangzhou")];

fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.account("AKID", "SECRET");
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    cloud
}

fn call(cloud: &Cloud) -> Caller {
    Caller::new(cloud, "DescribeInstances", &HERE)
}

#[tokio::test]
async fn a_call_that_is_signed_rightly_is_served() {
    let cloud = cloud();
    let reply = call(&cloud).send().await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.ids(), ["i-1"]);
}

/// The vendor's own example: a request of theirs, with their signature, gets past the gate (and asks for more than is served).
#[tokio::test]
async fn the_example_of_the_vendors_page_is_let_in() {
    let cloud = Cloud::start();
    cloud.account("YourAccessKeyId", "YourAccessKeySecret");
    cloud.set_clock(|| "2023-10-26T10:22:40Z".parse().unwrap());
    let headers = [
        ("host", "ecs.cn-shanghai.aliyuncs.com"),
        ("x-acs-action", "RunInstances"),
        (
            "x-acs-content-sha256",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        ("x-acs-date", "2023-10-26T10:22:32Z"),
        ("x-acs-signature-nonce", "3156853299f313e23d1673dc12e1703d"),
        ("x-acs-version", "2014-05-26"),
    ];
    let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
    let call = |signature: &str| {
        let image = "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd";
        let url = format!("{}/?ImageId={image}&RegionId=cn-shanghai", cloud.endpoint());
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders={},Signature={signature}",
            names.join(";")
        );
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut request = client.post(url).header("authorization", authorization);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        async { request.send().await.unwrap().text().await.unwrap() }
    };
    let good = "06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
    let bad = "16563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0";
    assert!(call(bad).await.contains("SignatureDoesNotMatch"));
    assert!(call(good).await.contains("InvalidAction.NotFound"));
}

#[tokio::test]
async fn whatever_is_wrong_with_a_signature_is_refused_by_its_own_code() {
    let cloud = cloud();
    cloud.account("OFF", "SECRET");
    cloud.set_active("OFF", false);
    let minutes = SignedDuration::from_mins;
    let empty = "0".repeat(64);
    let wrong = [
        (
            call(&cloud).key("AKID", "WRONG"),
            (400, "SignatureDoesNotMatch"),
        ),
        (call(&cloud).content(&empty), (400, "SignatureDoesNotMatch")),
        (
            call(&cloud).key("NOBODY", "SECRET"),
            (404, "InvalidAccessKeyId.NotFound"),
        ),
        (
            call(&cloud).key("OFF", "SECRET"),
            (400, "InvalidAccessKeyId.Inactive"),
        ),
        (
            call(&cloud).unsigned("x-acs-action"),
            (400, "IncompleteSignature"),
        ),
        (call(&cloud).unsigned("host"), (400, "IncompleteSignature")),
        (
            call(&cloud).late_by(minutes(16)),
            (400, "InvalidTimeStamp.Expired"),
        ),
        (
            call(&cloud).late_by(minutes(-16)),
            (400, "InvalidTimeStamp.Expired"),
        ),
        (
            call(&cloud).date("2026-11-24 05:00:00"),
            (400, "InvalidTimeStamp.Format"),
        ),
        (call(&cloud).nonce(""), (400, "MissingSignatureNonce")),
        (call(&cloud).version("2013-01-10"), (400, "InvalidVersion")),
    ];
    for (call, refusal) in wrong {
        assert_eq!(call.send().await.refusal(), refusal);
    }
    let unsigned = format!(
        "{}/?Action=DescribeInstances&Version=2014-05-26",
        cloud.endpoint()
    );
    let reply = reqwest::get(unsigned).await.unwrap();
    assert_eq!(reply.status(), 400);
    assert!(reply.text().await.unwrap().contains("MissingAccessKeyId"));
}

#[tokio::test]
async fn a_clock_that_is_off_by_14_minutes_is_put_up_with() {
    let cloud = cloud();
    for minutes in [14, -14] {
        let late = call(&cloud).late_by(SignedDuration::from_mins(minutes));
        assert_eq!(late.send().await.status, 200);
    }
    let call = call(&cloud);
    cloud.set_ahead(SignedDuration::from_mins(20));
    assert_eq!(call.send().await.code(), "InvalidTimeStamp.Expired");
}

#[tokio::test]
async fn a_nonce_is_good_for_one_call_and_is_not_used_up_by_a_call_that_is_not_let_in() {
    let cloud = cloud();
    let forged = call(&cloud).nonce("once").key("AKID", "WRONG").send().await;
    assert_eq!(forged.code(), "SignatureDoesNotMatch");
    assert_eq!(call(&cloud).nonce("once").send().await.status, 200);
    let again = call(&cloud).nonce("once").send().await;
    assert_eq!(again.refusal(), (400, "SignatureNonceUsed"));
}

#[tokio::test]
async fn temporary_keys_need_their_own_token_and_end_with_it() {
    let cloud = Cloud::start();
    let account = cloud.account("AKID", "SECRET");
    account.region("cn-hangzhou");
    let in_an_hour = cloud.now() + SignedDuration::from_hours(1);
    let (one, other) = (
        account.temporary_keys(in_an_hour),
        account.temporary_keys(in_an_hour),
    );
    let with = || call(&cloud).key(&one.id, &one.secret);

    assert_eq!(with().token(&one.token).send().await.status, 200);
    assert_eq!(with().send().await.refusal(), (400, "MissingSecurityToken"));
    let refused = [
        (
            with().token(&other.token),
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
        (
            call(&cloud).token(&one.token),
            "InvalidSecurityToken.MismatchWithAccessKey",
        ),
        (with().token("nonsense"), "InvalidSecurityToken.Malformed"),
    ];
    for (call, code) in refused {
        assert_eq!(call.send().await.refusal(), (400, code));
    }
    cloud.expire_sessions();
    let late = with().token(&one.token).send().await;
    assert_eq!(late.refusal(), (400, "InvalidSecurityToken.Expired"));
}

#[tokio::test]
async fn each_call_is_on_record_with_who_and_where() {
    let cloud = cloud();
    call(&cloud).send().await;
    let attribute = [("InstanceId", "i-1")];
    Caller::new(&cloud, "DescribeInstanceAttribute", &attribute)
        .send()
        .await;
    call(&cloud).key("AKID", "WRONG").send().await;

    let calls = cloud.all_calls();
    let told: Vec<_> = calls
        .iter()
        .map(|call| {
            (
                call.action.as_str(),
                call.region.as_deref(),
                call.answer.clone().unwrap(),
            )
        })
        .collect();
    let mismatch = Some("SignatureDoesNotMatch".to_owned());
    assert_eq!(
        told,
        [
            ("DescribeInstances", Some("cn-hangzhou"), (200, None)),
            (
                "DescribeInstanceAttribute",
                Some("cn-hangzhou"),
                (200, None)
            ),
            ("DescribeInstances", Some("cn-hangzhou"), (400, mismatch)),
        ]
    );
    assert!(
        calls
            .iter()
            .all(|call| call.access_key.as_deref() == Some("AKID"))
    );
    assert_eq!(cloud.count("DescribeInstances"), 2);
}
