//! Lock facts straight from the cloud's double: asked, kept, confirmed, and believed only when complete.
//!
//! Reviews go over HTTPS to a server in this process; the double verifies every signature. Time is shifted, not slept
//! through.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests, which end by panicking"
)]

#[path = "live/clock.rs"]
mod clock;
#[path = "live/credentials.rs"]
mod credentials;
#[path = "ecs/double.rs"]
mod double;
#[path = "live/fleet.rs"]
mod fleet;
#[path = "live/herd.rs"]
mod herd;
#[path = "live/histories.rs"]
mod histories;
#[path = "live/hostile.rs"]
mod hostile;
#[path = "live/outage.rs"]
mod outage;
#[path = "live/plan.rs"]
mod plan;
#[path = "live/scene.rs"]
mod scene;
#[path = "live/storm.rs"]
mod storm;
