//! What is answered: a status, headers and a body, most often JSON; and the service's way of saying no.

use std::sync::atomic::{AtomicU64, Ordering};

use hyper::body::Bytes;
use serde_json::{Value, json};

/// An answer, whole.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Bytes,
    /// The service's code, when it says no.
    pub(crate) code: Option<String>,
}

/// A refusal with the code and the message of the service.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// More members of the body.
    pub(crate) details: Vec<(&'static str, Value)>,
}

impl Answer {
    /// A 200 with such a body.
    pub(crate) fn json(body: impl Into<Bytes>) -> Self {
        Self::of(200, "application/json;charset=utf-8", body)
    }

    /// Anything.
    pub(crate) fn of(status: u16, content_type: &str, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: body.into(),
            code: None,
        }
    }
}

impl Refusal {
    pub(crate) fn new(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            status,
            code: code.into(),
            message: message.into(),
            headers: Vec::new(),
            details: Vec::new(),
        }
    }

    /// A required parameter that is not there.
    pub(super) fn missing(parameter: &str) -> Self {
        Self::new(
            400,
            format!("Missing{parameter}"),
            format!("{parameter} is mandatory for this action."),
        )
    }

    /// A parameter of the wrong form.
    pub(super) fn invalid(code: &str, parameter: &str) -> Self {
        let message = format!("The specified parameter {parameter} is not valid.");
        Self::new(400, code, message)
    }

    /// RAM says no.
    pub(crate) fn forbidden(action: &str) -> Self {
        let mut refusal = Self::new(
            403,
            "Forbidden.RAM",
            "User not authorized to operate on the specified resource, or this API doesn't support RAM.",
        );
        refusal.details.push((
            "AccessDeniedDetail",
            json!({
                "AuthAction": format!("ecs:{action}"),
                "AuthPrincipalType": "SubUser",
                "AuthPrincipalOwnerId": "1234567890123456",
                "AuthPrincipalDisplayName": "2345678901234567",
                "NoPermissionType": "ImplicitDeny",
                "PolicyType": "AccountLevelIdentityBasedPolicy",
                "EncodedDiagnosticMessage": "AQIBIAAAAA",
            }),
        ));
        refusal
    }

    /// What a call with `DryRun=true` gets when it would have been served.
    pub(super) fn dry_run() -> Self {
        Self::new(
            400,
            "DryRunOperation",
            "Request validation has been passed with DryRun flag set.",
        )
    }

    /// The answer that carries it, from that host.
    pub(crate) fn answer(self, host: &str) -> Answer {
        let request_id = request_id();
        let mut body = json!({
            "RequestId": request_id,
            "HostId": host,
            "Code": self.code,
            "Message": self.message,
            "Recommend": format!(
                "https://api.aliyun.com/troubleshoot?q={}&product=Ecs&requestId={request_id}", self.code
            ),
        });
        for (name, value) in self.details {
            body[name] = value;
        }
        let mut answer = Answer::json(body.to_string());
        answer.status = self.status;
        answer.headers.extend(self.headers);
        answer.code = Some(self.code);
        answer
    }
}

/// A new one for each answer, in the service's form.
pub(super) fn request_id() -> String {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
    format!("4A8C5F0E-9B3D-5E1C-8F27-{serial:012X}")
}
