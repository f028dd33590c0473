//! The keys of an account: found where its configuration says, and renewed before they end.
//!
//! Guarantees: however many ask, keys are fetched once, in a task that nobody's impatience ends; nobody waits for new
//! ones while the last still serve; keys that can't be renewed are used until they really end; a source that fails is
//! not asked more often than each few seconds; a secret is in no error and no debug output. Which source serves is told.

mod answer;
mod chain;
mod cli_profile;
mod credentials_file;
mod environment;
mod error;
pub(super) mod keys;
mod metadata;
mod oidc;
mod plan;
mod recipe;
mod scope;
mod state;
mod sts;
mod uri;
mod variables;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;
use tracing::{debug, info, warn};

pub use self::{
    environment::Environment,
    error::{Attempt, Error},
};
use self::{
    keys::Keys,
    plan::{Fetched, Plan},
    recipe::Tools,
    scope::Scope,
    state::{Answer, News, State},
};
use super::http::Http;
use crate::{api::EcsAccountSpec, clock::Clock};

/// Gives an account's keys.
#[derive(Debug)]
pub struct Provider(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    account: String,
    plan: Plan,
    tools: Tools,
    progress: Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    state: State,
    /// The fetch that is under way; it ends with a result or, broken off, without one.
    flight: Option<watch::Receiver<Option<Outcome>>>,
}

type Outcome = Result<Arc<Keys>, Error>;

impl Provider {
    /// Asks nobody yet. `secret` are the keys of the Secret that the account names.
    ///
    /// # Errors
    /// Where no HTTP client can be made.
    pub fn new(
        account: &str,
        spec: &EcsAccountSpec,
        environment: Environment,
        secret: Option<Keys>,
        clock: Clock,
    ) -> Result<Self, String> {
        Ok(Self(Arc::new(Shared {
            account: account.to_owned(),
            plan: Plan {
                credentials: spec.credentials.clone(),
                scope: Scope::new(spec, environment),
                secret,
            },
            tools: Tools {
                http: Http::new()?,
                direct: Http::direct()?,
                clock,
            },
            progress: Mutex::default(),
        })))
    }

    /// Keys that are good now.
    ///
    /// # Errors
    /// Where no source serves, with the reason of each.
    pub async fn keys(&self) -> Result<Arc<Keys>, Error> {
        let shared = &self.0;
        let mut flight = {
            let mut progress = shared.progress();
            match progress.state.answer(shared.tools.clock.now()) {
                Answer::Keys(keys) => return Ok(keys),
                Answer::Failure(failure) => return Err(failure),
                Answer::KeysForNow(keys) => {
                    shared.join(&mut progress);
                    return Ok(keys);
                }
                Answer::Fetch => shared.join(&mut progress),
            }
        };
        let outcome = match flight.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone(),
            // Its task is gone, which only the end of the runtime or a bug does.
            Err(_) => None,
        };
        let broken_off = || Err(Error::of("credentials", "fetching them broke off"));
        let failure = match outcome.unwrap_or_else(broken_off) {
            Ok(keys) => return Ok(keys),
            Err(failure) => failure,
        };
        // Better the last ones, for as long as they last, than none.
        let last = shared.progress().state.lasting(shared.tools.clock.now());
        last.ok_or(failure)
    }

    /// Says that ECS does not take these keys any more.
    pub fn reject(&self, keys: &Keys) {
        self.0.progress().state.reject(keys);
    }

    /// Where the last keys are from.
    #[must_use]
    pub fn source(&self) -> Option<String> {
        self.0.progress().state.source().cloned()
    }
}

// === impl Shared ===

impl Shared {
    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The fetch that is under way, or else a new one.
    fn join(self: &Arc<Self>, progress: &mut Progress) -> watch::Receiver<Option<Outcome>> {
        if let Some(flight) = &progress.flight {
            return flight.clone();
        }
        let (sender, receiver) = watch::channel(None);
        progress.flight = Some(receiver.clone());
        let served = progress.state.served();
        let shared = Arc::clone(self);
        // Its end is seen by whoever waits: however it comes, the sender is dropped.
        tokio::spawn(async move {
            let landing = Landing(&shared);
            let fetched = shared.plan.fetch(&shared.tools, served).await;
            let outcome = landing.with(fetched);
            sender.send_replace(Some(outcome));
        });
        receiver
    }

    fn tell(&self, news: News, state: &State, outcome: &Outcome) {
        let account = self.account.as_str();
        match (news, outcome) {
            (News::Source, _) => {
                let source = state.source();
                info!(account, source, "credentials found");
            }
            // Where there are no keys left, whoever needs them says so.
            (News::Failure, Err(error)) if state.source().is_some() => {
                warn!(account, %error, "credentials can't be renewed; the last ones serve until they end");
            }
            (_, Ok(keys)) => debug!(account, ?keys, "credentials renewed"),
            (_, Err(error)) => debug!(account, %error, "no credentials to be had"),
        }
    }
}

/// Ends the flight, whatever becomes of it: another one can begin.
struct Landing<'s>(&'s Shared);

impl Landing<'_> {
    /// Takes the result in, and ends the flight in the same moment: nobody finds it ended and its result not there.
    fn with(self, fetched: Result<Fetched, Error>) -> Outcome {
        let failure = fetched.as_ref().err().cloned();
        let now = self.0.tools.clock.now();
        let mut progress = self.0.progress();
        let news = progress.state.take(fetched, now);
        let keys = progress.state.lasting(now);
        let outcome = match (failure, keys) {
            (None, Some(keys)) => Ok(keys),
            (Some(failure), _) => Err(failure),
            (None, None) => Err(Error::of("credentials", "they have ended on the way")),
        };
        self.0.tell(news, &progress.state, &outcome);
        progress.flight = None;
        // The next flight could begin before this one's end was noted a second time.
        std::mem::forget(self);
        outcome
    }
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        self.0.progress().flight = None;
    }
}

#[cfg(test)]
mod tests;
