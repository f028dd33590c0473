//! The command line: one file per command.
//!
//! Exit codes are an interface: 0 fine, 1 the answer is no, 2 could not do it. What a command has to say goes to
//! standard output, what went wrong to standard error.

mod check;
mod demo;
mod locks;
pub mod manifests;
mod matrix;
mod once;
mod output;
mod probe;
mod serve;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};
use jiff::Timestamp;
use tracing::level_filters::LevelFilter;

use crate::{config, telemetry};

/// Kubernetes admission control that knows the cloud bill: rejects the Alibaba Cloud ECS operations that an
/// overdue payment would make fail.
#[derive(Debug, Parser)]
#[command(name = "arrears", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options of every command.
#[derive(Debug, clap::Args)]
struct Global {
    /// How log lines are written (to standard error; RUST_LOG says which)
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "ARREARS_LOG_FORMAT"
    )]
    log_format: telemetry::Format,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "ARREARS_COLOR"
    )]
    color: telemetry::Colour,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Show it all at once: listen on HTTPS, send the bundled reviews, print the verdicts
    Demo(demo::Demo),
    /// Answer the API server's admission reviews
    Serve(serve::Serve),
    /// Judge manifests before they are applied
    Check(check::Check),
    /// Print what is locked now
    Locks(locks::Locks),
    /// Print the overdue matrix: every action in every state, with its cells and its ruling
    Matrix(matrix::Matrix),
    /// Learn whether reviews reach arrears through the API server
    Probe(probe::Probe),
    /// Print what is to be applied to a cluster
    Manifests(manifests::Manifests),
    /// Print a completion script for a shell
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
}

impl Cli {
    /// Runs the command.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let Global { log_format, color } = self.global;
        let done = telemetry::init(log_format, color, self.command.log_level())
            .map_err(anyhow::Error::from)
            .and_then(|()| self.command.run());
        done.unwrap_or_else(|error| {
            output::error(&error);
            ExitCode::from(2)
        })
    }
}

impl Command {
    /// From which level on log lines are written where `RUST_LOG` says nothing.
    fn log_level(&self) -> LevelFilter {
        match self {
            Self::Serve(_) => LevelFilter::INFO,
            // What these have to say they print.
            Self::Demo(_)
            | Self::Check(_)
            | Self::Locks(_)
            | Self::Matrix(_)
            | Self::Probe(_)
            | Self::Manifests(_)
            | Self::Completions { .. } => LevelFilter::WARN,
        }
    }

    fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::Demo(demo) => demo.run(),
            Self::Serve(serve) => serve.run(),
            Self::Check(check) => check.run(),
            Self::Locks(locks) => locks.run(),
            Self::Matrix(matrix) => matrix.run(),
            Self::Probe(probe) => probe.run(),
            Self::Manifests(manifests) => {
                manifests.run(|directory| Ok(config::bindings(directory, Timestamp::now())?))
            }
            Self::Completions { shell } => {
                let mut script = Vec::new();
                clap_complete::generate(shell, &mut Cli::command(), "arrears", &mut script);
                output::print(&String::from_utf8(script)?)?;
                Ok(ExitCode::SUCCESS)
            }
        }
    }
}
