//! What is asked before a denial.

use std::time::Duration;

use super::*;
use crate::lock::{Confirmation, Confirmed};

/// A live region in which `i-a` to `i-c` are locked, and `d-a`, which is on `i-free`.
const LIVE: &str = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},
  "spec":{"account":"prod","region":"cn-hangzhou","observedAt":"2026-11-23T10:00:00Z","source":"Ecs",
  "instances":{"i-b":{"reasons":["financial"]},"i-a":{"reasons":["financial"]},"i-c":{"reasons":["financial"]}},
  "disks":{"d-a":{"reasons":["financial"],"instances":["i-free"]}}}}"#;

fn live(confirmed: impl FnOnce(&mut Confirmed)) -> Basis {
    let mut basis = basis(&[LIVE], &[]);
    let (key, facts) = regions(&[LIVE], &[]).pop_first().unwrap();
    let mut facts = facts.unwrap();
    confirmed(&mut facts.confirmed);
    basis.locks.put(&key, facts, &basis.policy.lock_reasons);
    basis
}

fn said(reasons: &[&str], instances: &[&str]) -> Confirmation {
    Confirmation {
        asked_at: now() - Duration::from_secs(5),
        reasons: reasons.iter().map(|text| (*text).to_owned()).collect(),
        instances: instances.iter().map(|text| (*text).to_owned()).collect(),
    }
}

/// `Instance i-a i-b` of each question.
fn asked(inference: &Inference<'_>, basis: &Basis) -> Vec<String> {
    let verdict = decide(inference, "EcsOperation.arrears.dev", None, basis, now());
    let questions = verdict.questions(basis, now(), now());
    questions
        .iter()
        .map(|question| format!("{:?} {}", question.kind, question.ids.join(" ")))
        .collect()
}

#[test]
fn what_a_denial_rests_on_is_asked_for_and_nothing_else() {
    let basis = live(|_| {});
    for (inference, expected) in [
        (
            operation("StartInstance", &["i-a"], &[]),
            &["Instance i-a"][..],
        ),
        (
            operation("StartInstance", &["i-a", "i-free", "i-c"], &[]),
            &["Instance i-a i-c", "Disk d-a"],
        ),
        (
            operation("AttachDisk", &["i-free"], &["d-a"]),
            &["Disk d-a"],
        ),
        (operation("ReInitDisk", &[], &["d-a"]), &[]),
        (operation("StartInstance", &["i-free"], &[]), &[]),
        (operation("DescribeInstances", &["i-a"], &[]), &[]),
        (operation("StopInstance", &["i-a"], &[]), &[]),
        (Inference::Nothing, &[]),
    ] {
        assert_eq!(asked(&inference, &basis), expected, "{inference:?}");
    }
}

#[test]
fn for_the_account_the_first_that_are_locked_are_asked_for() {
    let basis = live(|_| {});
    assert_eq!(
        asked(&operation("CreateInstance", &[], &[]), &basis),
        ["Instance i-a i-b i-c", "Disk d-a"]
    );
    assert_eq!(
        asked(&operation("CreateDisk", &["i-free"], &[]), &basis),
        ["Instance i-a i-b i-c", "Disk d-a"]
    );
}

#[test]
fn what_was_asked_a_moment_ago_is_not_asked_again() {
    let basis = live(|confirmed| {
        confirmed.instance("i-b", said(&["financial"], &[]));
        confirmed.disk("d-a", said(&["financial"], &["i-free"]));
    });
    assert_eq!(
        asked(&operation("StartInstance", &["i-b"], &[]), &basis),
        [""; 0]
    );
    assert_eq!(
        asked(&operation("CreateInstance", &[], &[]), &basis),
        [""; 0]
    );
    assert_eq!(
        asked(&operation("StartInstance", &["i-a", "i-b"], &[]), &basis),
        ["Instance i-a"]
    );
}

#[test]
fn what_is_paid_makes_room_for_the_next() {
    let basis = live(|confirmed| {
        confirmed.instance("i-a", said(&[], &[]));
        confirmed.disk("d-a", said(&[], &[]));
    });
    assert_eq!(
        asked(&operation("StartInstance", &["i-a"], &[]), &basis),
        [""; 0]
    );
    assert_eq!(
        asked(&operation("CreateInstance", &[], &[]), &basis),
        ["Instance i-b i-c"]
    );
}

#[test]
fn where_a_disk_is_attached_is_asked_for_only_where_it_can_change_the_ruling() {
    let basis = live(|_| {});
    assert_eq!(
        asked(&operation("ReInitDisk", &[], &["d-x"]), &basis),
        ["Disk d-x"]
    );
    assert_eq!(
        asked(&operation("DeleteDisk", &[], &["d-x"]), &basis),
        [""; 0]
    );
    let known = live(|confirmed| confirmed.disk("d-x", said(&[], &["i-b"])));
    assert_eq!(
        told(&operation("ReInitDisk", &[], &["d-x"]), &known),
        ["deny ReInitDisk d-x instance Forbidden"]
    );
    assert_eq!(
        asked(&operation("ReInitDisk", &[], &["d-x"]), &known),
        ["Instance i-b"]
    );
}

#[test]
fn where_a_disk_is_attached_is_asked_for_again_before_a_denial_that_rests_on_it() {
    let mut then = said(&[], &["i-b"]);
    then.asked_at = now() - Duration::from_secs(11);
    let known = live(|confirmed| confirmed.disk("d-x", then));
    assert_eq!(
        asked(&operation("ReInitDisk", &[], &["d-x"]), &known),
        ["Instance i-b", "Disk d-x"]
    );
}

#[test]
fn what_is_no_id_is_asked_of_nobody() {
    let basis = live(|_| {});
    for text in ["d-x\"]&RegionId=evil", "x", "", "i-a"] {
        let target = Target {
            instances: Ids::None,
            disks: Ids::one(text.to_owned()),
        };
        let inference = with_target("ReInitDisk", target);
        assert_eq!(asked(&inference, &basis), [""; 0], "{text}");
    }
}

#[test]
fn a_locked_disk_that_has_moved_since_the_listing_counts_where_it_is_now() {
    let basis = live(|confirmed| confirmed.disk("d-a", said(&["financial"], &["i-other"])));
    assert_eq!(
        told(&operation("StartInstance", &["i-free"], &[]), &basis),
        ["allow StartInstance i-free neither Permitted"]
    );
    assert_eq!(
        told(&operation("StartInstance", &["i-other"], &[]), &basis),
        ["allow StartInstance i-other disk Permitted"]
    );
}

#[test]
fn a_listing_for_fewer_reasons_leaves_open_what_it_does_not_have() {
    let mut basis = basis(&[LIVE], &[]);
    let (key, facts) = regions(&[LIVE], &[]).pop_first().unwrap();
    let mut facts = facts.unwrap();
    facts.listed_for = Some(Arc::from(["financial".to_owned()]));
    let reasons = ["financial".to_owned(), "security".to_owned()];
    basis.locks.put(&key, facts, &reasons);
    assert_eq!(
        told(&operation("StartInstance", &["i-free"], &[]), &basis),
        ["unknown StartInstance i-free unknown -"]
    );
    assert_eq!(
        told(&operation("StartInstance", &["i-a"], &[]), &basis),
        ["deny StartInstance i-a unknown Forbidden"]
    );
    let inference = operation("StartInstance", &["i-free"], &[]);
    let verdict = decide(&inference, "EcsOperation.arrears.dev", None, &basis, now());
    let warning = verdict.findings[0].warning();
    assert!(warning.contains("all lock reasons"), "{warning}");
}

#[test]
fn listings_from_files_are_not_in_doubt_and_neither_are_warnings() {
    let files = basis(&[LIVE], &[]);
    assert_eq!(
        asked(&operation("StartInstance", &["i-a"], &[]), &files),
        [""; 0]
    );
    let mut lenient = live(|_| {});
    Arc::make_mut(&mut lenient.policy).rules = vec![crate::decision::Rule {
        name: "warn".to_owned(),
        namespaces: None,
        namespace_selector: None,
        kinds: None,
        actions: None,
        accounts: None,
        mode: Mode::Warn,
        until: None,
    }];
    assert_eq!(
        asked(&operation("StartInstance", &["i-a"], &[]), &lenient),
        [""; 0]
    );
}

#[test]
fn a_denial_that_could_not_be_confirmed_says_so() {
    let basis = live(|_| {});
    let inference = operation("StartInstance", &["i-a"], &[]);
    let mut verdict = decide(&inference, "EcsOperation.arrears.dev", None, &basis, now());
    verdict.unconfirmed = Some("ECS did not answer in time");
    assert_eq!(
        verdict.message().unwrap(),
        "ECS StartInstance would fail: instance i-a (account prod, cn-hangzhou) is locked for overdue payment [matrix 2018-06: instance overdue, disk normal -> error; field spec.action]. Settle the bill, then retry. (as last listed: ECS did not answer in time)"
    );
}
