//! The Lease that the leader holds.

/// The time for which this replica leads.
#[derive(Clone, Debug)]
pub struct Term(());

impl Term {
    /// Whether it lasts: whoever writes asks before each write, for a process that was frozen must not write on.
    #[must_use]
    pub fn holds(&self) -> bool {
        true
    }

    /// The term of a process that is alone.
    #[must_use]
    pub fn unlimited() -> Self {
        Self(())
    }
}
