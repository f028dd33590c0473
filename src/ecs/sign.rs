//! Signing a call with ACS3-HMAC-SHA256, the vendor's third signature.
//!
//! Guarantees: the same call, date, nonce and keys give the same headers; every header by which a call could be
//! changed into another one is signed. Never reads a clock, draws a nonce or sends anything.

mod canonical;
mod encoding;

use jiff::Timestamp;
use secrecy::ExposeSecret as _;

use super::credentials::keys::Keys;
pub use canonical::Canonical;
pub(super) use encoding::form;

/// The path of every call.
const PATH: &str = "/";

/// A call that is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// The HTTP method.
    pub method: &'a str,
    /// The host, with its port where it is not the scheme's own.
    pub host: &'a str,
    /// The API's action, `DescribeInstances`.
    pub action: &'a str,
    /// The API's version, `2014-05-26`.
    pub version: &'a str,
    /// Parameters that go into the query, not yet encoded.
    pub query: &'a [(&'a str, &'a str)],
    /// Parameters that go into the body as a form, not yet encoded; empty = no body.
    pub form: &'a [(&'a str, &'a str)],
    /// The time of day.
    pub date: Timestamp,
    /// Never used before with these keys.
    pub nonce: &'a str,
    /// More headers that are to be signed, none of those that this makes.
    pub more_headers: &'a [(&'a str, &'a str)],
}

/// A call that can be sent; of its parts the token is secret, so it can't be printed.
pub struct Signed {
    /// The query, encoded.
    pub query: String,
    /// Every header that belongs to the signature, `authorization` included; lower-case names.
    pub headers: Vec<(String, String)>,
    /// The body, encoded.
    pub body: String,
    /// What was signed, in full: holds the token.
    pub canonical_request: String,
    /// What the signature is of.
    pub string_to_sign: String,
}

impl Signing<'_> {
    /// Signs with `keys`.
    #[must_use]
    pub fn sign(&self, keys: &Keys) -> Signed {
        let body = form(self.form);
        let payload_hash = canonical::hash(body.as_bytes());
        let date = self.date.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let token = keys.security_token.as_ref();
        let mut headers = vec![
            ("host", self.host),
            ("x-acs-action", self.action),
            ("x-acs-version", self.version),
            ("x-acs-date", &date),
            ("x-acs-signature-nonce", self.nonce),
            ("x-acs-content-sha256", &payload_hash),
        ];
        if !self.form.is_empty() {
            headers.push(("content-type", "application/x-www-form-urlencoded"));
        }
        headers.extend(token.map(|token| ("x-acs-security-token", token.expose_secret())));
        headers.extend_from_slice(self.more_headers);

        let canonical = Canonical {
            method: self.method,
            path: PATH,
            query: self.query,
            headers: &headers,
            payload_hash: &payload_hash,
        };
        let canonical_request = canonical.request();
        let string_to_sign = canonical::string_to_sign(&canonical_request);
        let signature = canonical::signature(&string_to_sign, &keys.access_key_secret);
        let authorization = format!(
            "{} Credential={},SignedHeaders={},Signature={signature}",
            canonical::ALGORITHM,
            keys.access_key_id,
            canonical.signed_headers(),
        );
        let query = canonical.query();
        let mut headers: Vec<_> = headers
            .into_iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        headers.push(("authorization".to_owned(), authorization));
        Signed {
            query,
            headers,
            body,
            canonical_request,
            string_to_sign,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn keys(token: Option<&str>) -> Keys {
        Keys {
            access_key_id: "YourAccessKeyId".to_owned(),
            access_key_secret: "YourAccessKeySecret".into(),
            security_token: token.map(Into::into),
            expires_at: None,
        }
    }

    fn published() -> Signing<'static> {
        Signing {
            method: "POST",
            host: "ecs.cn-shanghai.aliyuncs.com",
            action: "RunInstances",
            version: "2014-05-26",
            query: &[
                ("RegionId", "cn-shanghai"),
                (
                    "ImageId",
                    "win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd",
                ),
            ],
            form: &[],
            date: "2023-10-26T10:22:32.999Z".parse().unwrap(),
            nonce: "3156853299f313e23d1673dc12e1703d",
            more_headers: &[],
        }
    }

    fn header<'s>(signed: &'s Signed, name: &str) -> &'s str {
        let found = signed.headers.iter().find(|(given, _)| given == name);
        &found.unwrap().1
    }

    /// The vector of the vendor's page on signatures.
    #[test]
    fn the_published_request_gets_the_published_signature() {
        let signed = published().sign(&keys(None));
        assert_eq!(
            signed.canonical_request,
            concat!(
                "POST\n/\n",
                "ImageId=win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd&RegionId=cn-shanghai\n",
                "host:ecs.cn-shanghai.aliyuncs.com\n",
                "x-acs-action:RunInstances\n",
                "x-acs-content-sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n",
                "x-acs-date:2023-10-26T10:22:32Z\n",
                "x-acs-signature-nonce:3156853299f313e23d1673dc12e1703d\n",
                "x-acs-version:2014-05-26\n\n",
                "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version\n",
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            )
        );
        assert_eq!(
            signed.string_to_sign,
            "ACS3-HMAC-SHA256\n7ea06492da5221eba5297e897ce16e55f964061054b7695beedaac1145b1e259"
        );
        assert_eq!(
            header(&signed, "authorization"),
            concat!(
                "ACS3-HMAC-SHA256 Credential=YourAccessKeyId,",
                "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,",
                "Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0",
            )
        );
        assert_eq!(signed.body, "");
    }

    #[test]
    fn a_token_a_form_and_more_headers_are_signed_too() {
        let signed = Signing {
            form: &[("RoleArn", "acs:ram::1:role/a b")],
            more_headers: &[("X-Acs-AccessKey-Id", "YourAccessKeyId")],
            ..published()
        }
        .sign(&keys(Some("the-token")));
        assert_eq!(signed.body, "RoleArn=acs%3Aram%3A%3A1%3Arole%2Fa%20b");
        assert_eq!(header(&signed, "x-acs-security-token"), "the-token");
        assert!(header(&signed, "authorization").contains(
            ";x-acs-accesskey-id;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-security-token;"
        ));
        assert!(header(&signed, "authorization").contains("SignedHeaders=content-type;host;"));
        assert_eq!(
            header(&signed, "x-acs-content-sha256"),
            canonical::hash(signed.body.as_bytes())
        );
    }

    proptest! {
        /// Each of these, changed on the way, would be another call.
        #[test]
        fn every_part_of_a_call_changes_its_signature(part in 0_usize..8, other in "[a-z]{1,8}") {
            let query = [("RegionId", other.as_str())];
            let form = [("RoleArn", other.as_str())];
            let more_headers = [("x-acs-more", other.as_str())];
            let call = published();
            let changed = match part {
                0 => Signing { method: "GET", ..call },
                1 => Signing { host: &other, ..call },
                2 => Signing { action: &other, ..call },
                3 => Signing { version: &other, ..call },
                4 => Signing { query: &query, ..call },
                5 => Signing { form: &form, ..call },
                6 => Signing { nonce: &other, ..call },
                _ => Signing { more_headers: &more_headers, ..call },
            };
            let keys = keys(None);
            let (signed, changed) = (call.sign(&keys), changed.sign(&keys));
            prop_assert_ne!(header(&signed, "authorization"), header(&changed, "authorization"));
        }
    }
}
