//! An access key in environment variables.

use super::{
    keys::Keys,
    recipe::{Recipe, Way},
    scope::Scope,
};

pub(super) const NAME: &str = "environment variables";

/// The key, with its token if there is one.
pub(super) fn way(scope: &Scope) -> Result<Way, String> {
    let environment = &scope.environment;
    let id = environment.needed("ALIBABA_CLOUD_ACCESS_KEY_ID")?;
    let secret = environment.needed("ALIBABA_CLOUD_ACCESS_KEY_SECRET")?;
    let token = environment.get("ALIBABA_CLOUD_SECURITY_TOKEN");
    let keys = Keys {
        access_key_id: id.to_owned(),
        access_key_secret: secret.into(),
        security_token: token.map(Into::into),
        expires_at: None,
    };
    Ok(Way::new(NAME, Recipe::Given(keys)))
}
