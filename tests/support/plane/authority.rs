//! Certificates for servers on loopback, from an authority that lives as long as the test.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

/// A certificate authority.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate and key, in PEM.
pub(crate) struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    /// A new authority.
    pub(crate) fn new() -> Self {
        Self::called("rcgen self signed cert")
    }

    /// A new authority of this name, for tests in which it matters that two have two names.
    pub(crate) fn called(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        Self { issuer }
    }

    /// Its own certificate in PEM: what a client has to trust, and what `caBundle` holds.
    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// An identity for 127.0.0.1 and localhost.
    pub(crate) fn identity(&self) -> Identity {
        self.identity_of("rcgen self signed cert", &["127.0.0.1", "localhost"])
    }

    /// An identity with this common name, for these addresses and DNS names.
    pub(crate) fn identity_of(&self, common_name: &str, names: &[&str]) -> Identity {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(names).unwrap();
        params
            .distinguished_name
            .push(DnType::CommonName, common_name);
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        Identity {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}
