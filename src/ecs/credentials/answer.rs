//! Temporary keys as the vendor's services hand them out.

use jiff::Timestamp;
use serde::Deserialize;

use super::keys::Keys;

/// One shape, whether STS, the metadata service or a credentials URI gives it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TemporaryKeys {
    code: Option<String>,
    access_key_id: Option<String>,
    access_key_secret: Option<String>,
    security_token: Option<String>,
    expiration: Option<String>,
}

impl TemporaryKeys {
    /// Reads an answer; nothing of it is in the error.
    pub(super) fn read(body: &[u8]) -> Result<Keys, String> {
        let answer: Self =
            serde_json::from_slice(body).map_err(|_| "the answer is no such JSON".to_owned())?;
        answer.keys()
    }

    pub(super) fn keys(self) -> Result<Keys, String> {
        match self.code {
            Some(code) if code != "Success" => {
                let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
                return Err(format!("the answer is {code:.40}"));
            }
            Some(_) | None => {}
        }
        let expiration = self.expiration.ok_or("the answer has no Expiration")?;
        let expires_at: Timestamp = expiration
            .parse()
            .map_err(|_| "the answer's Expiration is no time")?;
        let present = |value: Option<String>, name: &str| {
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| format!("the answer has no {name}"))
        };
        Ok(Keys {
            access_key_id: present(self.access_key_id, "AccessKeyId")?,
            access_key_secret: present(self.access_key_secret, "AccessKeySecret")?.into(),
            security_token: Some(present(self.security_token, "SecurityToken")?.into()),
            expires_at: Some(expires_at),
        })
    }
}
