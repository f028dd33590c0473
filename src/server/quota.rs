//! A number that many requests share and none may exceed.

use std::sync::atomic::{AtomicUsize, Ordering};

/// How much there is, and how much of it is taken.
#[derive(Debug)]
pub(super) struct Quota {
    limit: usize,
    taken: AtomicUsize,
}

/// A part of a quota; given back when dropped.
#[derive(Debug)]
pub(super) struct Share<'a> {
    quota: &'a Quota,
    held: usize,
}

/// There is not that much left.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Quota {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            taken: AtomicUsize::new(0),
        }
    }

    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether all of it is taken.
    pub(super) fn is_exhausted(&self) -> bool {
        self.limit <= self.taken.load(Ordering::Relaxed)
    }

    /// A share of nothing, which can grow.
    pub(super) fn share(&self) -> Share<'_> {
        Share {
            quota: self,
            held: 0,
        }
    }
}

// === impl Share ===

impl Share<'_> {
    /// How much this share holds.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Takes `more`, if all shares together then hold at most `ceiling` and the limit.
    pub(super) fn grow(&mut self, more: usize, ceiling: usize) -> Result<(), Exhausted> {
        let ceiling = ceiling.min(self.quota.limit);
        // Nothing is published through this number, so no ordering is needed.
        self.quota
            .taken
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |taken| {
                taken.checked_add(more).filter(|sum| *sum <= ceiling)
            })
            .map_err(|_| Exhausted)?;
        self.held += more;
        Ok(())
    }
}

impl Drop for Share<'_> {
    fn drop(&mut self) {
        self.quota.taken.fetch_sub(self.held, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_never_hold_more_than_the_limit_together() {
        let quota = Quota::new(10);
        let mut one = quota.share();
        let mut other = quota.share();
        assert_eq!(one.grow(6, usize::MAX), Ok(()));
        assert_eq!(other.grow(5, usize::MAX), Err(Exhausted));
        assert_eq!(other.grow(4, 9), Err(Exhausted));
        assert_eq!(other.grow(4, usize::MAX), Ok(()));
        assert!(quota.is_exhausted());
        drop(one);
        assert!(!quota.is_exhausted());
        assert_eq!(other.grow(usize::MAX, usize::MAX), Err(Exhausted));
        assert_eq!((other.grow(6, usize::MAX), other.held()), (Ok(()), 10));
    }
}
