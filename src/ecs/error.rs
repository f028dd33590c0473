//! Why a call to ECS gave no facts, and what to do about it.
//!
//! Guarantees: every way to fail is of one class, and each class has a remedy; no text in here holds a secret, a line
//! break, or more than a few hundred characters, whoever wrote it; why there are no credentials takes as much for each
//! source.

mod classify;
mod hint;
mod refusal;
mod text;

use std::{fmt, time::Duration};

pub(super) use refusal::{refusal, request_id};
pub(super) use text::{message, one_line};

use crate::{api::RegionId, telemetry::EcsAction};

/// The least that arrears has to be permitted.
pub const MINIMAL_POLICY: &str = r#"{"Version":"1","Statement":[{"Effect":"Allow","Action":["ecs:DescribeInstances","ecs:DescribeDisks"],"Resource":"*"}]}"#;

/// A call that gave no facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What kind of failure it is.
    pub class: Class,
    /// The action that was called.
    pub action: &'static str,
    /// The region that was asked.
    pub region: String,
    /// The service's own code, where it gave one.
    pub code: Option<String>,
    /// What happened, in one line.
    pub message: String,
    /// Finds the call in the vendor's logs.
    pub request_id: Option<Box<str>>,
}

/// The kinds of failure, by what is to be done about them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Too many calls.
    Throttled {
        /// Until when there is no use in asking, where the service said so.
        retry_after: Option<Duration>,
    },
    /// RAM does not allow the call.
    NoPermission,
    /// The access key is none that counts, or the secret is not its own.
    BadCredentials,
    /// There is nothing to sign with.
    NoCredentials,
    /// The temporary credentials have ended.
    ExpiredToken,
    /// The machine's time of day is not the service's.
    ClockSkew,
    /// The service does not know the region, or this program was not told of it.
    UnknownRegion,
    /// Refused for another reason.
    Rejected,
    /// The service is out of order.
    Server,
    /// The service could not be reached, or the connection broke.
    Network,
    /// There was no answer in time.
    Timeout,
    /// What was answered is not what the service answers.
    Malformed,
}

impl Error {
    /// An error of this program's own: the service gave no code for it.
    pub(super) fn own(
        class: Class,
        action: EcsAction,
        region: &RegionId,
        message: impl Into<String>,
    ) -> Self {
        Self {
            class,
            action: action.name(),
            region: region.to_string(),
            code: None,
            message: message.into(),
            request_id: None,
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        let Self { action, region, .. } = self;
        match &self.class {
            Class::Throttled { .. } => format!(
                "raise the account's quota for {action} in {region}, or let fewer programs ask, or set a longer pollInterval"
            ),
            Class::NoPermission => format!(
                "allow ecs:{action} to the RAM user or role that is used; the least that arrears needs is {MINIMAL_POLICY}"
            ),
            Class::BadCredentials => {
                "check that the access key exists, is active, and has this secret".to_owned()
            }
            Class::NoCredentials => {
                "give the account's EcsAccount credentials that can be used: see spec.credentials"
                    .to_owned()
            }
            Class::ExpiredToken => {
                "see that the source of the temporary credentials renews them before they end"
                    .to_owned()
            }
            Class::ClockSkew => {
                "set this machine's clock by NTP: ECS takes no more than 15 minutes of difference"
                    .to_owned()
            }
            Class::UnknownRegion => format!(
                "check {region} in the regions of the EcsAccount, and that its endpoint serves it: a VPC endpoint serves its own region only"
            ),
            Class::Rejected => match &self.request_id {
                Some(id) => {
                    format!("look the request {id} up in the vendor's OpenAPI troubleshooting")
                }
                None => "look the code up in the vendor's error center".to_owned(),
            },
            Class::Server => {
                "wait: it is asked again; if this lasts, see the vendor's status page".to_owned()
            }
            Class::Network => format!(
                "check that the ECS endpoint of {region} can be reached from here: name resolution, network policies, proxy, and the EcsAccount's network and endpoints"
            ),
            Class::Timeout => format!(
                "check that nothing between here and the ECS endpoint of {region} drops packets; the EcsAccount's network says which endpoint is asked"
            ),
            Class::Malformed => format!(
                "check that the endpoint of {region} is ECS itself, and not a proxy, a login page or another service"
            ),
        }
    }

    /// What happened, for a sentence in an answer to somebody who can do nothing about it.
    #[must_use]
    pub fn in_short(&self) -> &'static str {
        self.class.in_short()
    }

    /// Whether the service does not know the lock reason that it was asked for.
    #[must_use]
    pub fn is_unknown_reason(&self) -> bool {
        self.has_code("InvalidLockReason.NotFound")
    }

    /// Whether the service's code is this.
    pub(super) fn has_code(&self, code: &str) -> bool {
        self.code.as_deref() == Some(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            class,
            action,
            region,
            code,
            message,
            request_id,
        } = self;
        write!(formatter, "{action} in {region}: {}", class.in_short())?;
        if !message.is_empty() {
            write!(formatter, ": {message}")?;
        }
        match (code, request_id) {
            (Some(code), Some(id)) => write!(formatter, " (code {code}, request {id})"),
            (Some(code), None) => write!(formatter, " (code {code})"),
            (None, Some(id)) => write!(formatter, " (request {id})"),
            (None, None) => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

// === impl Class ===

impl Class {
    fn in_short(self) -> &'static str {
        match self {
            Self::Throttled { .. } => "ECS throttles this account",
            Self::NoPermission => "ECS does not permit the call",
            Self::BadCredentials => "ECS does not accept the access key",
            Self::NoCredentials => "there are no credentials for ECS",
            Self::ExpiredToken => "the credentials for ECS have ended",
            Self::ClockSkew => "this machine's clock is not that of ECS",
            Self::UnknownRegion => "ECS can't be asked about the region",
            Self::Rejected => "ECS refused the call",
            Self::Server => "ECS is out of order",
            Self::Network => "ECS can't be reached",
            Self::Timeout => "ECS did not answer in time",
            Self::Malformed => "ECS gave an answer that can't be read",
        }
    }
}

#[cfg(test)]
mod tests;
