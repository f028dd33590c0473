//! Until when a connection may stay in the stage it is in.
//!
//! hyper's own time-out starts a fresh timer for each request and can't tell a client that rests from one that sends
//! its head a byte an hour. Here a stage change only writes two atomics; the clock is read once the connection rests
//! in a stage, which of the stages of a request that comes in one piece is the last. One timer for each connection is
//! moved lazily: a deadline that moved back is found out when the timer fires, and only one that moved forward
//! re-arms it. All of it is read and written by the connection's own task.

use std::{
    sync::atomic::{AtomicU8, AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use super::Times;

/// The stage of one connection, and when it ends at the latest.
#[derive(Debug)]
pub(super) struct Deadline {
    times: Times,
    /// What `at` counts from.
    base: Instant,
    stage: AtomicU8,
    /// When the stage ends, in nanoseconds after `base`.
    at: AtomicU64,
}

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waiting for a request.
    Idle,
    /// Receiving the head of one.
    Head,
    /// Receiving the body of one.
    Body,
    /// The body came too slowly; the request is about to be told so.
    Late,
    /// Having a request answered: no deadline of the connection's own.
    Answer,
    /// Waiting for the peer to close.
    Linger,
}

const STAGES: [Stage; 6] = [
    Stage::Idle,
    Stage::Head,
    Stage::Body,
    Stage::Late,
    Stage::Answer,
    Stage::Linger,
];

/// The stage has no end.
const NEVER: u64 = u64::MAX;

/// The stage's time has not begun to run.
const UNSET: u64 = NEVER - 1;

impl Deadline {
    /// A connection that waits for its first request.
    pub(super) fn new(times: Times) -> Self {
        Self {
            times,
            base: Instant::now(),
            stage: AtomicU8::new(Stage::Idle as u8),
            at: AtomicU64::new(UNSET),
        }
    }

    /// Goes on to `stage`.
    pub(super) fn enter(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
        self.at.store(UNSET, Ordering::Relaxed);
    }

    /// Bytes arrived: if the connection was idle, they begin a head.
    pub(super) fn heard(&self) {
        if self.stage() == Stage::Idle {
            self.enter(Stage::Head);
        }
    }

    pub(super) fn stage(&self) -> Stage {
        let stage = self.stage.load(Ordering::Relaxed);
        STAGES
            .get(usize::from(stage))
            .copied()
            .unwrap_or(Stage::Idle)
    }

    /// When the stage ends at the latest, its time running from when this was first asked in it; none = never.
    pub(super) fn ends(&self) -> Option<Instant> {
        let at = match self.at.load(Ordering::Relaxed) {
            UNSET => {
                let at = self.begin();
                self.at.store(at, Ordering::Relaxed);
                at
            }
            at => at,
        };
        (at != NEVER).then(|| self.base + Duration::from_nanos(at))
    }

    /// Nanoseconds after `base` at which the stage ends whose time begins now.
    fn begin(&self) -> u64 {
        let given = match self.stage() {
            Stage::Idle => self.times.idle,
            Stage::Head => self.times.head,
            Stage::Body => self.times.body,
            Stage::Linger | Stage::Late => self.times.linger,
            Stage::Answer => return NEVER,
        };
        let at = self.base.elapsed().saturating_add(given);
        u64::try_from(at.as_nanos()).unwrap_or(NEVER).min(UNSET - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_stage_has_its_time() {
        let times = Times::default();
        let deadline = Deadline::new(times);
        let left = |deadline: &Deadline| deadline.ends().unwrap() - Instant::now();
        assert_eq!(deadline.stage(), Stage::Idle);
        assert!(left(&deadline) <= times.idle && times.head < left(&deadline));
        deadline.heard();
        assert_eq!(deadline.stage(), Stage::Head);
        assert!(left(&deadline) <= times.head);
        deadline.enter(Stage::Answer);
        deadline.heard();
        assert_eq!((deadline.stage(), deadline.ends()), (Stage::Answer, None));
        for stage in STAGES {
            deadline.enter(stage);
            assert_eq!(deadline.stage(), stage);
        }
    }

    #[test]
    fn the_time_of_a_stage_runs_from_the_first_rest_in_it() {
        let times = Times::default();
        let deadline = Deadline::new(times);
        deadline.enter(Stage::Body);
        let rest = Instant::now();
        let ends = deadline.ends();
        assert!(rest + times.body <= ends.unwrap());
        while Instant::now() == rest {}
        assert_eq!(deadline.ends(), ends);
        deadline.enter(Stage::Body);
        assert!(ends < deadline.ends());
    }
}
