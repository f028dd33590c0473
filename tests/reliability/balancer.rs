//! The Service: one port, behind which replicas come and go as their readiness says.
//!
//! As in a cluster, readiness is asked for by HTTP from outside, a new connection goes to one of those that are ready at the
//! time, round robin, and a standing connection stays where it is, whatever becomes of the replica.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio::time::{sleep, timeout};

use crate::relay::relay;

/// Between two looks at a replica's readiness.
const PERIOD: Duration = Duration::from_millis(200);

/// A kubelet waits no longer, by default.
const PROBE_LIMIT: Duration = Duration::from_secs(1);

/// The Service.
pub(crate) struct Balancer {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    endpoints: Mutex<BTreeMap<usize, Endpoint>>,
    turn: AtomicUsize,
}

struct Endpoint {
    webhook: SocketAddr,
    is_ready: bool,
    connections: Arc<Connections>,
    probing: AbortHandle,
}

/// The connections to one replica.
#[derive(Default)]
struct Connections {
    standing: AtomicUsize,
    ever: AtomicUsize,
}

impl Balancer {
    /// One without replicas.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        tokio::spawn(accept(listener, Arc::clone(&shared)));
        Self { port, shared }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Takes up a replica, which gets connections from when it is ready.
    pub(crate) fn add(&self, id: usize, webhook: SocketAddr, admin: SocketAddr) {
        let probing = tokio::spawn(probe(id, admin, Arc::clone(&self.shared)));
        let endpoint = Endpoint {
            webhook,
            is_ready: false,
            connections: Arc::default(),
            probing: probing.abort_handle(),
        };
        let former = self.shared.endpoints().insert(id, endpoint);
        if let Some(former) = former {
            former.probing.abort();
        }
    }

    /// Gives a replica no more connections; those that there are stay.
    pub(crate) fn remove(&self, id: usize) {
        if let Some(former) = self.shared.endpoints().remove(&id) {
            former.probing.abort();
        }
    }

    /// Whether a replica gets connections.
    pub(crate) fn is_ready(&self, id: usize) -> bool {
        let endpoints = self.shared.endpoints();
        endpoints.get(&id).is_some_and(|endpoint| endpoint.is_ready)
    }

    /// How many connections to a replica there are, and how many there have ever been.
    pub(crate) fn connections(&self, id: usize) -> (usize, usize) {
        let endpoints = self.shared.endpoints();
        let connections = endpoints.get(&id).map(|endpoint| &endpoint.connections);
        connections.map_or((0, 0), |connections| {
            let [standing, ever] = [&connections.standing, &connections.ever]
                .map(|count| count.load(Ordering::SeqCst));
            (standing, ever)
        })
    }
}

impl Shared {
    fn endpoints(&self) -> MutexGuard<'_, BTreeMap<usize, Endpoint>> {
        self.endpoints.lock().unwrap()
    }

    /// The next in turn of those that are ready.
    fn choose(&self) -> Option<(SocketAddr, Arc<Connections>)> {
        let endpoints = self.endpoints();
        let ready: Vec<_> = endpoints
            .values()
            .filter(|endpoint| endpoint.is_ready)
            .collect();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        let chosen = ready.get(turn.checked_rem(ready.len())?)?;
        Some((chosen.webhook, Arc::clone(&chosen.connections)))
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut relays = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        while relays.try_join_next().is_some() {}
        // Nobody is ready: the client is turned away, as by a Service without endpoints.
        if let Some((target, connections)) = shared.choose() {
            connections.ever.fetch_add(1, Ordering::SeqCst);
            connections.standing.fetch_add(1, Ordering::SeqCst);
            relays.spawn(async move {
                relay(client, target).await;
                connections.standing.fetch_sub(1, Ordering::SeqCst);
            });
        }
    }
}

/// Follows a replica's readiness for as long as the Service has it.
async fn probe(id: usize, admin: SocketAddr, shared: Arc<Shared>) {
    loop {
        let is_ready = timeout(PROBE_LIMIT, get(admin, "/readyz")).await;
        let is_ready = is_ready.is_ok_and(|text| text.is_some_and(|text| text.contains(" 200 ")));
        if let Some(endpoint) = shared.endpoints().get_mut(&id) {
            endpoint.is_ready = is_ready;
        }
        sleep(PERIOD).await;
    }
}

/// The whole answer of a plain HTTP server, head and body.
pub(crate) async fn get(address: SocketAddr, target: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    let request = format!("GET {target} HTTP/1.1\r\nhost: replica\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut text = String::new();
    stream.read_to_string(&mut text).await.ok()?;
    Some(text)
}
