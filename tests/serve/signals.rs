//! Signals: the end in good order, the end at once, and the one that only wakes.

use super::{
    files::{Files, locks},
    program::{self, Program},
};

#[tokio::test]
async fn told_to_stop_it_answers_for_a_while_and_sends_every_client_away() {
    let files = Files::new(&[("locks.yaml", &locks(["i-1"]))]);
    let mut program = Program::start(files, &["--lame-duck", "1s"]);
    assert!(!program.ask("i-1").await.closes);
    program.signal("TERM");
    program.await_log("told to stop");
    let verdict = program.ask("i-1").await;
    assert!(
        verdict.is("deny", Some(403)) && verdict.closes,
        "{verdict:?}"
    );
    let ready = program.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(ready.body.contains("draining"), "{}", ready.body);
    assert_eq!(program.end().code(), Some(0));
    let log = program.rest_of_log();
    assert_eq!(log.last().unwrap()["message"], "stopped");
}

#[tokio::test]
async fn told_twice_it_ends_at_once() {
    let files = Files::new(&[("locks.yaml", &locks([]))]);
    let mut program = Program::start(files, &["--lame-duck", "10h"]);
    program.signal("INT");
    program.await_log("told to stop");
    program.signal("TERM");
    assert_eq!(program.end().code(), Some(2));
}

#[tokio::test]
async fn a_hangup_makes_it_look_at_once_and_does_not_end_it() {
    let files = Files::new(&[("locks.yaml", &locks([]))]);
    let program = Program::start(files, &[]);
    for ids in [&["i-1"][..], &["i-1", "i-2"]] {
        program
            .files
            .write("conf/locks.yaml", &locks(ids.iter().copied()));
        program.signal("HUP");
        program.await_log("configuration in force");
        assert!(program.ask("i-1").await.is("deny", Some(403)));
    }
}

#[tokio::test]
async fn told_to_stop_while_it_still_reads_it_ends_without_ever_listening() {
    let ids: Vec<_> = (0..300_000).map(|number| format!("i-{number}")).collect();
    let files = Files::new(&[("locks.yaml", &locks(ids.iter().map(String::as_str)))]);
    let command = program::command(&files);
    let mut program = Program::spawn(files, command);
    program.await_log("reading the configuration");
    program.signal("TERM");
    assert_eq!(program.end().code(), Some(0));
    let log = program.rest_of_log();
    assert_eq!(log.len(), 1, "{log:?}");
    assert_eq!(
        log[0]["message"],
        "told to stop before there was anything to serve"
    );
}
