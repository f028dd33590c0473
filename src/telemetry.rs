//! What the process tells about itself: logs, metrics, and whether it is ready.
//!
//! Nothing in here decides anything, and nothing in here can fail a review: recording is infallible, does not
//! allocate once a label set has been seen, and holds no lock across an await.

mod calls;
mod counters;
mod health;
mod labels;
mod leader;
mod logs;
mod metrics;
mod registrations;
mod snapshots;

pub use health::{Health, Report};
pub use labels::{
    CallOutcome, ConfirmationOutcome, EcsAction, FindingLabels, ProbeOutcome, ReloadOutcome,
    ReviewLabels, Verdict,
};
pub use leader::Leading;
pub use logs::{Colour, Format, InitError, init};
pub use metrics::{InFlight, Metrics};
pub use snapshots::SnapshotFacts;

/// The label value for whatever is not in a closed set.
pub const OTHER: &str = "other";
