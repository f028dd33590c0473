//! A request of the SDK signed anew by arrears: the same date, nonce, headers and keys must give the same text and signature.

use arrears::ecs::{Keys, Signing};

use super::cases::Captured;
use crate::double::canonical_request;

/// What arrears' signing makes of its own.
const MADE: &[&str] = &[
    "host",
    "x-acs-action",
    "x-acs-content-sha256",
    "x-acs-date",
    "x-acs-security-token",
    "x-acs-signature-nonce",
    "x-acs-version",
];

pub(super) fn check(captured: &Captured) {
    let request = &captured.call.request;
    let header = |name: &str| request.header(name).unwrap_or_default();
    let authorization = header("authorization");
    let (_, rest) = authorization.split_once("SignedHeaders=").unwrap();
    let names: Vec<_> = rest.split_once(',').unwrap().0.split(';').collect();
    let more: Vec<_> = names
        .iter()
        .filter(|name| !MADE.contains(name))
        .map(|name| (*name, header(name)))
        .collect();
    let more: Vec<_> = more
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();

    let parameters = request.parameters();
    let query: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let token = header("x-acs-security-token");
    let keys = Keys {
        access_key_id: captured.call.access_key.clone().unwrap(),
        access_key_secret: captured.secret.as_str().into(),
        security_token: (!token.is_empty()).then(|| token.as_str().into()),
        expires_at: None,
    };
    let signed = Signing {
        method: &request.method,
        host: &header("host"),
        action: &header("x-acs-action"),
        version: &header("x-acs-version"),
        query: &query,
        form: &[],
        date: header("x-acs-date").parse().unwrap(),
        nonce: &header("x-acs-signature-nonce"),
        more_headers: &more,
    }
    .sign(&keys);

    let content = header("x-acs-content-sha256");
    assert_eq!(
        signed.canonical_request,
        canonical_request(request, &names, &content)
    );
    for (name, value) in &signed.headers {
        assert_eq!(*value, header(name), "{name}");
    }
    assert!(
        signed
            .headers
            .iter()
            .any(|(name, _)| name == "authorization")
    );
}
