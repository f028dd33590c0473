//! Who may take the lease, decided from what was seen and when it was seen (pure).
//!
//! No time that anybody wrote is ever compared with a clock: a holder is alive for its duration after this replica
//! saw its record change. Two replicas whose clocks differ by a day still agree, and a record that nobody changes
//! any more lapses whatever it says.

use std::time::{Duration, Instant};

use super::document::{Claim, Record};

/// What one replica knows of the others.
#[derive(Debug)]
pub(super) struct Race {
    identity: String,
    /// How long a holder is alive that does not say so.
    duration: Duration,
    /// `acquireTime` of the claim that was sent last. It tells one's own claim, even one whose answer never came, from
    /// that of another process with the same identity.
    mark: Option<String>,
    /// Who held it when it was last seen to be another's.
    rival: Option<Rival>,
    has_looked: bool,
}

#[derive(Debug)]
struct Rival {
    record: Record,
    holder: String,
    alive_until: Instant,
}

/// What to do about the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Take it.
    Take(Reason),
    /// Leave it: `holder` is to be taken for alive until then, unless it shows that it lives.
    Wait {
        /// Who holds it.
        holder: String,
        /// Until when.
        until: Instant,
    },
}

/// Why the lease may be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Reason {
    #[error("there was no lease")]
    Absent,
    #[error("the lease was free")]
    Free,
    #[error("the lease was this replica's already")]
    Ours,
    #[error("{0} no longer renewed the lease")]
    Lapsed(String),
}

impl Race {
    /// One that has seen nothing.
    pub(super) fn new(identity: &str, duration: Duration) -> Self {
        Self {
            identity: identity.to_owned(),
            duration,
            mark: None,
            rival: None,
            has_looked: false,
        }
    }

    /// What to do about the lease as it was answered at `now`; `None` = it does not exist.
    ///
    /// `now` has to be a time after the answer: the holder may have renewed while the question was on its way.
    pub(super) fn observe(&mut self, record: Option<&Record>, now: Instant) -> Action {
        let is_first = !std::mem::replace(&mut self.has_looked, true);
        let record = match record {
            Some(record) => record,
            // Whoever held a lease that was deleted has not been told yet.
            None => return self.action(now).unwrap_or(Action::Take(Reason::Absent)),
        };
        let holder = match &record.holder {
            Some(holder) => holder,
            None => {
                self.rival = None;
                return Action::Take(Reason::Free);
            }
        };
        // A process that has only just begun finds what it left in its life before.
        if is_first && *holder == self.identity {
            self.mark.clone_from(&record.acquired);
            return Action::Take(Reason::Ours);
        }
        if self.is_ours(record) {
            self.rival = None;
            return Action::Take(Reason::Ours);
        }
        let is_known = matches!(&self.rival, Some(rival) if rival.record == *record);
        if !is_known {
            self.rival = Some(Rival {
                record: record.clone(),
                holder: holder.clone(),
                alive_until: now + record.duration.unwrap_or(self.duration),
            });
        }
        let lapsed = || Action::Take(Reason::Lapsed(holder.clone()));
        self.action(now).unwrap_or_else(lapsed)
    }

    /// Waiting for the rival that was seen last, as long as it is alive.
    fn action(&self, now: Instant) -> Option<Action> {
        let rival = self.rival.as_ref()?;
        let is_alive = now < rival.alive_until;
        is_alive.then(|| Action::Wait {
            holder: rival.holder.clone(),
            until: rival.alive_until,
        })
    }

    /// Whether it is held by this process, and not only by one of the same name.
    pub(super) fn is_ours(&self, record: &Record) -> bool {
        record.holder.as_ref() == Some(&self.identity)
            && self.mark.is_some()
            && self.mark == record.acquired
    }

    /// Whether this process may hold it without knowing.
    pub(super) fn has_claimed(&self) -> bool {
        self.mark.is_some()
    }

    /// What to write at `time` to take it from `found`, which is remembered as sent.
    pub(super) fn claim(&mut self, found: Option<&Record>, seconds: u64, time: String) -> Claim {
        self.mark = Some(time.clone());
        let transitions = match found {
            None => 0,
            Some(record) if record.holder.as_ref() == Some(&self.identity) => record.transitions,
            Some(record) => record.transitions.saturating_add(1),
        };
        Claim {
            holder: self.identity.clone(),
            seconds,
            time,
            transitions,
        }
    }

    /// The lease is this process's: what was known of others is out of date when it ends.
    pub(super) fn won(&mut self) {
        self.rival = None;
    }
}

#[cfg(test)]
#[path = "race/tests.rs"]
mod tests;
