//! What lock facts cost: time to load a snapshot file, memory once loaded and at its peak, time per question.
//!
//! Each case runs in a process of its own, as a peak is a process's. `cargo bench --bench lock`, or with sizes:
//! `cargo bench --bench lock -- 10000 1000000`. Memory figures need Linux's `/proc`.
#![expect(clippy::print_stdout, reason = "a report is what it is for")]

use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use arrears::lock::{Facts, Locks, Part, RegionKey, Regions, Snapshot, View};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUESTIONS: usize = 1_000_000;

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    if let [command, path, ids] = arguments.as_slice()
        && command == "load"
    {
        return load(Path::new(path), ids.parse()?);
    }
    let sizes: Vec<usize> = arguments
        .iter()
        .map(|size| size.parse())
        .collect::<Result<_, _>>()?;
    let sizes = if sizes.is_empty() {
        vec![10_000, 1_000_000]
    } else {
        sizes
    };
    let directory = tempfile::tempdir()?;
    println!(
        "ids      format     file MB  read ms  load ms  CPU ms  RSS MB  peak MB  view us  known ns  unknown ns  attached ns"
    );
    for ids in sizes {
        for format in ["json", "mixed.json", "yaml"] {
            let path = directory.path().join(format!("locks-{ids}.{format}"));
            std::fs::write(&path, document(ids, format))?;
            let status = Command::new(std::env::current_exe()?)
                .arg("load")
                .arg(&path)
                .arg(ids.to_string())
                .status()?;
            if !status.success() {
                bail!("{ids} ids as {format}: {status}");
            }
        }
    }
    Ok(())
}

/// Half instances, half disks, each locked and attached to its fellow.
///
/// Mixed: the disks come in another order than the instances that they are attached to, which is harder on the caches.
fn document(ids: usize, format: &str) -> String {
    let mut text = String::new();
    match format {
        "json" => write_json(&mut text, ids / 2, 1),
        "mixed.json" => write_json(&mut text, ids / 2, 7919),
        _ => write_yaml(&mut text, ids / 2),
    }
    text
}

fn instance(number: usize) -> String {
    format!("i-bp1{:015x}", scatter(number))
}

fn disk(number: usize) -> String {
    format!("d-bp1{:015x}", scatter(number))
}

/// Ids do not come in order.
fn scatter(number: usize) -> u64 {
    (number as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 4
}

fn write_json(text: &mut String, pairs: usize, disk_stride: usize) {
    text.push_str(r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"#);
    text.push_str(r#""spec":{"account":"prod","region":"cn-hangzhou","observedAt":"2026-11-23T10:00:00Z","source":"Ecs","#);
    for (side, ids, other) in [
        (
            "instances",
            instance as fn(usize) -> String,
            disk as fn(usize) -> String,
        ),
        ("disks", disk, instance),
    ] {
        let link = if side == "instances" {
            "disks"
        } else {
            "instances"
        };
        let _ = write!(text, "\"{side}\":{{");
        for number in 0..pairs {
            let comma = if number + 1 == pairs { "" } else { "," };
            let stride = if side == "instances" { 1 } else { disk_stride };
            let number = number * stride % pairs;
            let (id, other) = (ids(number), other(number));
            let _ = write!(
                text,
                r#""{id}":{{"reasons":["financial"],"{link}":["{other}"]}}{comma}"#
            );
        }
        text.push_str(if side == "instances" { "}," } else { "}" });
    }
    text.push_str("}}\n");
}

fn write_yaml(text: &mut String, pairs: usize) {
    text.push_str("apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {name: prod.cn-hangzhou}\nspec:\n");
    text.push_str("  account: prod\n  region: cn-hangzhou\n  observedAt: \"2026-11-23T10:00:00Z\"\n  source: Ecs\n");
    text.push_str("  instances:\n");
    for number in 0..pairs {
        let _ = writeln!(
            text,
            "    {}: {{reasons: [financial], disks: [{}]}}",
            instance(number),
            disk(number)
        );
    }
    text.push_str("  disks:\n");
    for number in 0..pairs {
        let _ = writeln!(
            text,
            "    {}: {{reasons: [financial], instances: [{}]}}",
            disk(number),
            instance(number)
        );
    }
}

fn load(path: &Path, ids: usize) -> Result<()> {
    let format = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default()
        .to_owned();
    let name = path
        .file_stem()
        .and_then(|stem| stem.to_str())
        .unwrap_or_default();
    let name = match name.ends_with(".mixed") {
        true => format!("{format} mixed"),
        false => format.clone(),
    };
    let start = Instant::now();
    let bytes = std::fs::read(path)?;
    let read = start.elapsed();
    let length = bytes.len();
    let (start, processor_start) = (Instant::now(), processor_time()?);
    let part = match format.as_str() {
        "json" => Part::from_json(&bytes)?,
        _ => Part::from_yaml(std::str::from_utf8(&bytes)?)?,
    };
    let snapshot = Snapshot::join(&[part])?;
    let (loaded, processor) = (start.elapsed(), processor_time()? - processor_start);
    drop(bytes);
    let (view, built) = view(snapshot)?;
    let locks = view
        .region("prod", "cn-hangzhou")
        .and_then(|region| region.locks())
        .context("no locks")?;
    if locks.instance_count() + locks.disk_count() != ids {
        bail!(
            "{} and {} locked, of {ids}",
            locks.instance_count(),
            locks.disk_count()
        );
    }
    settle();
    let (rss, peak) = (memory("VmRSS")?, memory("VmHWM")?);
    let [known, unknown, attached] = ask(locks, ids / 2);
    println!(
        "{ids:<8} {name:<10} {:>7.1} {:>8.1} {:>8.1} {:>7.1} {rss:>7.1} {peak:>8.1} {:>8.1} {known:>9.1} {unknown:>11.1} {attached:>12.1}",
        length as f64 / 1e6,
        read.as_secs_f64() * 1e3,
        loaded.as_secs_f64() * 1e3,
        processor.as_secs_f64() * 1e3,
        built.as_secs_f64() * 1e6,
    );
    Ok(())
}

fn view(snapshot: Snapshot) -> Result<(View, Duration)> {
    let observed_at = snapshot.observed_at().context("no observedAt")?;
    let key = RegionKey {
        account: snapshot.account().clone(),
        region: snapshot.region().clone(),
    };
    let regions = Regions::from([(key, Some(Facts::listed(snapshot, observed_at)))]);
    let start = Instant::now();
    let view = View::build(&regions, &["financial".to_owned()]);
    Ok((view, start.elapsed()))
}

/// Nanoseconds per question: a locked id, one that is not, and a locked id's attachment.
fn ask(locks: &Locks, pairs: usize) -> [f64; 3] {
    let scattered = |number: usize| (number * 7919) % pairs.max(1);
    let known: Vec<String> = (0..pairs.min(100_000))
        .map(|number| instance(scattered(number)))
        .collect();
    let unknown: Vec<String> = (0..known.len())
        .map(|number| format!("i-bp2{number:015x}"))
        .collect();
    let time = |ids: &[String], question: &dyn Fn(&str) -> bool| {
        let start = Instant::now();
        let answers = ids
            .iter()
            .cycle()
            .take(QUESTIONS)
            .filter(|id| question(black_box(id)))
            .count();
        black_box(answers);
        start.elapsed().as_secs_f64() * 1e9 / QUESTIONS as f64
    };
    [
        time(&known, &|id| locks.instance(id)),
        time(&unknown, &|id| locks.instance(id)),
        time(&known, &|id| locks.disk_of_instance(id).is_some()),
    ]
}

/// Lets the allocator give back what was freed, which it does about a second later, when more is freed: a server does so
/// all the time.
fn settle() {
    for _ in 0..20 {
        std::thread::sleep(Duration::from_millis(100));
        drop(black_box(
            (0..64).map(|_| vec![0_u8; 1 << 16]).collect::<Vec<_>>(),
        ));
    }
}

/// What this thread has used of the processor, which other processes do not lengthen as they do the time on the wall.
fn processor_time() -> Result<Duration> {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat")?;
    let nanoseconds = statistics.split_whitespace().next().context("no figure")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}

/// A figure of this process, in megabytes.
fn memory(name: &str) -> Result<f64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status
        .lines()
        .find(|line| line.starts_with(name))
        .with_context(|| format!("no {name}"))?;
    let kilobytes: f64 = line
        .split_whitespace()
        .nth(1)
        .context("no figure")?
        .parse()?;
    Ok(kilobytes * 1024.0 / 1e6)
}
