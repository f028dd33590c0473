//! One region that is listed again and again.

use std::{mem::discriminant, sync::Arc, time::Duration};

use tokio::sync::Notify;
use tracing::{error, info};

use super::{
    Board, Clients, Error,
    client::{Client, Describe},
    limiter::Priority,
    listing::list,
    random::chance,
    schedule::{Attempt, Schedule},
    trouble::{Trouble, Troubles},
};
use crate::{clock::Clock, lock::RegionKey, telemetry::Health};

/// Between two listings, however stale the facts: the vendor asks for a second or two between calls of one kind.
const SHORTEST_REST: Duration = Duration::from_secs(2);

/// What wakes a region before its time.
#[derive(Debug, Default)]
pub(super) struct Wake {
    /// Somebody says so: at once.
    pub(super) told: Notify,
    /// Its facts are no longer fresh: unless asking fails anyway, or is throttled.
    pub(super) stale: Notify,
}

/// Lists one region and puts what it hears on the board.
#[derive(Debug)]
pub struct Region {
    key: RegionKey,
    clients: Arc<Clients>,
    board: Arc<Board>,
    health: Health,
    /// Whether ECS has said that we may ask.
    is_permitted: bool,
    /// The trouble that was last told of, so that none is told twice.
    told: Option<Error>,
    troubles: Option<Troubles>,
}

impl Region {
    /// Nothing is known of it yet.
    #[must_use]
    pub fn new(key: RegionKey, clients: Arc<Clients>, board: Arc<Board>, health: Health) -> Self {
        Self {
            key,
            clients,
            board,
            health,
            is_permitted: false,
            told: None,
            troubles: None,
        }
    }

    /// The same, keeping there what is wrong.
    pub(super) fn keeping(self, troubles: Troubles) -> Self {
        let troubles = Some(troubles);
        Self { troubles, ..self }
    }

    /// Lists for ever, and calls `first` after the first attempt.
    pub(super) async fn run(mut self, interval: Duration, wake: Arc<Wake>, first: impl FnOnce()) {
        let clock = self.clients.clock().clone();
        let mut schedule = Schedule::new(interval);
        let mut first = Some(first);
        loop {
            let before = self.throttles();
            let outcome = self.poll().await;
            let attempt = Attempt {
                failure: outcome.as_ref().err().map(|error| &error.class),
                was_throttled: before < self.throttles(),
            };
            let is_well = attempt.failure.is_none() && !attempt.was_throttled;
            let pause = schedule.after(attempt, chance());
            self.tell(&outcome);
            if let Some(first) = first.take() {
                first();
            }
            rest(&clock, pause, &wake, is_well).await;
        }
    }

    fn throttles(&self) -> u64 {
        let client = self.clients.of(&self.key);
        client.map_or(0, |client| client.throttles(&self.key.region))
    }

    /// Lists once. What can't be believed changes nothing.
    pub async fn poll(&mut self) -> Result<(), Error> {
        let client = self.clients.of(&self.key)?;
        if !self.is_permitted {
            self.check_permission(&client).await?;
            self.is_permitted = true;
        }
        let reasons = self.board.lock_reasons();
        let listed = list(&client, &self.key, &reasons, &self.clients).await?;
        if self.board.loses_a_side(&self.key, &listed.snapshot) {
            // A service that does not let us see looks the same, and each of the two calls has its own permission.
            self.is_permitted = false;
            self.check_permission(&client).await?;
            self.is_permitted = true;
        }
        let now = self.clients.clock().now();
        self.board.renew(&self.key, listed, now);
        Ok(())
    }

    async fn check_permission(&self, client: &Client) -> Result<(), Error> {
        check_permission(client, &self.key, &self.clients).await
    }

    /// Says what has changed, once, and shows it for as long as it holds.
    fn tell(&mut self, outcome: &Result<(), Error>) {
        let check = check_name(&self.key);
        let (account, region) = (self.key.account.as_str(), self.key.region.as_str());
        match outcome {
            Ok(()) => {
                if self.told.take().is_some() {
                    info!(account, region, "the region can be listed again");
                }
                self.health.set(check, Ok(()));
                if let Some(troubles) = &self.troubles {
                    troubles.clear(&self.key);
                }
            }
            Err(problem) => {
                let is_news = !self
                    .told
                    .as_ref()
                    .is_some_and(|told| is_alike(told, problem));
                self.told = Some(problem.clone());
                let reason = format!("{problem}; {}", problem.remedy());
                if let Some(troubles) = &self.troubles
                    && is_news
                {
                    troubles.set(&self.key, Trouble::of(problem, reason.clone()));
                }
                if is_news {
                    error!(account, region, reason, "the region can't be listed");
                }
                self.health.warn(check, reason);
            }
        }
    }
}

/// Whether two errors are about the same trouble: each call has an id of its own.
fn is_alike(one: &Error, other: &Error) -> bool {
    let kind = |error: &Error| (discriminant(&error.class), error.action, error.code.clone());
    kind(one) == kind(other)
}

/// Waits for the next listing's time, or for somebody who wants it earlier.
async fn rest(clock: &Clock, pause: Duration, wake: &Wake, is_well: bool) {
    let stale = async {
        match is_well {
            true => {
                // A policy to which hardly anything is fresh must not have listing follow upon listing.
                clock.sleep(SHORTEST_REST.min(pause)).await;
                wake.stale.notified().await;
            }
            false => std::future::pending().await,
        }
    };
    tokio::select! {
        () = clock.sleep(pause) => {}
        () = wake.told.notified() => {}
        () = stale => {}
    }
}

/// Whether all may be asked that a listing asks.
pub(super) async fn check_permission(
    client: &Client,
    key: &RegionKey,
    clients: &Clients,
) -> Result<(), Error> {
    let patience = clients.times().permission.with(Priority::Poll);
    for action in [Describe::Instances, Describe::Disks] {
        client
            .check_permission(&key.region, action, patience)
            .await?;
    }
    Ok(())
}

/// The name of a region's line on `/readyz?verbose`.
pub(super) fn check_name(key: &RegionKey) -> String {
    format!("ecs {} {}", key.account, key.region)
}
