//! The webhook's reviewer: the admission room behind the server's door.

use std::time::Duration;

use bytes::Bytes;
use hyper::StatusCode;

use super::{Answer, Reviewer};
use crate::admission::{Handler, Reply};

impl Reviewer for Handler {
    // Everything a verdict rests on is in memory: there is nothing to wait for, and no deadline to keep.
    async fn review(&self, body: Bytes, _timeout: Option<Duration>) -> Answer {
        match self.answer(&body) {
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
