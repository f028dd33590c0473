//! A certificate with its key as replicas get it, and the proof that the API server would accept it.

use std::{fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use rustls::{
    RootCertStore,
    client::{WebPkiServerVerifier, danger::ServerCertVerifier},
    crypto::aws_lc_rs,
    sign::CertifiedKey,
};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject as _};
use secrecy::{ExposeSecret as _, SecretBox};

use super::{
    authority::{known, parse, validity},
    plan::Leaf,
};

/// The field of a TLS Secret with the certificate.
pub(super) const CERTIFICATE: &str = "tls.crt";
/// The field of a TLS Secret with the key.
pub(super) const KEY: &str = "tls.key";
/// The field of a Secret with authorities.
pub(super) const AUTHORITY: &str = "ca.crt";

/// A certificate, the key that belongs to it and the authorities behind it, all in PEM.
pub struct PemPair {
    /// The certificate, and any between it and its authority.
    pub certificate: Vec<u8>,
    /// The key.
    pub key: SecretBox<[u8]>,
    /// The authorities of the time at which it was issued, its own among them; may be empty.
    pub authorities: Vec<u8>,
}

// === impl PemPair ===

impl PemPair {
    /// What a TLS Secret holds; the error says what is missing.
    pub(super) fn of(secret: &Secret) -> Result<Self, String> {
        let field = |name: &str| {
            let data = secret.data.as_ref()?;
            Some(data.get(name)?.0.clone())
        };
        let needed = |name: &str| field(name).ok_or_else(|| format!("it has no field {name}"));
        Ok(Self {
            certificate: needed(CERTIFICATE)?,
            key: SecretBox::from(needed(KEY)?.into_boxed_slice()),
            authorities: field(AUTHORITY).unwrap_or_default(),
        })
    }

    /// The authorities that it brings along, as far as they can be read.
    pub(super) fn authorities(&self) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(&self.authorities)
            .filter_map(Result::ok)
            .filter(|certificate| known(certificate).is_ok())
            .collect()
    }

    /// Proves that somebody who calls one of `names` at `now` and trusts `authorities` accepts it; the error says why not.
    pub(super) fn prove(
        &self,
        names: &[String],
        authorities: &[CertificateDer<'static>],
        now: Timestamp,
    ) -> Result<Leaf, String> {
        let chain = CertificateDer::pem_slice_iter(&self.certificate)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| format!("its certificate can't be read: {error}"))?;
        let (leaf, between) = chain
            .split_first()
            .ok_or_else(|| "there is no certificate in it".to_owned())?;
        let validity = validity(&parse(leaf)?);
        self.prove_key(chain.clone())?;

        let provider = Arc::new(aws_lc_rs::default_provider());
        let since_1970 = u64::try_from(now.as_second()).unwrap_or_default();
        let now = UnixTime::since_unix_epoch(Duration::from_secs(since_1970));
        let mut last = "no authority of it is known".to_owned();
        for authority in authorities {
            let mut roots = RootCertStore::empty();
            if roots.add(authority.clone()).is_err() {
                continue;
            }
            let verifier =
                WebPkiServerVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider))
                    .build()
                    .map_err(|error| error.to_string())?;
            let outcome = names.iter().try_for_each(|name| {
                let name = ServerName::try_from(name.as_str())
                    .map_err(|error| format!("{name}: {error}"))?;
                verifier
                    .verify_server_cert(leaf, between, &name, &[], now)
                    .map(drop)
                    .map_err(|error| error.to_string())
            });
            match outcome {
                Ok(()) => {
                    let by = known(authority)?.id;
                    return Ok(Leaf { by, validity });
                }
                Err(reason) => last = reason,
            }
        }
        Err(last)
    }

    fn prove_key(&self, chain: Vec<CertificateDer<'static>>) -> Result<(), String> {
        let key = PrivateKeyDer::from_pem_slice(self.key.expose_secret())
            .map_err(|_| "its key can't be read".to_owned())?;
        let key = aws_lc_rs::default_provider()
            .key_provider
            .load_private_key(key)
            .map_err(|error| format!("its key can't be used: {error}"))?;
        CertifiedKey::new(chain, key)
            .keys_match()
            .map_err(|error| format!("its key is another one's: {error}"))
    }
}

impl PartialEq for PemPair {
    fn eq(&self, other: &Self) -> bool {
        self.certificate == other.certificate
            && self.key.expose_secret() == other.key.expose_secret()
            && self.authorities == other.authorities
    }
}

impl Eq for PemPair {}

impl fmt::Debug for PemPair {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PemPair")
            .field("certificate", &String::from_utf8_lossy(&self.certificate))
            .finish_non_exhaustive()
    }
}
