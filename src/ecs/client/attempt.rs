//! One attempt: signed, sent, read and counted.

use std::time::Instant;

use reqwest::{
    Method, Url,
    header::{ACCEPT, CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, InvalidHeaderValue},
};

use super::{
    Client,
    call::{Call, Told},
};
use crate::{
    ecs::{
        credentials::keys::Keys,
        endpoint,
        error::{Class, Error},
        http::Failure,
        sign::{Signed, Signing},
    },
    telemetry::{CallOutcome, EcsAction, Metrics},
};

/// The version of the ECS API.
const VERSION: &str = "2014-05-26";

impl Client {
    /// Sends a call once, without waiting for its turn.
    pub(super) async fn attempt<T>(
        &self,
        call: &Call<'_>,
        endpoint: &Url,
        keys: &Keys,
        patience: std::time::Duration,
        read: impl Fn(&Told<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let signed = self.sign(call, endpoint, keys);
        let headers = headers(&signed).map_err(|_| {
            let problem = "the access key or its token has characters that can't be sent";
            call.error(Class::BadCredentials, problem)
        })?;
        let mut url = endpoint.clone();
        url.set_query(Some(&signed.query));
        let request = self.http.request(Method::POST, url).headers(headers);

        let counted = Counted::new(&self.metrics, call.action);
        let outcome = match self.http.send(request, patience).await {
            Ok(answer) => read(&Told {
                call,
                answer: &answer,
                keys,
            }),
            Err(failure) => Err(call.error(class(&failure), failure.to_string())),
        };
        counted.end(match &outcome {
            Ok(_) => CallOutcome::Ok,
            Err(error) => label(error.class),
        });
        outcome
    }

    fn sign(&self, call: &Call<'_>, endpoint: &Url, keys: &Keys) -> Signed {
        let parameters = call.parameters.iter();
        let query: Vec<_> = parameters.map(|(name, value)| (*name, &**value)).collect();
        let signing = Signing {
            method: "POST",
            host: &endpoint::host(endpoint),
            action: call.action.name(),
            version: VERSION,
            query: &query,
            form: &[],
            date: self.clock.now(),
            nonce: &self.nonces.next(),
            more_headers: &[],
        };
        signing.sign(keys)
    }
}

fn headers(signed: &Signed) -> Result<HeaderMap, InvalidHeaderValue> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
    // Some proxies refuse a POST that does not say how long it is.
    headers.insert(CONTENT_LENGTH, HeaderValue::from_static("0"));
    for (name, value) in &signed.headers {
        // The URL brings it.
        if name == "host" {
            continue;
        }
        let mut value = HeaderValue::from_str(value)?;
        value.set_sensitive(matches!(
            name.as_str(),
            "authorization" | "x-acs-security-token"
        ));
        // Names are this program's own.
        if let Ok(name) = HeaderName::from_bytes(name.as_bytes()) {
            headers.insert(name, value);
        }
    }
    Ok(headers)
}

fn class(failure: &Failure) -> Class {
    match failure {
        Failure::Timeout(_) => Class::Timeout,
        Failure::Network(_) => Class::Network,
        Failure::TooLong => Class::Malformed,
    }
}

fn label(class: Class) -> CallOutcome {
    match class {
        Class::Throttled { .. } => CallOutcome::Throttled,
        Class::NoPermission
        | Class::BadCredentials
        | Class::NoCredentials
        | Class::ExpiredToken => CallOutcome::Denied,
        Class::Timeout => CallOutcome::Timeout,
        Class::ClockSkew
        | Class::UnknownRegion
        | Class::Rejected
        | Class::Server
        | Class::Network
        | Class::Malformed => CallOutcome::Error,
    }
}

/// An attempt under way; dropped before its end it had no answer in time.
struct Counted<'a> {
    metrics: &'a Metrics,
    action: EcsAction,
    outcome: CallOutcome,
    began: Instant,
}

impl<'a> Counted<'a> {
    fn new(metrics: &'a Metrics, action: EcsAction) -> Self {
        Self {
            metrics,
            action,
            outcome: CallOutcome::Timeout,
            began: Instant::now(),
        }
    }

    fn end(mut self, outcome: CallOutcome) {
        self.outcome = outcome;
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let took = self.began.elapsed();
        self.metrics.asked(self.action, self.outcome, took);
    }
}
