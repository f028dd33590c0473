//! From process start to the first right denial, and whether anything wrong was said before.

use std::time::Duration;

use anyhow::ensure;

use crate::{
    client::{Answer, Client},
    process::{Process, Program},
    report::{self, line},
    site::{Site, SnapshotFormat},
};

const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(1);

/// How a server came up, as its first caller saw it.
#[derive(Clone, Copy, Default)]
pub(crate) struct Arrival {
    /// From process start to the first right answer.
    pub(crate) elapsed: Duration,
    /// Tries that no review came back from.
    pub(crate) unanswered: u32,
    /// Locked ids let through.
    pub(crate) wrongly_allowed: u32,
    /// Denials for another reason than the lock.
    pub(crate) undecided: u32,
}

/// Reports the start with few and with many locked ids.
pub(crate) async fn measure(quick: bool) -> anyhow::Result<()> {
    let runs = if quick { 2 } else { 5 };
    let many = if quick { 100_000 } else { 1_000_000 };
    line(
        "from process start to the first right denial; goal: 1 s with 10,000 ids, nothing wrongly allowed",
    )?;
    line(format!(
        "{:>10} {:>12} {:>12} {:>12} {:>12} {:>12}",
        "ids", "median", "slowest", "unanswered", "undecided", "WRONG"
    ))?;
    for locked_ids in [10_000, many] {
        let site = Site::new(locked_ids, SnapshotFormat::Json)?;
        let client = Client::new(&site)?;
        let mut arrivals = Vec::new();
        for _ in 0..runs {
            let mut process = Program::Arrears.start(&site)?;
            arrivals.push(await_first_answer(&client, &mut process).await?);
        }
        let times: Vec<Duration> = arrivals.iter().map(|arrival| arrival.elapsed).collect();
        line(format!(
            "{locked_ids:>10} {:>12} {:>12} {:>12} {:>12} {:>12}",
            report::duration(report::median(times.clone()).unwrap_or_default()),
            report::duration(times.into_iter().max().unwrap_or_default()),
            arrivals
                .iter()
                .map(|arrival| arrival.unanswered)
                .sum::<u32>(),
            arrivals
                .iter()
                .map(|arrival| arrival.undecided)
                .sum::<u32>(),
            arrivals
                .iter()
                .map(|arrival| arrival.wrongly_allowed)
                .sum::<u32>(),
        ))?;
    }
    Ok(())
}

/// Asks about a locked instance from the first moment on, until the answer is the right one.
pub(crate) async fn await_first_answer(
    client: &Client,
    process: &mut Process,
) -> anyhow::Result<Arrival> {
    let right = match process.program {
        Program::Arrears => Answer::Denied(403),
        Program::Floor => Answer::Allowed,
    };
    let mut arrival = Arrival::default();
    loop {
        let answer = ask_once(client, process).await;
        arrival.elapsed = process.started.elapsed();
        match &answer {
            Ok(answer) if *answer == right => return Ok(arrival),
            Ok(Answer::Allowed) => arrival.wrongly_allowed += 1,
            Ok(Answer::Denied(_)) => arrival.undecided += 1,
            Err(_) => arrival.unanswered += 1,
        }
        process.check_alive()?;
        ensure!(
            arrival.elapsed < PATIENCE,
            "no right answer within {PATIENCE:?}: {answer:?}"
        );
        tokio::time::sleep(PAUSE).await;
    }
}

async fn ask_once(client: &Client, process: &Process) -> anyhow::Result<Answer> {
    let mut connection = client.connect(process.address).await?;
    connection.ask(&client.probe()).await
}
