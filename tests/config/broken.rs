//! Files that break: the last good content stays, and all other files take effect.

use std::{fs, os::unix::fs::symlink, process::Command};

use arrears::{api::Response, config::Look};

use super::fixture::{Files, Watched, locks, policy};

const BROKEN: &str = "apiVersion: arrears.dev/v1alpha1\nkind: OverduePolicy\nmetadata: {name: default}\nspec: {unknwon: Deny}\n";

fn watched() -> Watched {
    Files::new(&[
        ("locks.yaml", &locks("", &["i-1"])),
        ("policy.yaml", &policy("Deny")),
    ])
    .open()
}

#[test]
fn a_broken_file_keeps_its_documents_and_all_others_take_effect() {
    let mut watched = watched();
    watched.files.write("policy.yaml", BROKEN);
    watched.files.write("locks.yaml", &locks("", &["i-2"]));
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Deny);
    assert_eq!(watched.is_locked("i-2"), Some(true));
    assert_eq!(watched.is_locked("i-1"), Some(false));
    assert_eq!(
        watched.problems(),
        [
            "policy.yaml: line 4, column 8: spec: unknown field `unknwon`, did you mean `unknown`?; its last good content stays in force"
        ]
    );
    assert!(!watched.look(), "what is wrong is told once");
    assert!(!watched.look_as(Look::Quick));
}

#[test]
fn a_file_that_is_good_again_has_no_problem_left_even_if_nothing_else_is_new() {
    let mut watched = watched();
    for (text, outcome) in [("Deny", Response::Deny), ("Allow", Response::Allow)] {
        watched.files.write("policy.yaml", BROKEN);
        assert!(watched.look());
        assert_eq!(watched.problems().len(), 1);
        watched.files.write("policy.yaml", &policy(text));
        assert!(watched.look());
        assert_eq!(watched.problems(), [""; 0]);
        assert_eq!(watched.unknown(), outcome);
    }
}

#[test]
fn a_file_that_comes_in_broken_holds_up_nothing() {
    let mut watched = watched();
    watched.files.write("new.yaml", "kind: [");
    watched.files.write("policy.yaml", &policy("Allow"));
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Allow);
    let problems = watched.problems();
    assert!(
        problems[0].starts_with("new.yaml: line 1, column "),
        "{problems:?}"
    );
    assert!(
        problems[0].ends_with("; nothing of it is in force"),
        "{problems:?}"
    );
    watched.files.remove("new.yaml");
    assert!(watched.look());
    assert_eq!(watched.problems(), [""; 0]);
}

#[test]
fn one_bad_document_takes_its_whole_file_back_and_every_problem_is_told() {
    let mut watched = watched();
    let text = format!("{}---\n{BROKEN}---\nkind: Instance\n", policy("Allow"));
    watched.files.write("policy.yaml", &text);
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Deny);
    assert_eq!(
        watched.problems(),
        [
            "policy.yaml: line 9, column 8: spec: unknown field `unknwon`, did you mean `unknown`?; its last good content stays in force",
            "policy.yaml: line 11, column 1: not a Kubernetes object: it has to say its apiVersion and its kind; its last good content stays in force",
        ]
    );
}

#[test]
fn what_can_not_be_read_keeps_its_last_content_until_it_can() {
    type Spoil = fn(&Files);
    let spoils: [(Spoil, &str); 4] = [
        (
            |files| {
                files.remove("policy.yaml");
                fs::create_dir(files.path("policy.yaml")).unwrap();
            },
            "is a directory, where a file should be",
        ),
        (
            |files| {
                files.remove("policy.yaml");
                symlink("nowhere.yaml", files.path("policy.yaml")).unwrap();
            },
            "No such file or directory (os error 2)",
        ),
        (
            |files| {
                files.remove("policy.yaml");
                let made = Command::new("mkfifo")
                    .arg(files.path("policy.yaml"))
                    .status();
                assert!(made.unwrap().success());
            },
            "is no regular file",
        ),
        (
            |files| files.write("policy.yaml", " \n"),
            "the file is empty; delete it to take away what it held",
        ),
    ];
    for (spoil, reason) in spoils {
        let mut watched = watched();
        spoil(&watched.files);
        assert!(watched.look(), "{reason}");
        assert_eq!(watched.unknown(), Response::Deny, "{reason}");
        assert_eq!(
            watched.problems(),
            [format!(
                "policy.yaml: {reason}; its last good content stays in force"
            )]
        );
        let path = watched.files.path("policy.yaml");
        match fs::remove_file(&path) {
            Ok(()) => {}
            Err(_) => fs::remove_dir(&path).unwrap(),
        }
        watched.files.write("policy.yaml", &policy("Deny"));
        assert!(watched.look(), "{reason}");
        assert_eq!(watched.problems(), [""; 0], "{reason}");
    }
}

#[test]
fn a_file_of_a_size_that_no_configuration_has_is_not_read() {
    let mut watched = watched();
    let file = fs::File::create(watched.files.path("locks.yaml")).unwrap();
    file.set_len(1 << 30).unwrap();
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-1"), Some(true));
    assert_eq!(
        watched.problems(),
        [
            "locks.yaml: is larger than 512 MiB; a listing of that size goes into shards, each in a file of its own; its last good content stays in force"
        ]
    );
}

#[test]
fn a_directory_that_vanishes_or_loses_every_file_keeps_all_that_was_in_it() {
    type Spoil = fn(&Files);
    let spoils: [(Spoil, &str); 2] = [
        (
            |files| fs::rename(files.root(), files.aside()).unwrap(),
            "conf: No such file or directory (os error 2); what was read of it before stays in force",
        ),
        (
            |files| {
                fs::rename(files.root(), files.aside()).unwrap();
                fs::create_dir(files.root()).unwrap();
            },
            "conf: no configuration file is left in it; a restart begins without any; what was read of it before stays in force",
        ),
    ];
    for (spoil, problem) in spoils {
        let mut watched = watched();
        spoil(&watched.files);
        assert!(watched.look());
        assert_eq!(watched.unknown(), Response::Deny);
        assert_eq!(watched.is_locked("i-1"), Some(true));
        assert_eq!(watched.problems(), [problem]);
        assert!(!watched.look(), "what is wrong is told once");
        let root = watched.files.root();
        if root.exists() {
            fs::remove_dir(&root).unwrap();
        }
        fs::rename(watched.files.aside(), &root).unwrap();
        assert!(watched.look());
        assert_eq!(watched.problems(), [""; 0]);
        assert_eq!(watched.is_locked("i-1"), Some(true));
    }
}
