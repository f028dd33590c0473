//! Asking for single targets before a denial.
//!
//! Guarantees: one call for one target however many ask at once, in a task that nobody's impatience ends; what was
//! heard is on the board before anybody is told; what was asked a moment ago, with whatever success, is not asked
//! again; however many targets are in doubt, so many are asked for at once and no more; a bug in one call ends that call
//! and no other.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::watch, task::JoinSet, time};
use tracing::{error, warn};

use super::{
    Board, Clients, Error, Fleet,
    limiter::Priority,
    wire::{Locks, Query},
};
use crate::{
    admission::{Confirm, Told},
    decision::{IDS_PER_CALL, Question, TargetKind},
    lock::{Confirmation, RegionKey, elapsed},
    telemetry::{ConfirmationOutcome, Metrics},
};

/// Targets that are remembered, asked for or not.
const MOST_TARGETS: usize = 16_384;

/// What is said of a call that a bug ended.
const BROKEN_OFF: &str = "asking ECS broke off";

/// Asks, and remembers what it asked.
#[derive(Clone, Debug)]
pub struct Confirmer(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    clients: Arc<Clients>,
    board: Arc<Board>,
    fleet: Option<Arc<Fleet>>,
    metrics: Arc<Metrics>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    targets: HashMap<Target, Asked>,
    queues: HashMap<(RegionKey, TargetKind), Queue>,
    calls: JoinSet<()>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Target {
    key: RegionKey,
    kind: TargetKind,
    id: String,
}

/// What is known of the asking for one target.
#[derive(Debug)]
enum Asked {
    InFlight(watch::Sender<Option<Heard>>),
    Done(Heard, Timestamp),
}

/// Whether the cloud said something.
type Heard = Result<(), &'static str>;

/// The targets that wait for the next call.
#[derive(Debug, Default)]
struct Queue {
    waiting: Vec<String>,
    is_running: bool,
}

impl Confirmer {
    /// One that asks through these clients and puts what it hears on the board.
    #[must_use]
    pub fn new(
        clients: Arc<Clients>,
        board: Arc<Board>,
        fleet: Option<Arc<Fleet>>,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self(Arc::new(Shared {
            clients,
            board,
            fleet,
            metrics,
            state: Mutex::default(),
        }))
    }

    /// Asks, and waits for no longer than `patience`.
    pub async fn confirm(&self, questions: Vec<Question>, patience: Duration) -> Told {
        let mut waits = Vec::new();
        let mut failed = None;
        {
            let mut state = self.0.state();
            let state = &mut *state;
            while state.calls.try_join_next().is_some() {}
            let now = self.0.clients.clock().now();
            let lasts = self.0.board.basis().load().policy.confirm_before_deny;
            for Question { key, kind, ids } in questions {
                for id in ids {
                    let target = Target {
                        key: key.clone(),
                        kind,
                        id,
                    };
                    match state.targets.get(&target) {
                        Some(Asked::InFlight(heard)) => {
                            self.0.metrics.confirmed(ConfirmationOutcome::Shared);
                            waits.push(heard.subscribe());
                        }
                        Some(Asked::Done(heard, at)) if elapsed(*at, now) <= lasts => {
                            failed = failed.or(heard.err());
                        }
                        Some(Asked::Done(..)) | None => match state.make_room(now, lasts) {
                            true => waits.push(state.enqueue(&self.0, target)),
                            false => failed = Some("too many targets are being asked for"),
                        },
                    }
                }
            }
        }
        let mut has_news = false;
        let all = async {
            for wait in &mut waits {
                let heard = wait.wait_for(Option::is_some).await;
                match heard.map(|heard| *heard) {
                    Ok(Some(Ok(()))) => has_news = true,
                    Ok(Some(Err(reason))) => failed = Some(reason),
                    Ok(None) | Err(_) => failed = Some(BROKEN_OFF),
                }
            }
        };
        let in_time = time::timeout(patience, all).await.is_ok();
        match failed {
            _ if has_news => Told::News,
            _ if !in_time => Told::Failed("ECS did not answer in time"),
            Some(reason) => Told::Failed(reason),
            None => Told::Nothing,
        }
    }
}

impl Confirm for Confirmer {
    fn ask(
        &self,
        questions: Vec<Question>,
        patience: Duration,
    ) -> Pin<Box<dyn Future<Output = Told> + Send + '_>> {
        Box::pin(self.confirm(questions, patience))
    }

    fn renew(&self, account: &str, region: Option<&str>) {
        if let Some(fleet) = &self.0.fleet {
            fleet.wake_stale(account, region);
        }
    }
}

// === impl State ===

impl State {
    /// Forgets what was asked too long ago to matter; tells whether there is room for one more.
    fn make_room(&mut self, now: Timestamp, lasts: Duration) -> bool {
        if self.targets.len() < MOST_TARGETS {
            return true;
        }
        self.targets.retain(|_, asked| match asked {
            Asked::InFlight(_) => true,
            Asked::Done(_, at) => elapsed(*at, now) <= lasts,
        });
        self.targets.len() < MOST_TARGETS
    }

    fn enqueue(&mut self, shared: &Arc<Shared>, target: Target) -> watch::Receiver<Option<Heard>> {
        let (sender, receiver) = watch::channel(None);
        let place = (target.key.clone(), target.kind);
        let queue = self.queues.entry(place.clone()).or_default();
        queue.waiting.push(target.id.clone());
        if !std::mem::replace(&mut queue.is_running, true) {
            let shared = Arc::clone(shared);
            self.calls.spawn(async move { shared.work(place).await });
        }
        self.targets.insert(target, Asked::InFlight(sender));
        receiver
    }

    /// The ids of the next call; none = the queue is done.
    fn next(&mut self, place: &(RegionKey, TargetKind)) -> Option<Vec<String>> {
        let queue = self.queues.get_mut(place)?;
        if queue.waiting.is_empty() {
            self.queues.remove(place);
            return None;
        }
        let count = queue.waiting.len().min(IDS_PER_CALL);
        Some(queue.waiting.drain(..count).collect())
    }
}

// === impl Shared ===

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for all that waits in one place: while a call is under way, the next one's ids gather.
    async fn work(self: Arc<Self>, place: (RegionKey, TargetKind)) {
        loop {
            let Some(ids) = self.state().next(&place) else {
                return;
            };
            let (key, kind) = &place;
            let asked_at = self.clients.clock().now();
            let ids: Arc<[String]> = ids.into();
            let call = tokio::spawn({
                let (shared, key, kind) = (Arc::clone(&self), key.clone(), *kind);
                let ids = Arc::clone(&ids);
                async move { shared.call(&key, kind, &ids, asked_at).await }
            });
            let heard = match call.await {
                Ok(Ok(())) => Ok(()),
                Ok(Err(error)) => {
                    warn!(account = %key.account, region = %key.region, %error, "a lock could not be confirmed");
                    Err(error.in_short())
                }
                Err(bug) => {
                    error!(account = %key.account, region = %key.region, %bug, "confirming a lock broke off");
                    Err(BROKEN_OFF)
                }
            };
            // A fact is as old as its question; a failure is not asked after for a while once it is over.
            let at = match heard {
                Ok(()) => asked_at,
                Err(_) => self.clients.clock().now(),
            };
            let mut state = self.state();
            for id in ids.iter().cloned() {
                if heard.is_err() {
                    self.metrics.confirmed(ConfirmationOutcome::Failed);
                }
                let target = Target {
                    key: key.clone(),
                    kind: *kind,
                    id,
                };
                let asked = state.targets.insert(target, Asked::Done(heard, at));
                if let Some(Asked::InFlight(sender)) = asked {
                    sender.send_replace(Some(heard));
                }
            }
        }
    }

    async fn call(
        &self,
        key: &RegionKey,
        kind: TargetKind,
        ids: &[String],
        asked_at: Timestamp,
    ) -> Result<(), Error> {
        let client = self.clients.of(key)?;
        let patience = self.clients.times().confirmation.with(Priority::Confirm);
        // Of an answer that says nothing of locks, only where a disk is attached is taken, and only if no listing has
        // the disk: silence frees nobody.
        let is_listed = |id: &str| self.board.is_locked(key, kind, id);
        let confirmation = |id: String, locks, instances| {
            let reasons = match locks {
                Locks::Listed(reasons) => reasons,
                Locks::Absent if kind == TargetKind::Disk && !is_listed(&id) => Vec::new(),
                Locks::Absent => return None,
            };
            let confirmation = Confirmation {
                asked_at,
                reasons,
                instances,
            };
            Some((id, confirmation))
        };
        let answers: Vec<_> = match kind {
            TargetKind::Instance => {
                let page = client
                    .instances(&key.region, Query::Ids(ids), patience)
                    .await?;
                let items = page.items.into_iter();
                items
                    .filter_map(|item| confirmation(item.id, item.locks, Vec::new()))
                    .collect()
            }
            TargetKind::Disk => {
                let page = client.disks(&key.region, Query::Ids(ids), patience).await?;
                let items = page.items.into_iter();
                items
                    .filter_map(|item| confirmation(item.id, item.locks, item.instances))
                    .collect()
            }
        };
        // Who was not asked for is none of an answer's business.
        let answers: Vec<_> = answers
            .into_iter()
            .filter(|(id, _)| ids.contains(id))
            .collect();
        let reasons = self.board.lock_reasons();
        for (_, confirmation) in &answers {
            let is_locked = confirmation.is_for(&reasons);
            self.metrics.confirmed(match is_locked {
                true => ConfirmationOutcome::StillLocked,
                false => ConfirmationOutcome::Paid,
            });
        }
        self.board.confirm(key, kind, answers);
        Ok(())
    }
}
