//! One piece of a configuration, a file or an object: what it holds, and what it held when it was last good.

use std::sync::Arc;

use jiff::Timestamp;

use super::{error::Problem, item::Item};

/// What a piece held when it was good.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) items: Arc<[Item]>,
    /// When it was written or received.
    pub(super) time: Timestamp,
    pub(super) dating: Dating,
}

/// What says how old a listing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dating {
    /// The date that it gives; the piece's time where it gives none.
    #[default]
    Own,
    /// The piece's time, whatever date it gives: whoever wrote it may have had a wrong clock.
    Receipt,
}

/// A piece from look to look.
#[derive(Debug, Default)]
pub(super) struct Piece {
    /// The last good content.
    pub(super) latest: Content,
    /// The last content that was good together with all others; differs from the latest only after a conflict.
    pub(super) in_force: Content,
    /// Since when it has been there, where that is known: of two that are both new, the younger has to wait.
    pub(super) since: Option<Timestamp>,
    /// The latest content was in conflict with another piece when all were last put together.
    pub(super) is_waiting: bool,
    /// What is wrong with the piece as it is now.
    pub(super) problems: Vec<Problem>,
}

// === impl Content ===

impl Content {
    /// What was written at this time.
    pub(super) fn written(items: impl Into<Arc<[Item]>>, time: Timestamp) -> Self {
        Self {
            items: items.into(),
            time,
            dating: Dating::Own,
        }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.items, &other.items) && self.time == other.time
    }

    pub(super) fn undated(&self) -> Option<&Item> {
        self.items.iter().find(|item| item.is_undated())
    }
}

// === impl Piece ===

impl Piece {
    /// Takes what was read; tells whether it is anything else than before.
    pub(super) fn take(&mut self, read: Result<Content, Vec<Problem>>) -> bool {
        match read {
            Ok(content) => {
                let is_same = self.problems.is_empty() && content.is(&self.latest);
                self.latest = content;
                self.problems.clear();
                !is_same
            }
            Err(problems) => {
                let is_same = self.problems == problems;
                self.problems = problems;
                !is_same
            }
        }
    }
}
