//! `arrears serve` as an admin meets it: the real program, its ports, its signals and what it says.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that can't go on says why by panicking; indexing a JSON value never panics on reading"
)]

#[path = "server/client.rs"]
#[allow(
    dead_code,
    reason = "shared with the tests of the server, which need more of it"
)]
mod client;
#[path = "ecs/double.rs"]
mod double;
#[path = "serve/files.rs"]
mod files;
#[path = "serve/live.rs"]
mod live;
#[path = "serve/program.rs"]
mod program;
#[path = "serve/reload.rs"]
mod reload;
#[path = "serve/signals.rs"]
mod signals;
#[path = "serve/start.rs"]
mod start;
#[path = "serve/wrong.rs"]
mod wrong;
