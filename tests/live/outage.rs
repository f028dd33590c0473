//! What is answered while the cloud fails: every failure, at every age of the facts, under every setting.
//!
//! In no cell may a listing that failed, or is not whole, be read as "not locked".

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::json;

use super::{
    double::{Denial, Fault},
    plan::Plan,
    scene::{Answer, Scene},
};

/// How old the facts are when the cloud begins to fail.
#[derive(Clone, Copy, Debug)]
enum Age {
    NeverKnown,
    Fresh,
    Stale,
    Expired,
}

const AGES: [Age; 4] = [Age::NeverKnown, Age::Fresh, Age::Stale, Age::Expired];

/// What goes wrong.
#[derive(Clone, Copy, Debug)]
enum Failure {
    Refused,
    Hang,
    ResetMidBody,
    ServerError,
    Html,
    TruncatedJson,
    MissingPage,
    EmptyWithoutPermission,
    ExpiredToken,
    Skew,
    Redirect,
}

const FAILURES: [Failure; 11] = [
    Failure::Refused,
    Failure::Hang,
    Failure::ResetMidBody,
    Failure::ServerError,
    Failure::Html,
    Failure::TruncatedJson,
    Failure::MissingPage,
    Failure::EmptyWithoutPermission,
    Failure::ExpiredToken,
    Failure::Skew,
    Failure::Redirect,
];

impl Failure {
    fn begin(self, scene: &Scene) {
        let cloud = &scene.double;
        let fault = match self {
            Self::Refused => return cloud.close(),
            Self::Skew => return cloud.set_ahead(SignedDuration::from_mins(20)),
            Self::EmptyWithoutPermission => {
                for action in ["DescribeInstances", "DescribeDisks"] {
                    scene.account().deny(action, Denial::EmptyList);
                }
                return;
            }
            Self::Hang => Fault::hang(),
            Self::ResetMidBody => Fault::reset_in_body(),
            Self::ServerError => Fault::server_error(),
            Self::Html => Fault::html(200),
            Self::TruncatedJson => Fault::truncated(),
            // Every page after the first.
            Self::MissingPage => Fault::rewritten(|call, page| {
                if call.parameters.contains_key("NextToken") {
                    *page = json!({"RequestId": "no page"});
                }
            }),
            Self::ExpiredToken => Fault::expired_token(),
            Self::Redirect => Fault::redirect(&format!("{}/elsewhere", cloud.endpoint())),
        };
        cloud.fault(fault);
    }

    /// Whether single targets can't be asked for either, or the answer is known to be none.
    fn keeps_from_asking(self) -> bool {
        !matches!(self, Self::MissingPage | Self::EmptyWithoutPermission)
    }

    fn end(self, scene: &Scene) {
        let cloud = &scene.double;
        cloud.heal();
        cloud.open();
        cloud.set_ahead(SignedDuration::ZERO);
        for action in ["DescribeInstances", "DescribeDisks"] {
            scene.account().allow(action);
        }
    }
}

fn is_denied(answer: &Answer) -> bool {
    !answer.allowed && answer.code == Some(403)
}

fn is_unknown(answer: &Answer, setting: &str) -> bool {
    let is_told = answer.annotations["verdict"] == "unknown";
    is_told
        && match setting {
            "Allow" => answer.allowed && answer.warnings.is_empty(),
            "Warn" => answer.allowed && answer.warnings.len() == 1,
            _ => !answer.allowed && answer.code == Some(503),
        }
}

async fn check(failure: Failure, age: Age, setting: &str) {
    let cell = format!("{failure:?}, {age:?}, {setting}");
    let scene = Scene::of(Plan {
        unknown: setting,
        // Only who waits in vain need not wait long.
        attempt: Duration::from_millis(match failure {
            Failure::Hang => 1_000,
            _ => 5_000,
        }),
        ..Plan::default()
    })
    .await;
    scene.cloud().lock_instance("i-locked", ["financial"]);
    scene.cloud().instance("i-free");
    // Enough for several pages, of which one can be missing.
    for number in 0..250 {
        scene
            .cloud()
            .lock_instance(&format!("i-{number:04}"), ["financial"]);
    }
    if !matches!(age, Age::NeverKnown) {
        scene.list().await;
    }
    failure.begin(&scene);
    scene.seconds(match age {
        Age::NeverKnown | Age::Fresh => 30,
        Age::Stale => 600,
        Age::Expired => 7_200,
    });
    for outcome in scene.try_list().await {
        assert!(outcome.is_err(), "{cell}: a listing was believed");
    }
    let locked = scene.ask("StartInstance", &["i-locked"], &[]).await;
    let free = scene.ask("StartInstance", &["i-free"], &[]).await;
    let account = scene.ask("CreateInstance", &[], &[]).await;
    match age {
        Age::Fresh | Age::Stale => {
            assert!(is_denied(&locked), "{cell}: {locked:?}");
            assert!(is_denied(&account), "{cell}: {account:?}");
            assert!(
                free.allowed && free.annotations["verdict"] == "allow",
                "{cell}: {free:?}"
            );
            let is_told = locked.message.contains("as last listed");
            assert_eq!(is_told, failure.keeps_from_asking(), "{cell}: {locked:?}");
        }
        Age::NeverKnown | Age::Expired => {
            for answer in [&locked, &free, &account] {
                assert!(is_unknown(answer, setting), "{cell}: {answer:?}");
            }
        }
    }
    // Nothing has to be done for it to mend.
    failure.end(&scene);
    scene.list().await;
    scene.denies("StartInstance", &["i-locked"], &[]).await;
    scene.allows("StartInstance", &["i-free"], &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_failure_at_every_age_under_every_setting() {
    let mut cells = tokio::task::JoinSet::new();
    for failure in FAILURES {
        for age in AGES {
            for setting in ["Allow", "Warn", "Deny"] {
                cells.spawn(async move { check(failure, age, setting).await });
                while 6 <= cells.len() {
                    cells.join_next().await.unwrap().unwrap();
                }
            }
        }
    }
    while let Some(cell) = cells.join_next().await {
        cell.unwrap();
    }
}
