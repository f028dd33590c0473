//! Asking before saying no: whatever can't be told in time is answered by what is known.

use std::{
    pin::Pin,
    time::{Duration, Instant},
};

use bytes::Bytes;
use jiff::Timestamp;

use super::{BUG, Handler, Reply, bad_request};
use crate::decision::{Basis, Question, Verdict};

/// For this long an answer may wait where the caller does not say how long it waits: the API server's own default.
const UNSTATED: Duration = Duration::from_secs(10);

/// The API server rounds the time that is left up to whole seconds, and the answer needs some to get there.
const MARGIN: Duration = Duration::from_millis(1250);

/// However long the caller would wait.
const LONGEST: Duration = Duration::from_secs(5);

/// So often one review asks: each answer can bring up the next target.
const ROUNDS: usize = 8;

/// Who asks the cloud, and puts what it says into the basis.
pub trait Confirm: Send + Sync + 'static {
    /// Asks, for no longer than `patience`.
    fn ask(
        &self,
        questions: Vec<Question>,
        patience: Duration,
    ) -> Pin<Box<dyn Future<Output = Told> + Send + '_>>;

    /// Says that what is known of a region of an account, or of all of them, is no longer fresh.
    fn renew(&self, account: &str, region: Option<&str>);
}

/// What came of asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// There is news in the basis.
    News,
    /// What is known stands.
    Nothing,
    /// It could not be asked, for this reason; what is known stands.
    Failed(&'static str),
}

/// Whether there is still something to ask.
#[derive(Clone, Copy, Debug)]
pub(super) enum Doubt {
    /// There may be, in a request that began at this time; none = it begins now.
    Open(Option<Timestamp>),
    /// No more, and why the cloud could not be asked, if that was tried in vain.
    Settled(Option<&'static str>),
}

impl Handler {
    /// Answers one review; `timeout` is how long the caller says that it waits.
    pub async fn review(&self, body: Bytes, timeout: Option<Duration>) -> Reply {
        let Some(confirm) = &self.confirm else {
            return self.answer(&body);
        };
        let questions = match self.attempt(&body, Doubt::Open(None)) {
            Ok(reply) => return reply,
            Err(questions) => questions,
        };
        let patience = timeout.unwrap_or(UNSTATED).saturating_sub(MARGIN);
        let patience = patience.min(LONGEST);
        self.ask_and_answer(&body, &**confirm, questions, patience)
            .await
    }

    async fn ask_and_answer(
        &self,
        body: &[u8],
        confirm: &dyn Confirm,
        mut questions: Vec<Question>,
        patience: Duration,
    ) -> Reply {
        let began = (self.now)();
        let start = Instant::now();
        for _ in 0..ROUNDS {
            let left = patience.saturating_sub(start.elapsed());
            let unconfirmed = match confirm.ask(questions.clone(), left).await {
                Told::News => match self.attempt(body, Doubt::Open(Some(began))) {
                    Ok(reply) => return reply,
                    // Nothing was said of these.
                    Err(same) if same == questions => None,
                    Err(next) => {
                        questions = next;
                        continue;
                    }
                },
                Told::Nothing => None,
                Told::Failed(reason) => Some(reason),
            };
            return self.settle(body, unconfirmed);
        }
        self.settle(body, None)
    }

    /// Answers by what is known, and says why the cloud could not be asked, if that was tried in vain.
    pub(super) fn settle(&self, body: &[u8], unconfirmed: Option<&'static str>) -> Reply {
        match self.attempt(body, Doubt::Settled(unconfirmed)) {
            Ok(reply) => reply,
            // Nobody asks where doubt is settled.
            Err(_) => bad_request(BUG),
        }
    }
}

/// Asks for newer facts where those that a verdict rests on are not fresh.
pub(super) fn renew(confirm: &dyn Confirm, verdict: &Verdict<'_>, basis: &Basis) {
    for finding in &verdict.findings {
        let is_fresh = finding
            .age
            .is_some_and(|age| age <= basis.policy.freshness.fresh);
        match finding.account {
            Some(account) if !is_fresh => confirm.renew(account, finding.region),
            Some(_) | None => {}
        }
    }
}
