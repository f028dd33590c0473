//! What the leader does besides what every replica does, for as long as its term lasts.

use std::{
    collections::{BTreeMap, BTreeSet},
    convert::Infallible,
    path::PathBuf,
    sync::Arc,
};

use kube::Client;
use tokio::{sync::watch, task::JoinSet};

use super::super::live::Live;
use crate::{
    api::OperationBinding,
    clock::Clock,
    cluster::{
        Certificates, Complaint, Installation, Lifetimes, Publisher, Registration,
        RegistrationSettings, Term, bundle_of_file, tell,
    },
    telemetry::{Health, Metrics},
};

/// All that a term's work is made with.
#[derive(Clone)]
pub(super) struct Lead {
    pub(super) client: Client,
    pub(super) installation: Installation,
    pub(super) clock: Clock,
    pub(super) live: Arc<Live>,
    pub(super) bindings: watch::Receiver<Arc<[OperationBinding]>>,
    pub(super) complaints: watch::Receiver<Arc<[Complaint]>>,
    pub(super) registration: RegistrationSettings,
    pub(super) certificates: Issuer,
    pub(super) metrics: Arc<Metrics>,
    pub(super) health: Health,
}

/// Who makes the certificates.
#[derive(Clone, Debug)]
pub(super) enum Issuer {
    /// The leader.
    Leader(Lifetimes),
    /// Somebody else, whose authorities are in this file.
    Elsewhere(PathBuf),
}

impl Lead {
    /// Works until it is dropped.
    pub(super) async fn work(self, term: Term) {
        let Self {
            client,
            installation,
            clock,
            live,
            bindings,
            complaints,
            registration,
            certificates,
            metrics,
            health,
        } = self;
        let polled = live.polled();
        let publisher = Publisher::new(
            client.clone(),
            &installation,
            Arc::clone(&live.board),
            Arc::clone(&live.fleet),
            clock.clone(),
        );
        let show = Shown::new(health.clone()).follow(publisher.troubles());
        let registration =
            Registration::new(client.clone(), &installation, registration, health, metrics);
        let (bundle_sender, bundle) = watch::channel(None);
        let (applied_sender, applied) = watch::channel(None);
        let certify = async {
            match certificates {
                Issuer::Leader(lifetimes) => {
                    let certificates =
                        Certificates::new(client.clone(), &installation, lifetimes, clock.clone());
                    certificates
                        .keep(term.clone(), bundle_sender, applied)
                        .await
                }
                Issuer::Elsewhere(file) => bundle_of_file(file, bundle_sender).await,
            }
        };
        // Writing a large listing must keep no review waiting.
        let mut publishing = JoinSet::new();
        let publish = {
            let term = term.clone();
            async move { match publisher.keep(term, polled).await {} }
        };
        match live.background() {
            Some(background) => publishing.spawn_on(publish, &background),
            None => publishing.spawn(publish),
        };
        let register = registration.keep(term.clone(), bundle, bindings, applied_sender);
        let complain = tell(
            client.clone(),
            &installation,
            term.clone(),
            clock.clone(),
            complaints,
        );
        let ask = live.ask();
        tokio::select! {
            () = ask => {}
            never = certify => match never {},
            // The lease goes to somebody else, or to a new term.
            _broken = publishing.join_next() => {}
            never = register => match never {},
            never = complain => match never {},
            never = show => match never {},
        }
    }
}

/// What can't be published, on `/readyz?verbose` for as long as that is so and this replica leads.
struct Shown {
    health: Health,
    checks: BTreeSet<String>,
}

impl Shown {
    fn new(health: Health) -> Self {
        Self {
            health,
            checks: BTreeSet::new(),
        }
    }

    async fn follow(
        mut self,
        mut troubles: watch::Receiver<BTreeMap<String, String>>,
    ) -> Infallible {
        loop {
            let now = troubles.borrow_and_update().clone();
            self.forget();
            for (what, reason) in now {
                let check = format!("publish {what}");
                self.health.warn(check.clone(), reason);
                self.checks.insert(check);
            }
            if troubles.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    fn forget(&mut self) {
        for check in std::mem::take(&mut self.checks) {
            self.health.forget(&check);
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.forget();
    }
}
