//! Asking the cloud once, for the commands that end.

use std::{
    io::{IsTerminal as _, Write as _},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;

use crate::{
    clock::Clock,
    config::{Configuration, Polled},
    ecs::{Board, Clients, Confirmer, Environment, Setting, Surveyed, Times, survey},
    telemetry::Metrics,
};

/// Work that takes no longer says nothing.
const PATIENCE: Duration = Duration::from_secs(1);

/// What is asked, and the board that it is written on.
pub(super) struct Live {
    pub(super) board: Arc<Board>,
    pub(super) clients: Arc<Clients>,
    pub(super) polled: Vec<Polled>,
    metrics: Arc<Metrics>,
}

impl Live {
    /// Asks nothing yet.
    pub(super) fn new(configuration: Configuration) -> Self {
        let metrics = Arc::new(Metrics::new());
        let clients = Arc::new(Clients::new(Setting {
            environment: Environment::of_process(),
            times: Times::default(),
            metrics: Arc::clone(&metrics),
            clock: Clock::system(),
        }));
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
        let mut progress = Progress::new(regions);
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
    total: usize,
    done: usize,
    ticker: Option<tokio::task::JoinHandle<()>>,
    state: Arc<std::sync::atomic::AtomicUsize>,
}

impl Progress {
    fn new(total: usize) -> Self {
        let state = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let ticker = std::io::stderr().is_terminal().then(|| {
            let state = Arc::clone(&state);
            tokio::spawn(async move {
                loop {
                    tokio::time::sleep(PATIENCE).await;
                    let done = state.load(std::sync::atomic::Ordering::Relaxed);
                    // A terminal that went away needs no progress.
                    let _ = write!(
                        std::io::stderr(),
                        "\r\u{1b}[Kasking ECS: {done} of {total} regions"
                    );
                }
            })
        });
        Self {
            total,
            done: 0,
            ticker,
            state,
        }
    }

    fn step(&mut self) {
        self.done = self.total.min(self.done + 1);
        self.state
            .store(self.done, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(ticker) = self.ticker.take() {
            ticker.abort();
            let _ = write!(std::io::stderr(), "\r\u{1b}[K");
        }
    }
}
