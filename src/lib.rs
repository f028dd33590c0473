//! Admission control that knows the cloud bill.
//!
//! The house, ground floor first; an arrow only ever points down this list.
//!
//! - [`matrix`]: what an overdue payment does to each ECS action, by edition (pure)
//! - [`api`]: the `arrears.dev` kinds (pure)
//! - `json`: JSON as API servers write it (pure)
//! - [`manifest`]: Kubernetes manifests with the places of their fields (pure)
//! - [`lock`]: which instances and disks are locked, and how old that knowledge is (pure)
//! - [`kinds`]: from a changed object to the ECS operations it asks for (pure)
//! - [`decision`]: from operations and locks to a verdict with its derivation (pure)
//! - [`config`]: what decisions rest on, read from files
//! - [`telemetry`]: logs, metrics, health
//! - [`clock`]: the time, and waiting for it
//! - [`admission`]: from the bytes of a review to the bytes of its answer
//! - [`ecs`]: asking Alibaba Cloud what is locked
//! - [`cluster`]: what is shared with the other replicas, through the API server
//! - [`server`]: the ports, their limits and their end
//! - [`cli`]: the commands

pub mod admission;
pub mod api;
pub mod cli;
pub mod clock;
pub mod cluster;
pub mod config;
pub mod decision;
pub mod ecs;
mod json;
pub mod kinds;
pub mod lock;
pub mod manifest;
pub mod matrix;
pub mod server;
pub mod telemetry;
