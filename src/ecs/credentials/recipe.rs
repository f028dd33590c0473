//! How keys are come by, once it is known which way.

use std::{path::PathBuf, pin::Pin};

use secrecy::SecretString;
use tokio::fs;

use super::{
    keys::Keys,
    metadata,
    sts::{Role, Sts},
    uri,
};
use crate::{clock::Clock, ecs::http::Http};

/// A way to keys.
#[derive(Debug)]
pub(super) enum Recipe {
    /// They are there.
    Given(Keys),
    /// A token of an OIDC provider, in a file that is renewed, for a role.
    Token {
        role: Role,
        provider_arn: String,
        file: PathBuf,
        sts_endpoint: String,
    },
    /// The RAM role of this machine; none = whichever it has.
    Machine {
        role: Option<String>,
        endpoint: String,
        is_v1_allowed: bool,
    },
    /// An address that gives them.
    Uri(String),
    /// Other keys, with which a role is assumed.
    Assumed {
        with: Box<Recipe>,
        role: Role,
        sts_endpoint: String,
    },
}

/// What keys are fetched with.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    pub(super) http: Http,
    /// For addresses of the machine's own network.
    pub(super) direct: Http,
    pub(super) clock: Clock,
}

impl Recipe {
    /// What it is called, with what tells it from others of its kind.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Given(_) => "access key".to_owned(),
            Self::Token { role, .. } => format!("role {}", role.arn),
            Self::Machine { role, .. } => match role {
                Some(role) => format!("role {role}"),
                None => "the instance's role".to_owned(),
            },
            Self::Uri(_) => "its answer".to_owned(),
            Self::Assumed { with, role, .. } => format!("{} -> role {}", with.describe(), role.arn),
        }
    }

    /// Follows the way.
    pub(super) fn fetch<'r>(
        self,
        tools: &'r Tools,
    ) -> Pin<Box<dyn Future<Output = Result<Keys, String>> + Send + 'r>> {
        Box::pin(async move {
            match self {
                Self::Given(keys) => Ok(keys),
                Self::Token {
                    role,
                    provider_arn,
                    file,
                    sts_endpoint,
                } => {
                    let read = fs::read_to_string(&file).await;
                    let token = read
                        .map_err(|error| format!("the token file {}: {error}", file.display()))?;
                    let token = SecretString::from(token.trim());
                    tools
                        .sts(sts_endpoint)
                        .assume_with_token(&role, &provider_arn, &token)
                        .await
                }
                Self::Machine {
                    role,
                    endpoint,
                    is_v1_allowed,
                } => {
                    metadata::fetch(&tools.direct, &endpoint, role.as_deref(), is_v1_allowed).await
                }
                Self::Uri(address) => uri::fetch(&tools.direct, &address).await,
                Self::Assumed {
                    with,
                    role,
                    sts_endpoint,
                } => {
                    let keys = with.fetch(tools).await?;
                    tools.sts(sts_endpoint).assume(&role, &keys).await
                }
            }
        })
    }
}

impl Tools {
    fn sts(&self, endpoint: String) -> Sts {
        Sts {
            http: self.http.clone(),
            clock: self.clock.clone(),
            endpoint,
        }
    }
}
