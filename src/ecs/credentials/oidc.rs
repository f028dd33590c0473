//! A token of an OIDC provider and the role that it is good for, as ACK gives them to a pod (RRSA).

use std::path::PathBuf;

use secrecy::SecretString;
use tokio::fs;

use super::{
    recipe::{Recipe, Way},
    scope::Scope,
    sts::Role,
};
use crate::api::Network;

pub(super) const NAME: &str = "OIDC (RRSA)";

/// Where the token is.
#[derive(Clone, Debug)]
pub(super) enum Token {
    /// In a file, which is renewed; read each time.
    File(PathBuf),
    /// Here.
    Given(SecretString),
}

/// By the variables.
pub(super) fn way(scope: &Scope) -> Result<Way, String> {
    let environment = &scope.environment;
    let arn = environment.needed("ALIBABA_CLOUD_ROLE_ARN")?;
    let provider_arn = environment.needed("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?;
    let token = match environment.get("ALIBABA_CLOUD_OIDC_TOKEN") {
        Some(token) => Token::Given(token.into()),
        None => Token::File(environment.needed("ALIBABA_CLOUD_OIDC_TOKEN_FILE")?.into()),
    };
    let session = environment.get("ALIBABA_CLOUD_ROLE_SESSION_NAME");
    let recipe = Recipe::Token {
        role: Role {
            session: session.map(str::to_owned),
            ..Role::of(arn)
        },
        provider_arn: provider_arn.to_owned(),
        token,
        sts_endpoint: scope.sts(None, Network::Public)?,
    };
    Ok(Way::new(NAME, recipe))
}

impl Token {
    /// The token as it is now.
    pub(super) async fn read(&self) -> Result<SecretString, String> {
        let path = match self {
            Self::Given(token) => return Ok(token.clone()),
            Self::File(path) => path,
        };
        let problem =
            |why: &dyn std::fmt::Display| format!("the token file {}: {why}", path.display());
        let text = fs::read_to_string(path)
            .await
            .map_err(|error| problem(&error))?;
        match text.trim() {
            "" => Err(problem(&"it is empty")),
            token => Ok(token.into()),
        }
    }
}
