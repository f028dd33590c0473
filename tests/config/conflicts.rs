//! Objects that can't be in force together: what was there first stays, and both places are named.

use arrears::api::Response;

use super::fixture::{Files, account, locks, policy};

const BINDING: &str = "apiVersion: arrears.dev/v1alpha1
kind: OperationBinding
metadata: {name: NAME}
spec:
  target: {group: acme.example, kinds: [VirtualMachine]}
  paths: {region: $.spec.region, instanceIds: [$.status.instanceId]}
  operations: [{action: StartInstance, on: [UPDATE], changed: $.spec.power}]
";

#[test]
fn at_start_every_conflict_names_both_places() {
    let two = |name: &str| BINDING.replace("NAME", name);
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n".to_owned();
    let cases: [(String, String, &[&str]); 9] = [
        (
            policy("Deny"),
            policy("Allow"),
            &[
                "b.yaml:1:1: OverduePolicy default is there twice: keep one of them (the other is at a.yaml:1)",
            ],
        ),
        (
            account("prod", "default: true"),
            account("lab", "default: true"),
            &[
                "b.yaml:1:1: two default accounts, prod and lab: only one EcsAccount may say `default: true` (the other is at a.yaml:1)",
            ],
        ),
        (
            account("prod", "default: true"),
            account("prod", "default: true"),
            &[
                "b.yaml:1:1: EcsAccount prod is there twice: keep one of them (the other is at a.yaml:1)",
            ],
        ),
        (
            account("prod", "providerConfigs: [{name: aliyun}]"),
            account("lab", "providerConfigs: [{name: x}, {name: aliyun}]"),
            &[
                "b.yaml:1:1: providerConfig `aliyun` is claimed by two accounts, prod and lab: it can be only one of them (the other is at a.yaml:1)",
            ],
        ),
        (
            locks("", &["i-1"]),
            locks("", &["i-2"]),
            &[
                "b.yaml:1:1: the LockSnapshot of account prod and region cn-hangzhou is there twice: keep one of them (the other is at a.yaml:1)",
            ],
        ),
        (
            two("one"),
            two("one"),
            &[
                "b.yaml:1:1: OperationBinding one is there twice: keep one of them (the other is at a.yaml:1)",
            ],
        ),
        (
            two("one"),
            two("two"),
            &[
                "b.yaml:1:1: VirtualMachine.acme.example is bound twice, by OperationBinding `one` and by `two`: put their operations into one (the other is at a.yaml:1)",
            ],
        ),
        (
            namespace.clone(),
            namespace,
            &[
                "b.yaml:1:1: Namespace shop is there twice: keep one of them (the other is at a.yaml:1)",
            ],
        ),
        (
            format!("{}---\n{}", policy("Deny"), policy("Warn")),
            account("prod", "default: true"),
            &[
                "a.yaml:6:1: OverduePolicy default is there twice: keep one of them (the other is at a.yaml:1)",
            ],
        ),
    ];
    for (a, b, expected) in cases {
        assert_eq!(
            Files::new(&[("a.yaml", &a), ("b.yaml", &b)]).errors(),
            expected
        );
    }
}

#[test]
fn later_what_was_in_force_stays_and_all_else_takes_effect() {
    let mut watched = Files::new(&[
        ("m-policy.yaml", &policy("Deny")),
        ("locks.yaml", &locks("", &["i-1"])),
    ])
    .open();
    // One comes before the other in the order of names, one behind.
    for name in ["a-policy.yaml", "z-policy.yaml"] {
        watched.files.write(name, &policy("Allow"));
        watched
            .files
            .write("locks.yaml", &locks("", &["i-2", name.get(..1).unwrap()]));
        assert!(watched.look());
        assert_eq!(watched.unknown(), Response::Deny);
        assert_eq!(watched.is_locked("i-2"), Some(true));
        assert_eq!(
            watched.problems(),
            [format!(
                "{name}: line 1, column 1: OverduePolicy default is there twice: keep one of them (the other is at m-policy.yaml:1); nothing of it is in force"
            )]
        );
        assert!(!watched.look());
        watched.files.remove(name);
        assert!(watched.look());
        assert_eq!(watched.problems(), [""; 0]);
    }
}

#[test]
fn what_had_to_wait_takes_effect_when_the_other_goes() {
    let mut watched = Files::new(&[("old.yaml", &policy("Deny"))]).open();
    watched.files.write("new.yaml", &policy("Allow"));
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Deny);
    watched.files.remove("old.yaml");
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Allow);
    assert_eq!(watched.problems(), [""; 0]);
}

#[test]
fn objects_may_trade_places_at_once() {
    let mut watched = Files::new(&[
        ("a.yaml", &policy("Deny")),
        ("b.yaml", &account("prod", "")),
    ])
    .open();
    watched.files.write("a.yaml", &account("prod", ""));
    watched.files.write("b.yaml", &policy("Allow"));
    assert!(watched.look());
    assert_eq!(watched.problems(), [""; 0]);
    assert_eq!(watched.unknown(), Response::Allow);
}

#[test]
fn one_that_waits_can_make_another_one_wait() {
    let mut watched = Files::new(&[
        ("a.yaml", &account("prod", "")),
        ("b.yaml", &policy("Deny")),
        ("c.yaml", &locks("", &["i-1"])),
    ])
    .open();
    // The policy moves from b to a, but b can't change, because what it changes to is in c already.
    watched.files.write(
        "a.yaml",
        &format!("{}---\n{}", account("prod", ""), policy("Allow")),
    );
    watched.files.write("b.yaml", &locks("", &["i-2"]));
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Deny);
    assert_eq!(watched.is_locked("i-1"), Some(true));
    assert_eq!(watched.is_locked("i-2"), Some(false));
    let problems = watched.problems();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert!(
        problems[0].starts_with("a.yaml: line 6, column 1: OverduePolicy default"),
        "{problems:?}"
    );
    assert!(
        problems[1].starts_with("b.yaml: line 1, column 1: the LockSnapshot of"),
        "{problems:?}"
    );
}

#[test]
fn a_second_listing_does_not_keep_the_first_from_being_renewed() {
    let mut watched = Files::new(&[("poller.yaml", &locks("", &["i-1"]))]).open();
    watched.files.write("by-hand.yaml", &locks("", &[]));
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-1"), Some(true));
    watched.files.write("poller.yaml", &locks("", &["i-3"]));
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-3"), Some(true));
    assert_eq!(watched.problems().len(), 1);
    watched.files.write("by-hand.yaml", &locks("", &["i-5"]));
    watched.files.write("poller.yaml", &locks("", &["i-4"]));
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-4"), Some(true));
    watched.files.remove("poller.yaml");
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-5"), Some(true));
    assert_eq!(watched.problems(), [""; 0]);
}

#[test]
fn which_of_two_new_ones_counts_can_not_be_told_so_neither_does() {
    let mut watched = Files::new(&[("locks.yaml", &locks("", &["i-1"]))]).open();
    watched.files.write("a.yaml", &policy("Deny"));
    watched.files.write("b.yaml", &policy("Allow"));
    watched.files.write("locks.yaml", &locks("", &["i-2"]));
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Warn, "the default");
    assert_eq!(watched.is_locked("i-2"), Some(true));
    assert_eq!(watched.problems().len(), 2);
}
