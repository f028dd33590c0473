//! What the leader tells through the API server: what is locked, how each account is, and when that changes.
//!
//! Guarantees: a set of `LockSnapshot` objects is read whole or not at all, whoever writes and is stopped in the
//! middle; what somebody else made is never written over; nothing is written after the term, or that is there already.
//! Memory does not grow with the time that the API server takes: of each region only the newest listing is kept.
//!
//! - [`Publisher`]: the leader's side; [`Shards`]: every replica's
//! - `locks`, `objects`: `LockSnapshot` objects, and the calls about them
//! - `accounts`, `conditions`, `events`: the status of `EcsAccount` objects, and events about them

mod accounts;
mod backoff;
mod call;
mod complaints;
mod conditions;
mod events;
mod locks;
mod mark;
mod objects;
mod shards;

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use kube::Client;
use tokio::sync::watch;

pub use mark::{LOCK_REASONS, MANAGED_BY, is_published};
pub use shards::{Shards, Unreadable};

use self::{accounts::Accounts, complaints::Complaints, locks::Locks};
use super::{Installation, Term};
use crate::{
    clock::Clock,
    config::Polled,
    ecs::{Board, Fleet},
};

/// Publishes what is on the leader's board.
#[derive(Debug)]
pub struct Publisher {
    locks: Locks,
    accounts: Accounts,
    complaints: Complaints,
}

impl Publisher {
    /// Publishes nothing yet.
    #[must_use]
    pub fn new(
        client: Client,
        installation: &Installation,
        board: Arc<Board>,
        fleet: Arc<Fleet>,
        clock: Clock,
    ) -> Self {
        let complaints = Complaints::default();
        Self {
            locks: Locks::new(
                client.clone(),
                Arc::clone(&board),
                clock.clone(),
                complaints.clone(),
            ),
            accounts: Accounts::new(
                client,
                installation,
                board,
                fleet,
                clock,
                complaints.clone(),
            ),
            complaints,
        }
    }

    /// Publishes what is on the board as it changes, for as long as it is polled.
    ///
    /// `accounts` is what is to be asked for, once that is known: objects about other regions are deleted.
    pub async fn keep(&self, term: Term, accounts: watch::Receiver<Arc<[Polled]>>) -> Infallible {
        let locks = self.locks.keep(&term, accounts.clone());
        let accounts = self.accounts.keep(&term, accounts);
        tokio::select! {
            never = Box::pin(locks) => never,
            never = Box::pin(accounts) => never,
        }
    }

    /// What can't be published, and why; empty when all is well.
    #[must_use]
    pub fn troubles(&self) -> watch::Receiver<BTreeMap<String, String>> {
        self.complaints.all()
    }
}

/// Waits for news; whoever gives none any more is waited for in vain.
async fn news<T>(receiver: &mut watch::Receiver<T>) {
    if receiver.changed().await.is_err() {
        std::future::pending::<()>().await;
    }
}
