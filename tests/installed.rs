//! The whole of it in a cluster: what the chart renders, on a real API server, with local processes in the place of pods.
//!
//! What differs from a cluster, because there is no kubelet and no network of Services here: the processes are started by
//! the test with the Deployment's own arguments and environment and the ServiceAccount's own token, and the Service is
//! of the type `ExternalName`, which makes the API server call this machine under the Service's name.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "support/chart.rs"]
mod chart;
#[path = "ecs/double.rs"]
mod double;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "installed/pod.rs"]
mod pod;
#[path = "installed/release.rs"]
mod release;
#[path = "installed/rights.rs"]
mod rights;
#[path = "installed/story.rs"]
mod story;
