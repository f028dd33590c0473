//! What a call is signed with.

use std::fmt;

use jiff::Timestamp;
use secrecy::SecretString;

/// An access key, with its token where it is a temporary one.
pub struct Keys {
    /// Names the key; no secret, but nobody's business either.
    pub access_key_id: String,
    /// Signs.
    pub access_key_secret: SecretString,
    /// Goes with a temporary key.
    pub security_token: Option<SecretString>,
    /// When a temporary key ends.
    pub expires_at: Option<Timestamp>,
}

impl Keys {
    /// The same keys once more: not `Clone`, for copies of a secret should be rare and easy to find.
    pub(super) fn copy(&self) -> Self {
        Self {
            access_key_id: self.access_key_id.clone(),
            access_key_secret: self.access_key_secret.clone(),
            security_token: self.security_token.clone(),
            expires_at: self.expires_at,
        }
    }

    /// What nobody else may know of them.
    pub(in crate::ecs) fn secrets(&self) -> impl Iterator<Item = &SecretString> + Clone {
        std::iter::once(&self.access_key_secret).chain(&self.security_token)
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown: String = self.access_key_id.chars().take(4).collect();
        formatter
            .debug_struct("Keys")
            .field("access_key_id", &format_args!("{shown}..."))
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
