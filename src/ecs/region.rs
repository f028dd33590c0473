//! One region that is listed again and again.

use std::{sync::Arc, time::Duration};

use tokio::sync::Notify;
use tracing::{error, info};

use super::{
    Board, Clients, Error,
    client::{Client, Describe},
    limiter::Priority,
    listing::{Listed, list},
    random::chance,
    schedule::{Attempt, Schedule},
};
use crate::{clock::Clock, lock::RegionKey, telemetry::Health};

/// What wakes a region before its time.
#[derive(Debug, Default)]
pub(super) struct Wake {
    /// Somebody says so: at once.
    pub(super) told: Notify,
    /// Its facts are no longer fresh: unless asking fails anyway.
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
    /// What was last said of it, so that nothing is said twice.
    said: Option<String>,
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
            said: None,
        }
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
            let pause = schedule.after(attempt, chance());
            self.tell(&outcome);
            if let Some(first) = first.take() {
                first();
            }
            self.rest(&clock, pause, &wake, outcome.is_ok()).await;
        }
    }

    fn throttles(&self) -> u64 {
        let client = self.clients.of(&self.key);
        client.map_or(0, |client| client.throttles(&self.key.region))
    }

    async fn rest(&self, clock: &Clock, pause: Duration, wake: &Wake, is_well: bool) {
        let stale = async {
            match is_well {
                true => wake.stale.notified().await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            () = clock.sleep(pause) => {}
            () = wake.told.notified() => {}
            () = stale => {}
        }
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
        if is_empty(&listed) && self.board.has_locks(&self.key) {
            // A service that does not let us see looks the same.
            self.is_permitted = false;
            self.check_permission(&client).await?;
            self.is_permitted = true;
        }
        let Listed {
            snapshot,
            observed_at,
        } = listed;
        self.board.list(&self.key, snapshot, observed_at);
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
                if self.said.take().is_some() {
                    info!(account, region, "the region can be listed again");
                }
                self.health.set(check, Ok(()));
            }
            Err(problem) => {
                let reason = format!("{problem}; {}", problem.remedy());
                if self.said.as_ref() != Some(&reason) {
                    error!(account, region, reason, "the region can't be listed");
                    self.health.warn(check, reason.clone());
                    self.said = Some(reason);
                }
            }
        }
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

fn is_empty(listed: &Listed) -> bool {
    listed.snapshot.instances().next().is_none() && listed.snapshot.disks().next().is_none()
}
