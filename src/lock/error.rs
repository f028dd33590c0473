//! What can be wrong with lock facts, told to the user apart from what the log needs.

use std::fmt;

/// Where in a document something is wrong; both count from one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column, in bytes for JSON and in characters for YAML.
    pub column: usize,
}

/// Lock facts that can't be used, and why.
///
/// `Display` is for the user: one line, with the offending key and, where there is one, the position.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}{message}", At(.position))]
pub struct Error {
    kind: ErrorKind,
    message: String,
    detail: String,
    position: Option<Position>,
}

/// The sorts of error that a caller can act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// Neither JSON nor YAML.
    Syntax,
    /// Well-formed, but not a valid LockSnapshot.
    Invalid,
    /// The same id twice in one listing.
    Duplicate,
    /// Dated ahead of the clock by more than clocks differ.
    Ahead,
    /// Shards that do not make one complete listing (yet).
    Incomplete,
    /// More than an index of this program can hold.
    TooLarge,
}

// === impl Position ===

impl Position {
    /// Where a document begins.
    pub const START: Self = Self { line: 1, column: 1 };
}

// === impl Error ===

impl Error {
    pub(super) fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            detail: String::new(),
            position: None,
        }
    }

    pub(super) fn at(mut self, position: Option<Position>) -> Self {
        self.position = position;
        self
    }

    pub(super) fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// What sort of error this is.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The sentence for the user, without the position.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What the parser said in its own words, for the log; empty where there is nothing more to say.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// Where in the document, if the error is about one.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// The line, counted from one.
    pub fn line(&self) -> Option<usize> {
        self.position.map(|position| position.line)
    }

    /// The column, counted from one.
    pub fn column(&self) -> Option<usize> {
        self.position.map(|position| position.column)
    }
}

struct At<'a>(&'a Option<Position>);

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(position) => write!(f, "line {}, column {}: ", position.line, position.column),
            None => Ok(()),
        }
    }
}
