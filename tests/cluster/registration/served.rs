//! The webhook's port behind a Service: the handler that answers probes, with a certificate for the Service's name.

use std::{future::pending, net::SocketAddr, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use arrears::{
    admission::Handler,
    cluster::Bundle,
    config,
    server::{Config, Server, Tls},
    telemetry::{Health, Metrics},
};
use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{net::TcpListener, task::JoinSet};

/// Who is locked: one instance of one account.
const FACTS: &str = "
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: prod}
spec: {default: true, regions: [cn-hangzhou]}
---
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec: {account: prod, region: cn-hangzhou, source: File, instances: {i-bp1overdue: {reasons: [financial], disks: []}}, disks: {}}
";

/// A certificate authority for Services.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

/// A server that answers until it is dropped.
pub(crate) struct Served {
    pub(crate) metrics: Arc<Metrics>,
    _serving: JoinSet<()>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// What a client has to be told to trust these authorities.
    pub(crate) fn bundle(authorities: &[&Self]) -> Bundle {
        let pem: String = authorities
            .iter()
            .map(|authority| authority.0.pem())
            .collect();
        Bundle::from_pem(pem.as_bytes()).unwrap()
    }

    fn tls(&self, name: &str) -> Tls {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.0)
            .unwrap();
        Tls::from_pem(certificate.pem().as_bytes(), key.serialize_pem().as_bytes()).unwrap()
    }
}

impl Served {
    /// Answers on this port, by a certificate for this name, the probes in this namespace.
    pub(crate) async fn start(
        port: u16,
        authority: &Authority,
        name: &str,
        namespace: &str,
    ) -> Self {
        let metrics = Arc::new(Metrics::new());
        let mut config = Config::new(SocketAddr::from(([127, 0, 0, 1], port)), None);
        config.times.lame_duck = Duration::ZERO;
        let server = Server::bind(
            config,
            authority.tls(name),
            Arc::clone(&metrics),
            Health::default(),
        )
        .await
        .unwrap();
        let basis = config::parse("facts.yaml", FACTS, Timestamp::now()).unwrap();
        let handler = Handler::new(
            Arc::new(ArcSwap::from_pointee(basis)),
            Arc::clone(&metrics),
            Timestamp::now,
        )
        .probed_in(namespace.to_owned());
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let ending = server.run(Arc::new(handler), pending(), pending()).await;
            panic!("the server ended: {ending:?}");
        });
        Self {
            metrics,
            _serving: serving,
        }
    }

    /// How many reviews it has judged; probes are not among them.
    pub(crate) fn reviews(&self) -> u64 {
        self.metrics
            .render()
            .lines()
            .filter(|line| line.starts_with("arrears_reviews_total{"))
            .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
            .sum()
    }
}

/// A port that nobody listens at now.
pub(crate) async fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    listener.local_addr().unwrap().port()
}
