//! What people read.

use super::*;

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
    Arc::make_mut(&mut basis.policy).unknown = Response::Deny;
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
