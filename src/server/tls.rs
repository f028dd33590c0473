//! TLS for the webhook port: one `ServerConfig` for the life of the process, over a pair that can be exchanged.
//!
//! A new pair is taken over only when the key belongs to the certificate and the certificate is in date and carries a
//! name; otherwise the pair in force stays, and that is told on `/readyz?verbose`, in the log and in a metric.
//! Connections that stand are not touched by an exchange, neither of the pair nor of the authorities of clients.

mod clients;
mod files;
mod follow;
mod pair;

use std::{convert::Infallible, path::Path, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert},
    sign::CertifiedKey,
    time_provider::TimeProvider,
};
use rustls_pki_types::UnixTime;
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use self::{
    clients::Clients,
    files::PairFiles,
    follow::{Feed, Follow, Source},
    pair::Pair,
};
use crate::{
    clock::Clock,
    cluster::PemPair,
    telemetry::{Health, Metrics},
};

pub use pair::Error;

/// The certificate and key of the webhook port, and whom to ask for a certificate in turn.
#[derive(Debug)]
pub struct Tls {
    current: Arc<Current>,
    source: Source,
    clients: Option<Clients>,
    clock: Clock,
}

/// The pair that new handshakes use.
#[derive(Debug)]
struct Current(ArcSwap<Pair>);

/// The clock by which certificates of clients are in date.
#[derive(Debug)]
struct Watch(Clock);

impl Tls {
    /// Serves the pair in `cert` and `key` for good.
    ///
    /// # Errors
    /// When the two are not a pair that a client would accept.
    pub fn from_pem(cert: &[u8], key: &[u8]) -> Result<Self, Error> {
        let pair = Pair::parse(
            (Path::new("the given certificate"), cert),
            (Path::new("the given key"), key),
            Timestamp::now(),
        )?;
        Ok(Self::over(pair, Source::Fixed, Clock::system()))
    }

    /// Serves the pair in the files `cert` and `key`, and follows them as they change.
    ///
    /// # Errors
    /// When a file can't be read, or the two are not a pair that a client would accept.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Self, Error> {
        let (files, pair) = PairFiles::open(cert, key, Timestamp::now())?;
        Ok(Self::over(
            pair,
            Source::Files(Box::new(files)),
            Clock::system(),
        ))
    }

    /// Serves `pair`, and takes over what comes on `feed`; what is in date is a matter of `clock`.
    ///
    /// # Errors
    /// When `pair` is not one that a client would accept.
    pub fn from_feed(
        pair: &PemPair,
        feed: watch::Receiver<Option<Arc<PemPair>>>,
        clock: Clock,
    ) -> Result<Self, Error> {
        let parsed = follow::parse(pair, clock.now())?;
        Ok(Self::over(parsed, Source::Feed(Feed::new(feed)), clock))
    }

    /// Demands of clients a certificate that an authority in the file `path` has issued, for one of `names` if there are
    /// any: as its common name or among its DNS names. The file is followed as it changes.
    ///
    /// # Errors
    /// When the file can't be read or holds no usable certificate.
    pub fn require_clients_of(mut self, path: &Path, names: &[String]) -> Result<Self, Error> {
        self.clients = Some(Clients::open(path, names)?);
        Ok(self)
    }

    fn over(pair: Pair, source: Source, clock: Clock) -> Self {
        Self {
            current: Arc::new(Current(ArcSwap::from_pointee(pair))),
            source,
            clients: None,
            clock,
        }
    }

    /// What turns an accepted socket into a TLS stream.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let mut config = self.config(provider).map_err(Error::Config)?;
        // The API server speaks nothing else to a Service, and h2 is attack surface.
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // client-go keeps no session cache, so a ticket is work that nobody uses.
        config.send_tls13_tickets = 0;
        config.session_storage = Arc::new(NoServerSessionStorage {});
        Ok(TlsAcceptor::from(Arc::new(config)))
    }

    fn config(&self, provider: Arc<CryptoProvider>) -> Result<ServerConfig, rustls::Error> {
        let time = Arc::new(Watch(self.clock.clone()));
        let builder = ServerConfig::builder_with_details(provider, time)
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(clients) => builder.with_client_cert_verifier(clients.verifier()),
        };
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Current>::clone(&self.current);
        Ok(builder.with_cert_resolver(resolver))
    }

    /// Follows the source of the pair for ever, looking every `poll`, and reading at least every `reread`; so it does the
    /// authorities of clients.
    pub(super) async fn follow(
        self,
        poll: Duration,
        reread: Duration,
        health: &Health,
        metrics: &Metrics,
    ) -> Infallible {
        let Self {
            current,
            source,
            clients,
            clock,
        } = self;
        let pair = Follow {
            current: &current,
            clock,
            health,
            metrics,
            poll,
            reread,
        };
        let clients = async {
            match clients {
                Some(clients) => clients.follow(poll, health).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            never = pair.run(source) => never,
            never = clients => never,
        }
    }
}

// === impl Current ===

impl ResolvesServerCert for Current {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().certified))
    }
}

// === impl Watch ===

impl TimeProvider for Watch {
    fn current_time(&self) -> Option<UnixTime> {
        let since_1970 = u64::try_from(self.0.now().as_second()).ok()?;
        Some(UnixTime::since_unix_epoch(Duration::from_secs(since_1970)))
    }
}
