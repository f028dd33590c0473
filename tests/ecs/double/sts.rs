//! STS 2015-04-01: AssumeRole, which is signed, and AssumeRoleWithOIDC, which is not.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::{
    answer::{Answer, Refusal, request_id},
    keys::{Role, TemporaryKeys, TokenState, World},
    machine::seconds,
    request::Parameters,
};

/// The one action that nobody signs.
pub(super) const UNSIGNED: &str = "AssumeRoleWithOIDC";

/// Serves a call; the account is whoever signed it.
pub(super) fn serve(
    action: &str,
    parameters: &Parameters,
    account: Option<usize>,
    world: &mut World,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    match (action, account) {
        ("AssumeRole", Some(account)) => assume_role(parameters, account, world, now),
        (UNSIGNED, _) => assume_role_with_oidc(parameters, world, now),
        _ => Err(Refusal::new(
            404,
            "InvalidAction.NotFound",
            "Specified api is not found, please check your url and method.",
        )),
    }
}

fn assume_role(
    parameters: &Parameters,
    account: usize,
    world: &mut World,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let (arn, name, lifetime) = common(parameters)?;
    let role = role(arn, world)?;
    if !role.trusts.contains(&account) {
        let message = "You are not authorized to do this action. You should be authorized by RAM.";
        return Err(Refusal::new(403, "NoPermission", message));
    }
    let owner = role.account;
    Ok(session(
        world.open_session(owner, now + lifetime),
        arn,
        name,
    ))
}

fn assume_role_with_oidc(
    parameters: &Parameters,
    world: &mut World,
    now: Timestamp,
) -> Result<Answer, Refusal> {
    let provider = required(parameters, "OIDCProviderArn")?;
    let token = required(parameters, "OIDCToken")?;
    let (arn, name, lifetime) = common(parameters)?;
    let role = role(arn, world)?;
    if role.provider.as_deref() != Some(provider) {
        let message = "The OIDC provider does not exist.";
        return Err(Refusal::new(404, "EntityNotExist.OIDCProvider", message));
    }
    let failed = |kind: &str, message: &str| {
        Err(Refusal::new(
            401,
            format!("AuthenticationFail.OIDCToken.{kind}"),
            message,
        ))
    };
    match role.tokens.get(token) {
        Some(TokenState::Good) => {}
        Some(TokenState::Expired) => return failed("Expired", "This JWT Token is expired."),
        None => return failed("Invalid", "This JWT Token is invalid."),
    }
    let owner = role.account;
    Ok(session(
        world.open_session(owner, now + lifetime),
        arn,
        name,
    ))
}

fn common(parameters: &Parameters) -> Result<(&str, &str, SignedDuration), Refusal> {
    let arn = required(parameters, "RoleArn")?;
    let name = required(parameters, "RoleSessionName")?;
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".@-_".contains(letter);
    if !(2..=64).contains(&name.len()) || !name.chars().all(is_plain) {
        let message = "The parameter RoleSessionName is wrongly formed.";
        return Err(Refusal::new(
            400,
            "InvalidParameter.RoleSessionName",
            message,
        ));
    }
    let seconds = parameters
        .get("DurationSeconds")
        .map_or(Ok(3600), |text| text.parse());
    match seconds {
        Ok(seconds) if (900..=43200).contains(&seconds) => {
            Ok((arn, name, SignedDuration::from_secs(seconds)))
        }
        _ => {
            let message = "The Min/Max value of DurationSeconds is 15min/12hr.";
            Err(Refusal::new(
                400,
                "InvalidParameter.DurationSeconds",
                message,
            ))
        }
    }
}

fn role<'a>(arn: &str, world: &'a World) -> Result<&'a Role, Refusal> {
    world.roles.get(arn).ok_or_else(|| {
        Refusal::new(
            404,
            "EntityNotExist.Role",
            "The specified Role does not exist.",
        )
    })
}

fn required<'a>(parameters: &'a Parameters, name: &str) -> Result<&'a str, Refusal> {
    let value = parameters.get(name).filter(|value| !value.is_empty());
    value
        .map(String::as_str)
        .ok_or_else(|| Refusal::missing(name))
}

fn session(keys: TemporaryKeys, arn: &str, name: &str) -> Answer {
    let TemporaryKeys {
        id,
        secret,
        token,
        expires,
    } = keys;
    Answer::json(
        json!({
            "RequestId": request_id(),
            "AssumedRoleUser": {
                "Arn": format!("{}/{name}", arn.replace(":role/", ":assumed-role/")),
                "AssumedRoleId": format!("344584339364951186:{name}"),
            },
            "Credentials": {
                "AccessKeyId": id,
                "AccessKeySecret": secret,
                "SecurityToken": token,
                "Expiration": seconds(expires),
            },
        })
        .to_string(),
    )
}
