//! The caller: keep-alive connections, one review after another on each, every answer checked.
//!
//! Like the API server's own client it speaks HTTP/1.1, prefers AES-128-GCM as Go does, and resumes no session.

use std::{
    borrow::Cow,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Request, StatusCode,
    client::conn::http1::{self, SendRequest},
    header,
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::{CryptoProvider, aws_lc_rs},
};
use rustls_pki_types::ServerName;
use serde::Deserialize;
use tokio::{net::TcpStream, sync::Barrier, task::JoinSet};
use tokio_rustls::TlsConnector;

use crate::{
    bodies::{Body, Review},
    process::{Process, Program},
    site::{HOST, Site},
};

/// A caller of any server of one site.
#[derive(Clone)]
pub(crate) struct Client {
    connector: TlsConnector,
    locked_instances: u64,
    /// What is asked until a server is ready.
    probe: Arc<Body>,
    /// Goes up through the whole run: no two reviews are the same.
    serial: Arc<AtomicU64>,
}

/// How much to send.
#[derive(Clone, Copy)]
pub(crate) enum Extent {
    /// Until this much time has passed.
    Time(Duration),
    /// This many reviews.
    Reviews(u64),
}

/// What was seen of a server while it was under load.
pub(crate) struct Sample {
    /// From the first review to the last answer.
    pub(crate) elapsed: Duration,
    /// CPU time of the server's process meanwhile.
    pub(crate) cpu_time: Duration,
    /// One per review, in order of length.
    pub(crate) latencies: Vec<Duration>,
}

/// A verdict as the API server sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    /// The request may pass.
    Allowed,
    /// It may not, and this is the code.
    Denied(u16),
}

/// One connection.
pub(crate) struct Connection {
    sender: SendRequest<Full<Bytes>>,
    driver: Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>,
}

/// When to stop.
#[derive(Clone, Copy)]
struct Limit {
    serial: u64,
    time: Option<Instant>,
}

#[derive(Deserialize)]
struct AnsweredReview<'a> {
    #[serde(borrow)]
    response: Response<'a>,
}

#[derive(Deserialize)]
struct Response<'a> {
    #[serde(borrow)]
    uid: Cow<'a, str>,
    allowed: bool,
    status: Option<Status>,
}

#[derive(Deserialize)]
struct Status {
    code: u16,
}

// === impl Client ===

impl Client {
    /// A caller that trusts the site's certificate.
    pub(crate) fn new(site: &Site) -> anyhow::Result<Self> {
        let mut roots = RootCertStore::empty();
        roots.add(site.certificate.clone())?;
        let mut cipher_suites = vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256];
        cipher_suites.extend_from_slice(aws_lc_rs::ALL_CIPHER_SUITES);
        let provider = CryptoProvider {
            cipher_suites,
            ..aws_lc_rs::default_provider()
        };
        let mut config = ClientConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self {
            connector: Arc::new(config).into(),
            locked_instances: site.locked_instances,
            probe: Arc::new(Body::update()?),
            serial: Arc::default(),
        })
    }

    /// A review about a locked instance.
    pub(crate) fn probe(&self) -> Review {
        self.probe.denied(self.next_serial(), self.locked_instances)
    }

    /// Opens a connection.
    pub(crate) async fn connect(&self, address: SocketAddr) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let name = ServerName::try_from(HOST)?;
        let stream = self.connector.connect(name, stream).await?;
        let (sender, driver) = http1::handshake(TokioIo::new(stream)).await?;
        Ok(Connection {
            sender,
            driver: Box::pin(driver),
        })
    }

    /// Puts a server under load; the bodies are sent in turns. Handshakes are not part of what is measured.
    pub(crate) async fn load(
        &self,
        process: &mut Process,
        bodies: &[Arc<Body>],
        extent: Extent,
        connections: usize,
    ) -> anyhow::Result<Sample> {
        let sample = self.send(process, bodies, extent, connections).await;
        process.check_alive()?;
        sample
    }

    async fn send(
        &self,
        process: &Process,
        bodies: &[Arc<Body>],
        extent: Extent,
        connections: usize,
    ) -> anyhow::Result<Sample> {
        let start = Arc::new(Barrier::new(connections + 1));
        let mut tasks = JoinSet::new();
        for _ in 0..connections {
            let mut connection = self.connect(process.address).await?;
            let (client, bodies, start) = (self.clone(), bodies.to_vec(), Arc::clone(&start));
            let program = process.program;
            let first = self.serial.load(Ordering::Relaxed);
            tasks.spawn(async move {
                start.wait().await;
                let limit = extent.from(first);
                client.drive(&mut connection, &bodies, limit, program).await
            });
        }
        let cpu_time = process.cpu_time()?;
        let began = Instant::now();
        start.wait().await;
        let mut latencies = Vec::new();
        while let Some(finished) = tasks.join_next().await {
            latencies.append(&mut finished??);
        }
        let elapsed = began.elapsed();
        let cpu_time = process.cpu_time()?.saturating_sub(cpu_time);
        latencies.sort_unstable();
        Ok(Sample {
            elapsed,
            cpu_time,
            latencies,
        })
    }

    async fn drive(
        &self,
        connection: &mut Connection,
        bodies: &[Arc<Body>],
        limit: Limit,
        program: Program,
    ) -> anyhow::Result<Vec<Duration>> {
        let mut latencies = Vec::new();
        let mut bodies = bodies.iter().cycle();
        while let (Some(body), Some(serial)) = (bodies.next(), self.within(limit)) {
            let review = body.review(serial, self.locked_instances);
            let began = Instant::now();
            let answer = connection.ask(&review).await?;
            latencies.push(began.elapsed());
            let expected = match program {
                Program::Arrears if review.denied => Answer::Denied(403),
                Program::Arrears | Program::Floor => Answer::Allowed,
            };
            ensure!(
                answer == expected,
                "{} answered {answer:?} instead of {expected:?} to {}",
                program.name(),
                String::from_utf8_lossy(&review.text)
            );
        }
        Ok(latencies)
    }

    fn within(&self, limit: Limit) -> Option<u64> {
        let serial = self.next_serial();
        let in_time = limit.time.is_none_or(|time| Instant::now() < time);
        (in_time && serial < limit.serial).then_some(serial)
    }

    fn next_serial(&self) -> u64 {
        self.serial.fetch_add(1, Ordering::Relaxed)
    }
}

impl Extent {
    fn from(self, first: u64) -> Limit {
        match self {
            Self::Time(duration) => Limit {
                serial: u64::MAX,
                time: Some(Instant::now() + duration),
            },
            Self::Reviews(count) => Limit {
                serial: first + count,
                time: None,
            },
        }
    }
}

// === impl Connection ===

impl Connection {
    /// Sends a review and reads the answer, which must be a review with the same uid.
    pub(crate) async fn ask(&mut self, review: &Review) -> anyhow::Result<Answer> {
        let exchange = exchange(&mut self.sender, review);
        tokio::select! {
            biased;
            answer = exchange => answer,
            ended = &mut self.driver => {
                ended?;
                bail!("the server closed the connection")
            }
        }
    }
}

async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    review: &Review,
) -> anyhow::Result<Answer> {
    let request = Request::post("/validate?timeout=10s")
        .header(header::HOST, HOST)
        .header(header::USER_AGENT, "kube-apiserver-admission")
        .header(header::ACCEPT, "application/json, */*")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ACCEPT_ENCODING, "gzip")
        .body(Full::new(review.text.clone()))?;
    let response = sender.send_request(request).await?;
    let status = response.status();
    let text = response.into_body().collect().await?.to_bytes();
    ensure!(
        status == StatusCode::OK,
        "status {status}: {}",
        String::from_utf8_lossy(&text)
    );
    let answered: AnsweredReview<'_> =
        serde_json::from_slice(&text).context("an answer that is no review")?;
    ensure!(
        answered.response.uid == review.uid,
        "the answer to another review"
    );
    Ok(match answered.response.status {
        _ if answered.response.allowed => Answer::Allowed,
        Some(status) => Answer::Denied(status.code),
        None => bail!("a denial without a status"),
    })
}
