//! The chart and the manifests made of it: what they render, and what a real API server and a real Helm make of that.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "chart/accepted.rs"]
mod accepted;
#[path = "support/chart.rs"]
mod chart;
#[path = "chart/combinations.rs"]
mod combinations;
#[path = "chart/currency.rs"]
mod currency;
#[path = "chart/lifecycle.rs"]
mod lifecycle;
#[path = "chart/observing.rs"]
mod observing;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "chart/pods.rs"]
mod pods;
#[path = "chart/policy.rs"]
mod policy;
#[path = "chart/rights.rs"]
mod rights;
#[path = "chart/scene.rs"]
mod scene;
#[path = "chart/wrong.rs"]
mod wrong;
