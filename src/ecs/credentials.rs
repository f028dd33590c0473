//! The keys of an account: found where its configuration says, and renewed before they end.
//!
//! Guarantees: however many ask, keys are fetched once, in a task that nobody's impatience ends; keys that can't be
//! renewed are used until they really end; a secret is in no error and no debug output. Which source serves is told.

mod answer;
mod chain;
mod cli_profile;
mod environment;
mod error;
mod ini;
pub(super) mod keys;
mod metadata;
mod recipe;
mod sts;
#[cfg(test)]
mod tests;
mod uri;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::watch;
use tracing::{info, warn};

pub use self::{
    environment::Environment,
    error::{Attempt, Error},
};
use self::{
    keys::Keys,
    recipe::{Recipe, Tools},
    sts::Role,
};
use super::http::Http;
use crate::{
    api::{self, CredentialSource, Network},
    clock::Clock,
};

/// Temporary keys are renewed when they last no longer than this: as the vendor's own library does.
const MARGIN: SignedDuration = SignedDuration::from_secs(180);

/// Keys that do not say when they end are looked up again after this: somebody may have changed them.
const REREAD: SignedDuration = SignedDuration::from_mins(5);

/// Between two attempts to renew, while the last keys still serve.
const PAUSE: SignedDuration = SignedDuration::from_secs(10);

/// Gives an account's keys.
#[derive(Debug)]
pub struct Provider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    plan: Plan,
    tools: Tools,
    state: Mutex<State>,
}

/// What the configuration says.
#[derive(Debug)]
struct Plan {
    credentials: api::Credentials,
    network: Network,
    environment: Environment,
    secret: Option<Arc<Keys>>,
}

#[derive(Debug, Default)]
struct State {
    current: Option<Current>,
    source: Option<String>,
    /// The source that has served: keys of another could belong to somebody else.
    served: Option<String>,
    /// When renewing was tried last.
    tried_at: Option<Timestamp>,
    flight: Option<watch::Receiver<Option<Outcome>>>,
}

#[derive(Debug)]
struct Current {
    keys: Arc<Keys>,
    fetched_at: Timestamp,
    /// ECS has refused them.
    is_rejected: bool,
}

type Outcome = Result<Arc<Keys>, Error>;

/// Keys, and where they are from.
struct Fetched {
    /// The source.
    name: String,
    /// The source and the way from it.
    source: String,
    keys: Keys,
}

impl Provider {
    /// Asks nobody yet. `secret` are the keys of the Secret that the configuration names.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(
        credentials: &api::Credentials,
        network: Network,
        environment: Environment,
        secret: Option<Keys>,
        clock: Clock,
    ) -> Result<Self, String> {
        Ok(Self(Arc::new(Shared {
            plan: Plan {
                credentials: credentials.clone(),
                network,
                environment,
                secret: secret.map(Arc::new),
            },
            tools: Tools {
                http: Http::new()?,
                direct: Http::direct()?,
                clock,
            },
            state: Mutex::default(),
        })))
    }

    /// Keys that are good now.
    ///
    /// # Errors
    /// Where no source serves, with the reason of each.
    pub async fn keys(&self) -> Result<Arc<Keys>, Error> {
        let now = self.0.tools.clock.now();
        let mut flight = {
            let mut state = self.0.state();
            if let Some(keys) = state.usable(now) {
                return Ok(keys);
            }
            match &state.flight {
                Some(flight) => flight.clone(),
                None => self.0.begin(&mut state, now),
            }
        };
        let broken = || Error::of("credentials", "fetching them broke off");
        let outcome = flight.wait_for(Option::is_some).await;
        let outcome = outcome.map_err(|_| broken())?.clone();
        match outcome.ok_or_else(broken)? {
            Ok(keys) => Ok(keys),
            // Better the last ones, for as long as they last, than none.
            Err(error) => self
                .0
                .state()
                .lasting(self.0.tools.clock.now())
                .ok_or(error),
        }
    }

    /// Says that ECS does not take these keys any more.
    pub fn reject(&self, keys: &Keys) {
        let mut state = self.0.state();
        if let Some(current) = &mut state.current
            && std::ptr::eq(&*current.keys, keys)
        {
            current.is_rejected = true;
        }
    }

    /// Which source the last keys are from.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        self.0.state().source.clone()
    }
}

// === impl State ===

impl State {
    /// The current keys, if there is no need to renew them.
    fn usable(&self, now: Timestamp) -> Option<Arc<Keys>> {
        let current = self.current.as_ref()?;
        let was_tried = self
            .tried_at
            .is_some_and(|at| now.duration_since(at) < PAUSE);
        let is_due = current.is_rejected
            || match current.keys.expires_at {
                Some(expires_at) => expires_at.duration_since(now) <= MARGIN,
                None => REREAD <= now.duration_since(current.fetched_at),
            };
        match (is_due, was_tried) {
            (false, _) => Some(Arc::clone(&current.keys)),
            (true, true) => self.lasting(now),
            (true, false) => None,
        }
    }

    /// The current keys, if they have not ended.
    fn lasting(&self, now: Timestamp) -> Option<Arc<Keys>> {
        let keys = &self.current.as_ref()?.keys;
        let has_ended = keys.expires_at.is_some_and(|expires_at| expires_at <= now);
        (!has_ended).then(|| Arc::clone(keys))
    }
}

// === impl Shared ===

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(
        self: &Arc<Self>,
        state: &mut State,
        now: Timestamp,
    ) -> watch::Receiver<Option<Outcome>> {
        let (sender, receiver) = watch::channel(None);
        state.flight = Some(receiver.clone());
        state.tried_at = Some(now);
        let shared = Arc::clone(self);
        // Its end is seen by whoever waits: a sender that is dropped ends the flight.
        tokio::spawn(async move {
            let landing = Landing(&shared);
            let served = shared.state().served.clone();
            let fetched = shared.plan.fetch(&shared.tools, served.as_deref()).await;
            let outcome = shared.take(fetched);
            drop(landing);
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    fn take(&self, fetched: Result<Fetched, Error>) -> Outcome {
        let now = self.tools.clock.now();
        let mut state = self.state();
        let Fetched { name, source, keys } = match fetched {
            Ok(fetched) => fetched,
            Err(error) => {
                warn!(%error, "no credentials could be fetched");
                return Err(error);
            }
        };
        if state.source.as_ref() != Some(&source) {
            info!(source, "credentials found");
        }
        let keys = Arc::new(keys);
        state.source = Some(source);
        state.served = Some(name);
        state.current = Some(Current {
            keys: Arc::clone(&keys),
            fetched_at: now,
            is_rejected: false,
        });
        Ok(keys)
    }
}

/// Ends the flight, whatever becomes of it.
struct Landing<'s>(&'s Shared);

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.state().flight = None;
    }
}

// === impl Plan ===

impl Plan {
    /// Keys of the first source that serves; of the one that has `served`, if one has.
    async fn fetch(&self, tools: &Tools, served: Option<&str>) -> Result<Fetched, Error> {
        let mut tried = Vec::new();
        for (name, recipe) in self.recipes() {
            if served.is_some_and(|served| served != name) {
                continue;
            }
            let recipe = recipe.map(|recipe| self.assuming(recipe));
            let fetched = match recipe {
                Ok(recipe) => {
                    let source = match recipe.describe().as_str() {
                        "access key" => name.clone(),
                        described => format!("{name}, {described}"),
                    };
                    recipe.fetch(tools).await.map(|keys| (source, keys))
                }
                Err(reason) => Err(reason),
            };
            match fetched {
                Ok((source, keys)) => return Ok(Fetched { name, source, keys }),
                Err(reason) => tried.push(Attempt {
                    source_name: name,
                    reason,
                }),
            }
        }
        Err(Error { tried })
    }

    fn recipes(&self) -> Vec<(String, Result<Recipe, String>)> {
        let environment = &self.environment;
        match self.credentials.source {
            CredentialSource::Default => chain::SOURCES
                .iter()
                .map(|(name, recipe)| ((*name).to_owned(), recipe(environment, self.network)))
                .collect(),
            CredentialSource::Profile => {
                let profile = self.credentials.profile.as_deref();
                let name = format!("CLI profile {}", profile.unwrap_or_default());
                vec![(name, cli_profile::recipe(environment, profile))]
            }
            CredentialSource::Secret => {
                let name = match &self.credentials.secret_ref {
                    Some(secret) => format!("Secret {}/{}", secret.namespace, secret.name),
                    None => "Secret".to_owned(),
                };
                let keys = self.secret.as_deref().map(Keys::copy);
                let recipe = keys.map(Recipe::Given);
                vec![(name, recipe.ok_or_else(|| "it is not there".to_owned()))]
            }
        }
    }

    /// The way on to the role that the configuration names.
    fn assuming(&self, recipe: Recipe) -> Recipe {
        let Some(arn) = &self.credentials.role_arn else {
            return recipe;
        };
        let sts_endpoint = match &self.credentials.sts_endpoint {
            Some(endpoint) => endpoint.as_str().to_owned(),
            None => chain::sts_endpoint(&self.environment, self.network),
        };
        Recipe::Assumed {
            with: Box::new(recipe),
            role: Role {
                arn: arn.clone(),
                session: None,
                policy: None,
                external_id: None,
            },
            sts_endpoint,
        }
    }
}
