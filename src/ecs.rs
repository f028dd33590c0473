//! Asking Alibaba Cloud what is locked: signed, paced, and never believed on less than a complete answer.
//!
//! Guarantees: the host, path and credentials of a call come from the configuration alone; a secret is in no log,
//! error or debug output; an answer that is missing, cut, of another shape or without permission is an error and
//! never "not locked".
//!
//! - `sign`, `endpoint`, `wire`, `error`: what is sent, where to, what comes back, and what is wrong with it (pure)
//! - [`Provider`]: an account's keys
//! - [`Client`]: one call, paced and tried again; [`Clients`]: one for each account
//! - [`Region`]: one region that is listed again and again; [`Fleet`]: all of them; [`survey`]: all of them once
//! - [`Confirmer`]: single targets, before a denial
//! - [`Board`]: where all of it becomes what decisions rest on

mod background;
mod board;
mod client;
mod clients;
mod confirm;
mod credentials;
mod endpoint;
mod error;
mod fleet;
mod http;
mod limiter;
mod listing;
#[cfg(test)]
mod manual_clock;
mod random;
mod region;
mod schedule;
mod sign;
mod survey;
mod times;
mod trouble;
mod wire;

pub use background::Background;
pub use board::Board;
pub use client::Client;
pub use clients::{Clients, Setting};
pub use confirm::Confirmer;
pub use credentials::{Attempt, Environment, Error as CredentialsError, Provider, keys::Keys};
pub use error::{Error, MINIMAL_POLICY};
pub use fleet::Fleet;
pub use limiter::Rate;
pub use listing::Listed;
pub use region::Region;
pub use sign::{Canonical, Signed, Signing};
pub use survey::{Surveyed, survey};
pub use times::{Times, Wait};
pub use trouble::{Trouble, Troubles};
