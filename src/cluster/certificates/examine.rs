//! From what the two Secrets hold to what is worth something in them.
//!
//! Nothing in a Secret is trusted to be what it should be: whoever can write Secrets can write anything. What is of no
//! use is said so in words, and mended by the plan.

use std::collections::HashMap;

use jiff::Timestamp;
use k8s_openapi::{ByteString, api::core::v1::Secret};
use rustls_pki_types::{CertificateDer, pem::PemObject as _};

use super::{
    authority::{Authority, known},
    bundle::to_pem,
    pair::{AUTHORITY, PemPair},
    plan::{Authorities, Fingerprint, Known, Leaf},
};

const AUTHORITY_KEY: &str = "ca.key";
const NEXT: &str = "next.crt";
const NEXT_KEY: &str = "next.key";
const FORMER: &str = "former.crt";

/// Every field in which authorities are stored.
pub(super) const AUTHORITY_FIELDS: [&str; 5] = [AUTHORITY, AUTHORITY_KEY, NEXT, NEXT_KEY, FORMER];

/// What is worth something in the Secrets.
pub(super) struct Examined {
    pub(super) stored: Authorities,
    pub(super) leaf: Option<Leaf>,
    /// Authorities that came with the certificate.
    pub(super) brought: Vec<Known>,
    pub(super) holdings: Holdings,
    /// What is of no use, in words.
    pub(super) complaints: Vec<String>,
}

/// Authorities with all that is needed to store them again, by their fingerprints.
#[derive(Default)]
pub(super) struct Holdings {
    certificates: HashMap<Fingerprint, CertificateDer<'static>>,
    authorities: HashMap<Fingerprint, Authority>,
}

impl Examined {
    /// Looks at both Secrets as they are at `now`; `names` are those that the certificate must be good for.
    pub(super) fn new(
        authority: Option<&Secret>,
        certificate: Option<&Secret>,
        names: &[String],
        now: Timestamp,
    ) -> Self {
        let mut examined = Self {
            stored: Authorities::default(),
            leaf: None,
            brought: Vec::new(),
            holdings: Holdings::default(),
            complaints: Vec::new(),
        };
        if let Some(secret) = authority {
            let mut former = examined.former(secret);
            let issuing = examined.issuer(secret, AUTHORITY, AUTHORITY_KEY, &mut former);
            let next = examined.issuer(secret, NEXT, NEXT_KEY, &mut former);
            if issuing.is_none() && next.is_none() {
                examined.complain::<()>("the Secret", "there is no authority in it");
            }
            former.retain(|known| Some(*known) != issuing && Some(*known) != next);
            examined.stored = Authorities {
                issuing,
                next,
                former,
            };
        }
        if let Some(secret) = certificate {
            examined.certificate(secret, names, now);
        }
        examined
    }

    /// An authority that can issue, from two fields; nothing is said if both are missing. One that has lost its key is
    /// a former one: what it has issued is still to be trusted.
    fn issuer(
        &mut self,
        secret: &Secret,
        certificate: &str,
        key: &str,
        former: &mut Vec<Known>,
    ) -> Option<Known> {
        let (pem, key_pem) = match (field(secret, certificate), field(secret, key)) {
            (None, None) => return None,
            (Some(pem), Some(key_pem)) => (pem, key_pem),
            (Some(pem), None) => (pem, &ByteString::default()),
            (None, Some(_)) => return self.complain(key, format!("there is no {certificate}")),
        };
        let read = match CertificateDer::from_pem_slice(&pem.0) {
            Ok(read) => read,
            Err(error) => return self.complain(certificate, error),
        };
        match Authority::read(read.clone(), &key_pem.0) {
            Ok(authority) => Some(self.holdings.hold(authority)),
            Err(reason) => {
                former.extend(self.holdings.witness(read).ok());
                self.complain(certificate, reason)
            }
        }
    }

    fn former(&mut self, secret: &Secret) -> Vec<Known> {
        let mut former: Vec<Known> = Vec::new();
        let pem = match field(secret, FORMER) {
            Some(pem) => pem,
            None => return former,
        };
        for read in CertificateDer::pem_slice_iter(&pem.0) {
            let held = read
                .map_err(|error| error.to_string())
                .and_then(|certificate| self.holdings.witness(certificate));
            match held {
                Ok(known) if former.contains(&known) => {}
                Ok(known) => former.push(known),
                Err(reason) => {
                    self.complain::<()>(FORMER, reason);
                }
            }
        }
        former
    }

    fn certificate(&mut self, secret: &Secret, names: &[String], now: Timestamp) {
        let pair = match PemPair::of(secret) {
            Ok(pair) => pair,
            Err(reason) => {
                self.complain::<()>("the certificate is of no use", reason);
                return;
            }
        };
        let brought = pair.authorities();
        match pair.prove(names, &brought, now) {
            Ok(leaf) => {
                for one in brought {
                    self.brought.extend(self.holdings.witness(one).ok());
                }
                self.leaf = Some(leaf);
            }
            Err(reason) => {
                self.complain::<()>("the certificate is of no use", reason);
            }
        }
    }

    fn complain<T>(&mut self, of: &str, reason: impl std::fmt::Display) -> Option<T> {
        self.complaints.push(format!("{of}: {reason}"));
        None
    }
}

// === impl Holdings ===

impl Holdings {
    /// Keeps an authority with its key.
    pub(super) fn hold(&mut self, authority: Authority) -> Known {
        let known = authority.known;
        self.certificates
            .insert(known.id, authority.certificate.clone());
        self.authorities.insert(known.id, authority);
        known
    }

    /// Keeps an authority's certificate; the error says why it is none.
    pub(super) fn witness(
        &mut self,
        certificate: CertificateDer<'static>,
    ) -> Result<Known, String> {
        let known = known(&certificate)?;
        self.certificates.insert(known.id, certificate);
        Ok(known)
    }

    /// The certificate of an authority.
    pub(super) fn certificate(&self, known: &Known) -> Option<&CertificateDer<'static>> {
        self.certificates.get(&known.id)
    }

    /// The authority with its key.
    pub(super) fn authority(&self, known: &Known) -> Option<&Authority> {
        self.authorities.get(&known.id)
    }

    /// The fields of the Secret in which `authorities` are stored.
    pub(super) fn fields(&self, authorities: &Authorities) -> Vec<(&'static str, ByteString)> {
        let mut fields = Vec::new();
        let places = [
            (&authorities.issuing, AUTHORITY, AUTHORITY_KEY),
            (&authorities.next, NEXT, NEXT_KEY),
        ];
        for (known, certificate, key) in places {
            if let Some(authority) = known.as_ref().and_then(|known| self.authority(known)) {
                fields.push((certificate, bytes(to_pem(&authority.certificate))));
                fields.push((key, bytes(authority.key_pem())));
            }
        }
        let former = authorities.former.iter();
        let former = former.filter_map(|known| self.certificate(known));
        let former: String = former.map(to_pem).collect();
        if !former.is_empty() {
            fields.push((FORMER, bytes(former)));
        }
        fields
    }
}

fn field<'a>(secret: &'a Secret, name: &str) -> Option<&'a ByteString> {
    secret.data.as_ref()?.get(name)
}

fn bytes(text: String) -> ByteString {
    ByteString(text.into_bytes())
}

#[cfg(test)]
mod tests;
