//! What a review costs over real connections, beside a bare server that does not judge at all.
//!
//! One run starts `arrears serve` and the floor (`floor.rs`) as processes of their own, on the same box, behind the
//! same certificate, and sends both the same reviews from the same client, in turns. What is compared is the CPU
//! time of the server process for one review, besides the rate and the latencies that the client sees.
//!
//! - `cargo bench --bench reviews`: speed, against the floor
//! - `cargo bench --bench reviews -- --memory`: resident memory after many reviews, and with many locked ids
//! - `cargo bench --bench reviews -- --start`: from process start to the first right denial
//! - `cargo bench --bench reviews -- --poll`: listing a million locked ids from the cloud's double
//! - `--quick` makes any of them a smoke run, whose figures mean nothing; `--null` races the floor against itself,
//!   which shows how far the machine's own noise goes

mod bodies;
mod client;
#[path = "../../tests/ecs/double.rs"]
mod double;
mod floor;
mod memory;
mod objects;
mod poll;
mod process;
mod report;
mod site;
mod speed;
mod start;

use std::{net::SocketAddr, path::PathBuf};

use anyhow::bail;
use clap::{Parser, Subcommand};
use tokio::signal::unix::{SignalKind, signal};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Measures the webhook over TLS.
#[derive(Parser)]
struct Arguments {
    /// Report resident memory
    #[arg(long, conflicts_with = "start")]
    memory: bool,
    /// Report the time from process start to the first right denial
    #[arg(long)]
    start: bool,
    /// Report what listing many locked ids from the cloud takes
    #[arg(long, conflicts_with_all = ["memory", "start"])]
    poll: bool,
    /// With --poll: how many calls a second the cloud is asked
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=1000))]
    calls_per_second: u32,
    /// A smoke run: everything is exercised, little is measured
    #[arg(long)]
    quick: bool,
    /// Let the floor take the place of arrears as well
    #[arg(long, conflicts_with_all = ["memory", "start", "poll"])]
    null: bool,
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
    runtime.block_on(async {
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        // Whoever ends this ends the servers too: dropping the run kills them and removes its files.
        tokio::select! {
            done = measure(&arguments) => done,
            _ = terminate.recv() => bail!("terminated"),
            _ = interrupt.recv() => bail!("interrupted"),
        }
    })
}

async fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    // `cargo test --benches` runs this without `--bench`: then it is only to work.
    let quick = arguments.quick || !arguments.bench;
    let connections = usize::from(arguments.connections);
    if arguments.memory {
        memory::measure(quick, connections).await
    } else if arguments.start {
        start::measure(quick).await
    } else if arguments.poll {
        poll::measure(quick, arguments.calls_per_second).await
    } else {
        let contender = if arguments.null {
            process::Program::Floor
        } else {
            process::Program::Arrears
        };
        speed::measure(contender, quick, connections).await
    }
}
