//! `arrears locks`, and `arrears check` with accounts that are asked.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::Stdio,
};

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{
    Ran,
    double::{Cloud, Fault},
};

const KEY: &str = "LTAIcommandline";
const SECRET: &str = "thesecretofthecommandline";

struct Site {
    cloud: Cloud,
    folder: TempDir,
}

impl Site {
    fn new() -> Self {
        let cloud = Cloud::start();
        cloud.account(KEY, SECRET);
        let folder = tempfile::tempdir().unwrap();
        let regions = ["cn-beijing", "cn-hangzhou"];
        let endpoints = regions.map(|region| {
            cloud.region(region);
            (region.to_owned(), Value::from(cloud.endpoint()))
        });
        let endpoints: Value = serde_json::Map::from_iter(endpoints).into();
        let account = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsAccount", "metadata": {"name": "prod"},
            "spec": {"pollInterval": "1s", "regions": regions, "defaultRegion": "cn-hangzhou", "endpoints": endpoints}});
        fs::write(folder.path().join("account.json"), account.to_string()).unwrap();
        Self { cloud, folder }
    }

    fn run(&self, arguments: &[&str], stdin: &str) -> Ran {
        let output = Command::cargo_bin("arrears")
            .unwrap()
            .args(arguments)
            .args(["--config", self.folder.path().to_str().unwrap()])
            .env_clear()
            .env("HOME", self.folder.path())
            .env("NO_PROXY", "*")
            .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY)
            .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
            .write_stdin(stdin)
            .output()
            .unwrap();
        Ran::of(output)
    }
}

const START: &str = "apiVersion: arrears.dev/v1alpha1\nkind: EcsOperation\nmetadata: {name: start}\nspec: {action: StartInstance, instanceIds: [i-bp1web]}\n";

#[test]
fn what_is_locked_is_listed_with_where_it_is_attached() {
    let site = Site::new();
    let hangzhou = site.cloud.region("cn-hangzhou");
    hangzhou.lock_instance("i-bp1web", ["financial", "security"]);
    hangzhou.lock_instance("i-bp1safe", ["security"]);
    hangzhou.lock_disk("d-bp1data", ["financial"]);
    hangzhou.attach("d-bp1data", "i-bp1web");
    let ran = site.run(&["locks"], "");
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    let rows: Vec<Vec<&str>> = ran
        .stdout
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let shown: Vec<&[&str]> = rows.iter().map(|row| &row[..5]).collect();
    assert_eq!(
        shown,
        [
            &["ACCOUNT", "REGION", "TARGET", "REASONS", "ATTACHED"][..],
            &["prod", "cn-beijing", "none", "-", "-"],
            &[
                "prod",
                "cn-hangzhou",
                "i-bp1web",
                "financial,security",
                "d-bp1data"
            ],
            &["prod", "cn-hangzhou", "d-bp1data", "financial", "i-bp1web"],
        ]
    );
}

#[test]
fn what_is_printed_can_be_read_back_instead_of_asking() {
    let site = Site::new();
    site.cloud
        .region("cn-hangzhou")
        .lock_instance("i-bp1web", ["financial"]);
    for (form, file) in [("yaml", "locks.yaml"), ("json", "locks.json")] {
        let ran = site.run(&["locks", "--output", form], "");
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
        let path = site.folder.path().join(file);
        fs::write(&path, &ran.stdout).unwrap();
        site.cloud.forget_calls();
        let judged = site.run(&["check", "-"], START);
        assert_eq!(judged.code, 1, "{}{}", judged.stdout, judged.stderr);
        assert_eq!(
            site.cloud.total(),
            0,
            "a listing in a file is not asked for"
        );
        fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_region_that_cannot_be_read_is_told_and_is_exit_code_two() {
    let site = Site::new();
    site.cloud.fault(
        Fault::forbidden()
            .region("cn-beijing")
            .action("DescribeDisks"),
    );
    let ran = site.run(&["locks", "-v"], "");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stdout.contains("cn-beijing   unknown"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("cn-hangzhou  none"), "{}", ran.stdout);
    for told in [
        "account prod, region cn-beijing: ",
        "ecs:DescribeDisks",
        "account prod: credentials from environment variables",
    ] {
        assert!(ran.stderr.contains(told), "{told}: {}", ran.stderr);
    }
    assert!(!ran.stderr.contains(SECRET), "{}", ran.stderr);
}

#[test]
fn watching_prints_again_when_something_has_changed() {
    let site = Site::new();
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_arrears"))
        .args(["locks", "--watch", "--config"])
        .arg(site.folder.path())
        .env_clear()
        .env("NO_PROXY", "*")
        .env("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY)
        .env("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let before = [line(), line(), line()];
    assert!(
        before[2].starts_with("prod     cn-hangzhou  none"),
        "{before:?}"
    );
    site.cloud
        .region("cn-hangzhou")
        .lock_instance("i-bp1web", ["financial"]);
    let after = [line(), line(), line()];
    assert!(
        after[2].starts_with("prod     cn-hangzhou  i-bp1web"),
        "{after:?}"
    );
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn check_asks_the_cloud_where_the_configuration_has_accounts() {
    let site = Site::new();
    let hangzhou = site.cloud.region("cn-hangzhou");
    hangzhou.lock_instance("i-bp1web", ["financial"]);
    hangzhou.disk("d-bp1root").attach("d-bp1root", "i-bp1web");
    let ran = site.run(&["check", "-"], START);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    // The disk is not locked: where it is attached has to be asked for.
    let reinit = START
        .replace("StartInstance", "ReInitDisk")
        .replace("instanceIds: [i-bp1web]", "diskIds: [d-bp1root]");
    let ran = site.run(&["check", "-"], &reinit);
    assert_eq!(ran.code, 1, "{}{}", ran.stdout, ran.stderr);
    hangzhou.pay_instance("i-bp1web");
    let ran = site.run(&["check", "-"], START);
    assert_eq!(ran.code, 0, "{}{}", ran.stdout, ran.stderr);
    site.cloud.fault(Fault::server_error());
    let ran = site.run(&["check", "-"], START);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("region cn-hangzhou"), "{}", ran.stderr);
}

#[test]
fn without_credentials_each_source_says_why_it_did_not_serve() {
    let site = Site::new();
    let output = Command::cargo_bin("arrears")
        .unwrap()
        .args(["locks", "--config", site.folder.path().to_str().unwrap()])
        .env_clear()
        .env("HOME", site.folder.path())
        .env("NO_PROXY", "*")
        .env("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stderr).unwrap();
    for source in [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ROLE_ARN",
        "config.json",
        "ALIBABA_CLOUD_ECS_METADATA_DISABLED",
        "ALIBABA_CLOUD_CREDENTIALS_URI",
    ] {
        assert!(told.contains(source), "{source}: {told}");
    }
}
