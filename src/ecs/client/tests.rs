//! Calls over a real socket: what is sent, what is tried again, and what is made of each answer.

mod again;
mod ends;
mod hostile;
mod permission;
mod scene;
mod sent;
mod service;

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::ecs::{credentials::keys::Keys, sign::Signing};
use scene::{Ring, Scene, an_empty_page, keys, ok, patience, refusal, rested, throttled, within};
use service::{Act, Service};

const LOCKED: Query<'static> = Query::Locked {
    reason: "financial",
    next_token: None,
};

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("i-{number}")).collect()
}
