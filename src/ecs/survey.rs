//! Asking for every region once, for the commands that end.

use std::sync::Arc;

use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Clients, Error,
    listing::{Listed, list},
    region::check_permission,
};
use crate::{config::Polled, lock::RegionKey};

/// Regions at once: each has a connection of its own.
const AT_ONCE: usize = 8;

/// What came of asking for one region.
#[derive(Debug)]
pub struct Surveyed {
    /// The region.
    pub key: RegionKey,
    /// What is locked in it, or why that can't be told.
    pub outcome: Result<Listed, Error>,
}

/// Asks for every region; `done` is told of each as it is finished. Ordered by account and region.
pub async fn survey(
    clients: &Arc<Clients>,
    polled: &[Polled],
    lock_reasons: &[String],
    mut done: impl FnMut(&Surveyed),
) -> Vec<Surveyed> {
    let at_once = Arc::new(Semaphore::new(AT_ONCE));
    let mut tasks = JoinSet::new();
    for key in polled.iter().flat_map(|account| &account.regions) {
        let key = key.clone();
        let clients = Arc::clone(clients);
        let at_once = Arc::clone(&at_once);
        let lock_reasons = lock_reasons.to_vec();
        tasks.spawn(async move {
            // Never closed: nobody is left waiting.
            let _turn = at_once.acquire().await;
            let outcome = ask(&clients, &key, &lock_reasons).await;
            Surveyed { key, outcome }
        });
    }
    let mut surveyed = Vec::new();
    while let Some(finished) = tasks.join_next().await {
        match finished {
            Ok(finished) => {
                done(&finished);
                surveyed.push(finished);
            }
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        }
    }
    surveyed.sort_by(|one, other| one.key.cmp(&other.key));
    surveyed
}

async fn ask(clients: &Clients, key: &RegionKey, reasons: &[String]) -> Result<Listed, Error> {
    let client = clients.of(key)?;
    // An account that may not ask can be answered like one without a lock.
    check_permission(&client, key, clients).await?;
    list(&client, key, reasons, clients).await
}
