//! Rules, modes and settings.

use super::*;

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
        Arc::make_mut(&mut basis.policy).rules = vec![rule("cap", mode)];
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
    Arc::make_mut(&mut basis.namespaces).insert(
        "batch-1".to_owned(),
        Labels::from([("billing".to_owned(), "relaxed".to_owned())]),
    );
    let globs = |pattern: &str| Some(Globs::new([pattern]));
    let relaxed = Selector::new(vec![Requirement::In(
        "billing".to_owned(),
        vec!["relaxed".to_owned()],
    )]);
    Arc::make_mut(&mut basis.policy).rules = vec![
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
    Arc::make_mut(&mut basis.policy).rulings = Rulings {
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
