//! Every region that the cloud is asked for, each listed by a task of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, task::JoinHandle};
use tracing::error;

use super::{
    Board, Clients,
    region::{Region, Wake, check_name},
    trouble::Troubles,
};
use crate::{config::Polled, lock::RegionKey, telemetry::Health};

/// The readiness check that holds once every region that there was at the start was asked for, with whatever success.
///
/// Later ones never make the process unready: all replicas would be, at the same time.
const CHECK: &str = "ecs";

/// Before a task that a bug ended is begun again.
const AFTER_A_BUG: Duration = Duration::from_secs(10);

/// The tasks that list regions.
#[derive(Debug)]
pub struct Fleet {
    clients: Arc<Clients>,
    board: Arc<Board>,
    health: Health,
    tasks: Mutex<BTreeMap<RegionKey, Task>>,
    /// Where tasks run; none = where they are begun.
    runtime: Option<Handle>,
    /// Whether a configuration was taken over before.
    is_configured: AtomicBool,
    /// Whether the process is ready only once its regions were asked for.
    has_check: bool,
    troubles: Troubles,
}

/// A region's task; it ends when this is dropped.
#[derive(Debug)]
struct Task {
    account: Polled,
    wake: Arc<Wake>,
    handle: JoinHandle<()>,
}

impl Fleet {
    /// Nothing is asked for yet.
    #[must_use]
    pub fn new(clients: Arc<Clients>, board: Arc<Board>, health: Health) -> Self {
        Self {
            clients,
            board,
            health,
            tasks: Mutex::default(),
            runtime: None,
            is_configured: AtomicBool::new(false),
            has_check: true,
            troubles: Troubles::default(),
        }
    }

    /// The same for a process that is ready whether or not it asks for anything: others may do it.
    #[must_use]
    pub fn without_readiness_check(self) -> Self {
        let has_check = false;
        Self { has_check, ..self }
    }

    /// Why regions can't be listed; those of former regions are forgotten.
    #[must_use]
    pub fn troubles(&self) -> &Troubles {
        &self.troubles
    }

    /// The same with its tasks on another runtime.
    #[must_use]
    pub fn on(self, runtime: Option<Handle>) -> Self {
        Self { runtime, ..self }
    }

    /// Takes over what the cloud is to be asked for. The board and the clients must have done so before.
    ///
    /// With nothing to ask for, asking ends, and what is known stays on the board.
    pub fn configure(&self, polled: &[Polled]) {
        let mut tasks = self.tasks();
        let mut former = std::mem::take(&mut *tasks);
        let is_first = !self.is_configured.swap(true, Ordering::Relaxed);
        let is_start = self.has_check && is_first && !polled.is_empty();
        let start = is_start.then(|| Arc::new(Start::new(self.health.clone())));
        for account in polled {
            for key in &account.regions {
                let task = match former.remove(key) {
                    Some(task) if task.account.is_asked_like(account) => task,
                    Some(_) | None => self.begin(key, account, start.clone()),
                };
                tasks.insert(key.clone(), task);
            }
        }
        for (key, task) in former {
            // Before what it told is forgotten.
            drop(task);
            self.health.forget(&check_name(&key));
            self.troubles.clear(&key);
        }
    }

    /// Lists every region now.
    pub fn wake_all(&self) {
        for task in self.tasks().values() {
            task.wake.told.notify_one();
        }
    }

    /// Says that what is known of a region of an account, or of all of them, is no longer fresh.
    pub fn wake_stale(&self, account: &str, region: Option<&str>) {
        for (key, task) in self.tasks().iter() {
            let is_meant = region.is_none_or(|region| key.region.as_str() == region);
            if is_meant && key.account.as_str() == account {
                task.wake.stale.notify_one();
            }
        }
    }

    fn begin(&self, key: &RegionKey, account: &Polled, start: Option<Arc<Start>>) -> Task {
        let interval = account.spec.poll_interval.as_duration();
        let wake = Arc::new(Wake::default());
        let region = {
            let key = key.clone();
            let clients = Arc::clone(&self.clients);
            let board = Arc::clone(&self.board);
            let health = self.health.clone();
            let troubles = self.troubles.clone();
            move || {
                Region::new(
                    key.clone(),
                    Arc::clone(&clients),
                    Arc::clone(&board),
                    health.clone(),
                )
                .keeping(troubles.clone())
            }
        };
        let clock = self.clients.clock().clone();
        let task = {
            let wake = Arc::clone(&wake);
            let key = key.clone();
            async move {
                let mut start = start;
                loop {
                    let start = start.take();
                    let running = region().run(interval, Arc::clone(&wake), move || drop(start));
                    let mut running = Aborting(tokio::spawn(running));
                    let Err(bug) = (&mut running.0).await else {
                        return;
                    };
                    error!(%bug, account = %key.account, region = %key.region, "listing a region broke off; it begins again");
                    clock.sleep(AFTER_A_BUG).await;
                }
            }
        };
        let handle = match &self.runtime {
            Some(runtime) => runtime.spawn(task),
            None => tokio::spawn(task),
        };
        Task {
            account: account.clone(),
            wake,
            handle,
        }
    }

    fn tasks(&self) -> MutexGuard<'_, BTreeMap<RegionKey, Task>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.handle.abort();
    }
}

/// A task that ends when this is dropped.
struct Aborting(JoinHandle<()>);

impl Drop for Aborting {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The time until every region was asked for once: each gives up its share after its first attempt, or with its task.
struct Start(Health);

impl Start {
    fn new(health: Health) -> Self {
        let reason = "regions are being listed for the first time";
        health.set(CHECK, Err(reason.to_owned()));
        Self(health)
    }
}

impl Drop for Start {
    fn drop(&mut self) {
        self.0.set(CHECK, Ok(()));
    }
}
