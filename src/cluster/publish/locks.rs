//! Keeps the `LockSnapshot` objects of every region as the board has it.
//!
//! Guarantees: what has changed is written at once, what has not when the published listing is half as old as facts
//! may be and still be fresh; of a set, shard 0 is written last and what an older set has beyond it goes afterwards;
//! an object that lacks our label is neither written nor deleted. A region that can't be written keeps no other waiting.

mod publication;

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use jiff::Timestamp;
use kube::Client;
use tokio::sync::watch;

use self::publication::{Published, Task};
use super::{
    backoff::Backoff,
    call::Failure,
    complaints::Complaints,
    mark, news,
    objects::{Objects, Set},
};
use crate::{
    clock::Clock,
    cluster::Term,
    config::Polled,
    ecs::Board,
    lock::{Facts, RegionKey, elapsed},
};

/// What can't be swept away is complained of under this name.
const SWEEPING: &str = "LockSnapshot objects of former regions";

/// Objects that somebody wrote in our name are looked for so often.
const SWEEP: Duration = Duration::from_secs(300);

/// However little there is to do, it is looked at after so long.
const LONGEST: Duration = Duration::from_secs(3600);

/// So many regions are written at the same time.
const AT_ONCE: usize = 4;

/// The writer of `LockSnapshot` objects.
#[derive(Debug)]
pub(super) struct Locks {
    objects: Objects,
    board: Arc<Board>,
    clock: Clock,
    complaints: Complaints,
}

/// What is known of a region's objects.
#[derive(Debug, Default)]
struct State {
    is_busy: bool,
    /// The listing that was looked at last, and whether it was published or need not be.
    seen: Option<Timestamp>,
    seen_reasons: Option<Arc<[String]>>,
    published: Option<Set>,
    retry_at: Option<Timestamp>,
    backoff: Backoff,
}

/// The sweeping of objects that are of no region.
#[derive(Debug, Default)]
struct Sweep {
    is_busy: bool,
    done_for: Option<BTreeSet<RegionKey>>,
    due_at: Option<Timestamp>,
    backoff: Backoff,
}

enum Done {
    Region(RegionKey, Result<Published, Failure>),
    Sweep(BTreeSet<RegionKey>, Result<(), Failure>),
}

type Work<'w> = FuturesUnordered<Pin<Box<dyn Future<Output = Done> + Send + 'w>>>;

impl Locks {
    pub(super) fn new(
        client: Client,
        board: Arc<Board>,
        clock: Clock,
        complaints: Complaints,
    ) -> Self {
        Self {
            objects: Objects::new(client),
            board,
            clock,
            complaints,
        }
    }

    /// Writes for as long as it is polled.
    pub(super) async fn keep(
        &self,
        term: &Term,
        mut accounts: watch::Receiver<Arc<[Polled]>>,
    ) -> Infallible {
        let mut changed = self.board.changed();
        let mut regions: BTreeMap<RegionKey, State> = BTreeMap::new();
        let mut sweep = Sweep::default();
        let mut work: Work<'_> = FuturesUnordered::new();
        loop {
            changed.mark_unchanged();
            let polled = Arc::clone(&accounts.borrow_and_update());
            let keys: BTreeSet<RegionKey> = polled
                .iter()
                .flat_map(|account| account.regions.iter().cloned())
                .collect();
            // The listing of a region that is busy is looked for again when it is done.
            regions.retain(|key, state| state.is_busy || keys.contains(key));
            self.forget_all_but(&keys);
            let now = self.clock.now();
            let next = self.begin_regions(term, &keys, &mut regions, &mut work, now);
            let next = next
                .min(self.begin_sweep(term, keys, &mut sweep, &work, now))
                .min(LONGEST);
            tokio::select! {
                Some(done) = work.next(), if !work.is_empty() => match done {
                    Done::Region(key, outcome) => {
                        self.end_region(&key, outcome, &mut regions);
                        let is_wanted = accounts.borrow().iter().any(|account| account.regions.contains(&key));
                        if !is_wanted {
                            // It was written for a region that was swept away meanwhile.
                            sweep.done_for = Some(BTreeSet::from([key]));
                        }
                    }
                    Done::Sweep(keys, outcome) => self.end_sweep(keys, outcome, &mut sweep),
                },
                () = self.clock.sleep(next) => {}
                () = news(&mut changed) => {}
                () = news(&mut accounts) => {}
            }
        }
    }

    /// Begins what is due, and tells in how long to look again.
    fn begin_regions<'w>(
        &'w self,
        term: &'w Term,
        keys: &BTreeSet<RegionKey>,
        regions: &mut BTreeMap<RegionKey, State>,
        work: &mut Work<'w>,
        now: Timestamp,
    ) -> Duration {
        let half = self.half_fresh();
        let mut next = Duration::MAX;
        for (key, facts) in self.board.listings() {
            if !keys.contains(&key) {
                continue;
            }
            let state = regions.entry(key.clone()).or_default();
            if state.is_busy {
                continue;
            }
            let wait = state.wait(&facts, half, now);
            if !wait.is_zero() || AT_ONCE <= work.len() {
                // Who finds no room is begun when another one is done.
                next = next.min(if wait.is_zero() { Duration::MAX } else { wait });
                continue;
            }
            state.is_busy = true;
            state.seen = Some(facts.observed_at);
            state.seen_reasons.clone_from(&facts.listed_for);
            let task = Task {
                objects: &self.objects,
                term,
                key: key.clone(),
                facts,
                published: state.published.clone(),
                half,
                now,
            };
            work.push(Box::pin(async move {
                let outcome = task.run().await;
                Done::Region(key, outcome)
            }));
        }
        next
    }

    fn end_region(
        &self,
        key: &RegionKey,
        outcome: Result<Published, Failure>,
        regions: &mut BTreeMap<RegionKey, State>,
    ) {
        let state = regions.entry(key.clone()).or_default();
        state.is_busy = false;
        let about = about(key);
        match outcome {
            Ok(published) => {
                state.published = Some(published.set);
                state.retry_at = None;
                state.backoff.succeed();
                self.complaints.settle(&about);
            }
            Err(failure) => {
                // What is there now has to be looked at.
                state.published = None;
                state.seen = None;
                state.retry_at = Some(later(self.clock.now(), state.backoff.fail()));
                if !matches!(failure, Failure::TermOver) {
                    self.complaints.tell(&about, &failure.to_string());
                }
            }
        }
    }

    fn begin_sweep<'w>(
        &'w self,
        term: &'w Term,
        keys: BTreeSet<RegionKey>,
        sweep: &mut Sweep,
        work: &Work<'w>,
        now: Timestamp,
    ) -> Duration {
        if sweep.is_busy {
            return Duration::MAX;
        }
        let is_new = sweep.done_for.as_ref() != Some(&keys);
        match sweep.due_at {
            Some(due_at) if now < due_at && (!is_new || sweep.done_for.is_none()) => {
                return elapsed(now, due_at);
            }
            _ => {}
        }
        sweep.is_busy = true;
        let swept = async move {
            let outcome = publication::sweep(&self.objects, term, &keys).await;
            Done::Sweep(keys, outcome)
        };
        work.push(Box::pin(swept));
        Duration::MAX
    }

    fn end_sweep(
        &self,
        keys: BTreeSet<RegionKey>,
        outcome: Result<(), Failure>,
        sweep: &mut Sweep,
    ) {
        sweep.is_busy = false;
        let pause = match outcome {
            Ok(()) => {
                sweep.done_for = Some(keys);
                sweep.backoff.succeed();
                self.complaints.settle(SWEEPING);
                SWEEP
            }
            Err(failure) => {
                sweep.done_for = None;
                if !matches!(failure, Failure::TermOver) {
                    self.complaints.tell(SWEEPING, &failure.to_string());
                }
                sweep.backoff.fail()
            }
        };
        sweep.due_at = Some(later(self.clock.now(), pause));
    }

    fn half_fresh(&self) -> Duration {
        self.board.basis().load().policy.freshness.fresh / 2
    }

    fn forget_all_but(&self, keys: &BTreeSet<RegionKey>) {
        let known: BTreeSet<String> = keys.iter().map(about).collect();
        self.complaints.retain(|about| {
            !about.starts_with("LockSnapshot ") || about == SWEEPING || known.contains(about)
        });
    }
}

impl State {
    /// In how long something has to be done about a region's listing: at once, at some time, or never.
    fn wait(&self, facts: &Facts, half: Duration, now: Timestamp) -> Duration {
        match self.retry_at {
            Some(retry_at) if now < retry_at => return elapsed(now, retry_at),
            _ => {}
        }
        if self.seen != Some(facts.observed_at) || self.seen_reasons != facts.listed_for {
            return Duration::ZERO;
        }
        match self.published.as_ref().and_then(|set| set.mark.as_ref()) {
            Some(mark) if mark.observed_at < facts.observed_at => {
                half.saturating_sub(elapsed(mark.observed_at, now))
            }
            Some(_) | None => Duration::MAX,
        }
    }
}

/// What a region is complained of as.
fn about(key: &RegionKey) -> String {
    format!("LockSnapshot {}", mark::name(key, 0))
}

fn later(now: Timestamp, pause: Duration) -> Timestamp {
    now.checked_add(pause).unwrap_or(Timestamp::MAX)
}
