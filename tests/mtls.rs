//! Certificates on both sides: an API server that shows one, and products that serve nobody else.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "mtls/answered.rs"]
mod answered;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "mtls/refused.rs"]
mod refused;
#[path = "mtls/stage.rs"]
mod stage;
