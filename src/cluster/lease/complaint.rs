//! Trouble that lasts is said once, and then once a minute.

use std::time::{Duration, Instant};

const AGAIN: Duration = Duration::from_secs(60);

/// What was said about trouble that may still last.
#[derive(Debug, Default)]
pub(super) struct Complaint(Option<Lasting>);

#[derive(Debug)]
struct Lasting {
    began: Instant,
    said: Instant,
}

impl Complaint {
    /// There is trouble; whether it is time to say so.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        match &mut self.0 {
            None => {
                self.0 = Some(Lasting {
                    began: now,
                    said: now,
                });
                true
            }
            Some(lasting) if AGAIN <= now.saturating_duration_since(lasting.said) => {
                lasting.said = now;
                true
            }
            Some(_) => false,
        }
    }

    /// There is none any more; how long there was.
    pub(super) fn settle(&mut self, now: Instant) -> Option<Duration> {
        let lasting = self.0.take()?;
        Some(now.saturating_duration_since(lasting.began))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_is_said_at_once_and_then_each_minute() {
        let mut complaint = Complaint::default();
        let start = Instant::now();
        let said = (0..150).filter(|second| complaint.is_due(start + Duration::from_secs(*second)));
        assert_eq!(said.collect::<Vec<_>>(), [0, 60, 120]);
    }

    #[test]
    fn its_end_is_told_once_and_new_trouble_is_said_at_once() {
        let mut complaint = Complaint::default();
        let start = Instant::now();
        assert_eq!(complaint.settle(start), None);
        assert!(complaint.is_due(start));
        let after = start + Duration::from_secs(5);
        assert_eq!(complaint.settle(after), Some(Duration::from_secs(5)));
        assert_eq!(complaint.settle(after), None);
        assert!(complaint.is_due(after));
    }
}
