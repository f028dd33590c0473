//! What is wrong with a configuration.

use std::{fmt, io, path::PathBuf};

use crate::manifest;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory can't be read.
    #[error("configuration directory {}: {source}; --config takes a directory of YAML or JSON files", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Some of what is in it is wrong.
    #[error("{}", lines(.0))]
    Invalid(Vec<Problem>),
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: String,
    /// Line and column, both from 1.
    pub place: Option<(usize, usize)>,
    /// What is wrong and how to mend it.
    pub message: String,
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

// === impl Problem ===

impl Problem {
    /// A problem of a file as a whole.
    pub(super) fn of_file(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            place: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some((line, column)) => {
                write!(formatter, "{}:{line}:{column}: {}", self.file, self.message)
            }
            None => write!(formatter, "{}: {}", self.file, self.message),
        }
    }
}

impl From<manifest::Error> for Problem {
    fn from(error: manifest::Error) -> Self {
        Self {
            file: error.file().to_owned(),
            place: error.line().zip(error.column()),
            message: error.message().to_owned(),
        }
    }
}
