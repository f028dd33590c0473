//! The settings that are compared, and what tells that one of them, and no other, is in force.

use crate::{client::Answer, policy};

/// Who is asked about a create.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Nobody.
    Nothing,
    /// The webhook.
    Arrears,
    /// The bare server as the webhook.
    Floor,
    /// The policy.
    Policy,
}

impl Setting {
    /// All of them, in the order in which a round goes forth; those that are compared closely are neighbours.
    pub(crate) const ALL: [Self; 4] = [Self::Nothing, Self::Arrears, Self::Floor, Self::Policy];

    /// Its name in reports.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Arrears => "arrears",
            Self::Floor => "floor",
            Self::Policy => "policy",
        }
    }

    /// How many reviews the API server sends for so many creates.
    pub(crate) fn reviews(self, creates: u64) -> u64 {
        match self {
            Self::Nothing | Self::Policy => 0,
            Self::Arrears | Self::Floor => creates,
        }
    }

    /// Whether this is its answer to a create that an overdue payment makes fail.
    pub(crate) fn answers_so(self, answer: &Answer) -> bool {
        let says = |text: &str| String::from_utf8_lossy(&answer.body).contains(text);
        match self {
            Self::Nothing | Self::Floor => answer.code == 201,
            Self::Arrears => answer.code == 403 && says("ECS CreateInstance"),
            Self::Policy => answer.code == 422 && says(policy::MESSAGE),
        }
    }
}
