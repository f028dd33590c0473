//! The configuration directory, as files come, change, break and go.

#![expect(
    clippy::unwrap_used,
    reason = "a test that can't go on says why by panicking"
)]

#[path = "config/broken.rs"]
mod broken;
#[path = "config/bytes.rs"]
mod bytes;
#[path = "config/changing.rs"]
mod changing;
#[path = "config/conflicts.rs"]
mod conflicts;
#[path = "config/fixture.rs"]
mod fixture;
#[path = "config/listings.rs"]
mod listings;
#[path = "config/start.rs"]
mod start;
