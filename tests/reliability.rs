//! Replicas of the webhook behind a Service, a real API server that asks them without a pause, and one fault after another.
//!
//! Each test is one fault and prints one row: what was asked meanwhile, what failed, what was answered wrong, what can't be
//! held against the webhook, and the longest answer. `cargo test --test reliability -- --nocapture` shows the table.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "reliability/asks.rs"]
mod asks;
#[path = "reliability/balancer.rs"]
mod balancer;
#[path = "reliability/calls.rs"]
mod calls;
#[path = "support/chart.rs"]
mod chart;
#[path = "reliability/cloud.rs"]
mod cloud;
#[path = "ecs/double.rs"]
mod double;
#[path = "reliability/faults.rs"]
mod faults;
#[path = "reliability/installed.rs"]
mod installed;
#[path = "reliability/load.rs"]
mod load;
#[path = "reliability/outcome.rs"]
mod outcome;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "reliability/relay.rs"]
mod relay;
#[path = "reliability/replica.rs"]
mod replica;
#[path = "reliability/replicas.rs"]
mod replicas;
#[path = "reliability/row.rs"]
mod row;
#[path = "reliability/stage.rs"]
mod stage;
#[path = "reliability/wire.rs"]
mod wire;
