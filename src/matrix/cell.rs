//! The words of the matrix: states, tables, cells and the rulings derived from them.

use std::fmt;

/// Which of the two resources an operation touches are locked for overdue payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The instance is overdue.
    pub instance: bool,
    /// The disk is overdue.
    pub disk: bool,
}

impl State {
    /// Every state, the three overdue ones first.
    pub const ALL: [Self; 4] = [
        Self {
            instance: true,
            disk: true,
        },
        Self {
            instance: true,
            disk: false,
        },
        Self {
            instance: false,
            disk: true,
        },
        Self::FREE,
    ];

    /// Nothing is overdue.
    pub const FREE: Self = Self {
        instance: false,
        disk: false,
    };

    /// `both`, `instance`, `disk` or `neither`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match (self.instance, self.disk) {
            (true, true) => "both",
            (true, false) => "instance",
            (false, true) => "disk",
            (false, false) => "neither",
        }
    }
}

/// One of the two tables every edition has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Table {
    /// "The instance is overdue".
    Instance,
    /// "The disk is overdue".
    Disk,
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Instance => "instance",
            Self::Disk => "disk",
        })
    }
}

/// What one documented cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cell {
    /// The call fails.
    Error,
    /// The call runs as usual.
    Normal,
    /// The source prints "-".
    Irrelevant,
}

impl fmt::Display for Cell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Error => "error",
            Self::Normal => "normal",
            Self::Irrelevant => "irrelevant",
        })
    }
}

/// A cell and the table that holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Documented {
    /// The table.
    pub table: Table,
    /// What it says.
    pub cell: Cell,
}

/// What an edition says of one action in one state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ruling {
    /// Every documented cell says error.
    Forbidden,
    /// Two documented cells disagree.
    Contradicted,
    /// The action is in the edition, this state of it is not.
    Undocumented,
    /// The action is in no table.
    Unlisted,
    /// Every documented cell says "-".
    Irrelevant,
    /// Every documented cell says normal, or nothing is overdue.
    Permitted,
}

impl Ruling {
    /// The name used in output, annotations and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Forbidden => "Forbidden",
            Self::Contradicted => "Contradicted",
            Self::Undocumented => "Undocumented",
            Self::Unlisted => "Unlisted",
            Self::Irrelevant => "Irrelevant",
            Self::Permitted => "Permitted",
        }
    }
}

impl fmt::Display for Ruling {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}
