//! The words of a verdict: what is said of a finding and what it does, under a rule's mode.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::api::{Mode, Response};

/// What is said of one finding, or of a request as a whole; the worst is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// ECS would refuse the call.
    Deny,
    /// The facts that decide are missing.
    Unknown,
    /// The call may fail.
    Warn,
    /// A rule keeps a denial or a warning to the records.
    Audit,
    /// Nothing speaks against it.
    Allow,
}

/// What a finding does to the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing.
    Admit,
    /// The requester is warned.
    Warn,
    /// The request is refused.
    Refuse,
}

// === impl Mode ===

impl Mode {
    /// The name used in metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "Deny",
            Self::Warn => "Warn",
            Self::Audit => "Audit",
            Self::Off => "Off",
        }
    }

    /// What remains of a ruling's response under this mode.
    #[must_use]
    pub fn of_ruling(self, response: Response) -> (Outcome, Effect) {
        match (self, response) {
            (Self::Off, _) | (_, Response::Allow) => (Outcome::Allow, Effect::Admit),
            (Self::Audit, Response::Warn | Response::Deny) => (Outcome::Audit, Effect::Admit),
            (Self::Warn, Response::Deny) | (Self::Warn | Self::Deny, Response::Warn) => {
                (Outcome::Warn, Effect::Warn)
            }
            (Self::Deny, Response::Deny) => (Outcome::Deny, Effect::Refuse),
        }
    }

    /// What missing facts do under this mode.
    #[must_use]
    pub fn of_unknown(self, response: Response) -> (Outcome, Effect) {
        let effect = match (self, response) {
            (Self::Off | Self::Audit, _) | (_, Response::Allow) => Effect::Admit,
            (Self::Warn, Response::Deny) | (Self::Warn | Self::Deny, Response::Warn) => {
                Effect::Warn
            }
            (Self::Deny, Response::Deny) => Effect::Refuse,
        };
        (Outcome::Unknown, effect)
    }
}

// === impl Outcome ===

impl Outcome {
    /// The name used in annotations, metrics and output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deny => "deny",
            Self::Unknown => "unknown",
            Self::Warn => "warn",
            Self::Audit => "audit",
            Self::Allow => "allow",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Not the name of an outcome.
#[derive(Debug, thiserror::Error)]
#[error("expected deny, unknown, warn, audit or allow")]
pub struct UnknownOutcome;

impl FromStr for Outcome {
    type Err = UnknownOutcome;

    fn from_str(name: &str) -> Result<Self, UnknownOutcome> {
        [
            Self::Deny,
            Self::Unknown,
            Self::Warn,
            Self::Audit,
            Self::Allow,
        ]
        .into_iter()
        .find(|outcome| outcome.name() == name)
        .ok_or(UnknownOutcome)
    }
}
