//! The double of the cloud API: what it refuses, what it serves, how it fails when told to, and what the vendor's own SDKs
//! make of it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "ecs/caller.rs"]
mod caller;
#[path = "ecs/double.rs"]
mod double;
#[path = "ecs/faults.rs"]
mod faults;
#[path = "ecs/gate.rs"]
mod gate;
#[path = "ecs/lookups.rs"]
mod lookups;
#[path = "ecs/pages.rs"]
mod pages;
#[path = "ecs/sdk/sdk.rs"]
mod sdk;
#[path = "ecs/sources.rs"]
mod sources;
