//! The record of every call, kept as it arrives and before it is answered.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use super::request::{Parameters, Request};

/// One call.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// `DescribeInstances` and so on, `AssumeRole`, `AssumeRoleWithOIDC`, or one of [`super::machine::ACTIONS`].
    pub(crate) action: String,
    /// What `RegionId` says, or where the instance of a `DescribeInstanceAttribute` is.
    pub(crate) region: Option<String>,
    pub(crate) parameters: Parameters,
    /// The access key that it names, true or not.
    pub(crate) access_key: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) request: Arc<Request>,
    /// The account whose signature it bears.
    pub(super) account: Option<usize>,
    /// The status and the service's code that it was answered with, once it was.
    pub(crate) answer: Option<(u16, Option<String>)>,
}

/// All of them.
pub(super) struct Log {
    calls: Mutex<Vec<Call>>,
    count: watch::Sender<usize>,
}

impl Log {
    pub(super) fn new() -> Self {
        Self {
            calls: Mutex::new(Vec::new()),
            count: watch::Sender::new(0),
        }
    }

    /// Adds a call; the number is for [`Self::answered`].
    pub(super) fn arrived(&self, call: Call) -> usize {
        let mut calls = self.calls.lock().unwrap();
        calls.push(call);
        self.count.send_replace(calls.len());
        calls.len() - 1
    }

    /// Notes how a call was answered.
    pub(super) fn answered(&self, number: usize, status: u16, code: Option<&String>) {
        // It may have been forgotten meanwhile.
        if let Some(call) = self.calls.lock().unwrap().get_mut(number) {
            call.answer = Some((status, code.cloned()));
        }
    }

    pub(super) fn of(&self, action: &str) -> Vec<Call> {
        let calls = self.calls.lock().unwrap();
        calls
            .iter()
            .filter(|call| call.action == action)
            .cloned()
            .collect()
    }

    pub(super) fn all(&self) -> Vec<Call> {
        self.calls.lock().unwrap().clone()
    }

    pub(super) fn count(&self, action: &str) -> usize {
        let calls = self.calls.lock().unwrap();
        calls.iter().filter(|call| call.action == action).count()
    }

    pub(super) fn total(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    pub(super) fn forget(&self) {
        self.calls.lock().unwrap().clear();
    }

    pub(super) async fn until(&self, is_enough: impl Fn(&[Call]) -> bool) {
        let mut count = self.count.subscribe();
        while !is_enough(&self.calls.lock().unwrap()) {
            count.changed().await.expect("the log outlives its readers");
        }
    }
}
