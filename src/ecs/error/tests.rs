//! Each code and its class, each class and its remedy.

use std::collections::HashSet;

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::*;
use crate::ecs::{credentials::keys::Keys, http::Answer};

fn keys() -> Keys {
    Keys {
        access_key_id: "the-id".to_owned(),
        access_key_secret: "the-secret".into(),
        security_token: Some("the-token".into()),
        expires_at: None,
    }
}

fn refused(status: u16, body: impl Into<Bytes>) -> Error {
    let answer = Answer {
        status,
        headers: HeaderMap::new(),
        body: body.into(),
    };
    refusal("DescribeDisks", "cn-hangzhou", &answer, &keys())
}

fn refused_json(status: u16, body: &Value) -> Error {
    refused(status, body.to_string())
}

const THROTTLED: Class = Class::Throttled { retry_after: None };

#[test]
fn each_code_has_its_class_whatever_the_status() {
    for (status, code, class) in [
        (400, "Throttling", THROTTLED),
        (403, "Throttling.User", THROTTLED),
        (429, "Throttling.Api", THROTTLED),
        (503, "Rejected.Throttling", THROTTLED),
        (403, "Forbidden.RAM", Class::NoPermission),
        (403, "Forbidden", Class::NoPermission),
        (400, "NoPermission", Class::NoPermission),
        (404, "InvalidAccessKeyId.NotFound", Class::BadCredentials),
        (400, "InvalidAccessKeyId.Inactive", Class::BadCredentials),
        (400, "SignatureDoesNotMatch", Class::BadCredentials),
        (400, "IncompleteSignature", Class::BadCredentials),
        (400, "InvalidSecurityToken.Expired", Class::ExpiredToken),
        (403, "InvalidSecurityToken.Expired", Class::ExpiredToken),
        (400, "InvalidSecurityToken.Malformed", Class::ExpiredToken),
        (
            400,
            "InvalidSecurityToken.MismatchWithAccessKey",
            Class::ExpiredToken,
        ),
        (400, "MissingSecurityToken", Class::ExpiredToken),
        (400, "InvalidTimeStamp.Expired", Class::ClockSkew),
        (400, "InvalidTimeStamp.Format", Class::ClockSkew),
        (404, "InvalidRegionId.NotFound", Class::UnknownRegion),
        (400, "MissingRegionId", Class::UnknownRegion),
        (
            400,
            "InvalidOperation.NotSupportedEndpoint",
            Class::UnknownRegion,
        ),
        (500, "InternalError", Class::Server),
        (503, "ServiceUnavailable", Class::Server),
        (503, "ServiceUnavailable.RegionMaintaining", Class::Server),
        (400, "ServiceUnavailable", Class::Server),
        (500, "SomethingNew", Class::Server),
        (400, "SomethingNew", Class::Rejected),
        (400, "ForbiddenFruit", Class::Rejected),
        (404, "InvalidLockReason.NotFound", Class::Rejected),
        (404, "InvalidInstanceId.NotFound", Class::Rejected),
        (404, "InvalidAction.NotFound", Class::Rejected),
        (403, "InvalidDiskIds.Malformed", Class::Rejected),
        (400, "InvalidParameter", Class::Rejected),
        (400, "SignatureNonceUsed", Class::Rejected),
        (400, "DryRunOperation", Class::Rejected),
    ] {
        let body = json!({"Code": code, "Message": "m", "RequestId": "R-1", "HostId": "h"});
        let error = refused_json(status, &body);
        assert_eq!(error.class, class, "{status} {code}");
        assert_eq!(error.code.as_deref(), Some(code));
        assert_eq!(error.request_id.as_deref(), Some("R-1"));
        assert_eq!(error.is_unknown_reason(), code.starts_with("InvalidLock"));
    }
}

#[test]
fn an_answer_without_a_code_has_the_class_of_its_status() {
    for (status, class) in [
        (200, Class::Malformed),
        (302, Class::Malformed),
        (307, Class::Malformed),
        (400, Class::Malformed),
        (404, Class::Malformed),
        (407, Class::Malformed),
        (408, Class::Timeout),
        (429, THROTTLED),
        (500, Class::Server),
        (502, Class::Server),
        (504, Class::Timeout),
    ] {
        for body in [
            "",
            "<html>no</html>",
            "{\"Code\":",
            "[]",
            "{}",
            "{\"Code\":1}",
        ] {
            let error = refused(status, body);
            assert_eq!(error.class, class, "{status} {body}");
            assert!(error.message.contains(&status.to_string()), "{error}");
        }
    }
    let error = refused(302, "");
    assert!(error.message.contains("not followed"), "{error}");
}

#[test]
fn small_letters_are_read_too() {
    let body = json!({"code": "Throttling", "message": "slow down", "requestId": "R-2"});
    let error = refused_json(400, &body);
    assert_eq!(error.class, THROTTLED);
    assert_eq!(
        error.to_string(),
        "DescribeDisks in cn-hangzhou: ECS throttles this account: slow down (code Throttling, request R-2)"
    );
}

#[test]
fn a_missing_permission_is_named_by_the_service_or_by_the_call() {
    let body = json!({
        "Code": "Forbidden.RAM", "Message": "User not authorized to operate on the specified resource.",
        "AccessDeniedDetail": {"AuthAction": "ecs:DescribeDisksFull", "AuthPrincipalType": "SubUser"},
    });
    let error = refused_json(403, &body);
    assert_eq!(
        error.message,
        "the permission ecs:DescribeDisksFull is missing. User not authorized to operate on the specified resource."
    );
    for detail in [json!(null), json!({}), json!({"AuthAction": "<b>"})] {
        let body = json!({"Code": "Forbidden.RAM", "AccessDeniedDetail": detail});
        let error = refused_json(403, &body);
        assert_eq!(
            error.message,
            "the permission ecs:DescribeDisks is missing."
        );
        assert!(
            error.remedy().contains("ecs:DescribeDisks "),
            "{}",
            error.remedy()
        );
        assert!(error.remedy().ends_with(MINIMAL_POLICY));
    }
}

#[test]
fn the_minimal_policy_is_json_that_allows_what_is_called_and_nothing_else() {
    let policy: Value = serde_json::from_str(MINIMAL_POLICY).unwrap();
    assert_eq!(
        policy["Statement"][0]["Action"],
        json!(["ecs:DescribeInstances", "ecs:DescribeDisks"])
    );
}

#[test]
fn nothing_secret_and_nothing_long_gets_out_of_a_refusal() {
    let body = json!({
        "Code": "SignatureDoesNotMatch",
        "Message": "Specified signature is not matched with our calculation. server string to sign is:POST\n/\nx-acs-security-token:the-token",
        "RequestId": "the-token\nx",
    });
    let error = refused_json(400, &body);
    let all = format!("{error} {error:?} {}", error.remedy());
    assert!(!all.contains("the-token"), "{all}");
    let body = json!({"Code": "a ".repeat(10_000), "Message": "m\n".repeat(10_000)});
    let error = refused_json(400, &body);
    assert!(error.to_string().len() < 500);
    assert!(!error.to_string().contains('\n'));
}

#[test]
fn throttling_carries_the_hint_of_its_headers() {
    let mut headers = HeaderMap::new();
    headers.insert("x-acs-retry-after", "1500".parse().unwrap());
    headers.insert("x-acs-request-id", "R-3".parse().unwrap());
    let answer = Answer {
        status: 400,
        headers,
        body: json!({"Code": "Throttling"}).to_string().into(),
    };
    let error = refusal("DescribeInstances", "cn-hangzhou", &answer, &keys());
    let retry_after = Some(Duration::from_millis(1500));
    assert_eq!(error.class, Class::Throttled { retry_after });
    assert_eq!(error.request_id.as_deref(), Some("R-3"));
}

#[test]
fn every_class_says_what_happened_and_what_to_do_in_words_of_its_own() {
    let classes = [
        THROTTLED,
        Class::NoPermission,
        Class::BadCredentials,
        Class::NoCredentials,
        Class::ExpiredToken,
        Class::ClockSkew,
        Class::UnknownRegion,
        Class::Rejected,
        Class::Server,
        Class::Network,
        Class::Timeout,
        Class::Malformed,
    ];
    let texts: HashSet<_> = classes
        .into_iter()
        .map(|class| {
            let error = Error {
                class,
                action: "DescribeDisks",
                region: "cn-hangzhou".to_owned(),
                code: None,
                message: String::new(),
                request_id: None,
            };
            assert!(error.to_string().ends_with(error.in_short()));
            (error.in_short(), error.remedy())
        })
        .collect();
    assert_eq!(texts.len(), classes.len());
}
