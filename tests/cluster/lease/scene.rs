//! Replicas that compete for a lease, with exactly the rights that the election needs, and what happens to their terms.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use arrears::cluster::{Installation, Lease, Term};
use arrears::telemetry::Metrics;
use kube::Client;
use serde_json::{Value, json};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::plane::Plane;
use crate::plane::tenant::Tenant;
use crate::plane::users::{PROVIDER, User};
use crate::plane::wait::until;

/// Longer than any event here may take.
const LIMIT: Duration = Duration::from_secs(60);

/// What happened to a replica's term, and when.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) identity: String,
    pub(crate) at: Instant,
    pub(crate) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Began,
    Ended,
}

/// What all replicas of a scene tell.
pub(crate) struct Log {
    events: mpsc::UnboundedSender<Event>,
    terms: Mutex<Vec<(String, Term)>>,
    overlaps: AtomicUsize,
}

/// One namespace with a lease.
pub(crate) struct Scene {
    pub(crate) plane: &'static Plane,
    pub(crate) tenant: Tenant,
    pub(crate) duration: Duration,
    pub(crate) log: Arc<Log>,
    events: mpsc::UnboundedReceiver<Event>,
    /// The holders of all terms that were seen to begin.
    pub(crate) holders: Vec<String>,
}

/// A running replica.
pub(crate) struct Replica {
    pub(crate) metrics: Arc<Metrics>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Scene {
    /// A namespace called `name`, where those who compete have their rights.
    pub(crate) async fn new(name: &'static str, duration: Duration) -> Self {
        let scene = Self::without_rights(name, duration).await;
        scene.grant().await;
        scene
    }

    /// A namespace called `name`, where those who compete have no rights.
    pub(crate) async fn without_rights(name: &'static str, duration: Duration) -> Self {
        let plane = Plane::shared().await;
        let tenant = plane.tenant(name).await;
        let (sender, events) = mpsc::unbounded_channel();
        let log = Log {
            events: sender,
            terms: Mutex::default(),
            overlaps: AtomicUsize::new(0),
        };
        Self {
            plane,
            tenant,
            duration,
            log: Arc::new(log),
            events,
            holders: Vec::new(),
        }
    }

    /// Gives the rights that the election needs, and none besides.
    pub(crate) async fn grant(&self) {
        let group = "coordination.k8s.io";
        self.tenant
            .accepts(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "Role",
                "metadata": {"name": "arrears"},
                "rules": [
                    {"apiGroups": [group], "resources": ["leases"], "verbs": ["create"]},
                    {"apiGroups": [group], "resources": ["leases"], "resourceNames": ["arrears"], "verbs": ["get", "update"]},
                ],
            }))
            .await;
        self.tenant
            .accepts(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": "RoleBinding",
                "metadata": {"name": "arrears"},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "arrears"},
                "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": self.user().name}],
            }))
            .await;
    }

    /// Who competes.
    pub(crate) fn user(&self) -> User {
        PROVIDER
    }

    /// What a replica is told about itself.
    pub(crate) fn installation(&self, identity: &str) -> Installation {
        Installation {
            namespace: self.namespace(),
            name: "arrears".to_owned(),
            identity: identity.to_owned(),
        }
    }

    fn namespace(&self) -> String {
        let named = self.tenant.own(json!({}));
        named["metadata"]["namespace"].as_str().unwrap().to_owned()
    }

    /// Starts a replica whose work goes on until it is dropped.
    pub(crate) async fn start(&self, identity: &str) -> Replica {
        let client = self.plane.client(self.user()).await;
        self.start_with(identity, client)
    }

    /// The same with a client of its own.
    pub(crate) fn start_with(&self, identity: &str, client: Client) -> Replica {
        let (log, name) = (Arc::clone(&self.log), identity.to_owned());
        self.start_to_do(identity, client, move |term| {
            let office = Office::begin(&log, &name, &term);
            async move {
                std::future::pending::<()>().await;
                drop(office);
            }
        })
    }

    /// Starts a replica with work of its own.
    pub(crate) fn start_to_do<F>(
        &self,
        identity: &str,
        client: Client,
        work: impl FnMut(Term) -> F + Send + 'static,
    ) -> Replica
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let metrics = Arc::new(Metrics::new());
        let installation = self.installation(identity);
        let lease = Lease::new(client, &installation, self.duration, Arc::clone(&metrics));
        let (stop, stopped) = oneshot::channel();
        let stopped = async { stopped.await.unwrap() };
        let task = tokio::spawn(lease.run(stopped, work));
        Replica {
            metrics,
            stop: Some(stop),
            task,
        }
    }

    /// What happens next.
    pub(crate) async fn next(&mut self) -> Event {
        let event = timeout(LIMIT, self.events.recv()).await;
        let event = event.expect("something should have happened").unwrap();
        if event.what == What::Began {
            self.holders.push(event.identity.clone());
        }
        event
    }

    /// Waits until this happens to that replica.
    pub(crate) async fn await_that(&mut self, identity: &str, what: What) -> Event {
        loop {
            let event = self.next().await;
            if event.identity == identity && event.what == what {
                return event;
            }
        }
    }

    /// Waits for the next term of anybody.
    pub(crate) async fn await_leader(&mut self) -> Event {
        loop {
            let event = self.next().await;
            if event.what == What::Began {
                return event;
            }
        }
    }

    /// What has happened and was not waited for.
    pub(crate) fn unread(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    /// In how many cases a term began while another one held.
    pub(crate) fn overlaps(&self) -> usize {
        self.log.overlaps.load(Ordering::SeqCst)
    }

    /// The Lease as the API server has it.
    pub(crate) async fn lease(&self) -> Value {
        self.tenant.stored(&lease(json!({}))).await
    }

    /// Waits until the holder has renewed the Lease so many times.
    pub(crate) async fn renewals(&self, count: usize) {
        for _ in 0..count {
            let before = self.lease().await["spec"]["renewTime"].clone();
            until("a renewal", async || {
                let now = self.lease().await["spec"]["renewTime"].clone();
                let is_renewed = now != before && !now.is_null();
                is_renewed
                    .then_some(())
                    .ok_or_else(|| format!("it is {now}"))
            })
            .await;
        }
    }
}

/// The Lease that all compete for.
pub(crate) fn lease(spec: Value) -> Value {
    json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": {"name": "arrears"},
        "spec": spec,
    })
}

impl Replica {
    /// Asks it to stop and waits until it has; says how long that took.
    pub(crate) async fn stop(mut self) -> Duration {
        let begin = Instant::now();
        self.stop.take().unwrap().send(()).unwrap();
        timeout(LIMIT, &mut self.task).await.unwrap().unwrap();
        begin.elapsed()
    }

    /// Ends it as SIGKILL would: nothing is given back.
    pub(crate) async fn kill(self) {
        self.task.abort();
        let outcome = self.task.await;
        assert!(outcome.unwrap_err().is_cancelled());
    }

    /// The gauge.
    pub(crate) fn leader_metric(&self) -> String {
        let page = self.metrics.render();
        let line = page
            .lines()
            .find(|line| line.starts_with("arrears_leader "));
        line.unwrap().to_owned()
    }
}

/// Work that is being done; its end is told when it is dropped.
pub(crate) struct Office {
    log: Arc<Log>,
    identity: String,
}

impl Office {
    pub(crate) fn begin(log: &Arc<Log>, identity: &str, term: &Term) -> Self {
        assert!(term.holds(), "a term begins that is over already");
        let mut terms = log.terms.lock().unwrap();
        let others = terms.iter().filter(|(_, other)| other.holds()).count();
        log.overlaps.fetch_add(others, Ordering::SeqCst);
        terms.push((identity.to_owned(), term.clone()));
        let office = Self {
            log: Arc::clone(log),
            identity: identity.to_owned(),
        };
        office.tell(What::Began);
        office
    }

    fn tell(&self, what: What) {
        let event = Event {
            identity: self.identity.clone(),
            at: Instant::now(),
            what,
        };
        // A scene that is over has nobody to listen.
        _ = self.log.events.send(event);
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        self.tell(What::Ended);
    }
}
