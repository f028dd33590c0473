//! How keys are come by, once it is known which way.

use std::pin::Pin;

use secrecy::SecretString;

use super::{
    keys::Keys,
    metadata::Machine,
    oidc::Token,
    sts::{Role, Sts},
    uri,
};
use crate::{clock::Clock, ecs::http::Http};

/// A way to keys.
#[derive(Debug)]
pub(super) enum Recipe {
    /// They are there.
    Given(Keys),
    /// A token of an OIDC provider, for a role.
    Token {
        role: Role,
        provider_arn: String,
        token: Token,
        sts_endpoint: String,
    },
    /// The RAM role of this machine.
    Machine(Machine),
    /// An address that gives them.
    Uri(SecretString),
    /// Other keys, with which a role is assumed.
    Assumed {
        with: Box<Recipe>,
        role: Role,
        sts_endpoint: String,
    },
}

/// A way, and what it is called where it is told of.
#[derive(Debug)]
pub(super) struct Way {
    pub(super) name: String,
    pub(super) recipe: Recipe,
}

/// What keys are fetched with.
#[derive(Clone, Debug)]
pub(super) struct Tools {
    pub(super) http: Http,
    /// For addresses of the machine's own network.
    pub(super) direct: Http,
    pub(super) clock: Clock,
}

/// Keys, and whose they are: a role, a place; empty where there is nothing to say.
type Found = (Keys, String);

impl Way {
    pub(super) fn new(name: impl Into<String>, recipe: Recipe) -> Self {
        let name = name.into();
        Self { name, recipe }
    }

    /// Follows the way; also describes it.
    pub(super) async fn fetch(&self, tools: &Tools) -> Result<(Keys, String), String> {
        let (keys, whose) = self.recipe.fetch(tools).await?;
        let name = &self.name;
        match whose.as_str() {
            "" => Ok((keys, name.clone())),
            whose => Ok((keys, format!("{name} {whose}"))),
        }
    }
}

impl Recipe {
    fn fetch<'r>(
        &'r self,
        tools: &'r Tools,
    ) -> Pin<Box<dyn Future<Output = Result<Found, String>> + Send + 'r>> {
        Box::pin(async move {
            match self {
                Self::Given(keys) => Ok((keys.copy(), String::new())),
                Self::Token {
                    role,
                    provider_arn,
                    token,
                    sts_endpoint,
                } => {
                    let token = token.read().await?;
                    let sts = tools.sts(sts_endpoint);
                    let keys = sts.assume_with_token(role, provider_arn, &token).await?;
                    Ok((keys, format!("role {}", role.arn)))
                }
                Self::Machine(machine) => machine.fetch(&tools.direct, tools.clock.now()).await,
                Self::Uri(address) => uri::fetch(&tools.direct, address, tools.clock.now()).await,
                Self::Assumed {
                    with,
                    role,
                    sts_endpoint,
                } => {
                    let (keys, whose) = with.fetch(tools).await?;
                    let keys = tools.sts(sts_endpoint).assume(role, &keys).await;
                    let keys = keys.map_err(|problem| format!("role {}: {problem}", role.arn))?;
                    let description = format!("{whose} -> role {}", role.arn);
                    Ok((keys, description.trim_start().to_owned()))
                }
            }
        })
    }
}

impl Tools {
    fn sts<'t>(&'t self, endpoint: &'t str) -> Sts<'t> {
        Sts {
            http: &self.http,
            clock: &self.clock,
            endpoint,
        }
    }
}
