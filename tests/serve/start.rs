//! The start: nothing is answered before the facts are there, and flags may come from the environment.

use std::{
    net::{SocketAddr, TcpListener},
    time::{Duration, Instant},
};

use super::{
    files::{Files, locks, policy},
    program::{self, Program},
};

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap()
}

#[tokio::test]
async fn the_first_answer_is_a_right_one() {
    let ids: Vec<_> = (0..10_000).map(|number| format!("i-{number:05}")).collect();
    let files = Files::new(&[
        ("locks.yaml", &locks(ids.iter().map(String::as_str))),
        ("policy.yaml", &policy("unknown: Allow")),
    ]);
    let address = free_address();
    let command = program::command_at(&files, &address.to_string(), "127.0.0.1:0");
    let begin = Instant::now();
    let mut program = Program::spawn(files, command);
    program.webhook = address;
    let mut refused = 0;
    let verdict = loop {
        match program.try_ask("i-09999").await {
            Some(verdict) => break verdict,
            None => {
                refused += 1;
                program.lives();
            }
        }
    };
    println!(
        "first answer after {:?}, {refused} attempts before; {} KiB at most",
        begin.elapsed(),
        program.peak_memory()
    );
    assert!(verdict.is("deny", Some(403)), "{verdict:?}");
    assert!(0 < refused);
    assert!(begin.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_listing_is_no_tree_of_values_on_its_way() {
    let ids: Vec<_> = (0..100_000)
        .map(|number| format!("i-bp1{number:015}"))
        .collect();
    let yaml = locks(ids.iter().map(String::as_str));
    let entries: Vec<_> = ids
        .iter()
        .map(|id| format!(r#""{id}":{{"reasons":["financial"]}}"#))
        .collect();
    let json = format!(
        r#"{{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{{"name":"prod.cn-hangzhou"}},"spec":{{"account":"prod","region":"cn-hangzhou","instances":{{{}}}}}}}"#,
        entries.join(",")
    );
    let empty = Program::start(Files::new(&[]), &[]).peak_memory();
    // A second document beside it makes a listing take the way of all other manifests.
    let beside = format!("{yaml}---\n{}", policy(""));
    let more = |name: &str, text: &str| {
        let program = Program::start(Files::new(&[(name, text)]), &[]);
        program.peak_memory().saturating_sub(empty)
    };
    let [as_tree, as_yaml, as_json] = [
        ("locks.yaml", &beside),
        ("locks.yaml", &yaml),
        ("locks.json", &json),
    ]
    .map(|(name, text)| more(name, text));
    println!(
        "{empty} KiB, and {as_json} KiB as JSON, {as_yaml} KiB as YAML, {as_tree} KiB beside a policy"
    );
    assert!(2 * as_json < as_tree && 4 * as_yaml < 3 * as_tree);
}

#[tokio::test]
async fn every_flag_can_come_from_the_environment() {
    let files = Files::new(&[("locks.yaml", &locks(["i-1"]))]);
    let mut command = program::bare(&files);
    for (name, value) in [
        ("ARREARS_CONFIG", "conf"),
        ("ARREARS_TLS_CERT", "tls.crt"),
        ("ARREARS_TLS_KEY", "tls.key"),
        ("ARREARS_LISTEN", "127.0.0.1:0"),
        ("ARREARS_ADMIN_LISTEN", "127.0.0.1:0"),
        ("ARREARS_LAME_DUCK", "0s"),
        ("ARREARS_MAX_CONNECTIONS", "10"),
        ("ARREARS_MAX_IN_FLIGHT", "10"),
        ("ARREARS_LOG_FORMAT", "json"),
        ("ARREARS_COLOR", "never"),
    ] {
        command.env(name, value);
    }
    let mut program = Program::run(files, command);
    assert!(program.ask("i-1").await.is("deny", Some(403)));
    program.signal("TERM");
    assert_eq!(program.end().code(), Some(0));
}
