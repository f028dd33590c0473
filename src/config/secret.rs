//! Access keys in a `Secret` manifest, as an account's `secretRef` names them.
//!
//! What is secret in it is in no message and in no debug output.

use std::fmt;

use k8s_openapi::{ByteString, api::core::v1};
use secrecy::{ExposeSecret, SecretString};

/// The keys of one Secret.
#[derive(Clone)]
pub struct Secret {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// `accessKeyId`.
    pub access_key_id: String,
    /// `accessKeySecret`.
    pub access_key_secret: SecretString,
    /// `securityToken`, of temporary keys.
    pub security_token: Option<SecretString>,
}

impl Secret {
    /// Its namespace and its name.
    pub(super) fn full_name(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    fn parts(&self) -> [&str; 5] {
        let token = self.security_token.as_ref();
        [
            &self.namespace,
            &self.name,
            &self.access_key_id,
            self.access_key_secret.expose_secret(),
            // None is as good as an empty one, which is never taken.
            token.map_or("", |token| token.expose_secret()),
        ]
    }

    /// Takes the keys out of a Secret; none where it has no key of ours.
    ///
    /// # Errors
    /// Where it has some of what is needed, and not all.
    pub(super) fn of(secret: v1::Secret) -> Result<Option<Self>, String> {
        let v1::Secret {
            metadata,
            data,
            string_data,
            ..
        } = secret;
        let data = data.unwrap_or_default();
        let string_data = string_data.unwrap_or_default();
        let value = |key: &str| match (string_data.get(key), data.get(key)) {
            // As the API server does: what is written in plain wins.
            (Some(text), _) => Ok(Some(text.trim().to_owned())),
            (None, Some(ByteString(bytes))) => match std::str::from_utf8(bytes) {
                Ok(text) => Ok(Some(text.trim().to_owned())),
                Err(_) => Err(format!("`{key}` is no text")),
            },
            (None, None) => Ok(None),
        };
        let (id, secret) = (value("accessKeyId")?, value("accessKeySecret")?);
        let (access_key_id, access_key_secret) = match (id, secret) {
            (None, None) => return Ok(None),
            (Some(id), Some(secret)) if !id.is_empty() && !secret.is_empty() => (id, secret),
            (_, _) => {
                return Err("both accessKeyId and accessKeySecret are needed, not empty".to_owned());
            }
        };
        Ok(Some(Self {
            namespace: metadata.namespace.unwrap_or_else(|| "default".to_owned()),
            name: metadata.name.unwrap_or_default(),
            access_key_id,
            access_key_secret: access_key_secret.into(),
            security_token: value("securityToken")?
                .filter(|token| !token.is_empty())
                .map(Into::into),
        }))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Secret({})", self.full_name())
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.parts() == other.parts()
    }
}

impl Eq for Secret {}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(yaml: &str) -> Result<Option<Secret>, String> {
        Secret::of(serde_saphyr::from_str(yaml).unwrap())
    }

    #[test]
    fn keys_are_read_in_plain_and_in_base64() {
        let secret = read(
            "{metadata: {name: keys, namespace: shop}, data: {accessKeyId: TFRBSXg=, accessKeySecret: c2VjcmV0Cg==}, stringData: {securityToken: token}}",
        );
        let secret = secret.unwrap().unwrap();
        assert_eq!(
            (secret.namespace.as_str(), secret.name.as_str()),
            ("shop", "keys")
        );
        assert_eq!(secret.access_key_id, "LTAIx");
        assert_eq!(secret.access_key_secret.expose_secret(), "secret");
        assert_eq!(
            secret.security_token.as_ref().unwrap().expose_secret(),
            "token"
        );
        assert_eq!(format!("{secret:?}"), "Secret(shop/keys)");
    }

    #[test]
    fn half_a_pair_is_an_error_and_another_secret_is_none_of_ours() {
        assert_eq!(
            read("{metadata: {name: tls}, data: {tls.crt: eA==}}"),
            Ok(None)
        );
        let half = read("{metadata: {name: keys}, stringData: {accessKeyId: LTAIx}}");
        assert!(half.unwrap_err().contains("accessKeySecret"));
        let binary =
            read("{metadata: {name: keys}, data: {accessKeyId: /w==, accessKeySecret: eA==}}");
        assert_eq!(binary.unwrap_err(), "`accessKeyId` is no text");
    }
}
