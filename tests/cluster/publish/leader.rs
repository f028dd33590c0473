//! A leader's parts in this process: its board, what asks the cloud, and what publishes.

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use arrears::{
    clock::Clock,
    cluster::{Installation, Publisher, Term},
    config::{self, Polled},
    ecs::{Board, Clients, Environment, Fleet, Listed, Setting, Times},
    lock::{Builder, RegionKey, Source},
    telemetry::{Health, Metrics},
};
use jiff::Timestamp;
use kube::Client;
use serde_json::json;
use tokio::{sync::watch, task::JoinHandle};

use super::scene::{Scene, key};

/// One leader.
pub(crate) struct Leader {
    pub(crate) board: Arc<Board>,
    pub(crate) publisher: Arc<Publisher>,
    clients: Arc<Clients>,
    fleet: Arc<Fleet>,
    accounts: watch::Sender<Arc<[Polled]>>,
    task: Option<JoinHandle<()>>,
    asks: AtomicBool,
}

impl Scene {
    /// A leader that knows the account with these regions; it asks the cloud and publishes when it is told to.
    pub(crate) fn leader(
        &self,
        client: Client,
        identity: &str,
        regions: &[&str],
        fresh: &str,
    ) -> Leader {
        let configuration = self.configuration(regions, fresh);
        let polled = configuration.polled.clone();
        let setting = Setting {
            environment: Environment::of([
                ("ALIBABA_CLOUD_ACCESS_KEY_ID", "LTAItestkey"),
                ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "thesecretofthetests"),
            ]),
            times: Times::default(),
            metrics: Arc::new(Metrics::new()),
            clock: Clock::system(),
        };
        let clients = Arc::new(Clients::new(setting));
        clients.configure(&polled);
        let board = Arc::new(Board::new(configuration));
        let health = Health::default();
        let fleet = Fleet::new(Arc::clone(&clients), Arc::clone(&board), health);
        let fleet = Arc::new(fleet.without_readiness_check());
        let installation = Installation {
            namespace: "arrears-system".to_owned(),
            name: "arrears".to_owned(),
            identity: identity.to_owned(),
        };
        let publisher = Publisher::new(
            client,
            &installation,
            Arc::clone(&board),
            Arc::clone(&fleet),
            Clock::system(),
        );
        Leader {
            board,
            publisher: Arc::new(publisher),
            clients,
            fleet,
            accounts: watch::Sender::new(polled.into()),
            task: None,
            asks: AtomicBool::new(false),
        }
    }

    fn configuration(&self, regions: &[&str], fresh: &str) -> config::Configuration {
        let files = tempfile::tempdir().unwrap();
        let policy = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "OverduePolicy", "metadata": {"name": "default"},
            "spec": {"freshness": {"fresh": fresh}}});
        let account = self.account(regions);
        for (name, object) in [("policy.json", policy), ("account.json", account)] {
            std::fs::write(files.path().join(name), object.to_string()).unwrap();
        }
        config::load(Some(files.path()), &[], Timestamp::now()).unwrap()
    }
}

impl Leader {
    /// Begins a term: publishes until it is stopped.
    pub(crate) fn publish(&mut self) {
        let publisher = Arc::clone(&self.publisher);
        let accounts = self.accounts.subscribe();
        self.task = Some(tokio::spawn(async move {
            match publisher.keep(Term::unlimited(), accounts).await {}
        }));
    }

    /// Ends the term wherever it is.
    pub(crate) fn stop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }

    /// Begins to ask the cloud.
    pub(crate) fn ask(&self) {
        self.asks.store(true, Ordering::Relaxed);
        self.fleet.configure(&self.accounts.borrow());
    }

    /// Has every region asked for now.
    pub(crate) fn wake(&self) {
        self.fleet.wake_all();
    }

    pub(crate) fn ask_no_more(&self) {
        self.fleet.configure(&[]);
    }

    pub(crate) fn configure(&self, scene: &Scene, regions: &[&str], fresh: &str) {
        let configuration = scene.configuration(regions, fresh);
        let polled = configuration.polled.clone();
        self.clients.configure(&polled);
        self.board.configure(configuration);
        if self.asks.load(Ordering::Relaxed) {
            self.fleet.configure(&polled);
        }
        self.accounts.send_replace(polled.into());
    }

    /// Puts a listing of so many instances on the board, as if the cloud had said so now.
    pub(crate) fn list(&self, region: &str, prefix: &str, instances: usize) -> Timestamp {
        let listed = listing(region, prefix, instances);
        let observed_at = listed.observed_at;
        assert!(self.board.list(&key(region), listed));
        observed_at
    }

    pub(crate) async fn until_trouble(&self, says: &str) {
        let mut troubles = self.publisher.troubles();
        let told = troubles.wait_for(|troubles| {
            troubles
                .iter()
                .any(|(about, text)| format!("{about}: {text}").contains(says))
        });
        let told = tokio::time::timeout(Duration::from_secs(30), told).await;
        drop(
            told.unwrap_or_else(|_| {
                panic!(
                    "no trouble says {says}: {:?}",
                    self.publisher.troubles().borrow()
                )
            })
            .unwrap(),
        );
    }

    pub(crate) async fn until_well(&self) {
        let mut troubles = self.publisher.troubles();
        let well = troubles.wait_for(BTreeMap::is_empty);
        drop(
            tokio::time::timeout(Duration::from_secs(60), well)
                .await
                .unwrap()
                .unwrap(),
        );
    }
}

impl Drop for Leader {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listing(region: &str, prefix: &str, instances: usize) -> Listed {
    let RegionKey { account, region } = key(region);
    let observed_at = Timestamp::now();
    let mut builder = Builder::new(account, region, Source::Ecs).observed_at(observed_at);
    for number in 0..instances {
        let disks = None::<[&str; 0]>;
        let id = format!("i-{prefix}{number:012}");
        builder.instance(&id, ["financial"], disks).unwrap();
    }
    Listed {
        snapshot: builder.finish().unwrap(),
        observed_at,
        listed_for: ["financial".to_owned()].into(),
    }
}
