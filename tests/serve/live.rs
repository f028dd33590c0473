//! The real program, asking the double of the cloud.

use std::{process::Command, time::Duration};

use jiff::Timestamp;
use serde_json::Value;

use super::{
    double::{Cloud, Fault},
    files::Files,
    program::{self, Program},
};

const KEY: &str = "LTAIserveprogram";
const SECRET: &str = "thesecretoftheprogram";

/// The account's configuration, and what is said of it.
fn account(cloud: &Cloud, regions: &[&str], interval: &str) -> String {
    let endpoints: Vec<String> = regions
        .iter()
        .map(|region| format!("{region}: \"{}\"", cloud.endpoint()))
        .collect();
    format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: EcsAccount\nmetadata: {{name: prod}}\nspec:\n  regions: [{}]\n  endpoints: {{{}}}\n  pollInterval: {interval}\n",
        regions.join(", "),
        endpoints.join(", ")
    )
}

fn command(files: &Files) -> Command {
    let mut command = program::command(files);
    command
        .env("NO_PROXY", "*")
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
        .env("RUST_LOG", "trace");
    command
}

fn cloud(regions: &[&str]) -> Cloud {
    let cloud = Cloud::start();
    let account = cloud.account(KEY, SECRET);
    for region in regions {
        account.region(region);
    }
    cloud
}

async fn until_ready(program: &Program) {
    while program.get("/readyz").await.status != 200 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Every line of a log as text.
fn text(log: &[Value]) -> String {
    log.iter().map(|line| format!("{line}\n")).collect()
}

#[tokio::test]
async fn it_is_ready_once_every_region_was_listed_and_denies_by_what_it_heard() {
    let cloud = cloud(&["cn-beijing", "cn-hangzhou"]);
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    let held = cloud.fault(Fault::hold_call().region("cn-beijing"));
    let regions = ["cn-beijing", "cn-hangzhou"];
    let files = Files::new(&[("account.yaml", &account(&cloud, &regions, "1h"))]);
    let command = command(&files);
    let program = Program::run(files, command);
    let ready = program.get("/readyz").await;
    assert_eq!(ready.status, 503);
    assert!(
        ready.body.contains("listed for the first time"),
        "{}",
        ready.body
    );
    held.lift();
    until_ready(&program).await;
    assert!(program.ask("i-1").await.is("deny", Some(403)));
    assert!(program.ask("i-2").await.is("allow", None));
    let locked = program
        .metric(r#"arrears_locked_targets{account="prod",region="cn-hangzhou",target="instance"}"#);
    assert_eq!(locked.await, "1");
    let calls =
        program.metric(r#"arrears_ecs_requests_total{action="DescribeDisks",outcome="ok"}"#);
    assert_eq!(calls.await, "4");
}

#[tokio::test]
async fn a_hangup_lists_at_once_and_a_lock_is_seen() {
    let cloud = cloud(&["cn-hangzhou"]);
    let files = Files::new(&[("account.yaml", &account(&cloud, &["cn-hangzhou"], "1h"))]);
    let command = command(&files);
    let program = Program::run(files, command);
    until_ready(&program).await;
    assert!(program.ask("i-1").await.is("allow", None));
    let hangzhou = cloud.region("cn-hangzhou");
    hangzhou.lock_instance("i-1", ["financial"]);
    program.signal("HUP");
    let series = r#"arrears_locked_targets{account="prod",region="cn-hangzhou",target="instance"}"#;
    while program.metric(series).await != "1" {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(program.ask("i-1").await.is("deny", Some(403)));
}

#[tokio::test]
async fn a_lock_is_enforced_within_the_poll_interval() {
    let cloud = cloud(&["cn-hangzhou"]);
    let files = Files::new(&[("account.yaml", &account(&cloud, &["cn-hangzhou"], "500ms"))]);
    let command = command(&files);
    let program = Program::run(files, command);
    until_ready(&program).await;
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    let set = Timestamp::now();
    while program.ask("i-1").await.is("allow", None) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let took = Timestamp::now().duration_since(set);
    // The interval, a tenth more by chance, and a very slow machine's listing.
    assert!(took.as_millis() < 5_000, "{took:?}");
}

#[tokio::test]
async fn an_account_comes_and_goes_with_its_file() {
    let cloud = cloud(&["cn-beijing", "cn-hangzhou"]);
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    let files = Files::new(&[("account.yaml", &account(&cloud, &["cn-beijing"], "1h"))]);
    let command = command(&files);
    let program = Program::run(files, command);
    until_ready(&program).await;
    assert!(program.ask("i-1").await.is("unknown", None));
    let both = account(&cloud, &["cn-beijing", "cn-hangzhou"], "1h");
    program.files.write("conf/account.yaml", &both);
    while !program.ask("i-1").await.is("deny", Some(403)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // A file that says what is locked stands for its region.
    program
        .files
        .write("conf/locks.yaml", &super::files::locks(["i-2"]));
    while !program.ask("i-2").await.is("deny", Some(403)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(program.ask("i-1").await.is("allow", None));
    cloud.forget_calls();
    program.signal("HUP");
    cloud.until_called("DescribeDisks", 1).await;
    let calls = cloud.all_calls();
    let asked = |region: &str| {
        calls
            .iter()
            .any(|call| call.region.as_deref() == Some(region))
    };
    assert!(asked("cn-beijing") && !asked("cn-hangzhou"));
}

#[tokio::test]
async fn what_keeps_a_region_from_being_listed_is_told_with_its_remedy_and_no_secret() {
    let cloud = cloud(&["cn-hangzhou"]);
    let trouble = cloud.fault(Fault::forbidden().action("DescribeDisks"));
    let files = Files::new(&[("account.yaml", &account(&cloud, &["cn-hangzhou"], "300ms"))]);
    let command = command(&files);
    let mut program = Program::run(files, command);
    let told = program.await_log("the region can't be listed");
    let reason = told["reason"].as_str().unwrap();
    for part in ["ecs:DescribeDisks", r#""Effect":"Allow""#] {
        assert!(reason.contains(part), "{part}: {reason}");
    }
    // Who can't ask answers all the same.
    until_ready(&program).await;
    let ready = program.get("/readyz?verbose").await;
    assert_eq!(ready.status, 200);
    assert!(
        ready.body.contains("ecs prod cn-hangzhou"),
        "{}",
        ready.body
    );
    assert!(program.ask("i-1").await.is("unknown", None));
    trouble.lift();
    program.await_log("the region can be listed again");
    assert!(program.ask("i-1").await.is("allow", None));
    program.signal("INT");
    program.signal("INT");
    program.end();
    let log = text(&program.rest_of_log());
    assert!(!log.contains(SECRET), "a secret is in the log");
}

#[tokio::test]
async fn keys_of_a_secret_manifest_are_used_and_its_change_is_followed() {
    let cloud = Cloud::start();
    cloud
        .account("LTAIofsecret", "firstsecret")
        .region("cn-hangzhou");
    cloud
        .region("cn-hangzhou")
        .lock_instance("i-1", ["financial"]);
    let secret = |value: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: keys, namespace: arrears}}\nstringData: {{accessKeyId: LTAIofsecret, accessKeySecret: {value}}}\n"
        )
    };
    let account = account(&cloud, &["cn-hangzhou"], "1h")
        + "  credentials: {source: Secret, secretRef: {namespace: arrears, name: keys}}\n";
    let files = Files::new(&[
        ("account.yaml", &account),
        ("secret.yaml", &secret("wrongsecret")),
    ]);
    let mut command = program::command(&files);
    command.env("NO_PROXY", "*");
    let program = Program::run(files, command);
    let told = program.await_log("the region can't be listed");
    assert!(
        told["reason"].as_str().unwrap().contains("access key"),
        "{told}"
    );
    program
        .files
        .write("conf/secret.yaml", &secret("firstsecret"));
    while !program.ask("i-1").await.is("deny", Some(403)) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
