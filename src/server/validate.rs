//! The webhook port: `POST /validate`, and nothing else.

use std::{
    future::poll_fn,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{
    Method, Request, Response,
    body::{Body as _, Incoming},
    header::CONTENT_TYPE,
    http::request::Parts,
};

use super::{
    Answer, Limits, Reviewer,
    accept::message,
    body::read,
    connection::Handler,
    deadline::{Deadline, Stage},
    quota::Quota,
    refusal::{Refusal, refuse, respond},
    timeout::stated,
};
use crate::telemetry::Metrics;

const PATH: &str = "/validate";

/// Everything that the requests of the webhook port share.
#[derive(Debug)]
pub(super) struct Webhook<R> {
    reviewer: Arc<R>,
    metrics: Arc<Metrics>,
    /// Bytes in one body.
    body_limit: usize,
    /// Bytes in all bodies together.
    bodies: Quota,
    /// Reviews at once.
    in_flight: Quota,
    /// Whether clients are told not to come back.
    pub(super) draining: AtomicBool,
}

impl<R: Reviewer> Webhook<R> {
    pub(super) fn new(reviewer: Arc<R>, limits: Limits, metrics: Arc<Metrics>) -> Self {
        Self {
            reviewer,
            metrics,
            body_limit: limits.body,
            bodies: Quota::new(limits.bodies),
            in_flight: Quota::new(limits.in_flight),
            draining: AtomicBool::new(false),
        }
    }

    async fn review(
        &self,
        parts: &Parts,
        body: Incoming,
        deadline: &Deadline,
    ) -> Result<Answer, Refusal> {
        admit(parts)?;
        // A body is not read in vain, and reading one takes no slot: a slow sender must not keep a fast one waiting.
        if self.in_flight.is_exhausted() {
            return Err(Refusal::Busy);
        }
        let (body, _share) = read(body, self.body_limit, &self.bodies, deadline).await?;
        deadline.enter(Stage::Answer);

        let mut slot = self.in_flight.share();
        slot.grow(1, usize::MAX).map_err(|_| Refusal::Busy)?;
        let _in_flight = self.metrics.begin_review();
        self.ask(body, stated(parts.uri.query())).await
    }

    /// Asks the reviewer, and survives it.
    async fn ask(&self, body: Bytes, timeout: Option<Duration>) -> Result<Answer, Refusal> {
        let mut review = pin!(async { self.reviewer.review(body, timeout).await });
        // A future that panicked is never polled again, so nobody sees what the panic left half done in it.
        let answered = poll_fn(|context| {
            match catch_unwind(AssertUnwindSafe(|| review.as_mut().poll(context))) {
                Ok(Poll::Ready(answer)) => Poll::Ready(Ok(answer)),
                Ok(Poll::Pending) => Poll::Pending,
                Err(panic) => Poll::Ready(Err(panic)),
            }
        });
        answered.await.map_err(|panic| {
            let cause = message(panic.as_ref());
            tracing::error!(%cause, "the reviewer panicked");
            Refusal::Bug
        })
    }
}

impl<R: Reviewer> Handler for Webhook<R> {
    type Body = Full<Bytes>;

    async fn answer(
        &self,
        request: Request<Incoming>,
        deadline: &Deadline,
    ) -> Response<Self::Body> {
        let (mut parts, body) = request.into_parts();
        let has_body = !body.is_end_stream();
        let outcome = self.review(&parts, body, deadline).await;
        let headers = std::mem::take(&mut parts.headers);
        let draining = self.draining.load(Ordering::Relaxed);
        match outcome {
            Ok(answer) => respond(headers, answer.status, answer.body, draining),
            Err(refusal) => {
                let close = draining || (has_body && refusal.leaves_body_unread());
                refuse(headers, refusal, close)
            }
        }
    }
}

/// Whether a request may post a review at all.
fn admit(parts: &Parts) -> Result<(), Refusal> {
    if parts.uri.path() != PATH {
        return Err(Refusal::NoSuchPath);
    }
    if parts.method != Method::POST {
        return Err(Refusal::NotPost);
    }
    let is_json = parts
        .headers
        .get(CONTENT_TYPE)
        .is_some_and(|value| is_json(value.as_bytes()));
    match is_json {
        true => Ok(()),
        false => Err(Refusal::NotJson),
    }
}

/// Whether a content type is `application/json`, with or without parameters.
fn is_json(value: &[u8]) -> bool {
    let essence = value.split(|byte| *byte == b';').next().unwrap_or(value);
    essence
        .trim_ascii()
        .eq_ignore_ascii_case(b"application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_json_with_parameters_and_in_any_case() {
        for value in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON ;x=y",
            " application/json",
        ] {
            assert!(is_json(value.as_bytes()), "{value}");
        }
        for value in [
            "",
            ";",
            "application/jsonp",
            "application/json-patch+json",
            "text/plain",
            "text/plain; application/json",
        ] {
            assert!(!is_json(value.as_bytes()), "{value}");
        }
    }
}
