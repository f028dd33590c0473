//! arrears and a real kube-apiserver: what the tests of this binary stand on.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "controlplane/answers.rs"]
mod answers;
#[path = "controlplane/asking_first.rs"]
mod asking_first;
#[path = "controlplane/changing.rs"]
mod changing;
#[path = "controlplane/changing_others.rs"]
mod changing_others;
#[path = "controlplane/creating.rs"]
mod creating;
#[path = "controlplane/definitions.rs"]
mod definitions;
#[path = "ecs/double.rs"]
mod double;
#[path = "controlplane/foundation.rs"]
mod foundation;
#[path = "controlplane/gate.rs"]
mod gate;
#[path = "controlplane/guarding.rs"]
mod guarding;
#[path = "controlplane/others.rs"]
mod others;
#[path = "controlplane/our_kinds.rs"]
mod our_kinds;
#[path = "controlplane/outage.rs"]
mod outage;
#[path = "support/plane/plane.rs"]
mod plane;
#[path = "controlplane/real_examples.rs"]
mod real_examples;
#[path = "controlplane/registering.rs"]
mod registering;
#[path = "controlplane/scene.rs"]
mod scene;
#[path = "controlplane/shipped_examples.rs"]
mod shipped_examples;
#[path = "controlplane/table.rs"]
mod table;
