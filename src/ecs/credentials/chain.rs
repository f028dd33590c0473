//! The vendor's default chain: its sources in their order.

use super::{
    cli_profile, credentials_file, metadata, oidc, recipe::Way, scope::Scope, uri, variables,
};

/// A source of the chain: what it is called, and how the way that it knows is found; which may read files.
pub(super) type Source = (&'static str, fn(&Scope) -> Result<Way, String>);

/// The chain.
pub(super) const SOURCES: [Source; 6] = [
    (variables::NAME, variables::way),
    (oidc::NAME, oidc::way),
    (cli_profile::NAME, cli_profile::way),
    (credentials_file::NAME, credentials_file::way),
    (metadata::NAME, metadata::way),
    (uri::NAME, uri::way),
];
