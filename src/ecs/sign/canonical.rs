//! The one text that stands for a request, and its signature.

use std::collections::BTreeMap;

use aws_lc_rs::{digest, hmac};
use secrecy::{ExposeSecret as _, SecretString};

use super::encoding::{form, hex};

/// As it is called in `authorization` and in what is signed.
pub(super) const ALGORITHM: &str = "ACS3-HMAC-SHA256";

/// A request, as far as it is signed.
#[derive(Clone, Copy, Debug)]
pub struct Canonical<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The path, encoded.
    pub path: &'a str,
    /// The query's parameters in any order, not yet encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// The headers that are signed, in any order and case; values of one name are joined.
    pub headers: &'a [(&'a str, &'a str)],
    /// The SHA-256 of the body in hexadecimal.
    pub payload_hash: &'a str,
}

impl Canonical<'_> {
    /// The text that stands for the request.
    #[must_use]
    pub fn request(&self) -> String {
        let mut headers = String::new();
        for (name, value) in self.headers() {
            headers.extend([&name, ":", &value, "\n"]);
        }
        let Self {
            method,
            path,
            payload_hash,
            ..
        } = self;
        let query = self.query();
        let signed_headers = self.signed_headers();
        format!("{method}\n{path}\n{query}\n{headers}\n{signed_headers}\n{payload_hash}")
    }

    /// The names of the headers that are signed.
    #[must_use]
    pub fn signed_headers(&self) -> String {
        let names: Vec<_> = self.headers().into_keys().collect();
        names.join(";")
    }

    /// The signature, in hexadecimal.
    #[must_use]
    pub fn signature(&self, secret: &SecretString) -> String {
        signature(&string_to_sign(&self.request()), secret)
    }

    /// The query, sorted and encoded.
    #[must_use]
    pub(super) fn query(&self) -> String {
        let mut query = self.query.to_vec();
        query.sort_unstable();
        form(&query)
    }

    fn headers(&self) -> BTreeMap<String, String> {
        let mut headers = BTreeMap::<String, String>::new();
        for (name, value) in self.headers {
            let value = value.trim();
            headers
                .entry(name.to_ascii_lowercase())
                .and_modify(|joined| joined.extend([",", value]))
                .or_insert_with(|| value.to_owned());
        }
        headers
    }
}

/// What the signature of a request is of.
pub(super) fn string_to_sign(request: &str) -> String {
    format!("{ALGORITHM}\n{}", hash(request.as_bytes()))
}

/// Signs with the secret as it is: this scheme derives no key.
pub(super) fn signature(string_to_sign: &str, secret: &SecretString) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose_secret().as_bytes());
    hex(hmac::sign(&key, string_to_sign.as_bytes()).as_ref())
}

/// SHA-256 in hexadecimal.
pub(super) fn hash(bytes: &[u8]) -> String {
    hex(digest::digest(&digest::SHA256, bytes).as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the vendor's own SDK for Go.
    #[test]
    fn the_request_of_the_sdk_gets_the_signature_of_the_sdk() {
        let canonical = Canonical {
            method: "",
            path: "/",
            query: &[("test", "ok"), ("empty", "")],
            headers: &[("x-acs-test", "http"), ("X-Acs-Test", " https ")],
            payload_hash: "55e12e91650d2fec56ec74e1d3e4ddbfce2ef3a65890c2a19ecf88a307e76a23",
        };
        assert_eq!(canonical.signed_headers(), "x-acs-test");
        assert_eq!(
            canonical.signature(&"secret".into()),
            "4ab59fffe3c5738ff8a2729f90cc04fe18b02a4b15b2102cbaf92f9ff3df2ea3"
        );
    }
}
