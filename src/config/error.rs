//! What is wrong with a configuration.

use std::{fmt, io, path::PathBuf};

use crate::manifest;

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A directory can't be read.
    #[error("directory {}: {source}; expected a directory of YAML or JSON files", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Some of what is in it is wrong; one line for each problem.
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

/// Something about a configuration in force that whoever looks after it should hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What it is about: a file, a directory, a listing.
    pub about: String,
    /// Whether something is wrong.
    pub severity: Severity,
    /// What there is to say, and what is in force instead.
    pub message: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Something that stands in the configuration is not in force.
    Problem,
    /// Everything that stands in the configuration is in force, and still.
    Remark,
}

fn lines(problems: &[Problem]) -> String {
    let lines: Vec<_> = problems.iter().map(Problem::to_string).collect();
    lines.join("\n")
}

// === impl Problem ===

impl Problem {
    /// A problem of a file as a whole.
    pub(super) fn of_file(file: impl Into<String>, message: impl fmt::Display) -> Self {
        Self {
            file: file.into(),
            place: None,
            message: message.to_string(),
        }
    }

    /// The problem while `instead` is in force.
    pub(super) fn notice(&self, instead: &str) -> Notice {
        let message = match self.place {
            Some((line, column)) => {
                format!("line {line}, column {column}: {}; {instead}", self.message)
            }
            None => format!("{}; {instead}", self.message),
        };
        Notice {
            about: self.file.clone(),
            severity: Severity::Problem,
            message,
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

// === impl Notice ===

impl Notice {
    pub(super) fn remark(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            severity: Severity::Remark,
            message: message.into(),
        }
    }
}
