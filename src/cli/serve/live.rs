//! What the webhook knows from the cloud: whom it asks, how often, and where it puts what it hears.

use std::{num::NonZeroU32, sync::Arc};

use anyhow::Context as _;
use jiff::Timestamp;
use tokio::{runtime::Handle, sync::watch};

use crate::{
    config::{Configuration, Polled},
    decision::Basis,
    ecs::{Background, Board, Clients, Confirmer, Fleet, Setting},
    lock::Locks,
    telemetry::{Health, Metrics, SnapshotFacts},
};

/// The parts that ask, and the board that they write on.
pub(super) struct Live {
    pub(super) board: Arc<Board>,
    pub(super) fleet: Arc<Fleet>,
    pub(super) confirmer: Arc<Confirmer>,
    clients: Arc<Clients>,
    asks: Asks,
    /// What the cloud is to be asked for.
    polled: watch::Sender<Arc<[Polled]>>,
    /// Where regions are listed: reviews must not wait for that.
    background: Background,
}

/// Who lists regions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// This process.
    Always,
    /// Whichever of so many replicas leads.
    WhileLeading(NonZeroU32),
}

impl Live {
    /// Begins with a configuration; what it says is asked for by whoever asks.
    pub(super) fn new(
        configuration: Configuration,
        setting: Setting,
        asks: Asks,
        health: Health,
    ) -> anyhow::Result<Self> {
        let background = Background::start().context("the runtime can't be started")?;
        let metrics = Arc::clone(&setting.metrics);
        let clients = Clients::new(setting);
        let clients = Arc::new(match asks {
            Asks::Always => clients,
            Asks::WhileLeading(replicas) => clients.shared_by(replicas),
        });
        let polled: Arc<[Polled]> = configuration.polled.as_slice().into();
        let board = Arc::new(Board::new(configuration));
        let fleet = Fleet::new(Arc::clone(&clients), Arc::clone(&board), health);
        let fleet = match asks {
            Asks::Always => fleet,
            Asks::WhileLeading(_) => fleet.without_readiness_check(),
        };
        let fleet = Arc::new(fleet.on(background.handle()));
        clients.configure(&polled);
        if asks == Asks::Always {
            fleet.configure(&polled);
        }
        let confirmer = Confirmer::new(
            Arc::clone(&clients),
            Arc::clone(&board),
            Some(Arc::clone(&fleet)),
            metrics,
        );
        Ok(Self {
            board,
            fleet,
            confirmer: Arc::new(confirmer),
            clients,
            asks,
            polled: watch::Sender::new(polled),
            background,
        })
    }

    /// Takes over another configuration, which is in force from now on.
    pub(super) fn configure(&self, configuration: Configuration) {
        let polled: Arc<[Polled]> = configuration.polled.as_slice().into();
        let reasons = configuration.basis.policy.lock_reasons.clone();
        let before = self.board.basis().load_full();
        self.clients.configure(&polled);
        self.board.configure(configuration);
        if self.asks == Asks::Always {
            self.fleet.configure(&polled);
        }
        self.polled.send_replace(polled);
        if before.policy.lock_reasons != reasons {
            // What is listed for other reasons does not tell what is locked for these.
            self.fleet.wake_all();
        }
    }

    /// Lists regions, whatever the configuration will say, until this is dropped.
    pub(super) async fn ask(&self) {
        let _asking = Asking(&self.fleet);
        let mut polled = self.polled();
        loop {
            let now = Arc::clone(&polled.borrow_and_update());
            self.fleet.configure(&now);
            if polled.changed().await.is_err() {
                return;
            }
        }
    }

    /// What the cloud is to be asked for, now and later.
    pub(super) fn polled(&self) -> watch::Receiver<Arc<[Polled]>> {
        self.polled.subscribe()
    }

    /// The runtime that stands back for reviews, if there is one.
    pub(super) fn background(&self) -> Option<Handle> {
        self.background.handle()
    }

    /// Has the metrics tell what is known of each region.
    pub(super) fn observe(&self, metrics: &Metrics) {
        let basis = Arc::clone(self.board.basis());
        let clock = self.clients.clock().clone();
        metrics.observe_snapshots(move || snapshot_facts(&basis.load(), clock.now()));
    }
}

/// Lists no region any more once this is dropped.
struct Asking<'f>(&'f Fleet);

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        self.0.configure(&[]);
    }
}

fn snapshot_facts(basis: &Basis, now: Timestamp) -> Vec<SnapshotFacts> {
    let regions = basis.locks.accounts().iter().flat_map(|account| {
        account
            .regions()
            .iter()
            .map(move |region| (account, region))
    });
    regions
        .map(|(account, region)| {
            let locks = region.locks();
            SnapshotFacts {
                account: account.name().as_str().to_owned(),
                region: region.id().as_str().to_owned(),
                age: locks.map(|locks| locks.elapsed(now)),
                usable: region.usable(now, &basis.policy.freshness).is_ok(),
                locked_instances: locks.map_or(0, Locks::instance_count),
                locked_disks: locks.map_or(0, Locks::disk_count),
            }
        })
        .collect()
}
