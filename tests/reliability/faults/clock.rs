//! One replica's clock is wrong, be it the leader's or not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value;
use tokio::time::sleep;

use crate::replicas::{Apart, USUAL};
use crate::row::Row;
use crate::stage::{Stage, perform};

const OFF_BY: i64 = 600;

/// A library that puts the wall clock of a process ahead, without a hook in the process for it.
fn library(folder: &Path) -> PathBuf {
    let library = folder.join("skew.so");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reliability/skew.c");
    let compiler = std::env::var_os("CC").unwrap_or_else(|| "cc".into());
    let output = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-O2", "-o"])
        .args([&library, &source])
        .output()
        .unwrap_or_else(|error| panic!("{}: {error}", compiler.display()));
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    library
}

fn skewed(library: &Path, seconds: i64) -> Apart {
    Apart {
        variables: vec![
            ("LD_PRELOAD".to_owned(), library.display().to_string()),
            ("SKEW_SECONDS".to_owned(), seconds.to_string()),
        ],
        ..Apart::default()
    }
}

/// When a log was begun, by the clock of who wrote it.
fn time_of(log: &str) -> Timestamp {
    let line: Value = serde_json::from_str(log.lines().next().unwrap()).unwrap();
    line["timestamp"].as_str().unwrap().parse().unwrap()
}

#[test]
fn clock_of_one_replica_off_by_ten_minutes() {
    perform(&USUAL, async |stage: &mut Stage| {
        let library = library(stage.plane.folder());
        let outcomes = stage
            .under_load(async |stage| {
                for seconds in [OFF_BY, -OFF_BY] {
                    stage
                        .replicas
                        .start_one(&stage.installed, skewed(&library, seconds))
                        .await;
                    stage.replicas.until_ready().await;
                    let last = stage.replicas.running.last().unwrap();
                    let id = last.id;
                    let off_by = time_of(&last.log())
                        .duration_since(Timestamp::now())
                        .as_secs();
                    assert!(
                        (off_by - seconds).abs() < 60,
                        "its clock is off by {off_by} s"
                    );
                    sleep(Duration::from_secs(2)).await;
                    // Now it has to lead, and everyone else lives on what it publishes.
                    while stage.replicas.running[0].id != id {
                        stage.replicas.end_one(0).await;
                    }
                    stage
                        .replicas
                        .start_one(&stage.installed, Apart::default())
                        .await;
                    stage.replicas.until_ready().await;
                    let leader = stage.replicas.leader().await;
                    assert_eq!(stage.replicas.running[leader].id, id);
                    sleep(Duration::from_secs(3)).await;
                }
                // The next test is to find no clock but right ones.
                stage.replicas.roll(&stage.installed).await;
            })
            .await;
        Row::new("clock of one replica off by 10 minutes", outcomes).close();
    });
}
