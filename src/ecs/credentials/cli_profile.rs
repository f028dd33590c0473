//! The profiles of the vendor's command line, `~/.aliyun/config.json`.

use std::{fs, path::PathBuf};

use serde::Deserialize;

use super::{
    environment::Environment,
    keys::Keys,
    recipe::Recipe,
    sts::{self, Role},
};
use crate::api::Network;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    current: String,
    #[serde(default)]
    profiles: Vec<Profile>,
}

/// A profile; which fields count is a matter of the mode.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
struct Profile {
    name: String,
    mode: String,
    access_key_id: String,
    access_key_secret: String,
    sts_token: String,
    ram_role_name: String,
    ram_role_arn: String,
    ram_session_name: String,
    external_id: String,
    policy: String,
    sts_region: String,
    enable_vpc: bool,
    source_profile: String,
    oidc_token_file: String,
    oidc_provider_arn: String,
    credentials_uri: String,
}

/// The way that a profile names; of no name = the one that the environment or the file itself prefers.
pub(super) fn recipe(environment: &Environment, name: Option<&str>) -> Result<Recipe, String> {
    let path = match environment.get("ALIBABA_CLOUD_CONFIG_FILE") {
        Some(path) => PathBuf::from(path),
        None => environment
            .at_home(".aliyun/config.json")
            .ok_or("there is no home directory with an .aliyun/config.json")?,
    };
    let place = path.display();
    let text = fs::read(&path).map_err(|error| format!("{place}: {error}"))?;
    let file: File = serde_json::from_slice(&text).map_err(|error| {
        // The error's own text could hold what stands at its place.
        let (line, column) = (error.line(), error.column());
        format!("{place}: not the JSON of a configuration, at line {line} column {column}")
    })?;
    let name = name
        .or_else(|| environment.get("ALIBABA_CLOUD_PROFILE"))
        .unwrap_or(&file.current);
    let recipe = file.recipe(name, environment, &mut Vec::new());
    recipe.map_err(|problem| format!("{place}: {problem}"))
}

impl File {
    fn recipe(
        &self,
        name: &str,
        environment: &Environment,
        visited: &mut Vec<String>,
    ) -> Result<Recipe, String> {
        let mut profiles = self.profiles.iter();
        let profile = profiles
            .find(|profile| profile.name == name)
            .ok_or_else(|| format!("there is no profile `{name}`"))?;
        if visited.iter().any(|visited| visited == name) {
            return Err(format!("profile `{name}` is its own source_profile"));
        }
        visited.push(name.to_owned());
        let problem = |problem: String| format!("profile `{name}`: {problem}");
        match profile.mode.as_str() {
            "AK" | "" => profile.keys(None).map(Recipe::Given),
            "StsToken" => {
                let token = needed(&profile.sts_token, "sts_token").map_err(problem)?;
                profile.keys(Some(token)).map(Recipe::Given)
            }
            "RamRoleArn" => profile.keys(None).and_then(|keys| {
                Ok(Recipe::Assumed {
                    with: Box::new(Recipe::Given(keys)),
                    role: profile.role()?,
                    sts_endpoint: profile.sts_endpoint(environment),
                })
            }),
            "ChainableRamRoleArn" => {
                let source = needed(&profile.source_profile, "source_profile").map_err(problem)?;
                let with = self.recipe(source, environment, visited)?;
                profile.role().map(|role| Recipe::Assumed {
                    with: Box::new(with),
                    role,
                    sts_endpoint: profile.sts_endpoint(environment),
                })
            }
            "EcsRamRole" => Ok(Recipe::machine(environment, given(&profile.ram_role_name))),
            "OIDC" => profile.token(environment),
            "CredentialsURI" => needed(&profile.credentials_uri, "credentials_uri")
                .map(|address| Recipe::Uri(address.to_owned())),
            other => Err(format!("mode `{other}` is not supported")),
        }
        .map_err(problem)
    }
}

impl Profile {
    fn keys(&self, token: Option<&str>) -> Result<Keys, String> {
        Ok(Keys {
            access_key_id: needed(&self.access_key_id, "access_key_id")?.to_owned(),
            access_key_secret: needed(&self.access_key_secret, "access_key_secret")?.into(),
            security_token: token.map(Into::into),
            expires_at: None,
        })
    }

    fn role(&self) -> Result<Role, String> {
        Ok(Role {
            arn: needed(&self.ram_role_arn, "ram_role_arn")?.to_owned(),
            session: given(&self.ram_session_name),
            policy: given(&self.policy),
            external_id: given(&self.external_id),
        })
    }

    fn token(&self, environment: &Environment) -> Result<Recipe, String> {
        Ok(Recipe::Token {
            role: self.role()?,
            provider_arn: needed(&self.oidc_provider_arn, "oidc_provider_arn")?.to_owned(),
            file: needed(&self.oidc_token_file, "oidc_token_file")?.into(),
            sts_endpoint: self.sts_endpoint(environment),
        })
    }

    fn sts_endpoint(&self, environment: &Environment) -> String {
        let network = match self.enable_vpc {
            true => Network::Vpc,
            false => Network::Public,
        };
        let region = given(&self.sts_region);
        match environment.sts() {
            Some(instead) => instead.to_owned(),
            None => sts::endpoint(region.as_deref(), network),
        }
    }
}

fn given(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn needed<'t>(text: &'t str, name: &str) -> Result<&'t str, String> {
    match text.is_empty() {
        true => Err(format!("it has no {name}")),
        false => Ok(text),
    }
}
