//! Answers that no reviewer gave.

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    HeaderMap, Response, StatusCode,
    header::{ALLOW, CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const POST: HeaderValue = HeaderValue::from_static("POST");
const CLOSE: HeaderValue = HeaderValue::from_static("close");
const ONE_SECOND: HeaderValue = HeaderValue::from_static("1");

/// What a client gets that speaks plain HTTP to the TLS port.
pub(super) const NOT_TLS: &[u8] = b"HTTP/1.1 400 Bad Request\r\n\
Content-Type: application/json\r\n\
Content-Length: 46\r\n\
Connection: close\r\n\
\r\n\
{\"error\":\"this port speaks HTTPS; use https:\"}";

/// Why a request is not given to the reviewer, or got nothing from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Another path than `/validate`.
    NoSuchPath,
    /// Another method than `POST`.
    NotPost,
    /// Another content type than `application/json`.
    NotJson,
    /// The body is, or says it is, too large.
    TooLarge,
    /// The body did not come in time.
    TooSlow,
    /// The body broke off.
    Broken,
    /// There is no room now. The API server tries again when it is told when, on any of 429 and 5xx.
    Busy,
    /// The reviewer panicked.
    Bug,
}

impl Refusal {
    /// Whether the connection can't be used again, because the rest of the body stands where a head should.
    pub(super) fn leaves_body_unread(self) -> bool {
        self != Self::Bug
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NoSuchPath => StatusCode::NOT_FOUND,
            Self::NotPost => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotJson => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Bug => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn body(self) -> &'static str {
        match self {
            Self::NoSuchPath => r#"{"error":"there is nothing here but /validate"}"#,
            Self::NotPost => r#"{"error":"/validate takes POST only"}"#,
            Self::NotJson => r#"{"error":"the content type must be application/json"}"#,
            Self::TooLarge => r#"{"error":"the body is larger than a review can be"}"#,
            Self::TooSlow => r#"{"error":"the body did not arrive in time"}"#,
            Self::Broken => r#"{"error":"the body could not be read to its end"}"#,
            Self::Busy => r#"{"error":"too much to do at the moment; try again in a second"}"#,
            Self::Bug => r#"{"error":"a bug in arrears; its log has the details"}"#,
        }
    }
}

/// An answer whose headers reuse `headers`, those of the request, so that they cost no allocation.
pub(super) fn respond(
    mut headers: HeaderMap,
    status: StatusCode,
    body: Bytes,
    close: bool,
) -> Response<Full<Bytes>> {
    headers.clear();
    headers.insert(CONTENT_TYPE, JSON);
    if close {
        headers.insert(CONNECTION, CLOSE);
    }
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// The answer to a refused request; `close` as for [`respond`].
pub(super) fn refuse(headers: HeaderMap, refusal: Refusal, close: bool) -> Response<Full<Bytes>> {
    let body = Bytes::from_static(refusal.body().as_bytes());
    let mut response = respond(headers, refusal.status(), body, close);
    let headers = response.headers_mut();
    match refusal {
        Refusal::NotPost => {
            headers.insert(ALLOW, POST);
        }
        Refusal::Busy => {
            headers.insert(RETRY_AFTER, ONE_SECOND);
            // The retry then dials anew, and may reach a replica that has room.
            headers.insert(CONNECTION, CLOSE);
        }
        _ => {}
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_body_is_json_with_an_error() {
        for refusal in [
            Refusal::NoSuchPath,
            Refusal::NotPost,
            Refusal::NotJson,
            Refusal::TooLarge,
            Refusal::TooSlow,
            Refusal::Broken,
            Refusal::Busy,
            Refusal::Bug,
        ] {
            let value: serde_json::Value = serde_json::from_str(refusal.body()).unwrap();
            assert!(value["error"].is_string());
            assert!(refusal.status().is_client_error() || refusal.status().is_server_error());
        }
    }

    #[test]
    fn the_answer_to_plain_http_states_its_own_length() {
        let text = std::str::from_utf8(NOT_TLS).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", body.len())));
        assert!(serde_json::from_str::<serde_json::Value>(body).is_ok());
    }
}
