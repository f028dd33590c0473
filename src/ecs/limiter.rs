//! How fast an account is asked.
//!
//! Guarantees: no more than a burst and then so many calls a second, whoever asks; first come, first served;
//! confirmations, for which somebody waits, go before polls, but a poll that waits is passed by only so many. A clock
//! that is set back costs nobody more than one call's wait.

mod bucket;

use std::{
    num::NonZeroU32,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Mutex as Line, Notify};

use crate::clock::Clock;
use bucket::Bucket;

/// So many confirmations in a row may pass a poll that waits.
const MOST_PASSES: u32 = 4;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// A listing: nobody waits for it.
    Poll,
    /// Somebody waits for the answer.
    Confirm,
}

/// How many calls an account may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// So many a second in the long run; at least one.
    pub per_second: u32,
    /// So many at once after a rest; at least one.
    pub burst: u32,
}

impl Rate {
    /// What each of so many processes may ask if all together are to ask no more than this; at least one call a second.
    #[must_use]
    pub fn shared_by(self, processes: NonZeroU32) -> Self {
        Self {
            per_second: (self.per_second / processes).max(1),
            burst: (self.burst / processes).max(1),
        }
    }
}

/// Lets one call after another go ahead.
#[derive(Debug)]
pub(super) struct Limiter {
    clock: Clock,
    /// Those behind the first of their priority wait here; tokio's lock is fair.
    polls: Line<()>,
    confirmations: Line<()>,
    state: Mutex<State>,
    /// Something was changed that the first poll may have waited for.
    changed: Notify,
}

#[derive(Debug)]
struct State {
    bucket: Bucket,
    /// Confirmations that wait.
    confirmations: u32,
    /// Polls that wait.
    polls: u32,
    /// Confirmations that have passed the first poll.
    passes: u32,
}

impl Limiter {
    /// A limiter that has rested.
    pub(super) fn new(rate: Rate, clock: Clock) -> Self {
        let state = State {
            bucket: Bucket::new(rate, clock.now()),
            confirmations: 0,
            polls: 0,
            passes: 0,
        };
        Self {
            clock,
            polls: Line::default(),
            confirmations: Line::default(),
            state: Mutex::new(state),
            changed: Notify::new(),
        }
    }

    /// Waits for one call's turn. Who gives up waiting takes nothing away from others.
    pub(super) async fn acquire(&self, priority: Priority) {
        let _waiting = Waiting::new(self, priority);
        let line = match priority {
            Priority::Poll => &self.polls,
            Priority::Confirm => &self.confirmations,
        };
        let _first = line.lock().await;
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            let Err(wait) = self.state().take(priority, &self.clock) else {
                return;
            };
            tokio::select! {
                () = self.clock.sleep(wait) => {}
                () = changed => {}
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl State ===

impl State {
    fn waiting(&mut self, priority: Priority) -> &mut u32 {
        match priority {
            Priority::Poll => &mut self.polls,
            Priority::Confirm => &mut self.confirmations,
        }
    }

    /// Takes one call, or tells how long to wait.
    fn take(&mut self, priority: Priority, clock: &Clock) -> Result<(), Duration> {
        let is_polls_turn = MOST_PASSES <= self.passes;
        let has_to_let_pass = match priority {
            Priority::Poll => 0 < self.confirmations && !is_polls_turn,
            Priority::Confirm => 0 < self.polls && is_polls_turn,
        };
        if has_to_let_pass {
            return Err(self.bucket.interval());
        }
        self.bucket.take(clock.now())?;
        self.passes = match priority {
            Priority::Confirm if 0 < self.polls => self.passes + 1,
            Priority::Confirm | Priority::Poll => 0,
        };
        Ok(())
    }
}

/// One that waits, until this is dropped.
struct Waiting<'a> {
    limiter: &'a Limiter,
    priority: Priority,
}

impl<'a> Waiting<'a> {
    fn new(limiter: &'a Limiter, priority: Priority) -> Self {
        *limiter.state().waiting(priority) += 1;
        Self { limiter, priority }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        *self.limiter.state().waiting(self.priority) -= 1;
        self.limiter.changed.notify_waiters();
    }
}

#[cfg(test)]
mod tests;
