//! From PEM to a certificate and key that a client can accept.

use std::{
    fs::File,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::Arc,
};

use jiff::Timestamp;
use rustls::{crypto::aws_lc_rs, sign::CertifiedKey};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _};
use x509_parser::{certificate::X509Certificate, prelude::FromDer as _};

/// No chain of certificates is this long; a file that is longer is some other file.
const MAX_PEM: u64 = 1024 * 1024;

/// Why a certificate, a key or a set of authorities can't be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file can't be read.
    #[error("{path}: {source}; the process needs to be able to read it", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is too large to be what it should be.
    #[error("{path}: larger than 1 MiB; this should be a PEM file with certificates or a key", path = path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// There is no certificate in the file.
    #[error("{path}: holds no certificate; it should begin with -----BEGIN CERTIFICATE-----", path = path.display())]
    NoCertificate {
        /// The file.
        path: PathBuf,
    },
    /// There is no key in the file.
    #[error("{path}: holds no unencrypted private key; it should begin with -----BEGIN PRIVATE KEY----- (or EC, or RSA)", path = path.display())]
    NoKey {
        /// The file.
        path: PathBuf,
    },
    /// What the file holds is not a certificate that TLS can use.
    #[error("{path}: holds a certificate that can't be used: {reason}", path = path.display())]
    UnusableCertificate {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What the file holds is not a key that TLS can use.
    #[error("{path}: holds a key that can't be used: {reason}; ECDSA P-256 is a good choice", path = path.display())]
    UnusableKey {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Certificate and key are of different pairs.
    #[error(
        "the key in {key} does not belong to the certificate in {cert}; put both of one issue in place",
        key = key.display(), cert = cert.display()
    )]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate's time is not now.
    #[error("{path}: {problem}; renew the certificate, or set the clock", path = path.display())]
    OutOfDate {
        /// The certificate's file.
        path: PathBuf,
        /// On which side, and since or until when.
        problem: String,
    },
    /// The certificate names nobody.
    #[error(
        "{path}: the certificate has no subject alternative name, and the API server looks at nothing else; issue it for DNS name <service>.<namespace>.svc",
        path = path.display()
    )]
    NoName {
        /// The certificate's file.
        path: PathBuf,
    },
    /// The TLS library refuses the settings.
    #[error("TLS can't be set up: {0}")]
    Config(rustls::Error),
}

/// A certificate and the key that belongs to it.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) certified: Arc<CertifiedKey>,
    /// When the certificate ends, in seconds since 1970.
    pub(super) not_after: i64,
    /// When the last of the authorities that came with it ends, if any came.
    pub(super) authority_ends: Option<i64>,
}

impl Pair {
    /// Reads a pair from a file's name and content each, and proves that a client can accept it at `now`.
    pub(super) fn parse(
        (cert_path, cert): (&Path, &[u8]),
        (key_path, key): (&Path, &[u8]),
        now: Timestamp,
    ) -> Result<Self, Error> {
        let chain = certificates(cert_path, cert)?;
        let not_after = inspect(cert_path, &chain, now.as_second())?;
        let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| Error::NoKey {
            path: key_path.to_owned(),
        })?;
        let signing_key = aws_lc_rs::default_provider()
            .key_provider
            .load_private_key(key)
            .map_err(|error| Error::UnusableKey {
                path: key_path.to_owned(),
                reason: error.to_string(),
            })?;
        let certified = CertifiedKey::new(chain, signing_key);
        match certified.keys_match() {
            Ok(()) => Ok(Self {
                certified: Arc::new(certified),
                not_after,
                authority_ends: None,
            }),
            Err(rustls::Error::InconsistentKeys(_)) => Err(Error::Mismatch {
                cert: cert_path.to_owned(),
                key: key_path.to_owned(),
            }),
            Err(error) => Err(Error::UnusableCertificate {
                path: cert_path.to_owned(),
                reason: error.to_string(),
            }),
        }
    }
}

/// The content of a file that should be small.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut content = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAX_PEM + 1).read_to_end(&mut content))
        .map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
    if MAX_PEM < content.len() as u64 {
        return Err(Error::TooLarge {
            path: path.to_owned(),
        });
    }
    Ok(content)
}

/// Every certificate in `pem`, at least one.
pub(super) fn certificates(path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Error> {
    let chain = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| Error::UnusableCertificate {
            path: path.to_owned(),
            reason: error.to_string(),
        })?;
    match chain.is_empty() {
        true => Err(Error::NoCertificate {
            path: path.to_owned(),
        }),
        false => Ok(chain),
    }
}

/// When the last of the certificates in `pem` ends.
pub(super) fn last_end(pem: &[u8]) -> Option<i64> {
    let certificates = CertificateDer::pem_slice_iter(pem).filter_map(Result::ok);
    let ends = certificates.filter_map(|certificate| {
        let (_, parsed) = X509Certificate::from_der(&certificate).ok()?;
        Some(parsed.validity().not_after.timestamp())
    });
    ends.max()
}

/// Looks at what rustls does not: dates and name. The answer is when the certificate ends.
fn inspect(path: &Path, chain: &[CertificateDer<'_>], now: i64) -> Result<i64, Error> {
    let unusable = |reason: String| Error::UnusableCertificate {
        path: path.to_owned(),
        reason,
    };
    let leaf = chain.first().ok_or_else(|| Error::NoCertificate {
        path: path.to_owned(),
    })?;
    let (_, certificate) =
        X509Certificate::from_der(leaf).map_err(|error| unusable(error.to_string()))?;

    let validity = certificate.validity();
    let problem = match (
        validity.not_before.timestamp(),
        validity.not_after.timestamp(),
    ) {
        (not_before, _) if now < not_before => {
            Some(format!("is valid only from {}", validity.not_before))
        }
        (_, not_after) if not_after < now => Some(format!("expired on {}", validity.not_after)),
        _ => None,
    };
    if let Some(problem) = problem {
        return Err(Error::OutOfDate {
            path: path.to_owned(),
            problem,
        });
    }

    let names = certificate
        .subject_alternative_name()
        .map_err(|error| unusable(error.to_string()))?;
    match names {
        Some(names) if !names.value.general_names.is_empty() => Ok(validity.not_after.timestamp()),
        _ => Err(Error::NoName {
            path: path.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, CertifiedKey as Generated, KeyPair};

    fn issue(adjust: impl FnOnce(&mut CertificateParams)) -> Generated<KeyPair> {
        let mut params =
            CertificateParams::new(vec!["arrears.arrears-system.svc".to_owned()]).unwrap();
        adjust(&mut params);
        let signing_key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing_key).unwrap();
        Generated { cert, signing_key }
    }

    fn parse(cert: &str, key: &str) -> Result<Pair, String> {
        Pair::parse(
            (Path::new("tls.crt"), cert.as_bytes()),
            (Path::new("tls.key"), key.as_bytes()),
            Timestamp::now(),
        )
        .map_err(|error| error.to_string())
    }

    #[test]
    fn a_pair_in_date_with_a_name_is_taken() {
        let issued = issue(|_| {});
        let pair = parse(&issued.cert.pem(), &issued.signing_key.serialize_pem()).unwrap();
        assert!(Timestamp::now().as_second() < pair.not_after);
    }

    #[test]
    fn a_key_of_another_pair_is_refused() {
        let (one, other) = (issue(|_| {}), issue(|_| {}));
        assert_eq!(
            parse(&one.cert.pem(), &other.signing_key.serialize_pem()).unwrap_err(),
            "the key in tls.key does not belong to the certificate in tls.crt; put both of one issue in place"
        );
    }

    #[test]
    fn a_certificate_out_of_date_is_refused() {
        let old = issue(|params| params.not_after = rcgen::date_time_ymd(2020, 1, 1));
        let reason = parse(&old.cert.pem(), &old.signing_key.serialize_pem()).unwrap_err();
        assert!(
            reason.starts_with("tls.crt: expired on Jan  1 00:00:00 2020"),
            "{reason}"
        );
        let new = issue(|params| params.not_before = rcgen::date_time_ymd(4000, 1, 1));
        let reason = parse(&new.cert.pem(), &new.signing_key.serialize_pem()).unwrap_err();
        assert!(
            reason.starts_with("tls.crt: is valid only from Jan  1 00:00:00 4000"),
            "{reason}"
        );
    }

    #[test]
    fn a_certificate_without_a_name_is_refused() {
        let nameless = issue(|params| params.subject_alt_names.clear());
        let reason =
            parse(&nameless.cert.pem(), &nameless.signing_key.serialize_pem()).unwrap_err();
        assert!(reason.contains("no subject alternative name"), "{reason}");
    }

    #[test]
    fn what_is_not_a_certificate_or_a_key_is_said_to_be_none() {
        let issued = issue(|_| {});
        let (cert, key) = (issued.cert.pem(), issued.signing_key.serialize_pem());
        assert!(
            parse("hello", &key)
                .unwrap_err()
                .starts_with("tls.crt: holds no certificate")
        );
        assert!(
            parse(&cert, &cert)
                .unwrap_err()
                .starts_with("tls.key: holds no unencrypted")
        );
        let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert!(
            parse(broken, &key)
                .unwrap_err()
                .starts_with("tls.crt: holds a certificate that can't be used")
        );
        let broken = "-----BEGIN PRIVATE KEY-----\naGVsbG8=\n-----END PRIVATE KEY-----\n";
        assert!(
            parse(&cert, broken)
                .unwrap_err()
                .starts_with("tls.key: holds a key that can't be used")
        );
    }
}
