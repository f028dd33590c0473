//! The Deployment: so many replicas, each started as a pod would be, under a new name each time.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::time::timeout;

use crate::balancer::Balancer;
use crate::chart::Container;
use crate::installed::{Installed, NAME, NAMESPACE};
use crate::plane::wait::until;
use crate::replica::{Replica, Start};
use crate::wire::Wire;

/// For a page of metrics.
const PATIENCE: Duration = Duration::from_millis(300);

/// How replicas are started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) count: usize,
    pub(crate) certificate_lifetime: &'static str,
    pub(crate) authority_lifetime: &'static str,
    pub(crate) lease_duration: &'static str,
}

/// Two replicas, a short lease, and certificates that outlive the suite.
pub(crate) const USUAL: Settings = Settings {
    count: 2,
    certificate_lifetime: "720h",
    authority_lifetime: "8760h",
    lease_duration: "4s",
};

/// What sets one replica apart.
#[derive(Default)]
pub(crate) struct Apart {
    pub(crate) variables: Vec<(String, String)>,
    pub(crate) group: Option<PathBuf>,
}

/// The replicas.
pub(crate) struct Replicas {
    folder: PathBuf,
    api_server: SocketAddr,
    authority: PathBuf,
    balancer: Arc<Balancer>,
    settings: Settings,
    started: usize,
    pub(crate) running: Vec<Replica>,
}

impl Replicas {
    pub(crate) fn new(
        folder: PathBuf,
        api_server: SocketAddr,
        authority: PathBuf,
        balancer: Arc<Balancer>,
    ) -> Self {
        Self {
            folder,
            api_server,
            authority,
            balancer,
            settings: USUAL,
            started: 0,
            running: Vec::new(),
        }
    }

    /// Makes them what `settings` say: whoever is missing is started, who is too many is ended, who was started otherwise is
    /// replaced.
    pub(crate) async fn settle(&mut self, settings: &Settings, installed: &Installed) {
        for replica in &self.running {
            replica.thaw();
            replica.wire.set(crate::wire::State::Whole);
        }
        self.forget_ended();
        // More or fewer replicas are no other replicas.
        let is_changed = self.settings
            != Settings {
                count: self.settings.count,
                ..settings.clone()
            };
        self.settings = settings.clone();
        while settings.count < self.running.len() {
            self.end_one(0).await;
        }
        if is_changed {
            self.roll(installed).await;
        }
        while self.running.len() < settings.count {
            self.start_one(installed, Apart::default()).await;
        }
        self.until_ready().await;
    }

    /// Ends and replaces all of them, one after the other.
    pub(crate) async fn roll(&mut self, installed: &Installed) {
        for _ in 0..self.running.len() {
            self.end_one(0).await;
            self.start_one(installed, Apart::default()).await;
            self.until_ready().await;
        }
    }

    /// Starts one more and hands it to the Service.
    pub(crate) async fn start_one(&mut self, installed: &Installed, apart: Apart) -> &Replica {
        let id = self.started;
        self.started += 1;
        let name = format!("{NAME}-{id}");
        let folder = self.folder.join(&name);
        fs::create_dir_all(&folder).unwrap();
        let wire = Wire::to(self.api_server).await;
        let kubeconfig = self.kubeconfig(&folder, &wire, &installed.token);
        let start = self.start(name, &kubeconfig, &installed.container, apart);
        let replica = Replica::start(id, &folder, wire, start).await;
        self.balancer.add(id, replica.webhook, replica.admin);
        self.running.push(replica);
        self.running.last().unwrap()
    }

    /// Ends one as a kubelet does, and waits until it is gone.
    pub(crate) async fn end_one(&mut self, place: usize) {
        let mut replica = self.running.remove(place);
        replica.terminate();
        replica.gone().await;
        self.balancer.remove(replica.id);
    }

    /// Takes those that have ended from the Service.
    pub(crate) fn forget_ended(&mut self) {
        let balancer = &self.balancer;
        self.running.retain_mut(|replica| {
            let has_ended = replica.has_ended();
            if has_ended {
                balancer.remove(replica.id);
            }
            !has_ended
        });
    }

    /// Waits until the Service gives connections to all of them.
    pub(crate) async fn until_ready(&self) {
        until("every replica to be ready", async || {
            let unready = self
                .running
                .iter()
                .find(|replica| !self.balancer.is_ready(replica.id));
            match unready {
                None => Ok(()),
                Some(replica) => Err(format!("{}: {}", replica.name, replica.readiness().await)),
            }
        })
        .await;
    }

    /// The place of the one that leads.
    pub(crate) async fn leader(&self) -> usize {
        until("a leader", async || self.find_leader().await).await
    }

    /// The place of the one that leads, if there is exactly one.
    pub(crate) async fn find_leader(&self) -> Result<usize, String> {
        let metrics = self.running.iter().map(|replica| {
            // One that is frozen does not answer, and is not waited for.
            timeout(PATIENCE, replica.metric("arrears_leader "))
        });
        let metrics = join_all(metrics).await.into_iter();
        let leads = metrics.map(|metric| matches!(metric, Ok(Some(1.0))));
        let leaders: Vec<_> = leads
            .enumerate()
            .filter_map(|(place, leads)| leads.then_some(place))
            .collect();
        match leaders[..] {
            [place] => Ok(place),
            _ => Err(format!("{} of {} lead", leaders.len(), self.running.len())),
        }
    }

    /// What each of them has counted so far.
    pub(crate) async fn counts(&self, series: &str) -> Vec<f64> {
        let metrics = self.running.iter().map(|replica| replica.metric(series));
        let counts = join_all(metrics).await.into_iter();
        counts.map(std::option::Option::unwrap_or_default).collect()
    }

    fn kubeconfig(&self, folder: &Path, wire: &Wire, token: &str) -> PathBuf {
        let server = format!("https://127.0.0.1:{}", wire.port());
        let text = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "plane", "cluster": {"server": server, "certificate-authority": self.authority}}],
            "users": [{"name": NAME, "user": {"token": token}}],
            "contexts": [{"name": "plane", "context": {"cluster": "plane", "user": NAME, "namespace": NAMESPACE}}],
            "current-context": "plane",
        });
        let path = folder.join("kubeconfig");
        fs::write(&path, text.to_string()).unwrap();
        path
    }

    /// As the Deployment starts it, but for where it listens, how long things last, and the way to the API server.
    fn start(&self, name: String, kubeconfig: &Path, container: &Container, apart: Apart) -> Start {
        let mut variables = container.env(&name);
        let Settings {
            count: _,
            certificate_lifetime,
            authority_lifetime,
            lease_duration,
        } = &self.settings;
        for (name, value) in [
            (
                "ARREARS_CERTIFICATE_LIFETIME",
                (*certificate_lifetime).to_owned(),
            ),
            (
                "ARREARS_AUTHORITY_LIFETIME",
                (*authority_lifetime).to_owned(),
            ),
            ("ARREARS_LEASE_DURATION", (*lease_duration).to_owned()),
            ("ARREARS_LAME_DUCK", "1s".to_owned()),
            ("ARREARS_LISTEN", "127.0.0.1:0".to_owned()),
            ("ARREARS_ADMIN_LISTEN", "127.0.0.1:0".to_owned()),
        ] {
            let before = variables.insert(name.to_owned(), value);
            assert!(before.is_some(), "the chart does not say {name}");
        }
        variables.insert("KUBECONFIG".to_owned(), kubeconfig.display().to_string());
        variables.insert("NO_PROXY".to_owned(), "*".to_owned());
        variables.extend(apart.variables);
        Start {
            name,
            arguments: container.args.clone(),
            variables,
            group: apart.group,
        }
    }
}
