//! Asking Alibaba Cloud what is locked: signed, paced, and never believed on less than a complete answer.
//!
//! Guarantees: the host, path and credentials of a call come from the configuration alone; a secret is in no log,
//! error or debug output; an answer that is missing, cut, of another shape or without permission is an error and
//! never "not locked".

mod client;
mod credentials;
mod endpoint;
mod error;
mod http;
mod limiter;
#[cfg(test)]
mod manual_clock;
mod sign;
mod wire;

pub use client::Client;
pub use credentials::keys::Keys;
pub use error::{Error, MINIMAL_POLICY};
pub use limiter::Rate;
pub use sign::{Canonical, Signed, Signing};
