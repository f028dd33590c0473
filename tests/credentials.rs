//! Every source of keys against the double, which takes none but right signatures, tokens and keys; and what the log of
//! it all shows.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[expect(
    dead_code,
    reason = "it can also make the calls that the double refuses"
)]
#[path = "ecs/caller.rs"]
mod caller;
#[path = "ecs/double.rs"]
mod double;
#[path = "credentials/hands.rs"]
mod hands;
#[path = "credentials/load.rs"]
mod load;
#[path = "credentials/log.rs"]
mod log;
#[path = "credentials/scene.rs"]
mod scene;
#[path = "credentials/sources.rs"]
mod sources;
