//! arrears and a real kube-apiserver: what the tests of this binary stand on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "controlplane/creating.rs"]
mod creating;
#[path = "controlplane/definitions.rs"]
mod definitions;
#[path = "controlplane/foundation.rs"]
mod foundation;
#[path = "controlplane/guarding.rs"]
mod guarding;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "controlplane/scene.rs"]
mod scene;
#[path = "controlplane/table.rs"]
mod table;
