//! No more memory than the chart asks for, an eighth of what it allows, and large objects to review.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use tokio::task::JoinSet;

use crate::asks::large;
use crate::load::create;
use crate::outcome::Outcome;
use crate::replicas::{Apart, USUAL};
use crate::row::Row;
use crate::stage::{Stage, perform};

/// The chart's `resources.requests.memory`: a replica is to do with what it has for sure.
const LIMIT: u64 = 64 * 1024 * 1024;

/// Large objects at once, in each of several waves.
const AT_ONCE: usize = 8;
const WAVES: usize = 10;

/// A memory control group of its own; none where this user may not make one.
fn group(name: &str) -> Result<PathBuf, String> {
    let membership = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
    let own = |controller: &str| {
        membership.lines().find_map(|line| {
            let mut parts = line.splitn(3, ':').skip(1);
            let is_meant = parts.next()?.split(',').any(|name| name == controller);
            is_meant.then(|| {
                parts
                    .next()
                    .unwrap_or_default()
                    .trim_start_matches('/')
                    .to_owned()
            })
        })
    };
    let (root, own, limit) = match own("memory") {
        Some(own) => (
            Path::new("/sys/fs/cgroup/memory"),
            own,
            "memory.limit_in_bytes",
        ),
        None => (
            Path::new("/sys/fs/cgroup"),
            own("").unwrap_or_default(),
            "memory.max",
        ),
    };
    let group = root.join(own).join(name);
    fs::create_dir_all(&group)
        .and_then(|()| fs::write(group.join(limit), LIMIT.to_string()))
        .map_err(|error| format!("{}: {error}", group.display()))?;
    Ok(group)
}

/// How often the kernel had to kill something in it.
fn kills(group: &Path) -> u64 {
    let read = |name: &str| fs::read_to_string(group.join(name)).unwrap_or_default();
    let text = read("memory.oom_control") + &read("memory.events");
    let line = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    line.and_then(|count| count.parse().ok())
        .unwrap_or_default()
}

/// The most memory that was used in it.
fn peak(group: &Path) -> u64 {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let text = read("memory.max_usage_in_bytes").or_else(|| read("memory.peak"));
    text.and_then(|bytes| bytes.trim().parse().ok())
        .unwrap_or_default()
}

#[test]
fn no_more_memory_than_the_chart_requests() {
    perform(&USUAL, async |stage: &mut Stage| {
        let group = |number: u32| {
            group(&format!(
                "arrears-reliability-{}-{number}",
                std::process::id()
            ))
        };
        let groups = [group(0), group(1)];
        let mut large_ones: Vec<Outcome> = Vec::new();
        let mut outcomes = stage
            .under_load(async |stage| {
                for group in &groups {
                    let apart = Apart {
                        group: group.as_ref().ok().cloned(),
                        ..Apart::default()
                    };
                    stage.replicas.start_one(&stage.installed, apart).await;
                    stage.replicas.until_ready().await;
                    stage.replicas.end_one(0).await;
                }
                for _ in 0..WAVES {
                    let mut wave = JoinSet::new();
                    for number in 0..AT_ONCE {
                        let client = stage.client.clone();
                        let ask = large(number);
                        wave.spawn(async move { create(&client, &ask, Instant::now()).await });
                    }
                    large_ones.extend(wave.join_all().await);
                }
                stage.replicas.roll(&stage.installed).await;
            })
            .await;
        outcomes.extend(large_ones);
        let mut row = Row::new("memory limited to the chart's request", outcomes);
        row.note(format!(
            "{} creations of 1 MB, {AT_ONCE} at once",
            WAVES * AT_ONCE
        ));
        for group in &groups {
            match group {
                Ok(group) => {
                    let peak = peak(group);
                    row.note(format!("{} MiB at most of {} MiB", peak >> 20, LIMIT >> 20));
                    row.demand(0 < peak, "nobody was in the control group");
                    row.demand(kills(group) == 0, "the kernel killed it");
                    _ = fs::remove_dir(group);
                }
                Err(reason) => row.note(format!("no control group here ({reason})")),
            }
        }
        row.close();
    });
}
