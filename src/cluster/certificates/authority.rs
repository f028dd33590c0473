//! An authority with its key: made, read back, and issuing.
//!
//! All keys are ECDSA P-256: a handshake costs the server little, and every API server understands them.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P256_SHA256, PublicKeyData as _, date_time_ymd,
};
use rustls_pki_types::CertificateDer;
use x509_parser::{
    certificate::X509Certificate, der_parser::asn1_rs::Tag, oid_registry::OID_X509_COMMON_NAME,
    prelude::FromDer as _,
};

use super::{
    bundle::to_pem,
    plan::{Fingerprint, Known, Validity},
};

/// What begins the names of authorities. They end in something of their keys, because clients look for an issuer by name.
const NAME: &str = "arrears authority";

/// An authority that can issue.
pub(super) struct Authority {
    pub(super) known: Known,
    pub(super) certificate: CertificateDer<'static>,
    name: String,
    key: KeyPair,
}

/// A certificate and its key, in PEM.
pub(super) struct Issued {
    pub(super) certificate: String,
    pub(super) key: String,
}

// === impl Authority ===

impl Authority {
    /// Makes a new one.
    pub(super) fn make(validity: Validity) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let [one, two, three, four, ..] = sha256(key.der_bytes());
        let name = format!("{NAME} {:08x}", u32::from_be_bytes([one, two, three, four]));
        let mut params = params(&name, validity);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.der().clone();
        Ok(Self {
            known: Known {
                id: fingerprint(&certificate),
                validity,
            },
            certificate,
            name,
            key,
        })
    }

    /// Reads one that [`Authority::make`] made; the error says why it is none.
    pub(super) fn read(certificate: CertificateDer<'static>, key: &[u8]) -> Result<Self, String> {
        let key = std::str::from_utf8(key)
            .map_err(|_| "its key is not text".to_owned())
            .and_then(|text| {
                KeyPair::from_pem(text).map_err(|error| format!("its key can't be read: {error}"))
            })?;
        let (known, name) = {
            let parsed = parse(&certificate)?;
            let same_key = parsed.public_key().subject_public_key.data.as_ref() == key.der_bytes();
            if !same_key || !key.is_compatible(&PKCS_ECDSA_P256_SHA256) {
                return Err("its key is another one's".to_owned());
            }
            (known(&certificate)?, common_name(&parsed)?)
        };
        Ok(Self {
            known,
            certificate,
            name,
            key,
        })
    }

    /// Issues a certificate for a server of these names.
    pub(super) fn issue(
        &self,
        names: &[String],
        validity: Validity,
    ) -> Result<Issued, rcgen::Error> {
        let issuer = Issuer::new(params(&self.name, self.known.validity), &self.key);
        let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256)?;
        let mut params = params("arrears", validity);
        params.subject_alt_names = CertificateParams::new(names)?.subject_alt_names;
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        let certificate = params.signed_by(&key, &issuer)?;
        Ok(Issued {
            certificate: to_pem(certificate.der()),
            key: key.serialize_pem(),
        })
    }

    /// The key, for the store and nowhere else.
    pub(super) fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }
}

/// What an authority's certificate says of itself; the error says why it is none.
pub(super) fn known(certificate: &CertificateDer<'_>) -> Result<Known, String> {
    let parsed = parse(certificate)?;
    if !parsed.is_ca() {
        return Err("it is no authority's certificate".to_owned());
    }
    Ok(Known {
        id: fingerprint(certificate),
        validity: validity(&parsed),
    })
}

/// From when to when a certificate can be used.
pub(super) fn validity(certificate: &X509Certificate<'_>) -> Validity {
    Validity {
        not_before: certificate.validity().not_before.timestamp(),
        not_after: certificate.validity().not_after.timestamp(),
    }
}

/// A certificate in parts.
pub(super) fn parse<'a>(
    certificate: &'a CertificateDer<'_>,
) -> Result<X509Certificate<'a>, String> {
    match X509Certificate::from_der(certificate) {
        Ok(([], parsed)) => Ok(parsed),
        Ok(_) => Err("there is more in it than a certificate".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> Fingerprint {
    sha256(certificate)
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    // A digest is that long; the other case is for the compiler.
    digest(&SHA256, bytes)
        .as_ref()
        .try_into()
        .unwrap_or_default()
}

/// The name, if it is of the form in which [`params`] writes it: an issuer's name is repeated byte for byte.
fn common_name(certificate: &X509Certificate<'_>) -> Result<String, String> {
    let mut attributes = certificate.subject().iter_attributes();
    let only = match (attributes.next(), attributes.next()) {
        (Some(only), None) => only,
        _ => return Err("arrears did not make it".to_owned()),
    };
    let is_ours = only.attr_type() == &OID_X509_COMMON_NAME
        && only.attr_value().tag() == Tag::Utf8String
        && certificate.subject().as_raw() == certificate.issuer().as_raw();
    match only.as_str() {
        Ok(name) if is_ours => Ok(name.to_owned()),
        _ => Err("arrears did not make it".to_owned()),
    }
}

fn params(name: &str, validity: Validity) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let epoch = date_time_ymd(1970, 1, 1);
    params.not_before = epoch + since_1970(validity.not_before);
    params.not_after = epoch + since_1970(validity.not_after);
    params
}

/// The last second that a certificate can name.
const LAST_SECOND: i64 = 253_402_300_799;

fn since_1970(second: i64) -> Duration {
    Duration::from_secs(u64::try_from(second.clamp(0, LAST_SECOND)).unwrap_or_default())
}
