//! Events on configuration objects that are not in force as they stand.
//!
//! Guarantees: each trouble of an object is told once, however many leaders see it, at a slow pace, and none is ever
//! told for a review.

use std::{
    collections::HashSet,
    convert::Infallible,
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
    time::Duration,
};

use k8s_openapi::api::events::v1::Event;
use kube::{Api, Client, api::PostParams};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tracing::debug;

use super::{
    Installation, Term,
    event::{NAMESPACE, Told},
};
use crate::clock::Clock;

/// Between two events.
const PACE: Duration = Duration::from_secs(1);

/// Before what could not be told is told again.
const AGAIN: Duration = Duration::from_secs(30);

/// For one event.
const PATIENCE: Duration = Duration::from_secs(5);

/// What is wrong with an object, and what is in force instead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Complaint {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) uid: Option<String>,
    pub(super) message: String,
}

/// Tells each complaint once, for as long as it is polled.
pub async fn tell(
    client: Client,
    installation: &Installation,
    term: Term,
    clock: Clock,
    mut complaints: watch::Receiver<Arc<[Complaint]>>,
) -> Infallible {
    let api: Api<Event> = Api::namespaced(client, NAMESPACE);
    let mut told = HashSet::new();
    loop {
        let now = Arc::clone(&complaints.borrow_and_update());
        told.retain(|complaint| now.contains(complaint));
        for complaint in now.iter() {
            if !term.holds() || !told.insert(complaint.clone()) {
                continue;
            }
            let event = complaint.event(&installation.identity, &clock);
            let parameters = PostParams::default();
            match timeout(PATIENCE, api.create(&parameters, &event)).await {
                Ok(Ok(_)) => {}
                // Another leader has told it.
                Ok(Err(kube::Error::Api(status))) if status.code == 409 => {}
                // The log and `/readyz?verbose` tell it too.
                Ok(Err(error)) => {
                    debug!(%error, object = complaint.name, "no event was written");
                    told.remove(complaint);
                }
                Err(_) => {
                    debug!(object = complaint.name, "no event was written in time");
                    told.remove(complaint);
                }
            }
            sleep(PACE).await;
        }
        let is_all_told = now.iter().all(|complaint| told.contains(complaint));
        tokio::select! {
            changed = complaints.changed() => {
                if changed.is_err() {
                    return std::future::pending().await;
                }
            }
            () = sleep(AGAIN), if !is_all_told => {}
        }
    }
}

impl Complaint {
    fn event(&self, instance: &str, clock: &Clock) -> Event {
        let told = Told {
            kind: self.kind,
            name: &self.name,
            uid: self.uid.as_deref(),
            type_: "Warning",
            reason: "NotInForce",
            action: "Configuring",
            note: &self.message,
        };
        // The same for every leader that sees it.
        let mut hasher = DefaultHasher::new();
        self.hash(&mut hasher);
        let name = format!("{}.notinforce.{:x}", self.name, hasher.finish());
        told.event(name, instance, clock.now())
    }
}
