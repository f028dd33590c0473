//! The authorities that API servers are to trust, as `caBundle` holds them.

use std::{convert::Infallible, path::PathBuf, sync::Arc, time::Duration};

use rustls::RootCertStore;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use tokio::{sync::watch, time::Instant};

/// Between two looks at a file: a mounted Secret follows a minute behind in any case.
const LOOK: Duration = Duration::from_secs(1);

/// No set of authorities is this large; a file that is larger is some other file.
const MAX_FILE: u64 = 1024 * 1024;

/// Certificates of authorities in PEM, at least one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bundle {
    authorities: Arc<[CertificateDer<'static>]>,
    pem: Arc<str>,
}

/// A bundle that the API server has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    /// What it was told to trust.
    pub bundle: Bundle,
    /// Since when.
    pub at: Instant,
}

/// Why a text is not a bundle.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It holds no certificate.
    #[error("holds no certificate; it should begin with -----BEGIN CERTIFICATE-----")]
    Empty,
    /// It holds something that no client could trust.
    #[error("holds a certificate that can't be used: {0}")]
    Unusable(String),
}

impl Bundle {
    /// The certificates in `pem`, each once, and nothing else that may be in the text.
    ///
    /// # Errors
    /// When there is none, or one that can't be trusted as an authority.
    pub fn from_pem(pem: &[u8]) -> Result<Self, Error> {
        let authorities = CertificateDer::pem_slice_iter(pem)
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| Error::Unusable(error.to_string()))?;
        Self::new(authorities)
    }

    /// The certificates given, each once, in their order.
    pub(super) fn new(
        certificates: impl IntoIterator<Item = CertificateDer<'static>>,
    ) -> Result<Self, Error> {
        let mut roots = RootCertStore::empty();
        let mut authorities: Vec<CertificateDer<'static>> = Vec::new();
        for certificate in certificates {
            if authorities.contains(&certificate) {
                continue;
            }
            roots
                .add(certificate.clone())
                .map_err(|error| Error::Unusable(error.to_string()))?;
            authorities.push(certificate);
        }
        if authorities.is_empty() {
            return Err(Error::Empty);
        }
        Ok(Self {
            pem: authorities.iter().map(to_pem).collect::<String>().into(),
            authorities: authorities.into(),
        })
    }

    /// The certificates as one PEM text.
    #[must_use]
    pub fn as_pem(&self) -> &str {
        &self.pem
    }

    /// Its certificates.
    pub(super) fn authorities(&self) -> &[CertificateDer<'static>] {
        &self.authorities
    }

    /// Whether whoever trusts this bundle trusts `authority`.
    pub(super) fn contains(&self, authority: &CertificateDer<'_>) -> bool {
        self.authorities.contains(authority)
    }
}

/// A certificate in PEM.
pub(super) fn to_pem(certificate: &CertificateDer<'_>) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new("CERTIFICATE", certificate.as_ref()), config)
}

/// Says on `bundle` what is in the file at `path`, and what becomes of it, for as long as it is polled.
///
/// What can't be used is told once, and what was said before stays.
pub async fn bundle_of_file(path: PathBuf, bundle: watch::Sender<Option<Bundle>>) -> Infallible {
    let mut last_reason = None;
    loop {
        match read(path.clone()).await {
            Ok(read) => {
                if last_reason.take().is_some() {
                    tracing::info!(path = %path.display(), "the authorities can be used again");
                }
                say(&bundle, read);
            }
            Err(reason) => {
                if last_reason.as_ref() != Some(&reason) {
                    let kept = bundle.borrow().is_some();
                    tracing::warn!(path = %path.display(), %reason, kept, "the authorities can't be used");
                    last_reason = Some(reason);
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Says whom to trust, if that is news.
pub(super) fn say(sender: &watch::Sender<Option<Bundle>>, bundle: Bundle) {
    sender.send_if_modified(|current| {
        let changed = current.as_ref() != Some(&bundle);
        if changed {
            *current = Some(bundle);
        }
        changed
    });
}

/// Reads on a thread that serves nobody, because a volume may hang.
async fn read(path: PathBuf) -> Result<Bundle, String> {
    let reading = tokio::task::spawn_blocking(move || {
        let mut content = Vec::new();
        let file = std::fs::File::open(&path)?;
        std::io::Read::read_to_end(&mut std::io::Read::take(file, MAX_FILE), &mut content)?;
        Ok::<_, std::io::Error>(content)
    });
    let content = reading
        .await
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    Bundle::from_pem(&content).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn authority() -> CertificateDer<'static> {
        let mut params = rcgen::CertificateParams::default();
        params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let key = rcgen::KeyPair::generate().unwrap();
        params.self_signed(&key).unwrap().der().clone()
    }

    #[test]
    fn a_bundle_is_its_certificates_each_once_and_no_text_between_them() {
        let (one, other) = (authority(), authority());
        let text = format!("one\n{}two\n{0}{}", to_pem(&one), to_pem(&other));
        let bundle = Bundle::from_pem(text.as_bytes()).unwrap();
        assert_eq!(bundle.as_pem(), to_pem(&one) + &to_pem(&other));
        assert!(bundle.contains(&one) && bundle.contains(&other) && !bundle.contains(&authority()));
    }

    #[test]
    fn what_nobody_could_trust_is_no_bundle() {
        assert!(matches!(Bundle::from_pem(b"hello"), Err(Error::Empty)));
        let broken = "-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----\n";
        assert!(matches!(
            Bundle::from_pem(broken.as_bytes()),
            Err(Error::Unusable(_))
        ));
    }

    #[tokio::test]
    async fn a_file_is_followed_by_its_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.crt");
        let (sender, mut receiver) = watch::channel(None);
        let following = tokio::spawn(bundle_of_file(path.clone(), sender));
        for certificate in [authority(), authority()] {
            // Nothing is said of it: the next thing that is said is good.
            fs::write(&path, "garbage").unwrap();
            fs::write(&path, to_pem(&certificate)).unwrap();
            receiver.changed().await.unwrap();
            let said = receiver.borrow_and_update().clone().unwrap();
            assert_eq!(said.as_pem(), to_pem(&certificate));
        }
        following.abort();
    }

    #[tokio::test]
    async fn what_can_not_be_read_is_an_error_that_says_why() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("ca.crt");
        let reason = read(path.clone()).await.unwrap_err();
        assert!(reason.contains("No such file"), "{reason}");
        fs::write(&path, "garbage").unwrap();
        let reason = read(path).await.unwrap_err();
        assert!(reason.contains("holds no certificate"), "{reason}");
    }

    #[test]
    fn what_is_no_news_is_not_said() {
        let bundle = Bundle::new([authority()]).unwrap();
        let (sender, mut receiver) = watch::channel(None);
        say(&sender, bundle.clone());
        assert!(receiver.has_changed().unwrap());
        receiver.mark_unchanged();
        say(&sender, bundle);
        assert!(!receiver.has_changed().unwrap());
    }
}
