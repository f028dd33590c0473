//! Who may call: clients with a certificate of a known authority, and of a known name if names are given.
//!
//! The authorities' file is followed by its content, so that they can be exchanged without a restart. A file that can't
//! be used changes nothing and is told once. What is refused is refused in the handshake: nothing of it is read.

use std::{
    convert::Infallible,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, RootCertStore, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::aws_lc_rs,
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use rustls_pki_types::{CertificateDer, UnixTime};
use tokio::time::Instant;
use x509_parser::{certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _};

use super::pair::{Error, certificates, read};
use crate::telemetry::Health;

/// The name of the readiness check that tells of the authorities.
const CHECK: &str = "client authorities";

/// Between two lines of the log about clients of another name: they may come as often as they like.
const SILENCE: Duration = Duration::from_secs(60);

/// The authorities' file, and what is made of it.
#[derive(Debug)]
pub(super) struct Clients {
    path: PathBuf,
    content: Vec<u8>,
    verifier: Arc<Verifier>,
}

/// Asks clients for a certificate, and looks at it by the authorities in force.
#[derive(Debug)]
pub(super) struct Verifier {
    chain: ArcSwap<Arc<dyn ClientCertVerifier>>,
    /// None = any.
    names: Box<[String]>,
    last_told: Mutex<Option<Instant>>,
}

// === impl Clients ===

impl Clients {
    /// Reads the authorities for the first time.
    pub(super) fn open(path: &Path, names: &[String]) -> Result<Self, Error> {
        let content = read(path)?;
        let verifier = Verifier {
            chain: ArcSwap::from_pointee(chain_to(path, &content)?),
            names: names.into(),
            last_told: Mutex::default(),
        };
        Ok(Self {
            path: path.to_owned(),
            content,
            verifier: Arc::new(verifier),
        })
    }

    pub(super) fn verifier(&self) -> Arc<Verifier> {
        Arc::clone(&self.verifier)
    }

    /// Follows the file for ever, reading it every `poll`.
    pub(super) async fn follow(mut self, poll: Duration, health: &Health) -> Infallible {
        health.set(CHECK, Ok(()));
        let mut last_reason = None;
        loop {
            tokio::time::sleep(poll).await;
            let path = self.path.clone();
            // A volume that hangs must hang a thread that serves nobody.
            let read = match tokio::task::spawn_blocking(move || read(&path)).await {
                Ok(read) => read,
                Err(error) => {
                    tracing::error!(%error, "the client authorities are no longer followed");
                    health.warn(CHECK, "no longer followed; restart to take over new ones");
                    return std::future::pending().await;
                }
            };
            let changed = match read {
                Ok(content) if content == self.content => Ok(None),
                Ok(content) => chain_to(&self.path, &content).map(|chain| Some((content, chain))),
                Err(error) => Err(error),
            };
            match changed {
                Ok(None) => {
                    if last_reason.take().is_some() {
                        health.set(CHECK, Ok(()));
                    }
                }
                Ok(Some((content, chain))) => {
                    tracing::info!(path = %self.path.display(), "took over new client authorities");
                    self.verifier.chain.store(Arc::new(chain));
                    self.content = content;
                    last_reason = None;
                    health.set(CHECK, Ok(()));
                }
                Err(error) => {
                    let reason = error.to_string();
                    if last_reason.as_ref() != Some(&reason) {
                        tracing::warn!(%reason, "kept the client authorities in force");
                        health.warn(CHECK, format!("{reason} (those before stay in force)"));
                        last_reason = Some(reason);
                    }
                }
            }
        }
    }
}

/// What accepts the clients of the authorities in a file.
fn chain_to(path: &Path, content: &[u8]) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let unusable = |reason: String| Error::UnusableCertificate {
        path: path.to_owned(),
        reason,
    };
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path, content)? {
        roots
            .add(certificate)
            .map_err(|error| unusable(error.to_string()))?;
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
        .build()
        .map_err(|error| unusable(error.to_string()))?;
    Ok(verifier)
}

// === impl Verifier ===

impl Verifier {
    /// Whether the certificate is of one of the names.
    fn knows(&self, certificate: &CertificateDer<'_>) -> Result<(), rustls::Error> {
        if self.names.is_empty() {
            return Ok(());
        }
        let (_, parsed) = X509Certificate::from_der(certificate)
            .map_err(|_| rustls::Error::from(CertificateError::BadEncoding))?;
        let given = names(&parsed);
        if given
            .iter()
            .any(|name| self.names.iter().any(|known| known == name))
        {
            return Ok(());
        }
        if self.may_tell() {
            tracing::warn!(
                names = ?given,
                expected = ?self.names,
                "refused a client whose certificate is of a known authority and another name"
            );
        }
        Err(CertificateError::ApplicationVerificationFailure.into())
    }

    fn may_tell(&self) -> bool {
        let mut last = self
            .last_told
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let may = last.is_none_or(|last| SILENCE <= last.elapsed());
        if may {
            *last = Some(Instant::now());
        }
        may
    }
}

/// The common name and the DNS names of a certificate.
fn names<'a>(certificate: &'a X509Certificate<'_>) -> Vec<&'a str> {
    let common = certificate.subject().iter_common_name();
    let common = common.filter_map(|name| name.as_str().ok());
    let others = certificate.subject_alternative_name().ok().flatten();
    let others = others.map(|names| names.value.general_names.as_slice());
    let others = others.unwrap_or_default().iter();
    let others = others.filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(*name),
        _ => None,
    });
    common.chain(others).collect()
}

impl ClientCertVerifier for Verifier {
    /// No hints: they could not be exchanged, and a client that hears none sends the certificate that it has.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, rustls::Error> {
        let chain = self.chain.load();
        let verified = chain.verify_client_cert(end_entity, intermediates, now)?;
        self.knows(end_entity)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain
            .load()
            .verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.chain
            .load()
            .verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.chain.load().supported_verify_schemes()
    }
}
