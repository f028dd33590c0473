//! Logs: to standard error, so that standard output stays what a command prints.

use std::io::{self, IsTerminal as _};

use tracing::level_filters::LevelFilter;
use tracing_subscriber::{EnvFilter, fmt, util::SubscriberInitExt as _};

/// How log lines are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Colour {
    /// On a terminal, unless `NO_COLOR` is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Why logs can't be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// `RUST_LOG` can't be read.
    #[error("RUST_LOG is not a log filter: {0}; try RUST_LOG=info or RUST_LOG=arrears=debug")]
    Filter(#[from] tracing_subscriber::filter::FromEnvError),
    /// A filter of our own can't be read.
    #[error("a log filter can't be read: {0}")]
    OwnFilter(#[from] tracing_subscriber::filter::ParseError),
    /// Somebody else has set up logs in this process.
    #[error("logs are set up already: {0}")]
    Taken(#[from] tracing_subscriber::util::TryInitError),
}

/// What is left of the Kubernetes client's own lines unless `RUST_LOG` names it: it tells of each failed call, several
/// times a second while there is no API server. What matters of it we tell ourselves, once.
const KUBE: [&str; 2] = ["kube_client=off", "kube_runtime=off"];

/// Sends logs to standard error as `RUST_LOG` says, from `level` on where it says nothing.
///
/// # Errors
/// When `RUST_LOG` is not a filter, or logs are set up already.
pub fn init(format: Format, colour: Colour, level: LevelFilter) -> Result<(), InitError> {
    let mut filter = EnvFilter::builder()
        .with_default_directive(level.into())
        .from_env()?;
    let wanted = std::env::var(EnvFilter::DEFAULT_ENV).unwrap_or_default();
    if !wanted.contains("kube") {
        for quiet in KUBE {
            filter = filter.add_directive(quiet.parse()?);
        }
    }
    let lines = fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(colour.wanted(io::stderr().is_terminal()));
    match format {
        Format::Text => lines.finish().try_init()?,
        Format::Json => lines
            .json()
            .flatten_event(true)
            .with_ansi(false)
            .finish()
            .try_init()?,
    }
    Ok(())
}

// === impl Colour ===

impl Colour {
    /// Whether to colour what goes to a stream that is, or is not, a terminal.
    #[must_use]
    pub fn wanted(self, terminal: bool) -> bool {
        match self {
            // https://no-color.org: present and not empty.
            Self::Auto => {
                terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
            Self::Always => true,
            Self::Never => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_follows_the_terminal_only_when_left_to_it() {
        assert!(!Colour::Auto.wanted(false));
        assert!(Colour::Always.wanted(false));
        assert!(!Colour::Never.wanted(true));
    }
}
