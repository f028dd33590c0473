//! How long to stand back from somebody who undoes what we do, and from an API server that refuses it.

use std::time::Duration;

use tokio::time::Instant;

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// After so long a peace the next quarrel begins anew.
const PEACE: Duration = Duration::from_secs(120);

/// Pauses that grow: none before the first attempt, then one second, two, four, up to 30.
#[derive(Debug, Default)]
pub(super) struct Standoff {
    attempts: u32,
    last: Option<Instant>,
}

impl Standoff {
    /// When the next attempt may be made.
    pub(super) fn until(&self, now: Instant) -> Instant {
        match self.last {
            Some(last) if now < last + PEACE => last + self.pause(),
            Some(_) | None => now,
        }
    }

    /// Takes note of an attempt.
    pub(super) fn attempt(&mut self, now: Instant) {
        self.attempts = match self.last {
            Some(last) if now < last + PEACE => self.attempts.saturating_add(1),
            Some(_) | None => 1,
        };
        self.last = Some(now);
    }

    fn pause(&self) -> Duration {
        let doublings = self.attempts.saturating_sub(1).min(5);
        LONGEST.min(Duration::from_secs(1) * (1 << doublings))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_attempt_is_made_at_once_and_then_pauses_grow_until_there_is_peace() {
        let begin = Instant::now();
        let mut standoff = Standoff::default();
        assert_eq!(standoff.until(begin), begin);
        let mut now = begin;
        let mut pauses = Vec::new();
        for _ in 0..8 {
            standoff.attempt(now);
            let next = standoff.until(now);
            pauses.push((next - now).as_secs());
            now = next;
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        let later = now + PEACE;
        assert_eq!(standoff.until(later), later);
        standoff.attempt(later);
        assert_eq!(standoff.until(later), later + Duration::from_secs(1));
    }
}
