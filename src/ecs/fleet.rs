//! Every region that the cloud is asked for, each listed by a task of its own.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::task::JoinHandle;
use tracing::error;

use super::{
    Board, Clients,
    region::{Region, Wake, check_name},
};
use crate::{config::Polled, lock::RegionKey, telemetry::Health};

/// The readiness check that holds once every region was asked for, with whatever success.
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
    /// Regions that were not asked for yet.
    unasked: Arc<AtomicUsize>,
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
            unasked: Arc::default(),
        }
    }

    /// Takes over what the cloud is to be asked for. The board and the clients must have done so before.
    pub fn configure(&self, polled: &[Polled]) {
        let mut tasks = self.tasks();
        let mut former = std::mem::take(&mut *tasks);
        for account in polled {
            for key in &account.regions {
                let task = match former.remove(key) {
                    Some(task) if task.account.is_asked_like(account) => task,
                    Some(_) | None => self.begin(key, account),
                };
                tasks.insert(key.clone(), task);
            }
        }
        for key in former.keys() {
            self.health.forget(&check_name(key));
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

    fn begin(&self, key: &RegionKey, account: &Polled) -> Task {
        let interval = account.spec.poll_interval.as_duration();
        let wake = Arc::new(Wake::default());
        if self.unasked.fetch_add(1, Ordering::Relaxed) == 0 {
            let reason = "regions are being listed for the first time";
            self.health.set(CHECK, Err(reason.to_owned()));
        }
        let region = {
            let key = key.clone();
            let clients = Arc::clone(&self.clients);
            let board = Arc::clone(&self.board);
            let health = self.health.clone();
            move || {
                Region::new(
                    key.clone(),
                    Arc::clone(&clients),
                    Arc::clone(&board),
                    health.clone(),
                )
            }
        };
        let first = First {
            unasked: Arc::clone(&self.unasked),
            health: self.health.clone(),
        };
        let clock = self.clients.clock().clone();
        let handle = tokio::spawn({
            let wake = Arc::clone(&wake);
            let key = key.clone();
            async move {
                let mut first = Some(first);
                loop {
                    let first = first.take();
                    let running = region().run(interval, Arc::clone(&wake), move || drop(first));
                    let mut running = Aborting(tokio::spawn(running));
                    let Err(bug) = (&mut running.0).await else {
                        return;
                    };
                    error!(%bug, account = %key.account, region = %key.region, "listing a region broke off; it begins again");
                    clock.sleep(AFTER_A_BUG).await;
                }
            }
        });
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

/// One region's share in the readiness: given up after its first attempt, or with its task.
struct First {
    unasked: Arc<AtomicUsize>,
    health: Health,
}

impl Drop for First {
    fn drop(&mut self) {
        if self.unasked.fetch_sub(1, Ordering::Relaxed) == 1 {
            self.health.set(CHECK, Ok(()));
        }
    }
}
