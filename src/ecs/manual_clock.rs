//! A clock for tests, whose time goes on when they say so, or whenever somebody sleeps.

use std::{
    collections::BTreeMap,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::oneshot, task};

use crate::clock::{Clock, Time};

/// So often a task of a test's own runtime may have to be polled before it can go no further.
const YIELDS: usize = 64;

/// The hands of the clock.
#[derive(Clone, Default)]
pub(super) struct Manual(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    now: Duration,
    sleepers: BTreeMap<(Duration, u64), oneshot::Sender<()>>,
    slept: Vec<Duration>,
    count: u64,
    is_hurried: bool,
}

impl Manual {
    /// Hands that run ahead at once when somebody sleeps: for tests with real sockets.
    pub(super) fn hurried() -> Self {
        let manual = Self::default();
        manual.state().is_hurried = true;
        manual
    }

    /// The clock that these hands belong to.
    pub(super) fn clock(&self) -> Clock {
        Clock::new(self.clone())
    }

    /// How long this clock has gone.
    pub(super) fn elapsed(&self) -> Duration {
        self.state().now
    }

    /// Every sleep that was begun.
    pub(super) fn slept(&self) -> Vec<Duration> {
        self.state().slept.clone()
    }

    /// Lets every task go on until it waits; only on a runtime of one thread.
    pub(super) async fn settle(&self) {
        for _ in 0..YIELDS {
            task::yield_now().await;
        }
    }

    /// Lets so much time pass, waking who sleeps on the way.
    pub(super) async fn pass(&self, duration: Duration) {
        self.settle().await;
        let end = self.elapsed() + duration;
        while self.wake_next(end) {
            self.settle().await;
        }
        self.state().now = end;
    }

    /// Runs to the next who sleeps and wakes them.
    pub(super) async fn step(&self) {
        self.settle().await;
        self.wake_next(Duration::MAX);
        self.settle().await;
    }

    fn wake_next(&self, end: Duration) -> bool {
        let mut state = self.state();
        // Who gave up sleeping is none to run to.
        state.sleepers.retain(|_, sleeper| !sleeper.is_closed());
        let Some(first) = state.sleepers.first_entry() else {
            return false;
        };
        let (at, _) = *first.key();
        if end < at {
            return false;
        }
        let sleeper = first.remove();
        state.now = at;
        sleeper.send(()).is_ok()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl Time for Manual {
    fn now(&self) -> Timestamp {
        let began: Timestamp = "2026-11-24T00:00:00Z".parse().unwrap();
        began + self.elapsed()
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        let (sender, receiver) = oneshot::channel();
        let mut state = self.state();
        state.count += 1;
        state.slept.push(duration);
        if state.is_hurried {
            state.now += duration;
            return Box::pin(std::future::ready(()));
        }
        let key = (state.now + duration, state.count);
        state.sleepers.insert(key, sender);
        Box::pin(async move { drop(receiver.await) })
    }
}
