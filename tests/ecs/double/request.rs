//! A request as it came off the wire, and the parameters in it.

use std::collections::BTreeMap;

use hyper::body::Bytes;

/// A request, whole.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    /// The query as it was sent, without the question mark.
    pub(crate) query: String,
    /// Every header in the order of arrival, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Bytes,
}

/// The parameters of a call by name.
pub(crate) type Parameters = BTreeMap<String, String>;

impl Request {
    /// The value of a header; several of one name are joined as the signature wants them.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        let mut values: Vec<_> = self
            .headers
            .iter()
            .filter(|(header, _)| header == name)
            .map(|(_, value)| value.trim())
            .collect();
        values.sort_unstable();
        (!values.is_empty()).then(|| values.join(","))
    }

    /// What the query and a form in the body say, together.
    pub(crate) fn parameters(&self) -> Parameters {
        let mut parameters: Parameters = pairs(&self.query).collect();
        let form = "application/x-www-form-urlencoded";
        if self
            .header("content-type")
            .is_some_and(|kind| kind.starts_with(form))
        {
            let body = String::from_utf8_lossy(&self.body);
            parameters.extend(pairs(&body.replace('+', "%20")));
        }
        parameters
    }

    /// The query as the signature wants it: decoded, sorted, encoded anew.
    pub(super) fn canonical_query(&self) -> String {
        let mut encoded: Vec<_> = pairs(&self.query)
            .map(|(name, value)| format!("{}={}", encode(&name), encode(&value)))
            .collect();
        encoded.sort_unstable();
        encoded.join("&")
    }
}

fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (decode(name), decode(value)))
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = (first == b'%')
            .then(|| after.get(..2))
            .flatten()
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(hex.unwrap_or(first));
        rest = if hex.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// RFC 3986: all but the unreserved characters.
fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            other => encoded.push_str(&format!("%{other:02X}")),
        }
    }
    encoded
}
