//! The vendor's default chain: each source in its order, and why it does not serve.

use secrecy::SecretString;

use super::{
    cli_profile,
    environment::Environment,
    ini,
    keys::Keys,
    recipe::Recipe,
    sts::{self, Role},
};
use crate::api::Network;

/// A source of the chain: its name, and the way it knows.
pub(super) type Source = (
    &'static str,
    fn(&Environment, Network) -> Result<Recipe, String>,
);

/// The chain.
pub(super) const SOURCES: [Source; 6] = [
    ("environment variables", variables),
    ("OIDC (RRSA)", token),
    ("CLI profile", cli),
    ("credentials file", file),
    ("ECS RAM role", machine),
    ("credentials URI", uri),
];

fn variables(environment: &Environment, _: Network) -> Result<Recipe, String> {
    let [id, secret] = [
        "ALIBABA_CLOUD_ACCESS_KEY_ID",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
    ]
    .map(|name| environment.get(name).ok_or(format!("{name} is not set")));
    Ok(Recipe::Given(Keys {
        access_key_id: id?.to_owned(),
        access_key_secret: secret?.into(),
        security_token: environment
            .get("ALIBABA_CLOUD_SECURITY_TOKEN")
            .map(SecretString::from),
        expires_at: None,
    }))
}

fn token(environment: &Environment, network: Network) -> Result<Recipe, String> {
    let needed = |name: &str| environment.get(name).ok_or(format!("{name} is not set"));
    let arn = needed("ALIBABA_CLOUD_ROLE_ARN")?.to_owned();
    let provider_arn = needed("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")?.to_owned();
    let file = needed("ALIBABA_CLOUD_OIDC_TOKEN_FILE")?.into();
    Ok(Recipe::Token {
        role: Role {
            arn,
            session: environment
                .get("ALIBABA_CLOUD_ROLE_SESSION_NAME")
                .map(str::to_owned),
            policy: None,
            external_id: None,
        },
        provider_arn,
        file,
        sts_endpoint: sts_endpoint(environment, network),
    })
}

fn cli(environment: &Environment, _: Network) -> Result<Recipe, String> {
    if environment.is_on("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") {
        return Err("ALIBABA_CLOUD_CLI_PROFILE_DISABLED is true".to_owned());
    }
    cli_profile::recipe(environment, None)
}

fn file(environment: &Environment, _: Network) -> Result<Recipe, String> {
    ini::recipe(environment)
}

fn machine(environment: &Environment, _: Network) -> Result<Recipe, String> {
    if environment.is_on("ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
        return Err("ALIBABA_CLOUD_ECS_METADATA_DISABLED is true".to_owned());
    }
    let role = environment.get("ALIBABA_CLOUD_ECS_METADATA");
    Ok(Recipe::machine(environment, role.map(str::to_owned)))
}

fn uri(environment: &Environment, _: Network) -> Result<Recipe, String> {
    let name = "ALIBABA_CLOUD_CREDENTIALS_URI";
    let address = environment.get(name).ok_or(format!("{name} is not set"))?;
    Ok(Recipe::Uri(address.to_owned()))
}

/// Where roles are assumed, unless somebody says otherwise.
pub(super) fn sts_endpoint(environment: &Environment, network: Network) -> String {
    if let Some(instead) = environment.sts() {
        return instead.to_owned();
    }
    let network = match environment.is_on("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED") {
        true => Network::Vpc,
        false => network,
    };
    sts::endpoint(environment.get("ALIBABA_CLOUD_STS_REGION"), network)
}

impl Recipe {
    pub(super) fn machine(environment: &Environment, role: Option<String>) -> Self {
        Self::Machine {
            role,
            endpoint: environment.metadata().to_owned(),
            is_v1_allowed: !environment.is_on("ALIBABA_CLOUD_IMDSV1_DISABLED"),
        }
    }
}
