//! Placeholder of the room of the same name: only what writers ask.

/// The time for which this process leads.
#[derive(Clone, Debug, Default)]
pub struct Term(());

impl Term {
    /// For a process that is alone.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Whether this process still leads.
    #[must_use]
    pub fn holds(&self) -> bool {
        true
    }
}
