//! The same over TLS, against the whole server: every body is answered, and so is everybody else.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use arrears::{
    admission::Reply,
    server::{Config, Ending, Server, Tls},
    telemetry::{Health, Metrics},
};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::{Request, client::conn::http1::SendRequest, header::CONTENT_TYPE};
use hyper_util::rt::TokioIo;
use rcgen::CertifiedKey;
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::ServerName;
use serde_json::Value;
use tokio::{
    net::TcpStream,
    sync::{oneshot, watch},
    task::JoinSet,
    time,
};
use tokio_rustls::TlsConnector;

use super::{
    handler,
    mutation::mutated,
    oracle::{Kind, Oracle},
    random::Random,
    seed::Seed,
};

const BODIES: u64 = 10_000;
const SENDERS: u64 = 8;

/// No answer may take as long, on the busiest machine.
const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_mutated_reviews_are_answered_over_tls_and_so_are_all_others() {
    let CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let tls = Tls::from_pem(
        cert.pem().as_bytes(),
        signing_key.serialize_pem().as_bytes(),
    )
    .unwrap();
    let mut config = Config::new("127.0.0.1:0".parse().unwrap(), None);
    config.times.lame_duck = Duration::ZERO;
    let server = Server::bind(config, tls, Arc::new(Metrics::new()), Health::default())
        .await
        .unwrap();
    let address = server.local_addr();
    let connector = connector(cert.der().clone());
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped = async move {
        let _ = stopped.await;
    };
    let running =
        tokio::spawn(server.run(Arc::new(handler("Warn")), stopped, std::future::pending()));

    let (done, is_done) = watch::channel(false);
    let other = tokio::spawn(keep_asking(address, connector.clone(), is_done));
    let mut senders = JoinSet::new();
    for sender in 0..SENDERS {
        senders.spawn(send(address, connector.clone(), sender));
    }
    let mut tally = [0; 5];
    while let Some(sent) = senders.join_next().await {
        for (sum, count) in tally.iter_mut().zip(sent.unwrap()) {
            *sum += count;
        }
    }
    done.send(true).unwrap();
    let asked = other.await.unwrap();
    println!("{tally:?}, and {asked} others answered");
    assert_eq!(tally.iter().sum::<u64>(), BODIES);
    assert!(tally.iter().all(|count| BODIES / 100 < *count), "{tally:?}");
    assert!(100 < asked, "{asked}");
    stop.send(()).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), Ending::Drained);
}

/// Posts its share of the mutated reviews.
async fn send(address: SocketAddr, connector: TlsConnector, sender: u64) -> [u64; 5] {
    let seeds = Seed::all();
    let mut random = Random::new(sender);
    let mut oracle = Oracle::default();
    let mut client = Client::connect(address, &connector).await;
    for _ in 0..BODIES / SENDERS {
        let seed = random.of(&seeds);
        let body = mutated(&mut random, &seeds, seed);
        let (status, answer) = client.post(body.clone()).await;
        let reply = match status {
            200 => Reply::Review(answer),
            400 => Reply::BadRequest(answer),
            status => panic!("status {status}"),
        };
        oracle.check(seed, &body, reply);
    }
    oracle.tally
}

/// Posts good reviews until it is told to stop; how many were answered, each of them rightly.
async fn keep_asking(
    address: SocketAddr,
    connector: TlsConnector,
    is_done: watch::Receiver<bool>,
) -> u64 {
    let seeds = Seed::all();
    let handler = handler("Warn");
    let mut client = Client::connect(address, &connector).await;
    let mut oracle = Oracle::default();
    let mut asked = 0;
    while !*is_done.borrow() {
        for seed in &seeds {
            let (status, answer) = client.post(seed.text.clone()).await;
            assert_eq!(status, 200);
            let Reply::Review(expected) = handler.answer(&seed.text) else {
                panic!("{:?} is no review", seed.uid);
            };
            assert_eq!(timeless(&answer), timeless(&expected));
            let kind = oracle.check(seed, &seed.text, Reply::Review(answer));
            assert!(matches!(kind, Kind::Silent | Kind::Allowed | Kind::Denied));
            asked += 1;
        }
    }
    asked
}

/// An answer but for the age of the listing.
fn timeless(answer: &[u8]) -> Value {
    let mut answer: Value = serde_json::from_slice(answer).unwrap();
    if let Some(annotations) = answer["response"]["auditAnnotations"].as_object_mut() {
        annotations.remove("age");
    }
    answer
}

fn connector(authority: rustls_pki_types::CertificateDer<'static>) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    roots.add(authority).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// One connection, kept for as long as the server keeps it.
struct Client(SendRequest<Full<Bytes>>);

impl Client {
    async fn connect(address: SocketAddr, connector: &TlsConnector) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let stream = connector.connect(name, stream).await.unwrap();
        let (sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .unwrap();
        tokio::spawn(connection);
        Self(sender)
    }

    async fn post(&mut self, body: Vec<u8>) -> (u16, Vec<u8>) {
        let request = Request::post("/validate?timeout=10s")
            .header("host", "localhost")
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(Bytes::from(body)))
            .unwrap();
        let answered = async {
            self.0.ready().await.unwrap();
            let response = self.0.send_request(request).await.unwrap();
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.unwrap().to_bytes();
            (status, body.to_vec())
        };
        time::timeout(PATIENCE, answered).await.unwrap()
    }
}
