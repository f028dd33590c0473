//! What the leader does besides what every replica does, for as long as its term lasts.

use std::{path::PathBuf, sync::Arc};

use kube::Client;
use tokio::sync::watch;

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
        let publish = publisher.keep(term.clone(), polled);
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
            never = publish => match never {},
            never = register => match never {},
            never = complain => match never {},
        }
    }
}
