//! Events on configuration objects that are not in force as they stand.
//!
//! Guarantees: each trouble of an object is told once by a leader, at a slow pace, and none is ever told for a review.

use std::{collections::HashSet, convert::Infallible, sync::Arc, time::Duration};

use k8s_openapi::api::core::v1::ObjectReference;
use kube::{
    Client,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};
use tracing::debug;

use super::{Installation, Term};

/// Between two events.
const PACE: Duration = Duration::from_secs(1);

/// For one event.
const PATIENCE: Duration = Duration::from_secs(5);

/// The API server refuses longer notes.
const LONGEST_NOTE: usize = 1024;

/// What is wrong with an object, and what is in force instead.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Complaint {
    pub(super) api_version: &'static str,
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
    mut complaints: watch::Receiver<Arc<[Complaint]>>,
) -> Infallible {
    let reporter = Reporter {
        controller: "arrears.dev/arrears".to_owned(),
        instance: Some(installation.identity.clone()),
    };
    let recorder = Recorder::new(client, reporter);
    let mut told = HashSet::new();
    loop {
        let now = Arc::clone(&complaints.borrow_and_update());
        told.retain(|complaint| now.contains(complaint));
        for complaint in now.iter() {
            if !term.holds() || !told.insert(complaint.clone()) {
                continue;
            }
            let (event, object) = (complaint.event(), complaint.object());
            match timeout(PATIENCE, recorder.publish(&event, &object)).await {
                Ok(Ok(())) => {}
                // The log and `/readyz?verbose` tell it too.
                Ok(Err(error)) => debug!(%error, object = complaint.name, "no event was written"),
                Err(_) => debug!(object = complaint.name, "no event was written in time"),
            }
            sleep(PACE).await;
        }
        if complaints.changed().await.is_err() {
            return std::future::pending().await;
        }
    }
}

impl Complaint {
    fn event(&self) -> Event {
        Event {
            type_: EventType::Warning,
            reason: "NotInForce".to_owned(),
            note: Some(self.message.chars().take(LONGEST_NOTE).collect()),
            action: "Configure".to_owned(),
            secondary: None,
        }
    }

    fn object(&self) -> ObjectReference {
        ObjectReference {
            api_version: Some(self.api_version.to_owned()),
            kind: Some(self.kind.to_owned()),
            name: Some(self.name.clone()),
            uid: self.uid.clone(),
            ..ObjectReference::default()
        }
    }
}
