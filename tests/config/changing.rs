//! Files that change: seen however they are replaced, and read once nobody writes them.

use std::{
    fs::{self, File, FileTimes},
    io::Write as _,
    os::unix::fs::symlink,
    time::SystemTime,
};

use arrears::{
    api::Response,
    config::{Look, Refresh},
};

use super::fixture::{Files, account, locks, policy};

/// Replaces a mounted ConfigMap as the kubelet does: a new directory, and a link to it that is renamed into place.
fn mount(files: &Files, generation: &str, content: &[(&str, &str)]) {
    let hidden = format!("..{generation}");
    for (name, text) in content {
        files.write(&format!("{hidden}/{name}"), text);
    }
    symlink(&hidden, files.path("..data_tmp")).unwrap();
    fs::rename(files.path("..data_tmp"), files.path("..data")).unwrap();
}

#[test]
fn a_config_map_that_is_swapped_is_seen_each_time() {
    let files = Files::new(&[]);
    mount(
        &files,
        "1",
        &[
            ("policy.yaml", &policy("Deny")),
            ("locks.yaml", &locks("", &["i-1"])),
        ],
    );
    for name in ["policy.yaml", "locks.yaml"] {
        symlink(format!("..data/{name}"), files.path(name)).unwrap();
    }
    let mut watched = files.open();
    assert_eq!(watched.unknown(), Response::Deny);
    assert!(!watched.look_as(Look::Quick));
    let swaps = [
        ("2", "Allow", Response::Allow, "i-2"),
        ("3", "Warn", Response::Warn, "i-3"),
    ];
    for (generation, unknown, outcome, instance) in swaps {
        let content = [
            ("policy.yaml", policy(unknown)),
            ("locks.yaml", locks("", &[instance])),
        ];
        let content = content
            .each_ref()
            .map(|(name, text)| (*name, text.as_str()));
        mount(&watched.files, generation, &content);
        assert!(watched.look_as(Look::Quick));
        assert_eq!(watched.unknown(), outcome);
        assert_eq!(watched.is_locked(instance), Some(true));
        assert_eq!(watched.is_locked("i-1"), Some(false));
        assert!(!watched.look_as(Look::Quick));
    }
}

#[test]
fn a_change_that_leaves_length_and_time_as_they_were_is_seen() {
    let files = Files::new(&[("locks.yaml", &locks("", &["i-1"]))]);
    let path = files.path("locks.yaml");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut watched = files.open();
    watched.files.write("locks.yaml", &locks("", &["i-2"]));
    let file = File::options().write(true).open(&path).unwrap();
    file.set_times(FileTimes::new().set_modified(modified))
        .unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), modified);
    assert!(watched.look_as(Look::Thorough));
    assert_eq!(watched.is_locked("i-2"), Some(true));
}

#[test]
fn a_file_that_is_being_written_is_read_when_it_is_whole() {
    let whole = locks("", &["i-1", "i-2"]).replace("{i-1", "\n  {i-1");
    let mut watched = Files::new(&[("locks.yaml", &whole)]).open();
    // Written bit by bit, each of which is a listing by itself, or nothing at all.
    let mut file = File::create(watched.files.path("locks.yaml")).unwrap();
    for piece in [
        "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {name: prod.cn-hangzhou}\n",
        "spec:\n  account: prod\n  region: cn-hangzhou\n  instances:\n    i-1: {reasons: [financial]}\n",
        "    i-3: {reasons: [financial]}\n",
    ] {
        file.write_all(piece.as_bytes()).unwrap();
        assert!(matches!(watched.look_once(Look::Quick), Refresh::Unsettled));
        assert_eq!(watched.is_locked("i-2"), Some(true));
    }
    assert!(watched.look());
    assert_eq!(watched.is_locked("i-3"), Some(true));
    assert_eq!(watched.is_locked("i-2"), Some(false));
}

#[test]
fn a_file_that_is_written_without_end_holds_up_no_other() {
    let mut watched = Files::new(&[
        ("busy.yaml", &account("prod", "")),
        ("policy.yaml", &policy("Deny")),
    ])
    .open();
    watched.files.write("policy.yaml", &policy("Allow"));
    let mut looks = 0;
    loop {
        watched
            .files
            .write("busy.yaml", &account("prod", &" ".repeat(looks)));
        looks += 1;
        match watched.look_once(Look::Quick) {
            Refresh::Unsettled => {}
            Refresh::Changed(new) => break watched.basis = new.basis,
            other => panic!("{other:?} after {looks} looks"),
        }
    }
    assert_eq!(watched.unknown(), Response::Allow);
    assert!(looks <= 5, "{looks}");
}

#[test]
fn a_file_that_is_replaced_by_removing_it_first_is_never_taken_for_gone() {
    let mut watched = Files::new(&[
        ("locks.yaml", &locks("", &["i-1"])),
        ("policy.yaml", &policy("Deny")),
    ])
    .open();
    watched.files.remove("policy.yaml");
    assert!(matches!(watched.look_once(Look::Quick), Refresh::Unsettled));
    watched.files.write("policy.yaml", &policy("Allow"));
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Allow);
    watched.files.remove("policy.yaml");
    assert!(watched.look());
    assert_eq!(watched.unknown(), Response::Warn, "the default");
}

#[test]
fn a_file_that_is_only_touched_changes_nothing() {
    let mut watched = Files::new(&[("policy.yaml", &policy("Deny"))]).open();
    let file = File::options()
        .write(true)
        .open(watched.files.path("policy.yaml"))
        .unwrap();
    let times = FileTimes::new().set_modified(SystemTime::UNIX_EPOCH);
    file.set_times(times).unwrap();
    assert!(!watched.look());
}

#[test]
fn files_in_directories_below_count_and_hidden_ones_do_not() {
    let mut watched = Files::new(&[("team/a/policy.yml", &policy("Deny"))]).open();
    assert_eq!(watched.unknown(), Response::Deny);
    watched
        .files
        .write(".policy.yaml.swp.yaml", &policy("Allow"));
    watched.files.write("policy.yaml~", &policy("Allow"));
    assert!(!watched.look());
}
