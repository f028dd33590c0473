//! Who is calling: the check of ACS3-HMAC-SHA256, by the documents and apart from the product's own signer.

use aws_lc_rs::{digest, hmac};
use jiff::{SignedDuration, Timestamp};

use super::{
    answer::Refusal,
    keys::{AccessKey, World},
    request::Request,
};

const ALGORITHM: &str = "ACS3-HMAC-SHA256";
const SKEW: SignedDuration = SignedDuration::from_mins(15);
const TOKEN: &str = "x-acs-security-token";

/// What the `Authorization` header says.
struct Claim<'a> {
    access_key: &'a str,
    signed_headers: Vec<&'a str>,
    signature: &'a str,
}

/// The account that signed the request, which is used up by this: a second one with its nonce is refused.
pub(super) fn verify(
    request: &Request,
    world: &mut World,
    now: Timestamp,
) -> Result<usize, Refusal> {
    let authorization = request
        .header("authorization")
        .ok_or_else(|| Refusal::missing("AccessKeyId"))?;
    let claim = Claim::parse(&authorization).ok_or_else(incomplete)?;
    let names = |header: &&str| {
        *header == "host" || *header == "content-type" || header.starts_with("x-acs-")
    };
    let sent = request.headers.iter().map(|(name, _)| name.as_str());
    if !sent
        .filter(names)
        .all(|header| claim.signed_headers.contains(&header))
    {
        return Err(incomplete());
    }

    let key = world.keys.get(claim.access_key).ok_or_else(|| {
        let message = "Specified access key is not found.";
        Refusal::new(404, "InvalidAccessKeyId.NotFound", message)
    })?;
    if !key.active {
        let message = "Specified access key is disabled.";
        return Err(Refusal::new(400, "InvalidAccessKeyId.Inactive", message));
    }
    check_date(request, now)?;
    check_signature(request, &claim, key)?;
    check_token(request, key, world, now)?;
    let account = key.account;

    let nonce = request
        .header("x-acs-signature-nonce")
        .filter(|nonce| !nonce.is_empty())
        .ok_or_else(|| Refusal::missing("SignatureNonce"))?;
    match world.nonces.insert(nonce) {
        true => Ok(account),
        false => Err(Refusal::new(
            400,
            "SignatureNonceUsed",
            "Specified signature nonce was used already.",
        )),
    }
}

/// The access key that an `Authorization` header names.
pub(super) fn access_key(authorization: &str) -> Option<String> {
    Claim::parse(authorization).map(|claim| claim.access_key.to_owned())
}

impl<'a> Claim<'a> {
    fn parse(authorization: &'a str) -> Option<Self> {
        let rest = authorization.strip_prefix(ALGORITHM)?.strip_prefix(' ')?;
        let mut parts = rest.splitn(3, ',');
        let mut next = |name: &str| parts.next()?.trim().strip_prefix(name)?.strip_prefix('=');
        Some(Self {
            access_key: next("Credential")?,
            signed_headers: next("SignedHeaders")?.split(';').collect(),
            signature: next("Signature")?,
        })
    }
}

fn check_date(request: &Request, now: Timestamp) -> Result<(), Refusal> {
    let date = request
        .header("x-acs-date")
        .ok_or_else(|| Refusal::missing("Timestamp"))?;
    let is_well_formed = date.len() == "2023-10-26T10:22:32Z".len() && date.ends_with('Z');
    let at: Timestamp = date
        .parse()
        .ok()
        .filter(|_| is_well_formed)
        .ok_or_else(|| {
            let message = "Specified time stamp or date value is not well formatted.";
            Refusal::new(400, "InvalidTimeStamp.Format", message)
        })?;
    if SKEW < now.duration_since(at).abs() {
        let message = "Specified time stamp or date value is expired.";
        return Err(Refusal::new(400, "InvalidTimeStamp.Expired", message));
    }
    Ok(())
}

fn check_signature(request: &Request, claim: &Claim<'_>, key: &AccessKey) -> Result<(), Refusal> {
    let content = hex(digest::digest(&digest::SHA256, &request.body).as_ref());
    let canonical = canonical_request(request, &claim.signed_headers, &content);
    let hash = hex(digest::digest(&digest::SHA256, canonical.as_bytes()).as_ref());
    let to_sign = format!("{ALGORITHM}\n{hash}");
    let signer = hmac::Key::new(hmac::HMAC_SHA256, key.secret.as_bytes());
    let signature = hex(hmac::sign(&signer, to_sign.as_bytes()).as_ref());

    let is_of_this_body = request.header("x-acs-content-sha256") == Some(content);
    if is_of_this_body && signature == claim.signature {
        return Ok(());
    }
    // The service echoes what it signed, token and all: a client must not log this.
    let message = format!(
        "Specified signature does not match our calculation. server StringToSign is [{to_sign}] server CanonicalRequest is [{canonical}]"
    );
    Err(Refusal::new(400, "SignatureDoesNotMatch", message))
}

/// The text whose hash is signed, following the list of the caller.
pub(crate) fn canonical_request(
    request: &Request,
    signed_headers: &[&str],
    content: &str,
) -> String {
    let mut names = signed_headers.to_vec();
    names.sort_unstable();
    let headers: String = names
        .iter()
        .map(|name| format!("{name}:{}\n", request.header(name).unwrap_or_default()))
        .collect();
    format!(
        "{}\n{}\n{}\n{headers}\n{}\n{content}",
        request.method,
        request.path,
        request.canonical_query(),
        names.join(";"),
    )
}

fn check_token(
    request: &Request,
    key: &AccessKey,
    world: &World,
    now: Timestamp,
) -> Result<(), Refusal> {
    let invalid = |kind: &str, message: &str| {
        Refusal::new(400, format!("InvalidSecurityToken.{kind}"), message)
    };
    let is_known = |token: &str| {
        let sessions = world.keys.values().filter_map(|key| key.session.as_ref());
        sessions
            .map(|session| &session.token)
            .any(|known| known == token)
    };
    match (&key.session, request.header(TOKEN)) {
        (None, None) => Ok(()),
        (Some(_), None) => Err(Refusal::missing("SecurityToken")),
        (Some(session), Some(token)) if session.token == token => match now < session.expires {
            true => Ok(()),
            false => Err(invalid("Expired", "Specified SecurityToken is expired.")),
        },
        (_, Some(token)) if is_known(&token) => Err(invalid(
            "MismatchWithAccessKey",
            "Specified SecurityToken does not match the AccessKey.",
        )),
        (_, Some(_)) => Err(invalid(
            "Malformed",
            "Specified SecurityToken is malformed.",
        )),
    }
}

fn incomplete() -> Refusal {
    let message = "The request signature does not conform to Aliyun standards.";
    Refusal::new(400, "IncompleteSignature", message)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
