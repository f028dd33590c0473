//! What the webhook knows from the cloud: whom it asks, how often, and where it puts what it hears.

use std::sync::Arc;

use crate::{
    clock::Clock,
    config::Configuration,
    ecs::{Board, Clients, Confirmer, Environment, Fleet, Setting, Times},
    telemetry::{Health, Metrics},
};

/// The parts that ask, and the board that they write on.
pub(super) struct Live {
    pub(super) board: Arc<Board>,
    pub(super) fleet: Arc<Fleet>,
    pub(super) confirmer: Arc<Confirmer>,
    clients: Arc<Clients>,
}

impl Live {
    /// Begins to ask for what the configuration says.
    pub(super) fn new(configuration: Configuration, metrics: Arc<Metrics>, health: Health) -> Self {
        let clients = Arc::new(Clients::new(Setting {
            environment: Environment::of_process(),
            times: Times::default(),
            metrics: Arc::clone(&metrics),
            clock: Clock::system(),
        }));
        let polled = configuration.polled.clone();
        let board = Arc::new(Board::new(configuration));
        let fleet = Arc::new(Fleet::new(Arc::clone(&clients), Arc::clone(&board), health));
        clients.configure(&polled);
        fleet.configure(&polled);
        let confirmer = Confirmer::new(
            Arc::clone(&clients),
            Arc::clone(&board),
            Some(Arc::clone(&fleet)),
            metrics,
        );
        Self {
            board,
            fleet,
            confirmer: Arc::new(confirmer),
            clients,
        }
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
