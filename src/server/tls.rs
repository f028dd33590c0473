//! TLS for the webhook port: one `ServerConfig` for the life of the process, over a pair that can be exchanged.
//!
//! A new pair is taken over only when the key belongs to the certificate and the certificate is in date and carries a
//! name; otherwise the pair in force stays, and that is told on `/readyz?verbose`, in the log and in a metric.
//! Connections that stand are not touched by an exchange.

mod files;
mod pair;

use std::{convert::Infallible, path::Path, sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use rustls::{
    RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{ClientHello, NoServerSessionStorage, ResolvesServerCert, WebPkiClientVerifier},
    sign::CertifiedKey,
};
use tokio_rustls::TlsAcceptor;

use self::{
    files::{Examined, PairFiles},
    pair::{Pair, certificates, read},
};
use crate::telemetry::{Health, Metrics, ReloadOutcome};

pub use pair::Error;

/// The name of the readiness check that this room sets.
const CHECK: &str = "certificate";

/// The certificate and key of the webhook port, and whom to ask for a certificate in turn.
#[derive(Debug)]
pub struct Tls {
    current: Arc<Current>,
    files: Option<PairFiles>,
    clients: Option<RootCertStore>,
}

/// The pair that new handshakes use.
#[derive(Debug)]
struct Current(ArcSwap<Pair>);

impl Tls {
    /// Serves the pair in `cert` and `key` for good.
    ///
    /// # Errors
    /// When the two are not a pair that a client would accept.
    pub fn from_pem(cert: &[u8], key: &[u8]) -> Result<Self, Error> {
        let pair = Pair::parse(
            (Path::new("the given certificate"), cert),
            (Path::new("the given key"), key),
            pair::now(),
        )?;
        Ok(Self::over(pair, None))
    }

    /// Serves the pair in the files `cert` and `key`, and follows them as they change.
    ///
    /// # Errors
    /// When a file can't be read, or the two are not a pair that a client would accept.
    pub fn from_files(cert: &Path, key: &Path) -> Result<Self, Error> {
        let (files, pair) = PairFiles::open(cert, key)?;
        Ok(Self::over(pair, Some(files)))
    }

    /// Demands of clients a certificate that an authority in the file `path` has issued.
    ///
    /// # Errors
    /// When the file can't be read or holds no usable certificate.
    pub fn require_clients_of(mut self, path: &Path) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(path, &read(path)?)? {
            roots
                .add(certificate)
                .map_err(|source| Error::UnusableCertificate {
                    path: path.to_owned(),
                    reason: source.to_string(),
                })?;
        }
        self.clients = Some(roots);
        Ok(self)
    }

    fn over(pair: Pair, files: Option<PairFiles>) -> Self {
        Self {
            current: Arc::new(Current(ArcSwap::from_pointee(pair))),
            files,
            clients: None,
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
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?;
        let builder = match &self.clients {
            None => builder.with_no_client_auth(),
            Some(roots) => {
                let roots = Arc::new(roots.clone());
                let verifier = WebPkiClientVerifier::builder_with_provider(roots, provider)
                    .build()
                    .map_err(|error| rustls::Error::General(error.to_string()))?;
                builder.with_client_cert_verifier(verifier)
            }
        };
        let resolver: Arc<dyn ResolvesServerCert> = Arc::<Current>::clone(&self.current);
        Ok(builder.with_cert_resolver(resolver))
    }

    /// Follows the files for ever, looking every `poll`, and reading them at least every `reread`.
    pub(super) async fn follow(
        self,
        poll: Duration,
        reread: Duration,
        health: &Health,
        metrics: &Metrics,
    ) -> Infallible {
        self.announce(health, metrics);
        let mut files = match self.files {
            Some(files) => files,
            None => return std::future::pending().await,
        };
        let mut last_read = tokio::time::Instant::now();
        let mut last_reason = String::new();
        loop {
            tokio::time::sleep(poll).await;
            let whole = last_read.elapsed() >= reread;
            if whole {
                last_read = tokio::time::Instant::now();
            }
            // A volume that hangs must hang a thread that serves nobody.
            let looked = tokio::task::spawn_blocking(move || {
                let examined = files.examine(whole);
                (files, examined)
            });
            let examined = match looked.await {
                Ok((back, examined)) => {
                    files = back;
                    examined
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate is no longer followed");
                    health.warn(CHECK, "no longer followed; restart to take over a new one");
                    return std::future::pending().await;
                }
            };
            match examined {
                Examined::Same => {}
                Examined::Settled => {
                    last_reason.clear();
                    announce(&self.current.0.load(), health, metrics);
                }
                Examined::New(pair) => {
                    last_reason.clear();
                    tracing::info!(not_after = pair.not_after, "took over a new certificate");
                    metrics.tls_reloaded(ReloadOutcome::Ok);
                    announce(&pair, health, metrics);
                    self.current.0.store(Arc::new(pair));
                }
                Examined::Bad(error) => {
                    let reason = error.to_string();
                    if reason != last_reason {
                        tracing::warn!(%reason, "kept the certificate in force");
                        metrics.tls_reloaded(ReloadOutcome::Error);
                        health.warn(CHECK, format!("{reason} (the one before stays in force)"));
                        last_reason = reason;
                    }
                }
            }
        }
    }

    fn announce(&self, health: &Health, metrics: &Metrics) {
        announce(&self.current.0.load(), health, metrics);
    }
}

/// Says which certificate is in force.
fn announce(pair: &Pair, health: &Health, metrics: &Metrics) {
    metrics.tls_certificate_ends(pair.not_after);
    match pair.not_after < pair::now() {
        true => health.warn(CHECK, "the certificate in force has expired; renew it"),
        false => health.set(CHECK, Ok(())),
    }
}

// === impl Current ===

impl ResolvesServerCert for Current {
    fn resolve(&self, _client_hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.load().certified))
    }
}
