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
    /// Reads an answer, of which nothing but its code and its time is ever in an error.
    pub(super) fn read(body: &[u8], now: Timestamp) -> Result<Keys, String> {
        let answer: Self = serde_json::from_slice(body)
            .map_err(|_| "the answer is no JSON with keys in it".to_owned())?;
        answer.keys(now)
    }

    /// The keys, unless some of them is missing or they have ended.
    pub(super) fn keys(self, now: Timestamp) -> Result<Keys, String> {
        match self.code {
            Some(code) if code != "Success" => {
                let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
                return Err(format!("the answer has the code {code:.40}"));
            }
            Some(_) | None => {}
        }
        let present = |value: Option<String>, name: &str| {
            value
                .filter(|value| !value.is_empty())
                .ok_or_else(|| format!("the answer has no {name}"))
        };
        let expires_at: Timestamp = present(self.expiration, "Expiration")?
            .parse()
            .map_err(|_| "the answer's Expiration is no time")?;
        if expires_at <= now {
            return Err(format!(
                "the keys that it gives have ended at {expires_at}, and here it is {now:.0}"
            ));
        }
        Ok(Keys {
            access_key_id: present(self.access_key_id, "AccessKeyId")?,
            access_key_secret: present(self.access_key_secret, "AccessKeySecret")?.into(),
            security_token: Some(present(self.security_token, "SecurityToken")?.into()),
            expires_at: Some(expires_at),
        })
    }
}
