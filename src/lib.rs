//! Admission control that knows the cloud bill.
//!
//! The house, ground floor first; an arrow only ever points down this list.
//!
//! - [`matrix`]: what an overdue payment does to each ECS action, by edition (pure)
//! - [`api`]: the `arrears.dev` kinds (pure)
//! - [`lock`]: which instances and disks are locked, and how old that knowledge is (pure)
//! - [`kinds`]: from a changed object to the ECS operations it asks for (pure)
//! - [`decision`]: from operations and locks to a verdict with its derivation (pure)

pub mod kinds;
pub mod matrix;
pub mod server;
pub mod telemetry;
