//! Asking the cloud once, for the commands that end.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use tokio::task::JoinHandle;

use crate::{
    config::{Configuration, Polled},
    ecs::{Board, Clients, Confirmer, Setting, Surveyed, survey},
    telemetry::Metrics,
};

/// Work that takes no longer says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked, and the board that it is written on.
pub(super) struct Once {
    pub(super) board: Arc<Board>,
    pub(super) clients: Arc<Clients>,
    pub(super) polled: Vec<Polled>,
    metrics: Arc<Metrics>,
}

impl Once {
    /// Asks nothing yet.
    pub(super) fn new(configuration: Configuration) -> Self {
        let metrics = Arc::new(Metrics::new());
        let clients = Arc::new(Clients::new(Setting::of_process(Arc::clone(&metrics))));
        let polled = configuration.polled.clone();
        clients.configure(&polled);
        Self {
            board: Arc::new(Board::new(configuration)),
            clients,
            polled,
            metrics,
        }
    }

    /// Asks for every region, and puts on the board what could be heard; tells what could not.
    pub(super) async fn survey(&self) -> Vec<String> {
        let reasons = self.board.basis().load().policy.lock_reasons.clone();
        let regions = self
            .polled
            .iter()
            .map(|account| account.regions.len())
            .sum();
        let progress = Progress::new(regions);
        let surveyed = survey(&self.clients, &self.polled, &reasons, |_| progress.step()).await;
        drop(progress);
        let mut problems = Vec::new();
        for Surveyed { key, outcome } in surveyed {
            match outcome {
                Ok(listed) => {
                    self.board.list(&key, listed);
                }
                Err(error) => problems.push(format!(
                    "account {}, region {}: {error}; {}",
                    key.account,
                    key.region,
                    error.remedy()
                )),
            }
        }
        problems
    }

    /// Who asks for single targets.
    pub(super) fn confirmer(&self) -> Confirmer {
        let (clients, board) = (Arc::clone(&self.clients), Arc::clone(&self.board));
        Confirmer::new(clients, board, None, Arc::clone(&self.metrics))
    }
}

/// Runs what has to wait.
pub(super) fn block_on<T>(work: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime can't be started")?
        .block_on(work)
}

/// A line on the terminal that says how far it is; nothing at all where there is no terminal.
struct Progress {
    done: Arc<AtomicUsize>,
    ticker: Option<JoinHandle<()>>,
}

impl Progress {
    fn new(total: usize) -> Self {
        let done = Arc::new(AtomicUsize::new(0));
        let ticker = std::io::stderr().is_terminal().then(|| {
            let done = Arc::clone(&done);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(PATIENCE).await;
                    let done = done.load(Ordering::Relaxed);
                    show(&format!("asking ECS: {done} of {total} regions"));
                }
            })
        });
        Self { done, ticker }
    }

    fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(ticker) = self.ticker.take() {
            ticker.abort();
            show("");
        }
    }
}

/// Writes over the terminal's last line; a terminal that went away needs no progress.
fn show(text: &str) {
    let _ = write!(std::io::stderr(), "\r\u{1b}[K{text}");
}
