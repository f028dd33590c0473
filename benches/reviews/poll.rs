//! What listing a million locked ids from the cloud takes, and what reviews notice of it.
//!
//! The cloud is the tests' double, in this process: making its pages costs about as much as reading them, on the same
//! cores. Reviews come at a steady pace on one connection, so that their latency is their own.

use std::time::{Duration, Instant};

use anyhow::Context;
use bytes::Bytes;
use serde_json::json;

use crate::{
    bodies::Review,
    client::{Answer, Client, Connection},
    double::{Cloud, many_instance},
    process::{Process, Program},
    report::{duration, line, megabytes, percentile},
    site::Site,
};

const KEY: &str = "LTAIbenchmark";
const SECRET: &str = "thesecretofthebenchmark";

/// Before a listing is in force: more than it takes to put a million ids in order.
const SWAP: Duration = Duration::from_secs(1);

/// Between two reviews.
const PACE: Duration = Duration::from_millis(2);

/// Reports it.
pub(crate) async fn measure(quick: bool, calls_per_second: u32) -> anyhow::Result<()> {
    let ids = if quick { 20_000 } else { 1_000_000 };
    let window = Duration::from_millis(if quick { 500 } else { 20_000 });
    let cloud = Cloud::start();
    cloud
        .account(KEY, SECRET)
        .region("cn-hangzhou")
        .lock_many(ids / 2, ids / 2);
    let site = Site::polled(&cloud.endpoint(), calls_per_second)?;
    let client = Client::new(&site)?;
    let keys = [
        ("ALIBABA_CLOUD_ACCESS_KEY_ID", KEY),
        ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
        ("NO_PROXY", "*"),
    ];
    let mut process = Program::Arrears.start_with(&site, &keys)?;
    let began = Instant::now();
    let mut connection = await_answer(&client, &mut process, 0, Answer::Denied(403)).await?;
    line(format!(
        "{ids} locked ids, {calls_per_second} calls a second; first listing in force after {}",
        duration(began.elapsed())
    ))?;
    let first = process.memory()?;

    let mut quiet = Vec::new();
    let end = Instant::now() + window;
    while Instant::now() < end {
        quiet.push(paced(&mut connection, 0, &mut Answer::Denied(403)).await?);
    }

    let mut busy = Vec::new();
    let mut swaps = Vec::new();
    let mut polls = Vec::new();
    for number in 1..=if quick { 1 } else { 3 } {
        cloud
            .region("cn-hangzhou")
            .pay_instance(&many_instance(number));
        let calls = cloud.total();
        process.hang_up()?;
        let began = Instant::now();
        let mut answer = Answer::Denied(403);
        let mut timed = Vec::new();
        while answer != Answer::Allowed {
            let latency = paced(&mut connection, number, &mut answer).await?;
            timed.push((Instant::now(), latency));
            process.check_alive()?;
        }
        polls.push((began.elapsed(), cloud.total() - calls));
        // Putting the ids in order and swapping the listing come last.
        let swap = Instant::now() - SWAP;
        swaps.extend(
            timed
                .iter()
                .filter(|(at, _)| swap < *at)
                .map(|(_, latency)| *latency),
        );
        busy.extend(timed.into_iter().map(|(_, latency)| latency));
    }
    for (elapsed, calls) in polls {
        line(format!("a poll: {} for {calls} calls", duration(elapsed)))?;
    }
    let memory = process.memory()?;
    line(format!(
        "resident after the first {}, at the end {}, peak {} (goal 250 MB)",
        megabytes(first.current),
        megabytes(memory.current),
        megabytes(memory.peak)
    ))?;
    let all = [
        ("quiet", &mut quiet),
        ("while listing", &mut busy),
        ("at the swap", &mut swaps),
    ];
    for (name, latencies) in all {
        latencies.sort_unstable();
        line(format!(
            "{name:<14} {:>7} reviews, p50 {:>10}, p99 {:>10}, slowest {:>10}",
            latencies.len(),
            duration(percentile(latencies, 50)),
            duration(percentile(latencies, 99)),
            duration(latencies.last().copied().unwrap_or_default())
        ))?;
    }
    let ratio = |latencies: &[Duration]| {
        percentile(latencies, 99).as_secs_f64() / percentile(&quiet, 99).as_secs_f64()
    };
    line(format!(
        "p99 / quiet: at the swap {:.2} (goal 1.2), while listing {:.2}",
        ratio(&swaps),
        ratio(&busy)
    ))?;
    Ok(())
}

/// Asks once, a pace after the last time; puts what was answered into `answer`.
async fn paced(
    connection: &mut Connection,
    number: usize,
    answer: &mut Answer,
) -> anyhow::Result<Duration> {
    tokio::time::sleep(PACE).await;
    let review = review(number);
    let began = Instant::now();
    *answer = connection.ask(&review).await?;
    Ok(began.elapsed())
}

async fn await_answer(
    client: &Client,
    process: &mut Process,
    number: usize,
    right: Answer,
) -> anyhow::Result<Connection> {
    loop {
        process.check_alive()?;
        tokio::time::sleep(PACE).await;
        let Ok(mut connection) = client.connect(process.address).await else {
            continue;
        };
        let answer = connection.ask(&review(number)).await;
        if answer.context("a review")? == right {
            return Ok(connection);
        }
    }
}

/// A request to start one of the many.
fn review(number: usize) -> Review {
    let uid = format!("00000000-0000-4000-8000-{number:012}");
    let text = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": uid, "operation": "CREATE", "namespace": "shop", "name": "start",
        "kind": {"group": "arrears.dev", "version": "v1alpha1", "kind": "EcsOperation"},
        "object": {"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsOperation", "metadata": {"name": "start", "namespace": "shop"},
            "spec": {"action": "StartInstance", "regionId": "cn-hangzhou", "instanceIds": [many_instance(number)]}}}});
    Review {
        uid,
        text: Bytes::from(text.to_string()),
        denied: true,
    }
}
