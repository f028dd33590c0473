//! One leader among the replicas, by a Lease.
//!
//! Guarantees: work runs only while no other replica can take this one for dead, provided that clocks run evenly
//! within a third; it is dropped before the lease could lapse, and it is never polled again once its term is over,
//! however long the process stood still. What was sent in time can still arrive after the term: there is no fencing,
//! so all that a leader writes must do no harm when it comes late.
//!
//! It must never renew a lease that another process holds, and never wait for the API server without a limit.

mod complaint;
mod document;
mod farewell;
mod pace;
mod race;
mod store;
mod term;

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::Client;
use tokio::select;
use tokio::time::{sleep, sleep_until, timeout_at};

use self::complaint::Complaint;
use self::document::{Document, Record};
use self::pace::Pace;
use self::race::{Action, Race, Reason};
use self::store::{Failure, Store};
pub use self::term::Term;
use super::Installation;
use crate::telemetry::{Leading, Metrics};

/// This replica's part in the election of the leader.
pub struct Lease {
    installation: Installation,
    store: Store,
    pace: Pace,
    race: Race,
    complaint: Complaint,
    metrics: Arc<Metrics>,
}

/// What one look at the lease came to.
enum Attempt {
    /// It is this replica's.
    Won(Won),
    /// Another's, to be taken for alive until then.
    Held(Instant),
    /// Another was quicker.
    Beaten,
}

struct Won {
    document: Document,
    /// When it was asked for: others may count from then on.
    asked: Instant,
    reason: Reason,
}

/// Why a renewal came to nothing.
enum Setback {
    Taken(String),
    Failed(Failure),
}

/// Why a term ended.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the process is to stop")]
    Stopped,
    #[error("its work ended by itself")]
    Idle,
    #[error("{0} holds the lease")]
    Taken(String),
    #[error("the lease could not be renewed in time")]
    Late,
    #[error("the process stood still")]
    StoodStill,
}

/// A term that is being worked in; it is over when this is dropped, whatever the reason.
struct InOffice {
    term: Term,
    _leading: Leading,
}

impl Lease {
    /// How long a lease can last; what lies outside is brought to the nearer end.
    pub const DURATIONS: std::ops::RangeInclusive<Duration> = pace::DURATIONS;

    /// The Lease of `installation`, for as long as `duration` after each renewal.
    ///
    /// `client` must not retry by itself, and no two replicas may have the same identity, nor an empty one.
    #[must_use]
    pub fn new(
        client: Client,
        installation: &Installation,
        duration: Duration,
        metrics: Arc<Metrics>,
    ) -> Self {
        let pace = Pace::new(duration);
        Self {
            store: Store::new(client, installation, pace.call),
            race: Race::new(&installation.identity, pace.duration),
            installation: installation.clone(),
            pace,
            complaint: Complaint::default(),
            metrics,
        }
    }

    /// Competes for the lease, and does `work` in each term; its future is dropped before the lease can lapse.
    ///
    /// Once `stop` resolves, work is dropped, the lease is given back, and this returns, within 2 s even without an
    /// API server.
    pub async fn run<F: Future<Output = ()>>(
        mut self,
        stop: impl Future<Output = ()>,
        mut work: impl FnMut(Term) -> F,
    ) {
        let mut stop = pin!(stop);
        while let Some(won) = unless(stop.as_mut(), self.compete()).await {
            match self.serve(won, stop.as_mut(), &mut work).await {
                End::Stopped => break,
                End::Idle => {
                    self.give_back().await;
                    // Another replica may do better with the work.
                    let pause = sleep(self.pace.duration);
                    if unless(stop.as_mut(), pause).await.is_none() {
                        break;
                    }
                }
                End::Taken(_) | End::Late | End::StoodStill => {}
            }
        }
        self.give_back().await;
    }

    /// Waits until the lease is this replica's.
    async fn compete(&mut self) -> Won {
        loop {
            let pause = match self.attempt().await {
                Ok(Attempt::Won(won)) => {
                    self.is_well();
                    return won;
                }
                Ok(Attempt::Held(until)) => {
                    self.is_well();
                    let left = until.saturating_duration_since(Instant::now());
                    self.pace.pause().min(left)
                }
                Ok(Attempt::Beaten) => {
                    self.is_well();
                    self.pace.pause()
                }
                Err(failure) => {
                    self.complain(&failure);
                    self.pace.pause()
                }
            };
            sleep(pause).await;
        }
    }

    /// Looks at the lease, and takes it if it may be taken.
    async fn attempt(&mut self) -> Result<Attempt, Failure> {
        let found = self.store.read().await?;
        let record = found.as_ref().map(Document::record);
        let reason = match self.race.observe(record.as_ref(), Instant::now()) {
            Action::Take(reason) => reason,
            Action::Wait { holder, until } => {
                tracing::trace!(holder, "another replica leads");
                return Ok(Attempt::Held(until));
            }
        };
        let asked = Instant::now();
        match self.take(found.as_ref(), record.as_ref()).await {
            Ok(document) if asked.elapsed() < self.pace.deadline => Ok(Attempt::Won(Won {
                document,
                asked,
                reason,
            })),
            // Or it stood still until there was nothing left of the term.
            Ok(_) | Err(Failure::Conflict | Failure::Missing) => Ok(Attempt::Beaten),
            Err(failure) => Err(failure),
        }
    }

    async fn take(
        &mut self,
        found: Option<&Document>,
        record: Option<&Record>,
    ) -> Result<Document, Failure> {
        let claim = self
            .race
            .claim(record, self.pace.seconds(), time_for_people());
        match found {
            Some(document) => self.store.replace(&document.claimed(&claim)).await,
            None => {
                let document = Document::new(&self.installation, &claim);
                self.store.create(&document).await
            }
        }
    }

    /// One term, from its first moment until all of its work is dropped.
    async fn serve<F: Future<Output = ()>>(
        &mut self,
        won: Won,
        mut stop: Pin<&mut impl Future<Output = ()>>,
        work: &mut impl FnMut(Term) -> F,
    ) -> End {
        let Won {
            document,
            asked,
            reason,
        } = won;
        self.race.won();
        let Installation { identity, name, .. } = self.installation.clone();
        let office = InOffice::begin(Term::new(asked, self.pace.deadline), &self.metrics);
        tracing::info!(identity, lease = name, why = %reason, "this replica leads");
        // Boxed: what the leader does is large, and this future is part of one that lives as long as the process.
        let mut work = Box::pin(work(office.term.clone()));
        // The order counts: after the process stood still, the term is looked at before the work is woken.
        let end = select! {
            biased;
            () = stop.as_mut() => End::Stopped,
            end = self.keep(document, &office.term) => end,
            end = within(&office.term, work.as_mut()) => end,
        };
        office.term.revoke();
        drop(work);
        drop(office);
        tracing::info!(identity, lease = name, why = %end, "this replica leads no longer");
        end
    }

    /// Renews the lease until that fails for good.
    async fn keep(&mut self, mut document: Document, term: &Term) -> End {
        let mut has_failed = false;
        loop {
            let next = (Instant::now() + self.pace.pause()).min(term.end());
            sleep_until(next.into()).await;
            if !term.holds() {
                return match has_failed {
                    true => End::Late,
                    false => End::StoodStill,
                };
            }
            let renewal = self.renew(&mut document);
            match timeout_at(term.end().into(), renewal).await {
                // A term that has ended never goes on, even if nobody else had one since.
                Ok(Ok(_)) if !term.holds() => return End::StoodStill,
                Ok(Ok(asked)) => {
                    term.extend_to(asked + self.pace.deadline);
                    self.is_well();
                    has_failed = false;
                }
                Ok(Err(Setback::Taken(holder))) => return End::Taken(holder),
                Ok(Err(Setback::Failed(failure))) => {
                    self.complain(&failure);
                    has_failed = true;
                }
                Err(_) => return End::Late,
            }
        }
    }

    /// Renews it once, and says when that was asked for.
    ///
    /// Whoever labels the Lease, or deletes it, does not take it away by that.
    async fn renew(&mut self, document: &mut Document) -> Result<Instant, Setback> {
        let asked = Instant::now();
        match self.put(document).await {
            Ok(()) => return Ok(asked),
            Err(Failure::Conflict | Failure::Missing) => {}
            Err(failure) => return Err(Setback::Failed(failure)),
        }
        let found = self.store.read().await.map_err(Setback::Failed)?;
        let asked = Instant::now();
        let outcome = match found {
            None => match self.take(None, None).await {
                Ok(made) => {
                    *document = made;
                    Ok(())
                }
                Err(failure) => Err(failure),
            },
            Some(found) => {
                let record = found.record();
                if !self.race.is_ours(&record) {
                    let nobody = || "nobody".to_owned();
                    return Err(Setback::Taken(record.holder.unwrap_or_else(nobody)));
                }
                *document = found;
                self.put(document).await
            }
        };
        outcome.map(|()| asked).map_err(Setback::Failed)
    }

    async fn put(&self, document: &mut Document) -> Result<(), Failure> {
        let renewed = document.renewed(self.pace.seconds(), &time_for_people());
        *document = self.store.replace(&renewed).await?;
        Ok(())
    }

    fn complain(&mut self, error: &Failure) {
        let lease = &self.installation.name;
        match self.complaint.is_due(Instant::now()) {
            true => tracing::warn!(lease, %error, "the lease is out of reach"),
            false => tracing::debug!(lease, %error, "the lease is still out of reach"),
        }
    }

    fn is_well(&mut self) {
        if let Some(lasted) = self.complaint.settle(Instant::now()) {
            let lease = &self.installation.name;
            tracing::info!(lease, ?lasted, "the lease is within reach again");
        }
    }
}

// === impl InOffice ===

impl InOffice {
    fn begin(term: Term, metrics: &Metrics) -> Self {
        Self {
            term,
            _leading: metrics.begin_leading(),
        }
    }
}

impl Drop for InOffice {
    fn drop(&mut self) {
        self.term.revoke();
    }
}

/// Does `work` until it ends or the term does; it is not polled once the term is over.
async fn within(term: &Term, mut work: Pin<&mut impl Future<Output = ()>>) -> End {
    poll_fn(|context| match term.holds() {
        true => work.as_mut().poll(context).map(|()| End::Idle),
        false => Poll::Ready(End::StoodStill),
    })
    .await
}

/// What `future` comes to, or nothing if `stop` resolves first.
async fn unless<T>(
    stop: Pin<&mut impl Future<Output = ()>>,
    future: impl Future<Output = T>,
) -> Option<T> {
    select! {
        biased;
        () = stop => None,
        value = future => Some(value),
    }
}

/// Times in a Lease are there to be looked at; nothing is decided by them.
fn time_for_people() -> String {
    format!("{:.6}", Timestamp::now())
}
