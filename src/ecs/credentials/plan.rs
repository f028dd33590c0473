//! Where an account's configuration says that its keys are, and following that.

use tokio::task;

use super::{
    chain, cli_profile,
    error::{Attempt, Error},
    keys::Keys,
    recipe::{Recipe, Tools, Way},
    scope::Scope,
    sts::Role,
};
use crate::api::{self, CredentialSource, Network};

/// What the configuration says.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) credentials: api::Credentials,
    pub(super) scope: Scope,
    /// The keys of the Secret that the configuration names.
    pub(super) secret: Option<Keys>,
}

/// Keys, and where they are from.
pub(super) struct Fetched {
    pub(super) keys: Keys,
    /// Which source of the chain served.
    pub(super) name: &'static str,
    /// That, and the way from there.
    pub(super) source: String,
}

impl Plan {
    /// Keys of the first source that serves.
    ///
    /// Where one has `served` before, none that comes after it is tried: its keys could be somebody else's. Those
    /// before it are: they are what is meant, and may only have been unable to serve at that time.
    pub(super) async fn fetch(
        &self,
        tools: &Tools,
        served: Option<&str>,
    ) -> Result<Fetched, Error> {
        let (name, way) = match self.credentials.source {
            CredentialSource::Default => return self.fetch_by_chain(tools, served).await,
            CredentialSource::Profile => {
                let profile = self.credentials.profile.clone();
                let find = move |scope: &Scope| cli_profile::find(scope, profile.as_deref());
                (cli_profile::NAME, self.look(find).await)
            }
            CredentialSource::Secret => ("Secret", self.secret()),
        };
        let fetched = self.follow(tools, name, way).await;
        fetched.map_err(|reason| Error::of(name, reason))
    }

    async fn fetch_by_chain(&self, tools: &Tools, served: Option<&str>) -> Result<Fetched, Error> {
        let mut tried = Vec::new();
        for (name, find) in chain::SOURCES {
            let way = self.look(find).await;
            match self.follow(tools, name, way).await {
                Ok(fetched) => return Ok(fetched),
                Err(reason) => tried.push(Attempt::new(name, reason)),
            }
            if served == Some(name) {
                break;
            }
        }
        Err(Error { tried })
    }

    /// Finds a way where files are read for it, which is nothing to wait for in a task among others.
    async fn look(
        &self,
        find: impl FnOnce(&Scope) -> Result<Way, String> + Send + 'static,
    ) -> Result<Way, String> {
        let scope = self.scope.clone();
        let found = task::spawn_blocking(move || find(&scope)).await;
        found.map_err(|_| "looking there broke off".to_owned())?
    }

    fn secret(&self) -> Result<Way, String> {
        let name = self.credentials.secret_ref.as_ref();
        let name = name.map(|name| format!("Secret {}/{}", name.namespace, name.name));
        let keys = self.secret.as_ref().map(Keys::copy);
        let keys = keys.ok_or_else(|| "it is not there".to_owned())?;
        Ok(Way::new(name.unwrap_or_default(), Recipe::Given(keys)))
    }

    async fn follow(
        &self,
        tools: &Tools,
        name: &'static str,
        way: Result<Way, String>,
    ) -> Result<Fetched, String> {
        let way = self.assuming(way?)?;
        let (keys, source) = way.fetch(tools).await?;
        Ok(Fetched { keys, name, source })
    }

    /// The way on to the role that the configuration names.
    fn assuming(&self, way: Way) -> Result<Way, String> {
        let Some(arn) = &self.credentials.role_arn else {
            return Ok(way);
        };
        let Way { name, recipe } = way;
        let recipe = Recipe::Assumed {
            with: Box::new(recipe),
            role: Role::of(arn),
            sts_endpoint: self.scope.sts(None, Network::Public)?,
        };
        Ok(Way { name, recipe })
    }
}
