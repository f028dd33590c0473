//! Changes of the configuration, seen from outside.

use std::{
    fs::{self, FileTimes},
    time::{Duration, Instant, SystemTime},
};

use super::{
    files::{Files, locks, policy},
    program::Program,
};

const IN_FORCE: &str = "configuration in force";

#[tokio::test]
async fn a_change_is_in_force_within_two_seconds() {
    let files = Files::new(&[("locks.yaml", &locks([]))]);
    let program = Program::start(files, &[]);
    assert!(program.ask("i-1").await.is("allow", None));
    let mut times = Vec::new();
    for (ids, verdict, code) in [
        (vec!["i-1"], "deny", Some(403)),
        (vec![], "allow", None),
        (vec!["i-1", "i-2"], "deny", Some(403)),
    ] {
        program.files.write("conf/locks.yaml", &locks(ids));
        let written = Instant::now();
        program.await_log(IN_FORCE);
        let verdict_now = program.ask("i-1").await;
        times.push(written.elapsed());
        assert!(verdict_now.is(verdict, code), "{verdict_now:?}");
    }
    times.sort();
    println!("in force after {times:?}");
    assert!(times[1] < Duration::from_secs(2), "{times:?}");
    assert_eq!(
        program
            .metric("arrears_config_reloads_total{outcome=\"ok\"}")
            .await,
        "3"
    );
    assert_eq!(
        program
            .metric("arrears_config_reloads_total{outcome=\"error\"}")
            .await,
        "0"
    );
}

#[tokio::test]
async fn a_listing_that_is_removed_denies_until_it_expires_and_then_is_unknown() {
    let files = Files::new(&[
        ("locks.yaml", &locks(["i-1"])),
        (
            "policy.yaml",
            &policy("unknown: Deny, freshness: {maxStale: 1h}"),
        ),
    ]);
    // It expires in six seconds.
    let old = SystemTime::now() - Duration::from_secs(3600 - 6);
    let file = fs::File::options()
        .write(true)
        .open(files.path("conf/locks.yaml"))
        .unwrap();
    file.set_times(FileTimes::new().set_modified(old)).unwrap();
    let program = Program::start(files, &[]);
    assert!(program.ask("i-1").await.is("deny", Some(403)));
    program.files.remove("conf/locks.yaml");
    while program.await_log("configuration remark")["about"] != "LockSnapshot prod.cn-hangzhou" {}
    let (mut denied, mut last) = (0, program.ask("i-1").await);
    while last.is("deny", Some(403)) {
        denied += 1;
        last = program.ask("i-1").await;
    }
    assert!(last.is("unknown", Some(503)), "{last:?}");
    println!("{denied} times denied after the removal");
    assert!(0 < denied);
    // Not so much as once allowed: neither the locked one nor any other.
    assert!(program.ask("i-2").await.is("unknown", Some(503)));
    let usable = "arrears_snapshot_usable{account=\"prod\",region=\"cn-hangzhou\"}";
    assert_eq!(program.metric(usable).await, "0");
    assert_eq!(program.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_broken_file_is_told_everywhere_and_its_last_good_content_rules() {
    let files = Files::new(&[
        ("locks.yaml", &locks(["i-1"])),
        ("policy.yaml", &policy("rulings: {unlisted: Deny}")),
    ]);
    let program = Program::start(files, &[]);
    program.files.write(
        "conf/locks.yaml",
        &locks(["i-1", "i-2"]).replace("reasons", "raesons"),
    );
    let told = program.await_log("configuration problem");
    assert_eq!(told["level"], "ERROR");
    assert_eq!(told["about"], "conf/locks.yaml");
    let reason = "line 8, column 16: spec.instances.i-always: `raesons` is no field here; there are `reasons`, `disks`; its last good content stays in force";
    assert_eq!(told["reason"], reason);
    assert!(program.ask("i-1").await.is("deny", Some(403)));
    assert!(program.ask("i-2").await.is("allow", None));
    let plain = program.get("/readyz").await;
    assert_eq!((plain.status, plain.body.as_str()), (200, "ok\n"));
    let verbose = program.get("/readyz?verbose").await;
    assert_eq!(verbose.status, 200);
    let line = format!("[!]config conf/locks.yaml: {reason}");
    assert!(
        verbose.body.lines().any(|told| told == line),
        "{}",
        verbose.body
    );
    assert_eq!(
        program
            .metric("arrears_config_reloads_total{outcome=\"error\"}")
            .await,
        "1"
    );

    program.files.write("conf/locks.yaml", &locks(["i-1"]));
    let mended = program.await_log("configuration mended");
    assert_eq!(mended["about"], "conf/locks.yaml");
    let verbose = program.get("/readyz?verbose").await;
    assert_eq!(
        verbose.body,
        "[+]certificate ok\n[+]config ok\n[+]listener ok\nreadyz check passed\n"
    );
    assert_eq!(
        program
            .metric("arrears_config_reloads_total{outcome=\"ok\"}")
            .await,
        "1"
    );
}

#[tokio::test]
async fn nothing_known_of_any_account_is_said_loudly() {
    let program = Program::start(Files::new(&[]), &[]);
    let told = program.await_log("configuration remark");
    assert_eq!(told["level"], "WARN");
    let verbose = program.get("/readyz?verbose").await;
    assert_eq!(verbose.status, 200);
    assert!(
        verbose.body.contains("[!]config accounts: there is no EcsAccount and no LockSnapshot, so nothing is known of any account"),
        "{}",
        verbose.body
    );
    let verdict = program.ask("i-1").await;
    assert!(verdict.is("unknown", None), "{verdict:?}");
    assert!(verdict.message.starts_with("arrears:"), "{verdict:?}");
}
