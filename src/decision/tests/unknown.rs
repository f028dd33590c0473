//! Facts that are missing, old, or partial.

use super::*;

#[test]
fn missing_facts_are_unknown_only_where_they_could_change_the_verdict() {
    let never = basis(&[], &["cn-hangzhou"]);
    let cases = [
        ("StartInstance", "unknown StartInstance i-a unknown -"),
        (
            "DeleteInstance",
            "allow DeleteInstance i-a unknown Permitted",
        ),
        ("StopInstance", "allow StopInstance i-a unknown -"),
        (
            "DescribeInstanceAttribute",
            "allow DescribeInstanceAttribute i-a unknown Permitted",
        ),
    ];
    for (action, expected) in cases {
        assert_eq!(told(&operation(action, &["i-a"], &[]), &never), [expected]);
    }
    // Undocumented for one state alone, so it could warn; but it is a read.
    assert_eq!(
        told(&operation("DescribeInstanceTypes", &[], &[]), &never),
        ["allow DescribeInstanceTypes prod unknown -"]
    );
    // The later edition documents an error for StopInstance, so facts could change the verdict.
    let mut later = basis(&[], &["cn-hangzhou"]);
    Arc::make_mut(&mut later.policy).edition = EditionId::E2018_11;
    assert_eq!(
        told(&operation("StopInstance", &["i-a"], &[]), &later),
        ["unknown StopInstance i-a unknown -"]
    );
}

#[test]
fn locked_anywhere_is_locked_whatever_else_is_unknown() {
    let mixed = basis(&[HANGZHOU], &["cn-beijing"]);
    assert_eq!(
        told(&operation("CreateInstance", &[], &[]), &mixed),
        ["deny CreateInstance prod both Forbidden"]
    );
    let quiet = basis(&[BEIJING], &["cn-shanghai"]);
    assert_eq!(
        told(&operation("CreateInstance", &[], &[]), &quiet),
        ["unknown CreateInstance prod unknown -"]
    );
    let known = basis(&[BEIJING], &[]);
    assert_eq!(
        told(&operation("CreateInstance", &[], &[]), &known),
        ["allow CreateInstance prod neither Permitted"]
    );
}

#[test]
fn the_scope_of_the_account_can_be_the_region() {
    let mut basis = basis(&[HANGZHOU, BEIJING], &[]);
    Arc::make_mut(&mut basis.policy).account_scope = AccountScope::Region;
    let Inference::Asked(mut asked) = operation("CreateInstance", &[], &[]) else {
        unreachable!()
    };
    asked.subject.region = Some("cn-beijing".into());
    assert_eq!(
        told(&Inference::Asked(asked), &basis),
        ["allow CreateInstance prod neither Permitted"]
    );
    assert_eq!(
        told(&operation("CreateInstance", &[], &[]), &basis),
        ["deny CreateInstance prod both Forbidden"]
    );
}

#[test]
fn an_id_without_a_region_is_looked_for_in_every_listing() {
    let without_region = |action| {
        let Inference::Asked(mut asked) = operation(action, &["i-only"], &[]) else {
            unreachable!()
        };
        asked.subject.region = None;
        Inference::Asked(asked)
    };
    let both = basis(&[HANGZHOU, BEIJING], &[]);
    assert_eq!(
        told(&without_region("StartInstance"), &both),
        ["deny StartInstance i-only instance Forbidden"]
    );
    let half = basis(&[BEIJING], &["cn-shanghai"]);
    assert_eq!(
        told(&without_region("StartInstance"), &half),
        ["unknown StartInstance i-only unknown -"]
    );
}

#[test]
fn facts_age_from_fresh_over_stale_to_expired() {
    let basis = basis(&[HANGZHOU, BEIJING], &[]);
    let inference = operation("StartInstance", &["i-only"], &[]);
    let at = |seconds: i64| {
        let now = now() + jiff::SignedDuration::from_secs(seconds);
        decide(&inference, "EcsOperation.arrears.dev", None, &basis, now).outcome()
    };
    assert_eq!(at(0), Outcome::Deny);
    assert_eq!(at(90), Outcome::Deny, "2m old: still fresh");
    assert_eq!(at(3570), Outcome::Deny, "1h old: stale but a fact");
    assert_eq!(at(3571), Outcome::Unknown, "older: expired");
    assert_eq!(at(-3600), Outcome::Deny, "dated ahead: as if new");
}

#[test]
fn an_unknown_target_is_free_only_where_nothing_is_locked() {
    let debt = basis(&[HANGZHOU], &[]);
    let clear = basis(&[BEIJING, &HANGZHOU.replace("inancial", "ecurity")], &[]);
    let target = |instances| Target {
        instances,
        disks: Ids::None,
    };
    let elsewhere = with_target(
        "StartInstance",
        target(Ids::Elsewhere("metadata.annotations".into())),
    );
    let unresolved = with_target("StartInstance", target(Ids::Unresolved("spec.ref".into())));
    let missing = with_target(
        "StartInstance",
        target(Ids::Missing("spec.instanceIds".into())),
    );
    assert_eq!(
        told(&elsewhere, &debt),
        ["unknown StartInstance unknown unknown -"]
    );
    assert_eq!(
        told(&elsewhere, &clear),
        ["allow StartInstance prod neither Permitted"]
    );
    assert_eq!(
        told(&unresolved, &debt),
        ["unknown StartInstance unknown unknown -"]
    );
    assert_eq!(
        told(&missing, &clear),
        ["unknown StartInstance unknown unknown -"]
    );
}

#[test]
fn what_is_unknown_is_allowed_warned_or_refused_as_the_policy_says() {
    let mut basis = basis(&[], &["cn-hangzhou"]);
    let inference = operation("StartInstance", &["i-a"], &[]);
    let unresolved = with_target(
        "StartInstance",
        Target {
            instances: Ids::Unresolved("spec.ref".into()),
            disks: Ids::None,
        },
    );
    let cases = [
        (Response::Allow, Effect::Admit, Effect::Admit),
        (Response::Warn, Effect::Warn, Effect::Warn),
        // A reference is judged again once it is resolved, so it never waits for facts.
        (Response::Deny, Effect::Refuse, Effect::Refuse),
    ];
    for (response, effect, _) in cases {
        Arc::make_mut(&mut basis.policy).unknown = response;
        let verdict = decide(&inference, "EcsOperation.arrears.dev", None, &basis, now());
        assert_eq!(
            (verdict.outcome(), verdict.findings[0].effect),
            (Outcome::Unknown, effect)
        );
    }
    basis.locks = View::build(&regions(&[HANGZHOU], &[]), &basis.policy.lock_reasons);
    let verdict = decide(&unresolved, "DiskAttachment.x", None, &basis, now());
    assert_eq!(
        (verdict.outcome(), verdict.findings[0].effect),
        (Outcome::Unknown, Effect::Warn)
    );
}
