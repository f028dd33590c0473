//! The one timer of a connection, which goes off when the connection's deadline has passed.
//!
//! It must be asked by the connection's own task alone: a task's waker stays the same for its life, so the timer is
//! given it once each time it is moved, and while it runs it costs a look at an atomic.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{
    task::unconstrained,
    time::{Instant, Sleep, sleep_until},
};

use super::deadline::Deadline;

/// How far the timer is moved when nothing waits for it at the moment.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// A timer that follows a deadline.
#[derive(Debug)]
pub(super) struct Alarm {
    timer: Pin<Box<Sleep>>,
    /// Whether the timer will wake the task.
    armed: bool,
}

impl Alarm {
    pub(super) fn new(deadline: &Deadline) -> Self {
        let ends = deadline.ends().unwrap_or_else(Instant::now);
        Self {
            timer: Box::pin(sleep_until(ends)),
            armed: false,
        }
    }

    /// Waits until `deadline` has passed.
    pub(super) fn poll(&mut self, deadline: &Deadline, context: &mut Context<'_>) -> Poll<()> {
        loop {
            let ends = deadline.ends();
            match ends {
                Some(ends) if ends < self.timer.deadline() => self.move_to(ends),
                _ => {}
            }
            if self.armed && !self.timer.is_elapsed() {
                return Poll::Pending;
            }
            // A task that has used up its budget would be told to wait without the timer knowing of it.
            let mut timer = unconstrained(self.timer.as_mut());
            self.armed = Pin::new(&mut timer).poll(context).is_pending();
            if self.armed {
                return Poll::Pending;
            }
            match ends {
                Some(ends) if ends <= Instant::now() => return Poll::Ready(()),
                // It moved back since the timer was set.
                Some(ends) => self.move_to(ends),
                // The next stage moves the timer forward again.
                None => self.move_to(Instant::now() + LOOK_AGAIN),
            }
        }
    }

    fn move_to(&mut self, at: Instant) {
        self.timer.as_mut().reset(at);
        self.armed = false;
    }
}
