//! Arrears beside the floor: rounds in turns, so that whatever else the machine does falls on both.

use std::{sync::Arc, time::Duration};

use crate::{
    bodies::Body,
    client::{Client, Extent, Sample},
    process::{Process, Program},
    report::{self, line, megabytes},
    site::{Site, SnapshotFormat},
    start::await_first_answer,
};

/// Arrears' CPU time per review may be this multiple of the floor's.
const GOAL: f64 = 1.25;

/// The figures of one round of one server.
#[derive(Clone, Copy)]
struct Round {
    rate: f64,
    p50: Duration,
    p99: Duration,
    cpu: Duration,
}

/// Reports it for each size of body.
pub(crate) async fn measure(
    contender: Program,
    quick: bool,
    connections: usize,
) -> anyhow::Result<()> {
    let rounds = if quick { 2 } else { 7 };
    let window = Duration::from_millis(if quick { 300 } else { 4_000 });
    let site = Site::new(10_000, SnapshotFormat::Json)?;
    let client = Client::new(&site)?;
    let mut contender = contender.start(&site)?;
    let mut floor = Program::Floor.start(&site)?;
    await_first_answer(&client, &mut contender).await?;
    await_first_answer(&client, &mut floor).await?;

    line(format!(
        "10,000 locked ids, 20 rules, {connections} connections, {rounds} rounds of {window:?} each in turns; medians"
    ))?;
    line(format!(
        "{:<14} {:>9}  {:<8} {:>10} {:>11} {:>11} {:>15}",
        "body", "bytes", "server", "reviews/s", "p50", "p99", "CPU per review"
    ))?;
    for body in [Body::create()?, Body::update()?, Body::large_update()?] {
        let body = Arc::new(body);
        let load = async |process: &mut Process, window| -> anyhow::Result<Round> {
            let bodies = [Arc::clone(&body)];
            let extent = Extent::Time(window);
            let sample = client.load(process, &bodies, extent, connections).await?;
            Ok(Round::of(&sample))
        };
        load(&mut contender, window / 4).await?;
        load(&mut floor, window / 4).await?;
        let mut ours = Vec::new();
        let mut theirs = Vec::new();
        for _ in 0..rounds {
            ours.push(load(&mut contender, window).await?);
            theirs.push(load(&mut floor, window).await?);
        }
        compare(&body, contender.program, &ours, &theirs)?;
    }
    for process in [&contender, &floor] {
        let memory = process.memory()?;
        line(format!(
            "{:<8} resident {}, peak {}",
            process.program.name(),
            megabytes(memory.current),
            megabytes(memory.peak)
        ))?;
    }
    Ok(())
}

fn compare(
    body: &Body,
    contender: Program,
    ours: &[Round],
    theirs: &[Round],
) -> anyhow::Result<()> {
    for (program, rounds) in [(contender, ours), (Program::Floor, theirs)] {
        let round = Round::median(rounds);
        line(format!(
            "{:<14} {:>9}  {:<8} {:>10.0} {:>11} {:>11} {:>15}",
            body.name,
            body.length(),
            program.name(),
            round.rate,
            report::duration(round.p50),
            report::duration(round.p99),
            report::duration(round.cpu)
        ))?;
    }
    let (our, their) = (Round::median(ours), Round::median(theirs));
    let ratio = |ours: Duration, theirs: Duration| ours.as_secs_f64() / theirs.as_secs_f64();
    let by_round = ours
        .iter()
        .zip(theirs)
        .map(|(our, their)| ratio(our.cpu, their.cpu));
    let lowest = by_round.clone().fold(f64::INFINITY, f64::min);
    let highest = by_round.fold(0.0, f64::max);
    let cpu = ratio(our.cpu, their.cpu);
    line(format!(
        "{:<24}  {:<8} {:>10.2} {:>11.2} {:>11.2} {:>15.2}  ({lowest:.2} to {highest:.2} by round; goal {GOAL}: {})",
        "",
        "ratio",
        our.rate / their.rate,
        ratio(our.p50, their.p50),
        ratio(our.p99, their.p99),
        cpu,
        if cpu <= GOAL { "met" } else { "missed" }
    ))?;
    Ok(())
}

// === impl Round ===

impl Round {
    fn of(sample: &Sample) -> Self {
        let count = u32::try_from(sample.latencies.len())
            .unwrap_or(u32::MAX)
            .max(1);
        Self {
            rate: f64::from(count) / sample.elapsed.as_secs_f64(),
            p50: report::percentile(&sample.latencies, 50),
            p99: report::percentile(&sample.latencies, 99),
            cpu: sample.cpu_time / count,
        }
    }

    /// Each figure's own median.
    fn median(rounds: &[Self]) -> Self {
        let duration = |figure: fn(&Self) -> Duration| {
            report::median(rounds.iter().map(figure).collect()).unwrap_or_default()
        };
        Self {
            rate: report::median(rounds.iter().map(|round| round.rate).collect())
                .unwrap_or_default(),
            p50: duration(|round| round.p50),
            p99: duration(|round| round.p99),
            cpu: duration(|round| round.cpu),
        }
    }
}
