//! How many files the process may have open; each connection is one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// For files other than connections.
const OTHERS: u64 = 128;

/// Raises the limit as far as the system lets an ordinary process, and says so when `connections` don't fit in.
///
/// The limit that a process starts with is often 1024 for the sake of programs that use `select`, and is meant to be
/// raised by those that don't, as Go's runtime does.
pub(super) fn raise_limit(connections: usize) {
    let mut limit = getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit = raised,
        Err(error) => tracing::debug!(%error, "the limit of open files stays as it was"),
    }
    let needed = u64::try_from(connections).map_or(u64::MAX, |count| count.saturating_add(OTHERS));
    match limit.current {
        Some(allowed) if allowed < needed => tracing::warn!(
            allowed,
            needed,
            "the system allows fewer open files than the connections configured; raise it, or lower --max-connections"
        ),
        _ => {}
    }
}
