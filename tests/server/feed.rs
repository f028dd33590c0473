//! Pairs that come from a feed, and clients that are asked for names.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests, in which a surprise is a failure"
)]

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use arrears::{clock::Clock, cluster::PemPair, server::Tls};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, CertifiedKey, DnType, IsCa, KeyPair,
};
use rustls::ClientConfig;
use rustls_pki_types::PrivateKeyDer;
use secrecy::SecretBox;
use tempfile::TempDir;
use tokio::sync::watch;

use super::{
    client::{Client, client_config, post, within},
    fixture::{Running, issue, reloads, reported, shown, start_with},
};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn pair(certificate: &str, key: &str) -> Arc<PemPair> {
    Arc::new(PemPair {
        certificate: certificate.as_bytes().to_vec(),
        key: SecretBox::from(key.as_bytes().to_vec().into_boxed_slice()),
        authorities: Vec::new(),
    })
}

fn pair_of(issued: &CertifiedKey<KeyPair>) -> Arc<PemPair> {
    pair(&issued.cert.pem(), &issued.signing_key.serialize_pem())
}

/// A server over a feed, and where to feed it.
async fn fed() -> (Running, watch::Sender<Option<Arc<PemPair>>>) {
    let first = issue();
    let (feed, receiver) = watch::channel(Some(pair_of(&first)));
    let tls = Tls::from_feed(&pair_of(&first), receiver, Clock::system()).unwrap();
    let running = start_with(tls, first, |config| {
        config.times.tls_poll = Duration::from_millis(10);
    });
    (running.await, feed)
}

#[tokio::test]
async fn what_comes_is_shown_and_a_live_connection_is_undisturbed() {
    let (running, feed) = fed().await;
    let mut live = running.connect().await;
    for exchange in 1..=3_u32 {
        let next = issue();
        feed.send_replace(Some(pair_of(&next)));
        let mut client = shown(&running, next.cert.der()).await;
        assert_eq!(client.review("{}").await.status, 200);
        assert_eq!(live.review("{}").await.status, 200);
        assert!((reloads(&running, "ok") - f64::from(exchange)).abs() < 0.5);
    }
    assert!(reloads(&running, "error") < 0.5);
}

#[tokio::test]
async fn what_is_wrong_is_told_once_and_never_shown() {
    let (running, feed) = fed().await;
    let (one, other) = (issue(), issue());
    let mut old = CertificateParams::new(vec!["old".to_owned()]).unwrap();
    old.not_after = rcgen::date_time_ymd(2020, 1, 1);
    let old_key = KeyPair::generate().unwrap();
    let old = old.self_signed(&old_key).unwrap();
    let wrong = [
        (pair("hello", "world"), "holds no certificate"),
        (
            pair(&one.cert.pem(), &other.signing_key.serialize_pem()),
            "does not belong to the certificate",
        ),
        (
            pair(&old.pem(), &old_key.serialize_pem()),
            "expired on Jan  1 00:00:00 2020",
        ),
    ];
    let mut told = 0;
    for (pair, reason) in wrong {
        for _ in 0..3 {
            feed.send_replace(Some(Arc::clone(&pair)));
            reported(&running, reason).await;
        }
        told += 1;
        assert!((reloads(&running, "error") - f64::from(told)).abs() < 0.5);
        running.answers().await;
        assert!(running.health.is_ready());
    }
    feed.send_replace(None);
    running.answers().await;
    let next = issue();
    feed.send_replace(Some(pair_of(&next)));
    shown(&running, next.cert.der()).await;
    reported(&running, "[+]certificate ok").await;
}

#[tokio::test]
async fn when_the_feed_ends_the_last_pair_is_shown_on() {
    let (running, feed) = fed().await;
    let next = issue();
    feed.send_replace(Some(pair_of(&next)));
    drop(feed);
    let mut client = shown(&running, next.cert.der()).await;
    assert_eq!(client.review("{}").await.status, 200);
}

fn authority() -> Issuer {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// A server that asks clients of the authorities in a file for names.
struct Asking {
    running: Running,
    file: PathBuf,
    _directory: TempDir,
}

impl Asking {
    async fn start(authority: &Issuer, names: &[&str]) -> Self {
        let directory = TempDir::new().unwrap();
        let file = directory.path().join("clients.crt");
        fs::write(&file, authority.pem()).unwrap();
        let issued = issue();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = issued.signing_key.serialize_pem();
        let tls = Tls::from_pem(issued.cert.pem().as_bytes(), key.as_bytes())
            .unwrap()
            .require_clients_of(&file, &names)
            .unwrap();
        let running = start_with(tls, issued, |config| {
            config.times.tls_poll = Duration::from_millis(10);
        });
        Self {
            running: running.await,
            file,
            _directory: directory,
        }
    }

    /// What a client with this common name and these DNS names shows.
    fn client(&self, authority: &Issuer, common: &str, names: &[&str]) -> Arc<ClientConfig> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, common);
        let certificate = params.signed_by(&key, authority).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let server = self.running.issued.cert.der();
        client_config(server, &["http/1.1"], Some((certificate, key)))
    }

    async fn serves(&self, config: &Arc<ClientConfig>) -> bool {
        // In TLS 1.3 a client hears of its refusal only when it reads.
        let client = Client::connect(self.running.webhook, Arc::clone(config)).await;
        let Ok(mut client) = client else { return false };
        let _ = client.try_send(post("{}")).await;
        match within(client.read_reply()).await {
            Ok(reply) => reply.status == 200,
            Err(_) => false,
        }
    }
}

#[tokio::test]
async fn with_names_only_clients_of_these_names_are_served() {
    let ours = authority();
    let asking = Asking::start(&ours, &["apiserver", "api.example"]).await;
    let served: [(&str, &[&str]); 4] = [
        ("apiserver", &[]),
        ("somebody", &["api.example"]),
        ("somebody", &["other.example", "apiserver"]),
        ("api.example", &["other.example"]),
    ];
    for (common, names) in served {
        let client = asking.client(&ours, common, names);
        assert!(asking.serves(&client).await, "{common} {names:?}");
    }
    let refused: [(&str, &[&str]); 7] = [
        ("somebody", &[]),
        ("", &[]),
        ("APISERVER", &[]),
        ("apiserver ", &[]),
        ("xapiserver", &["apiserver.example"]),
        ("somebody", &["*.example"]),
        ("somebody", &["sub.api.example"]),
    ];
    for (common, names) in refused {
        let client = asking.client(&ours, common, names);
        assert!(!asking.serves(&client).await, "{common} {names:?}");
    }
    let stranger = asking.client(&authority(), "apiserver", &["api.example"]);
    assert!(!asking.serves(&stranger).await);
}

#[tokio::test]
async fn other_authorities_are_taken_over_and_what_can_not_be_used_changes_nothing() {
    let (ours, theirs) = (authority(), authority());
    let asking = Asking::start(&ours, &[]).await;
    let clients = [&ours, &theirs].map(|authority| asking.client(authority, "any", &[]));
    let serves = async || {
        [
            asking.serves(&clients[0]).await,
            asking.serves(&clients[1]).await,
        ]
    };
    let standing = Client::connect(asking.running.webhook, Arc::clone(&clients[0])).await;
    let mut standing = standing.unwrap();
    assert_eq!(serves().await, [true, false]);
    let draft = asking.file.with_extension("draft");
    let write = |text: &str| {
        fs::write(&draft, text).unwrap();
        fs::rename(&draft, &asking.file).unwrap();
    };
    let until = async |wanted: [bool; 2]| {
        within(async { while serves().await != wanted {} }).await;
    };

    write(&(ours.pem() + &theirs.pem()));
    until([true, true]).await;
    write("hello");
    reported(&asking.running, "[!]client authorities: ").await;
    assert_eq!(serves().await, [true, true]);
    fs::remove_file(&asking.file).unwrap();
    reported(&asking.running, "No such file or directory").await;
    assert_eq!(serves().await, [true, true]);
    assert!(asking.running.health.is_ready());
    write(&theirs.pem());
    until([false, true]).await;
    reported(&asking.running, "[+]client authorities ok").await;
    // Who is in stays in.
    assert_eq!(standing.review("{}").await.status, 200);
}
