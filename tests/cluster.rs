//! What replicas share through a real kube-apiserver.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "cluster/certificates.rs"]
mod certificates;
#[path = "ecs/double.rs"]
mod double;
#[path = "cluster/lease.rs"]
mod lease;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "cluster/publish.rs"]
mod publish;
#[path = "cluster/registration.rs"]
mod registration;
