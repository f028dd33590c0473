//! What goes through the API server, with a real one.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "support/plane/plane.rs"]
mod plane;
#[path = "cluster/registration.rs"]
mod registration;
