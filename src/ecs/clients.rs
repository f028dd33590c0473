//! The clients of the accounts that are to be asked, and what keeps an account from having one.

use std::{
    collections::BTreeMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use super::{Client, Environment, Error, Keys, Provider, Rate, Times, error::Class};
use crate::{
    clock::Clock,
    config::Polled,
    lock::RegionKey,
    telemetry::{EcsAction, Metrics},
};

/// What every client is made with.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Variables, files and addresses that credentials come from.
    pub environment: Environment,
    /// How long it is waited for.
    pub times: Times,
    /// Where calls are counted.
    pub metrics: Arc<Metrics>,
    /// The time.
    pub clock: Clock,
}

impl Setting {
    /// What this process finds around it, and the usual patience.
    #[must_use]
    pub fn of_process(metrics: Arc<Metrics>) -> Self {
        Self {
            environment: Environment::of_process(),
            times: Times::default(),
            metrics,
            clock: Clock::system(),
        }
    }
}

/// One client for each account.
#[derive(Debug)]
pub struct Clients {
    setting: Setting,
    /// How many processes ask the same accounts.
    replicas: NonZeroU32,
    accounts: Mutex<BTreeMap<String, Account>>,
}

#[derive(Debug)]
struct Account {
    polled: Polled,
    client: Result<Arc<Client>, String>,
    provider: Option<Arc<Provider>>,
}

impl Clients {
    /// None yet.
    #[must_use]
    pub fn new(setting: Setting) -> Self {
        Self {
            setting,
            replicas: NonZeroU32::MIN,
            accounts: Mutex::default(),
        }
    }

    /// The same for one of so many processes that share what each account may be asked.
    #[must_use]
    pub fn shared_by(self, replicas: NonZeroU32) -> Self {
        Self { replicas, ..self }
    }

    /// Takes over which accounts there are; who is asked as before keeps its client, with its pace and credentials.
    pub fn configure(&self, polled: &[Polled]) {
        let mut accounts = self.accounts();
        let mut former = std::mem::take(&mut *accounts);
        for polled in polled {
            let account = match former.remove(&polled.name) {
                Some(account) if account.polled.is_asked_like(polled) => account,
                Some(_) | None => self.account(polled),
            };
            accounts.insert(polled.name.clone(), account);
        }
    }

    /// The client of a region's account.
    ///
    /// # Errors
    /// Where the account can't have one, or is asked no more.
    pub fn of(&self, key: &RegionKey) -> Result<Arc<Client>, Error> {
        let accounts = self.accounts();
        let client = match accounts.get(key.account.as_str()) {
            Some(account) => account.client.clone(),
            None => Err("the account is not asked any more".to_owned()),
        };
        client.map_err(|message| {
            let action = EcsAction::DescribeInstances;
            Error::own(Class::NoCredentials, action, &key.region, message)
        })
    }

    /// Where each account's credentials came from, of those that have any yet.
    #[must_use]
    pub fn sources(&self) -> Vec<(String, String)> {
        let accounts = self.accounts();
        let sources = accounts.iter().filter_map(|(name, account)| {
            let source = account.provider.as_ref()?.source()?;
            Some((name.clone(), source))
        });
        sources.collect()
    }

    /// How long these clients wait.
    #[must_use]
    pub fn times(&self) -> &Times {
        &self.setting.times
    }

    /// The time that these clients live by.
    #[must_use]
    pub fn clock(&self) -> &Clock {
        &self.setting.clock
    }

    fn account(&self, polled: &Polled) -> Account {
        let Setting {
            environment,
            metrics,
            clock,
            times: _,
        } = self.setting.clone();
        let spec = &polled.spec;
        let rate = Rate {
            per_second: spec.calls_per_second,
            // All regions of an account begin at once.
            burst: spec.calls_per_second.saturating_mul(2),
        };
        let rate = rate.shared_by(self.replicas);
        let provider = keys(polled).and_then(|secret| {
            Provider::new(&polled.name, spec, environment, secret, clock.clone())
        });
        let provider = provider.map(Arc::new);
        let client = provider.clone().and_then(|provider| {
            Client::new(&polled.name, spec, provider, rate, metrics, clock).map(Arc::new)
        });
        Account {
            polled: polled.clone(),
            client,
            provider: provider.ok(),
        }
    }

    fn accounts(&self) -> MutexGuard<'_, BTreeMap<String, Account>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The keys of the Secret that an account names.
fn keys(polled: &Polled) -> Result<Option<Keys>, String> {
    match (&polled.spec.credentials.secret_ref, &polled.secret) {
        (None, _) => Ok(None),
        (Some(_), Some(secret)) => Ok(Some(Keys {
            access_key_id: secret.access_key_id.clone(),
            access_key_secret: secret.access_key_secret.clone(),
            security_token: secret.security_token.clone(),
            expires_at: None,
        })),
        (Some(meant), None) => Err(format!(
            "there is no Secret {}/{} with access keys in the configuration",
            meant.namespace, meant.name
        )),
    }
}
