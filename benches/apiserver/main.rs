//! What the webhook costs where it is used: dry-run creates per second through a real kube-apiserver.
//!
//! One run starts etcd, kube-apiserver, `arrears serve` and the floor of the other benchmark, and sends the same creates
//! from the same client under four settings: without a webhook, with arrears, with the floor as the webhook, and with a
//! ValidatingAdmissionPolicy that looks into a LockSnapshot. Rounds go through the settings forth and back, so that
//! whatever else the machine does falls on all of them.
//!
//! Nothing is taken on trust: every create must be answered with 201, the API server's own metrics must count as many
//! reviews as there were creates (or none), and before and after every window a request that an overdue payment makes
//! fail must be denied by exactly the setting that is being measured.
//!
//! - `cargo bench --bench apiserver`: the figures; `KUBEBUILDER_ASSETS` names a folder with kube-apiserver and etcd, which
//!   are built with Go otherwise
//! - `--quick` makes it a smoke run, whose figures mean nothing

mod body;
mod client;
mod counts;
#[path = "../reviews/floor.rs"]
mod floor;
#[expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "written for tests, where panicking says why it can't go on"
)]
#[path = "../../tests/support/plane/plane.rs"]
mod plane;
mod policy;
#[expect(dead_code, reason = "the other benchmark uses the rest of it")]
#[path = "../reviews/process.rs"]
mod process;
mod registration;
#[path = "../reviews/report.rs"]
#[expect(dead_code, reason = "the other benchmark uses the rest of it")]
mod report;
mod rounds;
mod scene;
mod setting;
#[expect(dead_code, reason = "the other benchmark uses the rest of it")]
#[path = "../reviews/site.rs"]
mod site;
mod usage;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::bail;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the webhook through the API server.
#[derive(Parser)]
struct Arguments {
    /// A smoke run: everything is exercised, little is measured
    #[arg(long)]
    quick: bool,
    /// Keep-alive connections of the client
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// What cargo passes to every benchmark
    #[arg(long, hide = true)]
    bench: bool,
    #[command(subcommand)]
    role: Option<Role>,
}

/// What this binary is when it starts itself.
#[derive(Subcommand)]
enum Role {
    /// The bare server
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        listen: SocketAddr,
        #[arg(long)]
        tls_cert: PathBuf,
        #[arg(long)]
        tls_key: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    // As `arrears serve` does: one worker per core.
    let runtime = tokio::runtime::Runtime::new()?;
    if let Some(Role::Floor {
        listen,
        tls_cert,
        tls_key,
    }) = arguments.role
    {
        return runtime.block_on(floor::serve(listen, &tls_cert, &tls_key));
    }
    // `cargo test --benches` runs this without `--bench`: then it is only to work.
    let quick = arguments.quick || !arguments.bench;
    let connections = usize::from(arguments.connections);
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Whoever ends this ends the servers too: dropping the run kills the webhooks, the plane's guards do the rest.
        tokio::select! {
            done = rounds::measure(quick, connections) => done,
            _ = terminate.recv() => bail!("terminated"),
            _ = interrupt.recv() => bail!("interrupted"),
        }
    })
}
