//! The settings beside each other: rounds forth and back, and what came of them.

use std::{sync::Arc, time::Duration};

use anyhow::ensure;

use crate::{
    body::Body,
    client::{Connection, load},
    report::{self, line},
    scene::Scene,
    setting::Setting,
};

/// How many ids are locked in the account that owes money.
const LOCKED_IDS: u64 = 10_000;

/// What arrears has to reach: a share of what another setting reaches.
const GOALS: [(Setting, Setting, Option<f64>); 5] = [
    (Setting::Arrears, Setting::Floor, Some(0.95)),
    (Setting::Arrears, Setting::Nothing, Some(0.75)),
    (Setting::Arrears, Setting::Policy, None),
    (Setting::Floor, Setting::Nothing, None),
    (Setting::Policy, Setting::Nothing, None),
];

/// The figures of one window.
#[derive(Clone, Copy)]
struct Round {
    creates: u64,
    rate: f64,
    p50: Duration,
    p99: Duration,
    api_server: Duration,
    webhook: Duration,
    client: Duration,
    /// etcd, and all that has nothing to do with this: much of it spoils the figures.
    rest: Duration,
}

/// All windows of one setting.
struct Series {
    setting: Setting,
    rounds: Vec<Round>,
    denial: (u16, String),
}

/// Reports it.
pub(crate) async fn measure(quick: bool, connections: usize) -> anyhow::Result<()> {
    let rounds = if quick { 2 } else { 7 };
    let window = Duration::from_millis(if quick { 300 } else { 2_500 });
    let mut scene = Scene::start(LOCKED_IDS).await?;
    let mut lines = Vec::new();
    for _ in 0..connections {
        lines.push(scene.client.connect().await?);
    }
    let body = Arc::new(Body::allowed());
    line(format!(
        "dry-run creates of an Instance of {} bytes; {LOCKED_IDS} locked ids; {connections} connections; \
         {rounds} rounds of {window:?} for each setting, forth and back; medians",
        body.numbered(0).len()
    ))?;

    let mut all: Vec<Series> = Setting::ALL.map(Series::new).into();
    // The API server is slow for its first seconds.
    load(&mut lines, &body, 2 * window).await?;
    for _ in 0..rounds {
        for series in &mut all {
            scene.enter(series.setting).await?;
            load(&mut lines, &body, window / 8).await?;
            let round = round(&mut scene, &mut lines, &body, window, series.setting).await?;
            series.rounds.push(round);
            scene.prove().await?;
            series.denial = scene.denial().await?;
        }
        all.reverse();
    }
    all.sort_by_key(|series| Setting::ALL.iter().position(|it| *it == series.setting));
    report(&all)
}

/// One window, in which nobody but this setting must have been asked.
async fn round(
    scene: &mut Scene,
    lines: &mut Vec<Connection>,
    body: &Arc<Body>,
    window: Duration,
    setting: Setting,
) -> anyhow::Result<Round> {
    let reviews = scene.reviews().await?;
    let before = scene.cpu_times()?;
    let (elapsed, latencies) = load(lines, body, window).await?;
    let after = scene.cpu_times()?;
    let reviews = scene.reviews().await? - reviews;

    let count = u32::try_from(latencies.len())?.max(1);
    let creates = u64::from(count);
    ensure!(
        reviews == setting.reviews(creates),
        "{creates} creates under {setting:?}, but the API server counts {reviews} reviews"
    );
    let used = after.since(before);
    let ours = used.api_server + used.webhook + used.client;
    Ok(Round {
        creates,
        rate: f64::from(count) / elapsed.as_secs_f64(),
        p50: report::percentile(&latencies, 50),
        p99: report::percentile(&latencies, 99),
        api_server: used.api_server / count,
        webhook: used.webhook / count,
        client: used.client / count,
        rest: used.machine.saturating_sub(ours) / count,
    })
}

fn report(all: &[Series]) -> anyhow::Result<()> {
    line(format!(
        "{:<10} {:>10} {:>10} {:>10} {:>18} {:>11} {:>11} {:>12}",
        "setting",
        "creates/s",
        "p50",
        "p99",
        "CPU of API server",
        "of webhook",
        "of client",
        "of the rest"
    ))?;
    for series in all {
        line(format!(
            "{:<10} {:>10.0} {:>10} {:>10} {:>18} {:>11} {:>11} {:>12}",
            series.setting.name(),
            series.median(|round| round.rate),
            report::duration(series.median(|round| round.p50)),
            report::duration(series.median(|round| round.p99)),
            report::duration(series.median(|round| round.api_server)),
            report::duration(series.median(|round| round.webhook)),
            report::duration(series.median(|round| round.client)),
            report::duration(series.median(|round| round.rest)),
        ))?;
    }
    for (setting, other, goal) in GOALS {
        let find = |wanted| all.iter().find(|series| series.setting == wanted);
        if let (Some(ours), Some(theirs)) = (find(setting), find(other)) {
            compare(ours, theirs, goal)?;
        }
    }
    for series in all {
        let creates: u64 = series.rounds.iter().map(|round| round.creates).sum();
        let reviews = series.setting.reviews(creates);
        let (code, message) = &series.denial;
        line(format!(
            "{:<10} {creates} creates, all answered with 201; {reviews} reviews; what is to be denied: {code} {message}",
            series.setting.name(),
        ))?;
    }
    Ok(())
}

/// The rates beside each other, and the CPU time of all but the client, which tells the same with less noise.
fn compare(ours: &Series, theirs: &Series, goal: Option<f64>) -> anyhow::Result<()> {
    let ratios = |figure: fn(&Round) -> f64| {
        let pairs = ours.rounds.iter().zip(&theirs.rounds);
        let mut ratios: Vec<f64> = pairs
            .map(|(our, their)| figure(our) / figure(their))
            .collect();
        ratios.sort_by(f64::total_cmp);
        ratios
    };
    let cpu = |round: &Round| (round.api_server + round.webhook).as_secs_f64();
    let rates = ratios(|round| round.rate);
    let median = report::median(rates.clone()).unwrap_or_default();
    let goal = match goal {
        Some(goal) if goal <= median => format!("; goal {goal}: met"),
        Some(goal) => format!("; goal {goal}: missed"),
        None => String::new(),
    };
    line(format!(
        "{:<20} creates/s {median:.3} ({:.3} to {:.3} by round{goal}); CPU of servers {:.3}",
        format!("{} / {}", ours.setting.name(), theirs.setting.name()),
        rates.first().copied().unwrap_or_default(),
        rates.last().copied().unwrap_or_default(),
        report::median(ratios(cpu)).unwrap_or_default(),
    ))?;
    Ok(())
}

// === impl Series ===

impl Series {
    fn new(setting: Setting) -> Self {
        Self {
            setting,
            rounds: Vec::new(),
            denial: (0, String::new()),
        }
    }

    /// A figure's median over the rounds.
    fn median<T: PartialOrd + Copy + Default>(&self, figure: fn(&Round) -> T) -> T {
        report::median(self.rounds.iter().map(figure).collect()).unwrap_or_default()
    }
}
