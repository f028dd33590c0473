//! Everything that goes through the API server: the configuration as objects, and what replicas share.
//!
//! Guarantees: no answer to a review waits for the API server; what one replica writes, every other can write again,
//! and what a replica writes that has lost its lease is refused or does no harm.

mod cause;
mod certificates;
mod client;
mod clock;
mod complaints;
mod event;
mod installation;
mod lease;
mod publish;
mod registration;
mod watch;

pub use certificates::{
    Applied, Bundle, BundleError, Certificates, Lifetimes, PemPair, bundle_of_file, follow,
};
pub use client::{ClientError, client};
pub use clock::server_clock;
pub use complaints::{Complaint, tell};
pub use event::NAMESPACE as EVENT_NAMESPACE;
pub use installation::{Installation, field_manager};
pub use lease::{Lease, Term};
pub use publish::{LOCK_REASONS, MANAGED_BY, Publisher, Shards, Unreadable, is_published};
pub use registration::{
    Backend, CaBundle, FailurePolicy, NAMESPACE_LABEL, NotReached, Registration,
    Settings as RegistrationSettings, WebhookOptions, is_probe_condition, reach,
    webhook_configuration,
};
pub use watch::{News, Watch};
