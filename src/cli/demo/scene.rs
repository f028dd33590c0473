//! What the demo needs for its one run: an authority, a certificate, and a folder for what `curl` will want.

use std::fs;

use anyhow::Context;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use tempfile::TempDir;

pub(super) struct Scene {
    /// The authority's certificate, PEM.
    pub(super) authority: String,
    /// The server's certificate, PEM.
    pub(super) certificate: String,
    /// The server's key, PEM.
    pub(super) key: String,
    /// Holds the authority's certificate; gone when the demo ends.
    pub(super) dir: TempDir,
}

impl Scene {
    pub(super) fn set() -> anyhow::Result<Self> {
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::new(Vec::new())?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        authority
            .distinguished_name
            .push(DnType::CommonName, "arrears demo authority");
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate()?;
        let names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let certificate = CertificateParams::new(names)?.signed_by(&key, &issuer)?;

        let dir = tempfile::Builder::new()
            .prefix("arrears-demo-")
            .tempdir()
            .context("a temporary folder")?;
        let authority = authority_certificate.pem();
        fs::write(dir.path().join("ca.pem"), &authority)?;
        Ok(Self {
            authority,
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            dir,
        })
    }
}
