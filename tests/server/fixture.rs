//! A server on free ports, with a reviewer that does as the body says.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests, in which a surprise is a failure"
)]

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arrears::{
    server::{Answer, Config, Ending, Error, Reviewer, Server, Tls},
    telemetry::{Health, Metrics},
};
use bytes::Bytes;
use hyper::StatusCode;
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::ClientConfig;
use rustls_pki_types::CertificateDer;
use tokio::{
    net::TcpStream,
    sync::{Semaphore, oneshot},
    task::JoinHandle,
};

use super::client::{Client, NAME, client_config, within};

/// Answers a body `wait` when it is let go, a body `panic` never, and every other one with its length.
#[derive(Debug)]
pub(crate) struct Obedient {
    /// One permit lets one waiting review go.
    pub(crate) gate: Semaphore,
    /// One permit for each review that has begun to wait.
    pub(crate) waiting: Semaphore,
}

/// A server that runs.
pub(crate) struct Running {
    pub(crate) webhook: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) health: Health,
    pub(crate) reviewer: Arc<Obedient>,
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) issued: CertifiedKey<KeyPair>,
    stop: Option<oneshot::Sender<()>>,
    abort: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<Ending, Error>>,
}

impl Reviewer for Obedient {
    async fn review(&self, body: Bytes, timeout: Option<Duration>) -> Answer {
        match body.as_ref() {
            b"panic" => panic!("as told"),
            b"wait" => {
                self.waiting.add_permits(1);
                self.gate.acquire().await.unwrap().forget();
            }
            _ => {}
        }
        let sum = body.iter().map(|byte| u64::from(*byte)).sum::<u64>();
        let body = format!(
            r#"{{"length":{},"sum":{sum},"timeout":"{timeout:?}"}}"#,
            body.len()
        );
        Answer {
            status: StatusCode::OK,
            body: body.into(),
        }
    }
}

/// A certificate that signs itself.
pub(crate) fn issue() -> CertifiedKey<KeyPair> {
    let params = CertificateParams::new(vec![NAME.to_owned()]).unwrap();
    let signing_key = KeyPair::generate().unwrap();
    let cert = params.self_signed(&signing_key).unwrap();
    CertifiedKey { cert, signing_key }
}

/// Starts a server with the defaults, changed by `adjust`.
pub(crate) async fn start(adjust: impl FnOnce(&mut Config)) -> Running {
    let issued = issue();
    let tls = Tls::from_pem(
        issued.cert.pem().as_bytes(),
        issued.signing_key.serialize_pem().as_bytes(),
    )
    .unwrap();
    start_with(tls, issued, adjust).await
}

/// Starts a server over `tls`.
pub(crate) async fn start_with(
    tls: Tls,
    issued: CertifiedKey<KeyPair>,
    adjust: impl FnOnce(&mut Config),
) -> Running {
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut config = Config::new(any, Some(any));
    config.times.lame_duck = Duration::ZERO;
    adjust(&mut config);
    let metrics = Arc::new(Metrics::new());
    let health = Health::default();
    let server = Server::bind(config, tls, Arc::clone(&metrics), health.clone())
        .await
        .unwrap();
    let reviewer = Arc::new(Obedient {
        gate: Semaphore::new(0),
        waiting: Semaphore::new(0),
    });
    let (webhook, admin) = (server.local_addr(), server.admin_addr().unwrap());
    let (stop, stopped) = oneshot::channel();
    let (abort, aborted) = oneshot::channel();
    let task = tokio::spawn({
        let reviewer = Arc::clone(&reviewer);
        async move {
            let stop = async move { stopped.await.unwrap_or(()) };
            let abort = async move {
                match aborted.await {
                    Ok(()) => {}
                    Err(_) => std::future::pending().await,
                }
            };
            server.run(reviewer, stop, abort).await
        }
    });
    Running {
        webhook,
        admin,
        metrics,
        health,
        reviewer,
        client: client_config(issued.cert.der(), &["http/1.1"], None),
        issued,
        stop: Some(stop),
        abort: Some(abort),
        task,
    }
}

impl Running {
    /// A new connection to the webhook port.
    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.webhook, Arc::clone(&self.client))
            .await
            .unwrap()
    }

    /// A new connection to the administrator's port.
    pub(crate) async fn connect_admin(&self) -> Client<TcpStream> {
        Client::plain(self.admin).await
    }

    /// What the administrator's port has at `target`.
    pub(crate) async fn get(&self, target: &str) -> super::client::Reply {
        let mut client = self.connect_admin().await;
        client
            .send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await;
        client.reply().await
    }

    /// Proves that a caller who does nothing wrong is answered.
    pub(crate) async fn answers(&self) {
        let mut client = self.connect().await;
        assert_eq!(client.review("0123456789").await.status, 200);
    }

    /// Waits until this many reviews have begun to wait.
    pub(crate) async fn wait_for_waiting(&self, count: u32) {
        within(self.reviewer.waiting.acquire_many(count))
            .await
            .unwrap()
            .forget();
    }

    /// The value of a metric without labels.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let page = self.metrics.render();
        let line = page
            .lines()
            .find(|line| line.split(' ').next() == Some(name))
            .unwrap_or_else(|| panic!("{name} is not in\n{page}"));
        line.split(' ').nth(1).unwrap().parse().unwrap()
    }

    /// The first signal.
    pub(crate) fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    /// The second signal.
    pub(crate) fn abort(&mut self) {
        self.abort.take().unwrap().send(()).unwrap();
    }

    /// Waits for the server to end.
    pub(crate) async fn ended(self) -> Ending {
        within(self.task).await.unwrap().unwrap()
    }
}

/// Dials until the server shows `certificate`.
pub(crate) async fn shown(running: &Running, certificate: &CertificateDer<'static>) -> Client {
    let config = client_config(certificate, &["http/1.1"], None);
    within(async {
        loop {
            if let Ok(client) = Client::connect(running.webhook, Arc::clone(&config)).await {
                return client;
            }
        }
    })
    .await
}

/// Waits until a line of the readiness report contains `words`.
pub(crate) async fn reported(running: &Running, words: &str) {
    within(async {
        while !running.health.report().text.contains(words) {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// How many attempts to take over a certificate came out so.
pub(crate) fn reloads(running: &Running, outcome: &str) -> f64 {
    running.metric(&format!(
        "arrears_tls_reloads_total{{outcome=\"{outcome}\"}}"
    ))
}
