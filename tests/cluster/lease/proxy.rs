//! The way to the API server, which a test can cut.

use std::net::SocketAddr;

use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use tokio::io::{AsyncReadExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::plane::Plane;
use crate::plane::users::User;

/// What becomes of connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// They reach the API server.
    Open,
    /// They stay open, and nothing comes through: a firewall, or a machine that is gone.
    Silent,
    /// They are closed at once: a process that is gone.
    Closed,
}

/// Stands between a client and the API server until it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    target: SocketAddr,
    way: watch::Sender<Way>,
    hindered: watch::Sender<usize>,
    _serving: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn start(plane: &Plane) -> Self {
        let kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
        let cluster = kubeconfig.clusters[0].cluster.clone().unwrap();
        let server = cluster.server.unwrap();
        let target = server.strip_prefix("https://").unwrap().parse().unwrap();
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let way = watch::Sender::new(Way::Open);
        let mut serving = JoinSet::new();
        let hindered = watch::Sender::new(0);
        let relay = Relay {
            target,
            way: way.subscribe(),
            hindered: hindered.clone(),
        };
        serving.spawn(accept(listener, relay));
        Self {
            address,
            target,
            way,
            hindered,
            _serving: serving,
        }
    }

    /// From now on, for the connections that exist too.
    pub(crate) fn set(&self, way: Way) {
        self.way.send_replace(way);
    }

    /// Waits until it has let somebody down from now on.
    pub(crate) async fn hinders(&self) {
        let mut hindered = self.hindered.subscribe();
        hindered.changed().await.unwrap();
    }

    /// A client that acts as `user` through this.
    pub(crate) async fn client(&self, plane: &Plane, user: User) -> Client {
        assert_ne!(self.address, self.target);
        let mut kubeconfig = Kubeconfig::read_from(plane.kubeconfig()).unwrap();
        for cluster in &mut kubeconfig.clusters {
            cluster.cluster.as_mut().unwrap().server = Some(format!("https://{}", self.address));
        }
        let options = KubeConfigOptions {
            context: Some(user.context.to_owned()),
            ..KubeConfigOptions::default()
        };
        let config = Config::from_custom_kubeconfig(kubeconfig, &options).await;
        let mut config = config.unwrap();
        config.default_retry = false;
        config.proxy_url = None;
        Client::try_from(config).unwrap()
    }
}

#[derive(Clone)]
struct Relay {
    target: SocketAddr,
    way: watch::Receiver<Way>,
    hindered: watch::Sender<usize>,
}

async fn accept(listener: TcpListener, relay: Relay) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let relay = relay.clone();
        if *relay.way.borrow() == Way::Closed {
            count(&relay.hindered);
            continue;
        }
        connections.spawn(relay.run(stream));
    }
}

impl Relay {
    async fn run(mut self, mut stream: TcpStream) {
        while *self.way.borrow_and_update() == Way::Open {
            let Ok(mut server) = TcpStream::connect(self.target).await else {
                return;
            };
            tokio::select! {
                _ = copy_bidirectional(&mut stream, &mut server) => return,
                _ = self.way.changed() => {}
            }
        }
        if *self.way.borrow() == Way::Silent {
            let swallowed = async {
                if matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {
                    count(&self.hindered);
                }
                std::future::pending::<()>().await;
            };
            // What was swallowed in the meantime is lost, so the connection is of no use afterwards.
            tokio::select! {
                () = swallowed => {}
                _ = self.way.changed() => {}
            }
        }
    }
}

fn count(hindered: &watch::Sender<usize>) {
    hindered.send_modify(|count| *count += 1);
}
