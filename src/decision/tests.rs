//! Decisions as tables: locks, operation, verdict.

mod doubt;
mod policy;
mod sentences;
mod targets;
mod unknown;

use std::time::Duration;

use super::*;
use crate::{
    api::{AccountScope, Mode, Response, Rulings},
    kinds::{AccountRef, Asked, Ids, Malformed, Note, Operation, Shape, Subject, Target},
    lock::{Facts, RegionKey, Regions, Snapshot, View},
    matrix::{EditionId, calls},
};

const NOW: &str = "2026-11-23T10:00:30Z";

/// Listings of account `prod`: what is locked in two regions, observed 30 s before now.
///
/// `i-locked` has disk `d-of-locked` (locked) and `d-free-of-locked`; `d-locked` is on `i-free`; `d-loose` on nothing.
const HANGZHOU: &str = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},
  "spec":{"account":"prod","region":"cn-hangzhou","observedAt":"2026-11-23T10:00:00Z","source":"Ecs",
  "instances":{"i-locked":{"reasons":["Financial"],"disks":["d-of-locked","d-free-of-locked"]},
    "i-only":{"reasons":["financial"],"disks":[]},"i-security":{"reasons":["security"],"disks":[]}},
  "disks":{"d-of-locked":{"reasons":["financial"],"instances":["i-locked"]},
    "d-locked":{"reasons":["financial"],"instances":["i-free"]},"d-loose":{"reasons":["financial"]}}}}"#;

const BEIJING: &str = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-beijing"},
  "spec":{"account":"prod","region":"cn-beijing","observedAt":"2026-11-23T10:00:00Z","source":"File","instances":{},"disks":{}}}"#;

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn regions(documents: &[&str], never_listed: &[&str]) -> Regions {
    let key = |account: &str, region: &str| RegionKey {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    };
    let listed = documents.iter().map(|document| {
        let snapshot = Snapshot::from_json(document.as_bytes()).unwrap();
        let observed_at = snapshot.observed_at().unwrap();
        (
            key(snapshot.account().as_str(), snapshot.region().as_str()),
            Some(Facts::listed(snapshot, observed_at)),
        )
    });
    let never = never_listed
        .iter()
        .map(|region| (key("prod", region), None));
    listed.chain(never).collect()
}

fn basis(documents: &[&str], never_listed: &[&str]) -> Basis {
    let policy = Policy::default();
    let regions = regions(documents, never_listed);
    Basis {
        accounts: Arc::new(Accounts::new(vec![Account {
            name: "prod".to_owned(),
            regions: regions
                .keys()
                .map(|key| key.region.as_str().to_owned())
                .collect(),
            ..Account::default()
        }])),
        locks: View::build(&regions, &policy.lock_reasons),
        policy: policy.into(),
        ..Basis::default()
    }
}

fn operation(
    action: &'static str,
    instances: &[&'static str],
    disks: &[&'static str],
) -> Inference<'static> {
    let target = Target {
        instances: Ids::all(instances.iter().map(|id| (*id).into()), Ids::None),
        disks: Ids::all(disks.iter().map(|id| (*id).into()), Ids::None),
    };
    with_target(action, target)
}

fn with_target(action: &'static str, target: Target<'static>) -> Inference<'static> {
    Inference::Asked(Asked {
        subject: Subject {
            account: AccountRef::Default,
            region: Some("cn-hangzhou".into()),
        },
        operations: calls(action.into())
            .into_iter()
            .map(|call| Operation {
                call,
                target: target.clone(),
                field: "spec.action".into(),
            })
            .collect(),
        note: None,
    })
}

/// `outcome target state ruling` of each finding.
fn told(inference: &Inference<'_>, basis: &Basis) -> Vec<String> {
    decide(
        inference,
        "EcsOperation.arrears.dev",
        Some("shop"),
        basis,
        now(),
    )
    .findings
    .iter()
    .map(|finding| {
        format!(
            "{} {} {} {} {}",
            finding.outcome,
            finding.action(),
            finding.target_name(),
            finding.state_name(),
            finding.ruling_name()
        )
    })
    .collect()
}
