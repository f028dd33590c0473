//! What the webhook knows from the cloud: whom it asks, how often, and where it puts what it hears.

use std::sync::Arc;

use anyhow::Context as _;

use crate::{
    config::Configuration,
    ecs::{Background, Board, Clients, Confirmer, Fleet, Setting},
    telemetry::{Health, Metrics},
};

/// The parts that ask, and the board that they write on.
pub(super) struct Live {
    pub(super) board: Arc<Board>,
    pub(super) fleet: Arc<Fleet>,
    pub(super) confirmer: Arc<Confirmer>,
    clients: Arc<Clients>,
    /// Where regions are listed: reviews must not wait for that.
    _background: Background,
}

impl Live {
    /// Begins to ask for what the configuration says.
    pub(super) fn new(
        configuration: Configuration,
        metrics: Arc<Metrics>,
        health: Health,
    ) -> anyhow::Result<Self> {
        let background = Background::start().context("the runtime can't be started")?;
        let clients = Arc::new(Clients::new(Setting::of_process(Arc::clone(&metrics))));
        let polled = configuration.polled.clone();
        let board = Arc::new(Board::new(configuration));
        let fleet = Fleet::new(Arc::clone(&clients), Arc::clone(&board), health);
        let fleet = Arc::new(fleet.on(background.handle()));
        clients.configure(&polled);
        fleet.configure(&polled);
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
            _background: background,
        })
    }

    /// Asks for what another configuration says, which is in force from now on.
    pub(super) fn configure(&self, configuration: Configuration) {
        let polled = configuration.polled.clone();
        let reasons = configuration.basis.policy.lock_reasons.clone();
        let before = self.board.basis().load_full();
        self.clients.configure(&polled);
        self.board.configure(configuration);
        self.fleet.configure(&polled);
        if before.policy.lock_reasons != reasons {
            // What is listed for other reasons does not tell what is locked for these.
            self.fleet.wake_all();
        }
    }
}
