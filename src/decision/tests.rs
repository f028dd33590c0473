//! Decisions as tables: locks, operation, verdict.

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
            Some(Facts {
                snapshot,
                observed_at,
            }),
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
        accounts: Accounts::new(vec![Account {
            name: "prod".to_owned(),
            regions: regions
                .keys()
                .map(|key| key.region.as_str().to_owned())
                .collect(),
            ..Account::default()
        }]),
        locks: View::build(&regions, &policy.lock_reasons),
        policy,
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

#[test]
fn the_targets_of_an_action_pick_the_state() {
    let basis = basis(&[HANGZHOU, BEIJING], &[]);
    let cases: &[(&str, &[&'static str], &[&'static str], &str)] = &[
        // An instance: itself, and any disk attached to it.
        (
            "StartInstance",
            &["i-locked"],
            &[],
            "deny StartInstance i-locked both Forbidden",
        ),
        (
            "StartInstance",
            &["i-only"],
            &[],
            "deny StartInstance i-only instance Forbidden",
        ),
        (
            "StartInstance",
            &["i-free"],
            &[],
            "allow StartInstance i-free disk Permitted",
        ),
        (
            "StartInstance",
            &["i-other"],
            &[],
            "allow StartInstance i-other neither Permitted",
        ),
        // Another lock reason is no arrears; the reason is compared ignoring case.
        (
            "StartInstance",
            &["i-security"],
            &[],
            "allow StartInstance i-security neither Permitted",
        ),
        // A disk: itself, and any instance it is attached to.
        (
            "ReInitDisk",
            &[],
            &["d-of-locked"],
            "deny ReInitDisk d-of-locked both Forbidden",
        ),
        (
            "ReInitDisk",
            &[],
            &["d-free-of-locked"],
            "deny ReInitDisk d-free-of-locked instance Forbidden",
        ),
        (
            "ReInitDisk",
            &[],
            &["d-locked"],
            "allow ReInitDisk d-locked disk Permitted",
        ),
        (
            "ResetDisk",
            &[],
            &["d-locked"],
            "deny ResetDisk d-locked disk Forbidden",
        ),
        (
            "ResetDisk",
            &[],
            &["d-loose"],
            "deny ResetDisk d-loose disk Forbidden",
        ),
        (
            "ResetDisk",
            &[],
            &["d-other"],
            "allow ResetDisk d-other neither Permitted",
        ),
        // Both named: just these two.
        (
            "AttachDisk",
            &["i-only"],
            &["d-other"],
            "allow AttachDisk i-only+d-other instance Permitted",
        ),
        (
            "AttachDisk",
            &["i-other"],
            &["d-loose"],
            "deny AttachDisk i-other+d-loose disk Forbidden",
        ),
        (
            "AttachDisk",
            &["i-only"],
            &["d-loose"],
            "deny AttachDisk i-only+d-loose both Forbidden",
        ),
        (
            "DetachDisk",
            &["i-only"],
            &["d-loose"],
            "allow DetachDisk i-only+d-loose both Permitted",
        ),
        // The system disk, if known, else any disk of the instance.
        (
            "ReplaceSystemDisk",
            &["i-free"],
            &["d-other"],
            "allow ReplaceSystemDisk i-free+d-other neither Permitted",
        ),
        (
            "ReplaceSystemDisk",
            &["i-free"],
            &[],
            "allow ReplaceSystemDisk i-free disk Permitted",
        ),
        // A new disk: the named instance, and any disk of the account.
        (
            "CreateDisk",
            &["i-other"],
            &[],
            "deny CreateDisk i-other disk Forbidden",
        ),
        (
            "CreateDisk",
            &[],
            &[],
            "deny CreateDisk prod both Forbidden",
        ),
        // Neither: the account.
        (
            "CreateInstance",
            &[],
            &[],
            "deny CreateInstance prod both Forbidden",
        ),
        (
            "CreateSecurityGroup",
            &[],
            &[],
            "allow CreateSecurityGroup prod both Permitted",
        ),
        (
            "CreateImage",
            &["i-only"],
            &[],
            "allow CreateImage i-only instance Permitted",
        ),
        (
            "CreateImage",
            &[],
            &[],
            "allow CreateImage prod both Permitted",
        ),
        // The doubtful ones.
        (
            "ModifyInstanceAttribute",
            &["i-locked"],
            &[],
            "deny ModifyInstanceAttribute i-locked both Contradicted",
        ),
        (
            "ModifyInstanceSpec",
            &["i-only"],
            &[],
            "warn ModifyInstanceSpec i-only instance Undocumented",
        ),
        (
            "ResizeDisk",
            &[],
            &["d-locked"],
            "allow ResizeDisk d-locked disk Unlisted",
        ),
        (
            "RebootInstance",
            &["i-locked"],
            &[],
            "allow RebootInstance i-locked both Irrelevant",
        ),
        // Never blocked.
        (
            "DeleteInstance",
            &["i-locked"],
            &[],
            "allow DeleteInstance i-locked both Permitted",
        ),
        (
            "RenewInstance",
            &["i-locked"],
            &[],
            "allow RenewInstance i-locked both Unlisted",
        ),
        // What is being created has no id yet.
        (
            "ModifyInstanceAttribute",
            &[],
            &[],
            "deny ModifyInstanceAttribute prod both Contradicted",
        ),
        // Several: any one that is forbidden, and which.
        (
            "StartInstance",
            &["i-other", "i-only", "i-locked"],
            &[],
            "deny StartInstance i-only instance Forbidden",
        ),
    ];
    for (action, instances, disks, expected) in cases {
        assert_eq!(
            told(&operation(action, instances, disks), &basis),
            [*expected],
            "{action} {instances:?} {disks:?}"
        );
    }
}

#[test]
fn a_composite_call_is_told_by_the_names_of_the_matrix_and_the_worst_comes_first() {
    let basis = basis(&[HANGZHOU], &[]);
    let inference = operation("RunInstances", &[], &[]);
    assert_eq!(
        told(&inference, &basis),
        [
            "deny CreateInstance prod both Forbidden",
            "deny StartInstance prod both Forbidden"
        ]
    );
    let verdict = decide(&inference, "NodeClaim.karpenter.sh", None, &basis, now());
    assert_eq!(
        verdict.message().unwrap(),
        "ECS CreateInstance (as RunInstances) would fail: instance i-locked and disk d-locked (account prod, cn-hangzhou) \
         are locked for overdue payment [matrix 2018-06: instance overdue, disk overdue -> error; field spec.action]. \
         Settle the bill, then retry. (1 more)"
    );
}

#[test]
fn the_message_says_what_why_by_which_cell_and_what_to_do() {
    let basis = basis(&[HANGZHOU], &[]);
    let inference = operation("StartInstance", &["i-only"], &[]);
    let verdict = decide(
        &inference,
        "EcsOperation.arrears.dev",
        Some("shop"),
        &basis,
        now(),
    );
    assert_eq!(
        verdict.message().unwrap(),
        "ECS StartInstance would fail: instance i-only (account prod, cn-hangzhou) is locked for overdue payment \
         [matrix 2018-06: instance overdue, disk normal -> error; field spec.action]. Settle the bill, then retry."
    );
    let finding = verdict.refusal().unwrap();
    assert_eq!(
        (
            finding.source_name(),
            finding.age_text().to_string(),
            finding.rule_name()
        ),
        ("Ecs", "30s".to_owned(), "-")
    );
    let contradicted = operation("ModifyInstanceAttribute", &["i-locked"], &[]);
    let verdict = decide(
        &contradicted,
        "EcsOperation.arrears.dev",
        None,
        &basis,
        now(),
    );
    assert!(
        verdict
            .message()
            .unwrap()
            .contains("may fail: instance i-locked and disk d-of-locked"),
        "{:?}",
        verdict.message()
    );
    assert!(
        verdict
            .message()
            .unwrap()
            .contains("normal in the instance table, error in the disk table")
    );
}

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
    later.policy.edition = EditionId::E2018_11;
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
    basis.policy.account_scope = AccountScope::Region;
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
        basis.policy.unknown = response;
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

fn rule(name: &str, mode: Mode) -> Rule {
    Rule {
        name: name.to_owned(),
        namespaces: None,
        namespace_selector: None,
        kinds: None,
        actions: None,
        accounts: None,
        mode,
        until: None,
    }
}

#[test]
fn a_mode_caps_the_verdict() {
    let mut basis = basis(&[HANGZHOU], &["cn-beijing"]);
    let denied = operation("StartInstance", &["i-only"], &[]);
    let doubtful = operation("ModifyInstanceSpec", &["i-only"], &[]);
    let allowed = operation("StartInstance", &["i-other"], &[]);
    let cases = [
        (Mode::Deny, Outcome::Deny, Outcome::Warn),
        (Mode::Warn, Outcome::Warn, Outcome::Warn),
        (Mode::Audit, Outcome::Audit, Outcome::Audit),
        (Mode::Off, Outcome::Allow, Outcome::Allow),
    ];
    for (mode, of_denied, of_doubtful) in cases {
        basis.policy.rules = vec![rule("cap", mode)];
        let outcome =
            |inference| decide(inference, "Instance.x", Some("shop"), &basis, now()).outcome();
        assert_eq!(outcome(&denied), of_denied, "{mode:?}");
        assert_eq!(outcome(&doubtful), of_doubtful, "{mode:?}");
        assert_eq!(outcome(&allowed), Outcome::Allow, "{mode:?}");
    }
}

#[test]
fn the_first_rule_whose_criteria_all_match_rules_each_finding() {
    let mut basis = basis(&[HANGZHOU], &[]);
    basis.namespaces.insert(
        "batch-1".to_owned(),
        Labels::from([("billing".to_owned(), "relaxed".to_owned())]),
    );
    let globs = |pattern: &str| Some(Globs::new([pattern]));
    let relaxed = Selector::new(vec![Requirement::In(
        "billing".to_owned(),
        vec!["relaxed".to_owned()],
    )]);
    basis.policy.rules = vec![
        Rule {
            until: Some("2026-11-23T10:00:30Z".parse().unwrap()),
            ..rule("expired", Mode::Off)
        },
        Rule {
            accounts: globs("staging"),
            ..rule("other-account", Mode::Off)
        },
        Rule {
            namespaces: globs("batch-*"),
            actions: ActionNames::matching("Create*").map(ActionNames::new),
            ..rule("batch", Mode::Warn)
        },
        Rule {
            namespace_selector: Some(relaxed),
            ..rule("relaxed", Mode::Audit)
        },
        Rule {
            kinds: globs("NodeClaim.*"),
            ..rule("nodes", Mode::Warn)
        },
    ];
    let inference = operation("RunInstances", &[], &[]);
    let told = |kind: &'static str, namespace: Option<&'static str>| -> Vec<String> {
        decide(&inference, kind, namespace, &basis, now())
            .findings
            .iter()
            .map(|finding| {
                format!(
                    "{} {} {}",
                    finding.action(),
                    finding.outcome,
                    finding.rule_name()
                )
            })
            .collect()
    };
    assert_eq!(
        told("Instance.x", Some("batch-1")),
        ["CreateInstance warn batch", "StartInstance audit relaxed"]
    );
    assert_eq!(
        told("Instance.x", Some("batch-2")),
        ["StartInstance deny -", "CreateInstance warn batch"]
    );
    assert_eq!(
        told("NodeClaim.karpenter.sh", None),
        ["CreateInstance warn nodes", "StartInstance warn nodes"]
    );
    assert_eq!(
        told("Instance.x", None),
        ["CreateInstance deny -", "StartInstance deny -"]
    );
}

#[test]
fn settings_never_deny_a_read_a_clean_up_or_a_cure() {
    let mut basis = basis(&[HANGZHOU], &[]);
    basis.policy.rulings = Rulings {
        contradicted: Response::Deny,
        undocumented: Response::Deny,
        unlisted: Response::Deny,
    };
    assert_eq!(
        told(&operation("RenewInstance", &["i-only"], &[]), &basis),
        ["warn RenewInstance i-only instance Unlisted"]
    );
    assert_eq!(
        told(&operation("ResizeDisk", &[], &["d-loose"]), &basis),
        ["deny ResizeDisk d-loose disk Unlisted"]
    );
    assert_eq!(
        told(&operation("ResizeDisk", &[], &["d-other"]), &basis),
        ["allow ResizeDisk d-other neither Permitted"],
        "nothing overdue, nothing to deny"
    );
}

#[test]
fn an_account_that_is_not_configured_is_unknown_and_named() {
    let basis = basis(&[HANGZHOU], &[]);
    let Inference::Asked(mut asked) = operation("StartInstance", &["i-only"], &[]) else {
        unreachable!()
    };
    asked.subject.account = AccountRef::Named("staging".into());
    let inference = Inference::Asked(asked);
    let verdict = decide(&inference, "EcsOperation.arrears.dev", None, &basis, now());
    assert_eq!(verdict.outcome(), Outcome::Unknown);
    assert!(
        verdict.findings[0]
            .message()
            .contains("account staging is not configured"),
        "{}",
        verdict.findings[0].message()
    );
}

#[test]
fn a_malformed_field_is_unknown_and_named() {
    let basis = basis(&[HANGZHOU], &[]);
    let inference = Inference::Malformed(Malformed {
        field: "spec.forProvider.status".into(),
        expected: "a string",
        found: Shape::Number,
    });
    let verdict = decide(&inference, "Instance.x", None, &basis, now());
    assert_eq!(verdict.outcome(), Outcome::Unknown);
    assert!(
        verdict.findings[0]
            .message()
            .contains("field spec.forProvider.status is a number, expected a string")
    );
}

#[test]
fn every_sentence_is_one_short_line_without_the_words_that_make_tools_recreate_objects() {
    let mut basis = basis(&[HANGZHOU], &[]);
    basis.policy.unknown = Response::Deny;
    let hostile = "x".repeat(600) + "\nimmutable field map[string]";
    let inference = Inference::Malformed(Malformed {
        field: format!("spec.map[0].is immutable\u{7}{hostile}").into(),
        expected: "a string",
        found: Shape::Number,
    });
    let verdict = decide(&inference, "Instance.x", None, &basis, now());
    let message = verdict.message().unwrap();
    let warning = verdict.findings[0].warning();
    for (text, limit) in [(&message, MESSAGE_LIMIT), (&warning, WARNING_LIMIT)] {
        assert!(text.len() <= limit, "{text}");
        assert!(
            !text.contains("map[")
                && !text.to_lowercase().contains("immutable")
                && !text.contains(char::is_control),
            "{text}"
        );
    }
    let note = Note::NeedsReplacement {
        field: "spec.forProvider.availabilityZone".into(),
    };
    assert!(note_warning(&note).len() <= WARNING_LIMIT);
    assert!(Duration::ZERO < basis.policy.confirm_before_deny);
}
