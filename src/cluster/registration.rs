//! Our entries in the `ValidatingWebhookConfiguration`, which the leader keeps true.
//!
//! Guarantees: the object is never made here, and nothing is written into another one than was read, so that whoever
//! deletes it has turned arrears off for good. Requests are held back for us (`Fail`) only once a review has been seen
//! to reach us by the very address and authorities that are registered. Entries cost nobody else theirs.

mod configuration;
mod entries;
mod keeper;
mod notices;
mod probe;
mod probing;
mod reach;
mod standoff;
mod wanted;
mod write;

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use futures_util::{StreamExt as _, future};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::{
    Api, Client,
    runtime::{WatchStreamExt as _, watcher::watch_object},
};
use tokio::sync::watch;

use self::keeper::Keeper;
pub use self::{
    configuration::{
        Backend, CaBundle, FailurePolicy, NAMESPACE_LABEL, WebhookOptions, webhook_configuration,
    },
    probe::is_probe_condition,
    reach::{NotReached, reach},
};
use super::{Applied, Bundle, Installation, Term};
use crate::{
    api::OperationBinding,
    telemetry::{Health, Metrics},
};

/// What is registered, besides the kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The port of the Service that the API server calls.
    pub service_port: u16,
    /// What the API server does when we can't be asked, once it has been proven that we can be.
    pub failure_policy: FailurePolicy,
    /// How long the API server waits for an answer, 1 to 30.
    pub timeout_seconds: i32,
}

/// The registration of one installation.
pub struct Registration {
    client: Client,
    installation: Installation,
    settings: Settings,
    health: Health,
    metrics: Arc<Metrics>,
}

impl Registration {
    /// A registration that nobody keeps yet.
    #[must_use]
    pub fn new(
        client: Client,
        installation: &Installation,
        settings: Settings,
        health: Health,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            client,
            installation: installation.clone(),
            settings,
            health,
            metrics,
        }
    }

    /// Keeps the entries true for as long as it is polled; says on `applied` what the API server has been told.
    pub async fn keep(
        &self,
        term: Term,
        mut bundle: watch::Receiver<Option<Bundle>>,
        mut bindings: watch::Receiver<Arc<[OperationBinding]>>,
        applied: watch::Sender<Option<Applied>>,
    ) -> Infallible {
        let objects: Api<ValidatingWebhookConfiguration> = Api::all(self.client.clone());
        let mut news = pin!(watch_object(objects, self.installation.webhook()).default_backoff());
        let mut keeper = Keeper::new(self, term, applied);
        loop {
            let trusted = bundle.borrow_and_update().clone();
            let bound = Arc::clone(&bindings.borrow_and_update());
            let again = keeper.step(trusted, &bound).await;
            tokio::select! {
                event = news.next() => match event {
                    Some(event) => keeper.observe(event),
                    None => future::pending().await,
                },
                () = changed(&mut bundle) => {}
                () = changed(&mut bindings) => {}
                () = after(again) => {}
            }
        }
    }

    fn backend(&self) -> Backend {
        Backend::Service {
            namespace: self.installation.namespace.clone(),
            name: self.installation.service().to_owned(),
            port: self.settings.service_port,
        }
    }

    /// How long the API server waits for us.
    fn patience(&self) -> Duration {
        Duration::from_secs(self.settings.timeout_seconds.unsigned_abs().into())
    }
}

/// Waits for a change; a source that is gone brings none.
async fn changed<T>(source: &mut watch::Receiver<T>) {
    if source.changed().await.is_err() {
        future::pending::<()>().await;
    }
}

async fn after(pause: Option<tokio::time::Instant>) {
    match pause {
        Some(end) => tokio::time::sleep_until(end).await,
        None => future::pending().await,
    }
}
