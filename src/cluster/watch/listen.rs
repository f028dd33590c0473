//! One kind of objects, listened to for ever.

use std::{collections::BTreeSet, pin::pin};

use futures_util::{Stream, StreamExt as _};
use kube::{
    Resource as _, ResourceExt as _,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event},
    },
};
use tokio::sync::mpsc::Sender;
use tracing::{info, warn};

use super::super::cause::innermost;
use super::object::Object;
use crate::config::Arrival;

/// So many seconds a watch stands at most: a connection that died without a word is noticed soon after.
const WATCH_SECONDS: u32 = 60;

/// So many objects come in one answer.
const PAGE: u32 = 500;

/// A listing's pieces can be a megabyte each.
const PAGE_OF_LOCKS: u32 = 8;

/// What was heard of a kind.
#[derive(Debug)]
pub(super) enum Heard {
    /// An object is there, or has changed.
    Object(Kind, Box<Object>, Arrival),
    /// An object is gone.
    Gone(Kind, String),
    /// These are all there are.
    All(Kind, BTreeSet<String>),
}

/// The kinds that are listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Account,
    Policy,
    Binding,
    Locks,
    Namespace,
}

impl Kind {
    pub(super) const ALL: [Self; 5] = [
        Self::Account,
        Self::Policy,
        Self::Binding,
        Self::Locks,
        Self::Namespace,
    ];

    /// As manifests spell it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Account => "EcsAccount",
            Self::Policy => "OverduePolicy",
            Self::Binding => "OperationBinding",
            Self::Locks => "LockSnapshot",
            Self::Namespace => "Namespace",
        }
    }

    /// As paths spell it.
    pub(super) fn plural(self) -> &'static str {
        match self {
            Self::Account => "ecsaccounts",
            Self::Policy => "overduepolicies",
            Self::Binding => "operationbindings",
            Self::Locks => "locksnapshots",
            Self::Namespace => "namespaces",
        }
    }
}

/// How the watch of a kind is set up.
pub(super) fn config(kind: Kind) -> watcher::Config {
    let page = match kind {
        Kind::Locks => PAGE_OF_LOCKS,
        _ => PAGE,
    };
    watcher::Config::default()
        .page_size(page)
        .timeout(WATCH_SECONDS)
}

/// Passes on what is heard of a kind until nobody wants to hear it.
pub(super) async fn listen(
    kind: Kind,
    events: impl Stream<Item = watcher::Result<Event<Object>>>,
    heard: Sender<Heard>,
) {
    let mut events = pin!(events.default_backoff());
    let mut all = BTreeSet::new();
    let mut trouble = Trouble::none(kind);
    while let Some(event) = events.next().await {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                trouble.began(&error);
                continue;
            }
        };
        let news = match event {
            Event::Init => {
                all.clear();
                continue;
            }
            Event::InitApply(found) => {
                all.insert(found.name_any());
                let created = found.meta().creation_timestamp.as_ref();
                let created = created.map(|time| time.0);
                Heard::Object(kind, Box::new(found), Arrival::Found(created))
            }
            Event::InitDone => Heard::All(kind, std::mem::take(&mut all)),
            Event::Apply(written) => Heard::Object(kind, Box::new(written), Arrival::Written),
            Event::Delete(gone) => Heard::Gone(kind, gone.name_any()),
        };
        trouble.is_over();
        if heard.send(news).await.is_err() {
            return;
        }
    }
}

/// What keeps a kind from being heard of; told once.
struct Trouble {
    kind: Kind,
    is_told: bool,
}

impl Trouble {
    fn none(kind: Kind) -> Self {
        Self {
            kind,
            is_told: false,
        }
    }

    fn began(&mut self, error: &watcher::Error) {
        let kind = self.kind.name();
        if std::mem::replace(&mut self.is_told, true) {
            tracing::debug!(kind, %error, "still not heard of");
            return;
        }
        let remedy = match status_code(error) {
            Some(404) => "install the definitions: arrears manifests crds | kubectl apply -f -",
            Some(401 | 403) => "give the ServiceAccount its rights: arrears manifests rbac",
            _ => "what was last heard stays in force",
        };
        warn!(
            kind,
            reason = innermost(error),
            remedy,
            "objects of a kind can't be watched"
        );
    }

    fn is_over(&mut self) {
        if std::mem::take(&mut self.is_told) {
            info!(
                kind = self.kind.name(),
                "objects of a kind are watched again"
            );
        }
    }
}

fn status_code(error: &watcher::Error) -> Option<u16> {
    match error {
        watcher::Error::InitialListFailed(kube::Error::Api(status))
        | watcher::Error::WatchStartFailed(kube::Error::Api(status))
        | watcher::Error::WatchFailed(kube::Error::Api(status))
        | watcher::Error::WatchError(status) => Some(status.code),
        _ => None,
    }
}
