//! The command line: one file per command.
//!
//! Exit codes are an interface: 0 fine, 1 the answer is no, 2 could not do it. What a command has to say goes to
//! standard output, what went wrong to standard error.

pub mod manifests;
mod matrix;
mod output;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

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
    log_format: LogFormat,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "ARREARS_COLOR"
    )]
    color: Color,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

#[derive(Clone, Copy, Debug, Default, clap::ValueEnum)]
enum Color {
    /// On a terminal.
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Print the overdue matrix: every action in every state, with its cells and its ruling
    Matrix(matrix::Matrix),
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
        let done = match self.command {
            Command::Matrix(matrix) => matrix.run(),
            Command::Completions { shell } => {
                clap_complete::generate(
                    shell,
                    &mut Self::command(),
                    "arrears",
                    &mut std::io::stdout(),
                );
                Ok(ExitCode::SUCCESS)
            }
        };
        done.unwrap_or_else(|error| {
            output::error(&error);
            ExitCode::from(2)
        })
    }
}
