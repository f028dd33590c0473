//! The overdue matrix: what ECS does with each action while a payment is overdue.
//!
//! Data, not code: one CSV per dated edition of the vendor's table, read once. Everything that is said of an
//! action is derived from documented cells; what no table says is never guessed.

mod action;
mod call;
mod cell;
mod edition;

pub use action::{Action, Targets, is_cure_or_cleanup_or_read};
pub use call::{
    ALIASES, Alias, Call, calls, canonical_names, is_known_action, known_actions, nearest_action,
};
pub use cell::{Cell, Documented, Ruling, State, Table};
pub use edition::{Edition, EditionId, UnknownEdition};
