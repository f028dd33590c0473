//! Ever longer pauses while something fails.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// How often something has failed in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff(u32);

impl Backoff {
    /// It has failed again: how long to wait.
    pub(super) fn fail(&mut self) -> Duration {
        let doubled = 1_u32.checked_shl(self.0.min(16)).unwrap_or(u32::MAX);
        self.0 = self.0.saturating_add(1);
        FIRST.saturating_mul(doubled).min(LONGEST)
    }

    /// It has worked.
    pub(super) fn succeed(&mut self) {
        self.0 = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_a_minute_and_begin_anew_after_a_success() {
        let mut backoff = Backoff::default();
        let pauses = |backoff: &mut Backoff| [(); 7].map(|()| backoff.fail().as_secs());
        assert_eq!(pauses(&mut backoff), [1, 2, 4, 8, 16, 30, 30]);
        backoff.succeed();
        assert_eq!(pauses(&mut backoff), [1, 2, 4, 8, 16, 30, 30]);
    }
}
