//! The configuration as the API server has it, and the listings that the leader publishes there.
//!
//! Guarantees: nothing is given out before every kind was heard of once, and from then on whatever becomes of the API
//! server changes nothing; one object that can't be used keeps no other from being used; what waits to be read is
//! bounded. It must never ask for more rights than to list and watch, and to get the Secrets that accounts name.

mod listen;
mod object;
mod secrets;

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use kube::{
    Api, Client,
    core::{ApiResource, GroupVersionKind},
    runtime::watcher,
};
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinSet,
    time::{Instant, sleep_until, timeout_at},
};
use tracing::{error, warn};

use self::{
    listen::{Heard, Kind, config, listen},
    object::{Notes, Object},
    secrets::Secrets,
};
use super::{
    Complaint, Installation,
    publish::{Shards, is_published},
};
use crate::{
    api,
    clock::Clock,
    config::{Arrival, ObjectName, Objects, Refresh, Severity},
    ecs::Listed,
    lock::{Facts, RegionKey},
};

/// So much news may wait to be read; a piece of a listing can be a megabyte.
const WAITING: usize = 16;

/// News comes in bursts: it is read until there was none for so long,
const QUIET: Duration = Duration::from_millis(50);

/// or for so long in any case.
const LONGEST_BURST: Duration = Duration::from_millis(500);

/// Secrets are read again so often.
const SECRETS_EVERY: Duration = Duration::from_secs(60);

/// What changes with what was heard.
#[derive(Debug)]
pub struct News {
    /// The configuration.
    pub configuration: Refresh,
    /// Complete listings that the leader has published.
    pub listings: Vec<(RegionKey, Listed)>,
}

/// What is heard of the configuration.
#[derive(Debug)]
pub struct Watch {
    heard: Receiver<Heard>,
    objects: Objects,
    /// The identity of each object, for whoever is told of it.
    uids: BTreeMap<ObjectName, String>,
    shards: Shards,
    listings: Vec<(RegionKey, Listed)>,
    secrets: Secrets,
    secrets_due: Instant,
    clock: Clock,
    _tasks: JoinSet<()>,
}

impl Watch {
    /// Waits until every kind was heard of; what that comes to is the first news.
    pub async fn start(client: &Client, installation: &Installation, clock: Clock) -> Self {
        let (sender, heard) = mpsc::channel(WAITING);
        let mut watch = Self {
            heard,
            objects: Objects::default(),
            uids: BTreeMap::new(),
            shards: Shards::new(clock.clone()),
            listings: Vec::new(),
            secrets: Secrets::of(client.clone(), &installation.namespace),
            secrets_due: Instant::now() + SECRETS_EVERY,
            clock,
            _tasks: tasks(client, &sender),
        };
        let mut missing = BTreeSet::from(Kind::ALL);
        while !missing.is_empty() {
            let Some(heard) = watch.heard.recv().await else {
                break;
            };
            if let Heard::All(kind, _) = &heard {
                missing.remove(kind);
            }
            watch.take(heard);
        }
        watch
    }

    /// Waits for something to be heard; nothing is lost if this is dropped.
    pub async fn heard(&mut self) {
        tokio::select! {
            heard = self.heard.recv() => match heard {
                Some(heard) => self.take(heard),
                None => {
                    error!("the API server is no longer listened to; restart to take over a change");
                    std::future::pending::<()>().await;
                }
            },
            () = sleep_until(self.secrets_due) => {}
        }
    }

    /// What was heard and is not in force yet, with what is heard while it comes in. What changes is lost if this is
    /// dropped.
    pub async fn news(&mut self) -> News {
        self.take_burst().await;
        let mut configuration = self.objects.refresh();
        let has_others = self.secrets.are_others(&self.objects);
        if has_others || self.secrets_due <= Instant::now() {
            self.secrets_due = Instant::now() + SECRETS_EVERY;
            self.secrets.read(&mut self.objects, self.clock.now()).await;
            match self.objects.refresh() {
                Refresh::Unchanged => {}
                with_secrets => configuration = with_secrets,
            }
        }
        let mut listings = std::mem::take(&mut self.listings);
        if matches!(configuration, Refresh::Changed(_)) {
            // A region may have been published before it was configured.
            let in_force = self.shards.in_force();
            listings = in_force
                .map(|(key, listed)| (key.clone(), listed.clone()))
                .collect();
        }
        News {
            configuration,
            listings,
        }
    }

    /// Takes note of the listings in force: copies of them that come back through the API server need not be read.
    pub fn know(&mut self, listings: Vec<(RegionKey, Facts)>) {
        self.shards.know(listings);
    }

    /// All objects, and what there is to say of them.
    #[must_use]
    pub fn objects(&self) -> &Objects {
        &self.objects
    }

    /// What is wrong with single objects.
    #[must_use]
    pub fn complaints(&self) -> Vec<Complaint> {
        let notices = self.objects.notices().into_iter();
        let problems = notices.filter(|notice| notice.severity == Severity::Problem);
        problems
            .filter_map(|notice| {
                let mut objects = self.uids.iter();
                let (object, uid) = objects.find(|(name, _)| name.to_string() == notice.about)?;
                Some(Complaint {
                    kind: object.kind,
                    name: object.name.clone(),
                    uid: Some(uid.clone()),
                    message: notice.message,
                })
            })
            .collect()
    }

    /// Writers rarely write one object alone, and each putting in force costs.
    async fn take_burst(&mut self) {
        let end = Instant::now() + LONGEST_BURST;
        loop {
            let quiet = end.min(Instant::now() + QUIET);
            match timeout_at(quiet, self.heard.recv()).await {
                Ok(Some(heard)) => self.take(heard),
                Ok(None) | Err(_) => return,
            }
        }
    }

    fn take(&mut self, heard: Heard) {
        match heard {
            Heard::Object(kind, object, arrival) => self.put(kind, *object, arrival),
            Heard::Gone(kind, gone) => self.remove(&name(kind, &gone)),
            Heard::All(kind, names) => {
                let is_left = |object: &ObjectName| names.contains(&object.name);
                self.uids
                    .retain(|object, _| object.kind != kind.name() || is_left(object));
                self.objects.retain(kind.name(), is_left);
                if kind == Kind::Locks {
                    self.shards.retain(|name| names.contains(name));
                }
            }
        }
    }

    fn put(&mut self, kind: Kind, object: Object, arrival: Arrival) {
        let name = name(kind, object.metadata.name.as_deref().unwrap_or_default());
        if kind == Kind::Locks && is_published(object.metadata.labels.as_ref()) {
            // It may have been somebody's own before.
            self.objects.remove(&name);
            let json = object.to_json(api::API_VERSION, kind.name(), Notes::All);
            match self.shards.apply(&name.name, &json) {
                Ok(listing) => self.listings.extend(listing),
                Err(error) => warn!(%error, "a published listing can't be read"),
            }
            return;
        }
        let json = match kind {
            Kind::Namespace => object.to_json("v1", kind.name(), Notes::Labels),
            Kind::Account | Kind::Policy | Kind::Binding | Kind::Locks => {
                object.to_json(api::API_VERSION, kind.name(), Notes::Name)
            }
        };
        if let Some(uid) = object.metadata.uid {
            self.uids.insert(name.clone(), uid);
        }
        if kind == Kind::Locks {
            self.shards.delete(&name.name);
        }
        self.objects.put(name, &json, arrival, self.clock.now());
    }

    fn remove(&mut self, name: &ObjectName) {
        self.uids.remove(name);
        self.objects.remove(name);
        if name.kind == Kind::Locks.name() {
            self.shards.delete(&name.name);
        }
    }
}

fn name(kind: Kind, name: &str) -> ObjectName {
    ObjectName {
        kind: kind.name(),
        namespace: None,
        name: name.to_owned(),
    }
}

fn tasks(client: &Client, heard: &Sender<Heard>) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    for kind in Kind::ALL {
        let api = Api::<Object>::all_with(client.clone(), &resource(kind));
        tasks.spawn(listen(kind, watcher(api, config(kind)), heard.clone()));
    }
    tasks
}

fn resource(kind: Kind) -> ApiResource {
    let gvk = match kind {
        Kind::Namespace => GroupVersionKind::gvk("", "v1", kind.name()),
        Kind::Account | Kind::Policy | Kind::Binding | Kind::Locks => {
            GroupVersionKind::gvk(api::GROUP, api::VERSION, kind.name())
        }
    };
    ApiResource::from_gvk_with_plural(&gvk, kind.plural())
}
