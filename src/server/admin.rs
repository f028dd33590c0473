//! The administrator's port: is it alive, is it ready, and its metrics.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{RawQuery, State},
    http::{StatusCode, header::CONTENT_TYPE},
    response::IntoResponse,
    routing::get,
};
use hyper::{Request, Response, body::Incoming};
use tower::ServiceExt as _;

use super::{connection::Handler, deadline::Deadline};
use crate::telemetry::{Health, Metrics};

const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The routes of the administrator's port.
#[derive(Debug)]
pub(super) struct Admin(Router);

impl Admin {
    pub(super) fn new(metrics: Arc<Metrics>, health: Health) -> Self {
        let ready = Router::new()
            .route("/readyz", get(readyz))
            .with_state(health);
        let measured = Router::new()
            .route("/metrics", get(scrape))
            .with_state(metrics);
        Self(
            Router::new()
                // A process that can answer at all is alive: nothing that a restart would not mend belongs here.
                .route("/livez", get(|| async { "ok\n" }))
                .merge(ready)
                .merge(measured),
        )
    }
}

impl Handler for Admin {
    type Body = Body;

    async fn answer(&self, request: Request<Incoming>, _deadline: &Deadline) -> Response<Body> {
        match self.0.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}

async fn readyz(State(health): State<Health>, RawQuery(query): RawQuery) -> impl IntoResponse {
    let report = health.report();
    let status = match report.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    let verbose = query.is_some_and(|query| {
        query
            .split('&')
            .any(|pair| pair == "verbose" || pair.starts_with("verbose="))
    });
    // As on the API server: whoever asks an unready process wants to know why.
    match (verbose, report.ready) {
        (false, true) => (status, "ok\n".to_owned()),
        (true, _) | (_, false) => (status, report.text),
    }
}

async fn scrape(State(metrics): State<Arc<Metrics>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, OPENMETRICS)], metrics.render())
}
