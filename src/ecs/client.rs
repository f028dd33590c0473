//! Asks one account's regions.
//!
//! Guarantees: a call goes to the endpoint that the configuration names for its region, signed with the account's own
//! credentials, at the account's pace; it ends within its patience, with facts or with an error that says why not. An
//! answer that was not understood whole is an error. Must never follow a redirect.

mod attempt;
mod budget;
mod call;
mod keyring;
mod nonces;
mod retry;
mod throttles;

use std::{fmt, sync::Arc, time::Duration};

use tokio::time::{self, Instant};

use super::{
    credentials::Provider,
    endpoint::Endpoints,
    error::{Class, Error},
    http::Http,
    limiter::{Limiter, Priority, Rate},
    wire::{Disk, Instance, Listing, MOST_IDS, Page, Query, read},
};
use crate::{
    api::{EcsAccountSpec, RegionId},
    clock::Clock,
    telemetry::{EcsAction, Metrics},
};
use budget::Budget;
use call::{Call, Told};
use keyring::Keyring;
use nonces::Nonces;
use throttles::Throttles;

/// Asks one account's regions.
pub struct Client {
    account: String,
    endpoints: Endpoints,
    keyring: Arc<dyn Keyring>,
    http: Http,
    limiter: Limiter,
    budget: Budget,
    nonces: Nonces,
    throttles: Throttles,
    metrics: Arc<Metrics>,
    clock: Clock,
}

/// How long a call may take, and how it is paced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// For all attempts together, with everything that they wait for.
    pub total: Duration,
    /// For one attempt.
    pub attempt: Duration,
    /// Who goes first.
    pub priority: Priority,
}

/// What a permission is needed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Describe {
    /// `DescribeInstances`.
    Instances,
    /// `DescribeDisks`.
    Disks,
}

impl Client {
    /// A client of the account that this describes.
    ///
    /// # Errors
    /// An endpoint is none, or nothing can be sent from here at all.
    pub fn new(
        account: &str,
        spec: &EcsAccountSpec,
        provider: Arc<Provider>,
        rate: Rate,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> Result<Self, String> {
        Self::with(account, spec, provider, Http::new()?, rate, metrics, clock)
    }

    fn with(
        account: &str,
        spec: &EcsAccountSpec,
        keyring: Arc<dyn Keyring>,
        http: Http,
        rate: Rate,
        metrics: Arc<Metrics>,
        clock: Clock,
    ) -> Result<Self, String> {
        Ok(Self {
            account: account.to_owned(),
            endpoints: Endpoints::new(spec)?,
            keyring,
            http,
            limiter: Limiter::new(rate, clock.clone()),
            budget: Budget::default(),
            nonces: Nonces::new()?,
            throttles: Throttles::default(),
            metrics,
            clock,
        })
    }

    /// How many calls of a region have been throttled so far, those that succeeded later among them.
    pub(super) fn throttles(&self, region: &RegionId) -> u64 {
        self.throttles.of(region)
    }

    /// Instances of a region.
    ///
    /// # Errors
    /// There is no answer, or none that can be believed.
    pub async fn instances(
        &self,
        region: &RegionId,
        query: Query<'_>,
        patience: Patience,
    ) -> Result<Page<Instance>, Error> {
        self.list(EcsAction::DescribeInstances, region, query, patience)
            .await
    }

    /// Disks of a region.
    ///
    /// # Errors
    /// There is no answer, or none that can be believed.
    pub async fn disks(
        &self,
        region: &RegionId,
        query: Query<'_>,
        patience: Patience,
    ) -> Result<Page<Disk>, Error> {
        self.list(EcsAction::DescribeDisks, region, query, patience)
            .await
    }

    /// One instance.
    ///
    /// # Errors
    /// There is no answer, or none that can be believed; `InvalidInstanceId.NotFound` where there is no instance.
    pub async fn instance_attribute(
        &self,
        region: &RegionId,
        id: &str,
        patience: Patience,
    ) -> Result<Instance, Error> {
        // This action has no RegionId: the endpoint is the region.
        let parameters = vec![("InstanceId", id.into())];
        let call = Call {
            action: EcsAction::DescribeInstanceAttribute,
            region,
            parameters,
        };
        let instance = |body: &[u8]| {
            let instance: Instance = read(body)?;
            match instance.id == id {
                true => Ok(instance),
                false => Err("the answer is about another instance".to_owned()),
            }
        };
        let read = |told: &Told<'_>| told.facts(instance);
        self.call(&call, patience, read).await
    }

    /// Whether the account may ask this of a region, by asking without asking.
    ///
    /// # Errors
    /// Whatever would be the error of the call itself, or an answer of a service that does not know `DryRun`.
    pub async fn check_permission(
        &self,
        region: &RegionId,
        what: Describe,
        patience: Patience,
    ) -> Result<(), Error> {
        let action = match what {
            Describe::Instances => EcsAction::DescribeInstances,
            Describe::Disks => EcsAction::DescribeDisks,
        };
        let parameters = vec![("DryRun", "true".into())];
        let call = Call::of_region(action, region, parameters);
        let read = |told: &Told<'_>| told.rehearsal();
        self.call(&call, patience, read).await
    }

    async fn list<T: Listing>(
        &self,
        action: EcsAction,
        region: &RegionId,
        query: Query<'_>,
        patience: Patience,
    ) -> Result<Page<T>, Error> {
        let parameters = match action {
            EcsAction::DescribeDisks => query.parameters("DiskIds", "500"),
            EcsAction::DescribeInstances | EcsAction::DescribeInstanceAttribute => {
                query.parameters("InstanceIds", "100")
            }
        };
        let call = Call::of_region(action, region, parameters);
        match query {
            // The service says the same, but takes a call to do so.
            Query::Ids([]) => {
                return Ok(Page {
                    items: Vec::new(),
                    next_token: None,
                });
            }
            Query::Ids(ids) if MOST_IDS < ids.len() => {
                let problem = format!("{} ids are asked for, {MOST_IDS} may be", ids.len());
                return Err(call.error(Class::Rejected, problem));
            }
            Query::Ids(_) | Query::Locked { .. } => {}
        }
        let read = |told: &Told<'_>| told.facts(T::read);
        self.call(&call, patience, read).await
    }

    /// Asks until there is an answer, an error that stays one, or no patience.
    async fn call<T>(
        &self,
        call: &Call<'_>,
        patience: Patience,
        read: impl Fn(&Told<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let Some(endpoint) = self.endpoints.of(call.region) else {
            let problem = format!("the EcsAccount {} does not name it", self.account);
            return Err(call.error(Class::UnknownRegion, problem));
        };
        let deadline = Instant::now() + patience.total;
        let mut progress = retry::Progress::new(deadline);
        let attempts = self.attempts(call, endpoint, patience, read, &mut progress);
        match time::timeout_at(deadline, attempts).await {
            Ok(outcome) => outcome,
            Err(_) => Err(progress.out_of_time(call, patience)),
        }
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Client")
            .field("account", &self.account)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
