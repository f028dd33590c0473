//! The webhook's reviewer: the admission room behind the server's door.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;

use super::{Answer, Reviewer};
use crate::admission::{Handler, Reply};

impl Reviewer for Handler {
    async fn review(&self, body: Bytes, timeout: Option<Duration>) -> Answer {
        match Handler::review(self, body, timeout).await {
            Reply::Review(text) => Answer {
                status: StatusCode::OK,
                body: text.into(),
            },
            Reply::BadRequest(text) => Answer {
                status: StatusCode::BAD_REQUEST,
                body: text.into(),
            },
        }
    }
}
