//! From the service's codes to the classes.

use super::Class;

/// Codes by which the service says that temporary credentials are of no more use.
const TOKEN: [&str; 4] = [
    "InvalidSecurityToken",
    "MissingSecurityToken",
    "SecurityTokenExpired",
    "ExpiredToken",
];

/// Codes about the access key, its secret, or the signature made with it.
const KEY: [&str; 6] = [
    "InvalidAccessKeyId",
    "InvalidAccessKeySecret",
    "MissingAccessKeyId",
    "SignatureDoesNotMatch",
    "IncompleteSignature",
    "AuthenticationFail",
];

const PERMISSION: [&str; 4] = ["Forbidden", "NoPermission", "AccessDenied", "Unauthorized"];

const DATE: [&str; 2] = ["InvalidTimeStamp", "IllegalTimestamp"];

/// The last one says that an endpoint does not serve the region that it was asked about.
const REGION: [&str; 3] = [
    "InvalidRegionId",
    "MissingRegionId",
    "InvalidOperation.NotSupportedEndpoint",
];

const SERVER: [&str; 4] = [
    "InternalError",
    "ServiceUnavailable",
    "SystemBusy",
    "UnknownError",
];

/// The class of a refusal with a code; codes come before the status, which differs between the vendor's products.
pub(super) fn by_code(code: &str, status: u16) -> Class {
    let is_one_of = |codes: &[&str]| codes.iter().any(|known| is_kind_of(code, known));
    if code.contains("Throttling") {
        Class::Throttled { retry_after: None }
    } else if is_one_of(&TOKEN) {
        Class::ExpiredToken
    } else if is_one_of(&KEY) {
        Class::BadCredentials
    } else if is_one_of(&DATE) {
        Class::ClockSkew
    } else if is_one_of(&REGION) {
        Class::UnknownRegion
    } else if is_one_of(&PERMISSION) {
        Class::NoPermission
    } else if is_one_of(&SERVER) {
        Class::Server
    } else {
        match by_status(status) {
            // It has a code, so the service has said it.
            Class::Malformed => Class::Rejected,
            class => class,
        }
    }
}

/// The class of an answer that says nothing that can be read.
pub(super) fn by_status(status: u16) -> Class {
    match status {
        408 | 504 => Class::Timeout,
        429 => Class::Throttled { retry_after: None },
        500.. => Class::Server,
        _ => Class::Malformed,
    }
}

/// Whether `code` is `known` or one of its kinds: `Forbidden.RAM` is a kind of `Forbidden`.
fn is_kind_of(code: &str, known: &str) -> bool {
    code.strip_prefix(known)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
