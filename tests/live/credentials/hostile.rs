//! Services that answer with something else, with nothing, or with a way to somewhere else.

use std::time::{Duration, Instant};

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::places::{Make, ROLE, machine, roles, secret, uri, variables};
use crate::{
    double::Fault,
    plan::{Ground, Keyed, Plan},
    scene::Scene,
};

/// What is made of an answer.
type Change = fn(&mut Value);

async fn scene(keys: Make) -> Scene {
    Scene::of(Plan {
        keys: &keys,
        attempt: Duration::from_secs(10),
        ..Plan::default()
    })
    .await
}

/// Why nothing could be listed.
async fn problem(scene: &Scene) -> String {
    scene.try_list().await.remove(0).unwrap_err().message
}

fn assuming(ground: &Ground<'_>) -> Keyed {
    roles(ground);
    secret(ground, &json!({"roleArn": ROLE}))
}

#[tokio::test]
async fn an_answer_of_sts_without_whole_keys_is_none() {
    let changes: [(&str, Change); 9] = [
        ("no credentials", |answer| {
            answer.as_object_mut().unwrap().remove("Credentials");
        }),
        ("null", |answer| answer["Credentials"] = Value::Null),
        ("empty", |answer| answer["Credentials"] = json!({})),
        ("a list", |answer| *answer = json!([answer.take()])),
        ("no id", |answer| {
            answer["Credentials"]["AccessKeyId"] = Value::Null;
        }),
        ("an empty secret", |answer| {
            answer["Credentials"]["AccessKeySecret"] = json!("");
        }),
        ("no token", |answer| {
            let keys = answer["Credentials"].as_object_mut().unwrap();
            keys.remove("SecurityToken");
        }),
        ("no time", |answer| {
            answer["Credentials"]["Expiration"] = json!("tempsecret soon");
        }),
        ("a number", |answer| {
            answer["Credentials"]["AccessKeySecret"] = json!(5);
        }),
    ];
    for (name, change) in changes {
        let scene = scene(assuming).await;
        let fault = Fault::rewritten(move |_, answer| change(answer));
        scene.double.fault(fault.action("AssumeRole"));
        let problem = problem(&scene).await;
        assert!(problem.contains("the answer"), "{name}: {problem}");
        for secret in ["tempsecret", "CAISdouble"] {
            assert!(!problem.contains(secret), "{name}: {problem}");
        }
        assert_eq!(scene.calls("DescribeInstances"), 0, "{name}");
    }
}

#[tokio::test]
async fn keys_that_have_ended_already_sign_nothing() {
    let scene = scene(assuming).await;
    let fault = Fault::rewritten(|_, answer| {
        answer["Credentials"]["Expiration"] = json!("2020-01-01T00:00:00Z");
    });
    scene.double.fault(fault.action("AssumeRole"));
    problem(&scene).await;
    assert_eq!(scene.calls("DescribeInstances"), 0);
}

#[tokio::test]
async fn a_metadata_service_that_hangs_is_waited_for_a_second() {
    let scene = scene(|ground| {
        machine(ground);
        uri(ground)
    })
    .await;
    for action in ["MetadataToken", "MetadataRole"] {
        scene.double.fault(Fault::hang().action(action));
    }
    let began = Instant::now();
    scene.list().await;
    let took = began.elapsed();
    assert!(scene.clients.sources()[0].1.starts_with("credentials URI"));
    // A second with a token, and one without.
    assert!(Duration::from_secs(1) < took, "{took:?}");
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[tokio::test]
async fn nobody_is_followed_to_somewhere_else() {
    let elsewhere = |scene: &Scene| format!("{}/elsewhere", scene.double.endpoint());
    for (action, keys) in [
        ("CredentialsUri", uri as Make),
        ("AssumeRole", assuming),
        ("MetadataKeys", machine),
    ] {
        let scene = scene(keys).await;
        let fault = Fault::redirect(&elsewhere(&scene));
        scene.double.fault(fault.action(action));
        let problem = problem(&scene).await;
        assert!(problem.contains("302"), "{action}: {problem}");
        let calls = scene.double.all_calls();
        let went = calls.iter().any(|call| call.request.path == "/elsewhere");
        assert!(!went, "{action}");
    }
}

#[tokio::test]
async fn a_role_whose_name_is_none_leads_nowhere() {
    const ROLES: &str = "/latest/meta-data/ram/security-credentials/";
    for name in [
        "../../user-data",
        "..",
        "a/b",
        "a?b=c",
        "a#b",
        "%2e%2e/x",
        "a b",
        "",
        "<html>",
    ] {
        let cloud_says = move |ground: &Ground<'_>| {
            let cloud = ground.cloud;
            cloud.machine_role(name, cloud.first_account());
            variables(&[])
        };
        let scene = Scene::of(Plan {
            keys: &cloud_says,
            ..Plan::default()
        })
        .await;
        let problem = problem(&scene).await;
        assert!(problem.contains("ECS RAM role: "), "{problem}");
        for call in scene.double.all_calls() {
            let path = call.request.path.as_str();
            let is_known = path == "/latest/api/token" || path == ROLES;
            assert!(is_known, "`{name}` led to {path}");
        }
    }
}

#[tokio::test]
async fn pages_and_broken_answers_are_no_keys() {
    for (action, keys) in [
        ("CredentialsUri", uri as Make),
        ("AssumeRole", assuming),
        ("MetadataKeys", machine),
    ] {
        for fault in [
            Fault::html(200),
            Fault::html(403),
            Fault::truncated(),
            Fault::reset(),
            Fault::reset_in_body(),
        ] {
            let scene = scene(keys).await;
            scene.double.fault(fault.action(action));
            let problem = problem(&scene).await;
            assert!(!problem.contains("tempsecret"), "{action}: {problem}");
            assert!(!problem.contains("html"), "{action}: {problem}");
            assert_eq!(scene.calls("DescribeInstances"), 0, "{action}");
        }
    }
}

#[tokio::test]
async fn sts_with_another_time_of_day_says_so() {
    let scene = scene(assuming).await;
    scene.double.set_ahead(SignedDuration::from_mins(20));
    let problem = problem(&scene).await;
    assert!(problem.contains("InvalidTimeStamp.Expired"), "{problem}");
}

#[tokio::test]
async fn why_no_source_serves_is_told_of_each_to_the_end() {
    let scene = scene(|_| variables(&[])).await;
    let problem = problem(&scene).await;
    let sources = [
        "environment variables: ALIBABA_CLOUD_ACCESS_KEY_ID is not set; ",
        "OIDC (RRSA): ALIBABA_CLOUD_ROLE_ARN is not set; ",
        "/.aliyun/config.json: No such file",
        "/.alibabacloud/credentials: No such file",
        "ECS RAM role: ",
        "credentials URI: ALIBABA_CLOUD_CREDENTIALS_URI is not set",
    ];
    let places = sources.map(|source| problem.find(source));
    assert!(
        places.iter().all(Option::is_some) && places.is_sorted(),
        "{problem}"
    );
}
