//! A client of the double that signs by the documents, and wrongly where a test wants that.

use std::sync::LazyLock;

use aws_lc_rs::{digest, hmac};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::double::Cloud;

/// Keeps no connection, for it outlives the runtime of each test.
static CLIENT: LazyLock<reqwest::Client> = LazyLock::new(|| {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .pool_max_idle_per_host(0)
        .build()
        .unwrap()
});

/// Where [`ask`] asks.
pub(crate) const REGION: (&str, &str) = ("RegionId", "cn-hangzhou");

/// A cloud with one account, whose key every caller has, and one region.
pub(crate) fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.account("AKID", "SECRET");
    cloud.region("cn-hangzhou");
    cloud
}

/// Makes a right call about that region.
pub(crate) async fn ask(cloud: &Cloud, action: &str, parameters: &[(&str, &str)]) -> Reply {
    let mut all = vec![REGION];
    all.extend(parameters);
    Caller::new(cloud, action, &all).send().await
}

/// A request in the making.
pub(crate) struct Caller {
    url: String,
    secret: String,
    key: String,
    version: String,
    action: String,
    parameters: Vec<(String, String)>,
    date: String,
    nonce: String,
    token: Option<String>,
    content: Option<String>,
    is_unsigned: Vec<&'static str>,
    is_form: bool,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: Value,
}

impl Caller {
    /// A right call of ECS with the key `AKID` and `SECRET`.
    pub(crate) fn new(cloud: &Cloud, action: &str, parameters: &[(&str, &str)]) -> Self {
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self {
            url: cloud.endpoint(),
            key: "AKID".to_owned(),
            secret: "SECRET".to_owned(),
            version: "2014-05-26".to_owned(),
            action: action.to_owned(),
            parameters: parameters.collect(),
            date: date(cloud.now()),
            nonce: nonce(),
            token: None,
            content: None,
            is_unsigned: Vec::new(),
            is_form: false,
        }
    }

    pub(crate) fn key(self, key: &str, secret: &str) -> Self {
        let (key, secret) = (key.to_owned(), secret.to_owned());
        Self {
            key,
            secret,
            ..self
        }
    }

    pub(crate) fn token(self, token: &str) -> Self {
        let token = Some(token.to_owned());
        Self { token, ..self }
    }

    pub(crate) fn nonce(self, nonce: &str) -> Self {
        let nonce = nonce.to_owned();
        Self { nonce, ..self }
    }

    pub(crate) fn date(self, date: &str) -> Self {
        let date = date.to_owned();
        Self { date, ..self }
    }

    pub(crate) fn late_by(self, by: SignedDuration) -> Self {
        let at: Timestamp = self.date.parse().unwrap();
        self.date(&date(at - by))
    }

    pub(crate) fn content(self, content: &str) -> Self {
        let content = Some(content.to_owned());
        Self { content, ..self }
    }

    /// Sends a header without signing it.
    pub(crate) fn unsigned(mut self, header: &'static str) -> Self {
        self.is_unsigned.push(header);
        self
    }

    pub(crate) fn version(self, version: &str) -> Self {
        let version = version.to_owned();
        Self { version, ..self }
    }

    /// Sends the parameters as a form in the body.
    pub(crate) fn form(self) -> Self {
        Self {
            is_form: true,
            ..self
        }
    }

    /// Signs, sends, and reads the answer as JSON.
    pub(crate) async fn send(self) -> Reply {
        let response = self.request().send().await.unwrap();
        Reply {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: serde_json::from_slice(&response.bytes().await.unwrap()).unwrap(),
        }
    }

    /// The signed request.
    pub(crate) fn request(self) -> reqwest::RequestBuilder {
        let parameters = encoded(&self.parameters);
        let (query, body) = match self.is_form {
            true => (String::new(), parameters),
            false => (parameters, String::new()),
        };
        let host = self.url.trim_start_matches("http://").to_owned();
        let mut headers = vec![
            ("host", host),
            ("x-acs-action", self.action),
            (
                "x-acs-content-sha256",
                self.content.unwrap_or_else(|| sha256(&body)),
            ),
            ("x-acs-date", self.date),
            ("x-acs-signature-nonce", self.nonce),
            ("x-acs-version", self.version),
        ];
        headers.extend(self.token.map(|token| ("x-acs-security-token", token)));
        if self.is_form {
            headers.push((
                "content-type",
                "application/x-www-form-urlencoded".to_owned(),
            ));
        }
        headers.sort();
        let (names, lines): (Vec<_>, Vec<_>) = headers
            .iter()
            .filter(|(name, _)| !self.is_unsigned.contains(name))
            .map(|(name, value)| (*name, format!("{name}:{value}\n")))
            .unzip();
        let names = names.join(";");
        let content = sha256(&body);
        let canonical = format!("POST\n/\n{query}\n{}\n{names}\n{content}", lines.concat());
        let to_sign = format!("ACS3-HMAC-SHA256\n{}", sha256(&canonical));
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.as_bytes());
        let signature = hex(hmac::sign(&key, to_sign.as_bytes()).as_ref());
        let authorization = format!(
            "ACS3-HMAC-SHA256 Credential={},SignedHeaders={names},Signature={signature}",
            self.key
        );

        let mut request = CLIENT.post(format!("{}/?{query}", self.url));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        request.header("authorization", authorization).body(body)
    }
}

impl Reply {
    /// The service's code.
    pub(crate) fn code(&self) -> &str {
        self.body["Code"].as_str().unwrap_or_default()
    }

    /// Status and code.
    pub(crate) fn refusal(&self) -> (u16, &str) {
        (self.status, self.code())
    }

    /// The ids of the instances or disks, in order.
    pub(crate) fn ids(&self) -> Vec<&str> {
        let instances = self.body["Instances"]["Instance"].as_array();
        let disks = self.body["Disks"]["Disk"].as_array();
        let items = instances.or(disks).unwrap();
        let id = |item: &'_ Value| item.get("InstanceId").is_some() && item.get("DiskId").is_none();
        items
            .iter()
            .map(|item| {
                if id(item) {
                    &item["InstanceId"]
                } else {
                    &item["DiskId"]
                }
            })
            .map(|id| id.as_str().unwrap())
            .collect()
    }

    /// The token of the next page, if there is one.
    pub(crate) fn next(&self) -> Option<&str> {
        let token = self.body["NextToken"]
            .as_str()
            .expect("there always is one");
        (!token.is_empty()).then_some(token)
    }
}

fn date(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn nonce() -> String {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    hex(&bytes)
}

fn encoded(parameters: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.sort();
    pairs.join("&")
}

fn encode(text: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| match is_plain(byte) {
            true => char::from(byte).to_string(),
            false => format!("%{byte:02X}"),
        })
        .collect()
}

fn sha256(text: &str) -> String {
    hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
