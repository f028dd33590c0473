//! The profiles of the vendor's command line, `~/.aliyun/config.json`.

use std::fs;

use serde::Deserialize;

use super::{
    environment::Environment,
    keys::Keys,
    oidc::Token,
    recipe::{Recipe, Way},
    scope::Scope,
    sts::{Role, SHORTEST_LIFETIME},
};
use crate::{api::Network, ecs::error::one_line};

pub(super) const NAME: &str = "CLI profile";

#[derive(Deserialize)]
struct File {
    current: Option<String>,
    profiles: Option<Vec<Profile>>,
}

/// A profile; which fields count is a matter of the mode. Null is as good as nothing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Profile {
    name: Option<String>,
    mode: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
    sts_token: Option<String>,
    ram_role_name: Option<String>,
    ram_role_arn: Option<String>,
    ram_session_name: Option<String>,
    expired_seconds: Option<u32>,
    external_id: Option<String>,
    policy: Option<String>,
    sts_region: Option<String>,
    enable_vpc: Option<bool>,
    source_profile: Option<String>,
    oidc_token_file: Option<String>,
    oidc_token: Option<String>,
    oidc_provider_arn: Option<String>,
    credentials_uri: Option<String>,
}

/// The way of the profile that the environment or the file itself prefers.
pub(super) fn way(scope: &Scope) -> Result<Way, String> {
    let environment = &scope.environment;
    if environment.is_on("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") {
        return Err("ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true".to_owned());
    }
    find(scope, environment.get("ALIBABA_CLOUD_PROFILE"))
}

/// The way of a profile; of the current one where no name is given.
pub(super) fn find(scope: &Scope, name: Option<&str>) -> Result<Way, String> {
    let path = scope
        .environment
        .file("ALIBABA_CLOUD_CONFIG_FILE", ".aliyun/config.json")?;
    let problem = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = fs::read(&path).map_err(|error| problem(&error))?;
    let file: File = serde_json::from_slice(&text).map_err(|error| {
        // The error's own text could hold what stands at its place.
        let (line, column) = (error.line(), error.column());
        problem(&format_args!(
            "no JSON with profiles in it, at line {line} column {column}"
        ))
    })?;
    let current = file
        .current
        .as_deref()
        .filter(|current| !current.is_empty());
    let name = name.or(current);
    let name = name.ok_or_else(|| problem(&"no profile is the current one"))?;
    let recipe = file.recipe(name, scope, &mut Vec::new());
    let recipe = recipe.map_err(|why| problem(&why))?;
    Ok(Way::new(format!("{NAME} {name}"), recipe))
}

impl File {
    /// Follows profiles to where their keys are from; `path` are those that lead here.
    fn recipe<'f>(
        &'f self,
        name: &'f str,
        scope: &Scope,
        path: &mut Vec<&'f str>,
    ) -> Result<Recipe, String> {
        let is_circle = path.contains(&name);
        path.push(name);
        if is_circle {
            return Err(format!(
                "the source_profiles go in a circle: {}",
                path.join(" -> ")
            ));
        }
        let mut profiles = self.profiles.iter().flatten();
        let profile = profiles
            .find(|profile| profile.name.as_deref() == Some(name))
            .ok_or_else(|| format!("there is no profile `{name}`"))?;
        let problem = |why: String| format!("profile `{name}`: {why}");
        match needed(&profile.mode, "mode").map_err(problem)? {
            "ChainableRamRoleArn" => {
                let source = needed(&profile.source_profile, "source_profile");
                let with = self.recipe(source.map_err(problem)?, scope, path)?;
                profile.assuming(with, scope)
            }
            mode => profile.recipe(mode, scope),
        }
        .map_err(problem)
    }
}

impl Profile {
    fn recipe(&self, mode: &str, scope: &Scope) -> Result<Recipe, String> {
        match mode {
            "AK" => self.keys(None).map(Recipe::Given),
            "StsToken" => {
                let token = needed(&self.sts_token, "sts_token")?;
                self.keys(Some(token)).map(Recipe::Given)
            }
            "RamRoleArn" => self.assuming(Recipe::Given(self.keys(None)?), scope),
            "EcsRamRole" => Recipe::machine(&scope.environment, given(&self.ram_role_name)),
            "OIDC" => self.token(scope),
            "CredentialsURI" => {
                let address = needed(&self.credentials_uri, "credentials_uri")?;
                Ok(Recipe::Uri(address.into()))
            }
            other => Err(format!(
                "mode `{}` is not supported; AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole, OIDC and CredentialsURI are",
                one_line(other)
            )),
        }
    }

    fn keys(&self, token: Option<&str>) -> Result<Keys, String> {
        Ok(Keys {
            access_key_id: needed(&self.access_key_id, "access_key_id")?.to_owned(),
            access_key_secret: needed(&self.access_key_secret, "access_key_secret")?.into(),
            security_token: token.map(Into::into),
            expires_at: None,
        })
    }

    fn assuming(&self, with: Recipe, scope: &Scope) -> Result<Recipe, String> {
        Ok(Recipe::Assumed {
            with: Box::new(with),
            role: self.role(&scope.environment)?,
            sts_endpoint: self.sts_endpoint(scope)?,
        })
    }

    fn token(&self, scope: &Scope) -> Result<Recipe, String> {
        let environment = &scope.environment;
        let provider_arn = given(&self.oidc_provider_arn)
            .or_else(|| environment.get("ALIBABA_CLOUD_OIDC_PROVIDER_ARN"))
            .ok_or("it has no oidc_provider_arn")?;
        let token = match (given(&self.oidc_token), given(&self.oidc_token_file)) {
            (Some(token), _) => Token::Given(token.into()),
            (None, Some(file)) => Token::File(file.into()),
            (None, None) => {
                let file = environment.get("ALIBABA_CLOUD_OIDC_TOKEN_FILE");
                Token::File(file.ok_or("it has no oidc_token_file")?.into())
            }
        };
        Ok(Recipe::Token {
            role: self.role(environment)?,
            provider_arn: provider_arn.to_owned(),
            token,
            sts_endpoint: self.sts_endpoint(scope)?,
        })
    }

    fn role(&self, environment: &Environment) -> Result<Role, String> {
        let arn = given(&self.ram_role_arn).or_else(|| environment.get("ALIBABA_CLOUD_ROLE_ARN"));
        let session = given(&self.ram_session_name)
            .or_else(|| environment.get("ALIBABA_CLOUD_ROLE_SESSION_NAME"));
        let plain = Role::of(arn.ok_or("it has no ram_role_arn")?);
        let lifetime = match self.expired_seconds {
            None | Some(0) => plain.lifetime.clone(),
            Some(seconds @ SHORTEST_LIFETIME..) => seconds.to_string(),
            Some(_) => {
                return Err(format!(
                    "its expired_seconds are less than {SHORTEST_LIFETIME}"
                ));
            }
        };
        Ok(Role {
            session: session.map(str::to_owned),
            policy: given(&self.policy).map(str::to_owned),
            external_id: given(&self.external_id).map(str::to_owned),
            lifetime,
            ..plain
        })
    }

    fn sts_endpoint(&self, scope: &Scope) -> Result<String, String> {
        let network = match self.enable_vpc {
            Some(true) => Network::Vpc,
            Some(false) | None => Network::Public,
        };
        scope.sts(given(&self.sts_region), network)
    }
}

fn given(text: &Option<String>) -> Option<&str> {
    text.as_deref().filter(|text| !text.is_empty())
}

fn needed<'t>(text: &'t Option<String>, name: &str) -> Result<&'t str, String> {
    given(text).ok_or_else(|| format!("it has no {name}"))
}
