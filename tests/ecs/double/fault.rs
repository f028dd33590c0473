//! What goes wrong, and for which calls.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::Value;
use tokio::sync::{Semaphore, watch};

use super::{
    answer::{Answer, Refusal},
    calls::Call,
    delivery::Manner,
    describe,
};

/// Something that goes wrong: with every one of the three look-ups unless it is told otherwise.
pub(crate) struct Fault {
    pub(super) effect: Effect,
    action: Option<String>,
    region: Option<String>,
    account: Option<usize>,
    when: When,
}

/// The refusal of a call.
pub(super) type Refuse = dyn Fn(&Call) -> Refusal + Send + Sync;
/// What becomes of the answer to a call.
pub(super) type Change = dyn Fn(&Call, Answer) -> Answer + Send + Sync;

/// What happens to a call.
pub(super) enum Effect {
    /// It is refused.
    Refuse(Box<Refuse>),
    /// This is answered instead.
    Instead(Answer),
    /// What would be answered is changed.
    Change(Box<Change>),
    /// Another part of the listing is served: so many places on or back.
    Shift(isize),
    /// The answer is sent like this.
    Send(Manner),
    /// The connection is reset instead of an answer.
    Reset,
    /// There is never an answer.
    Hang,
    /// It waits until the fault is lifted, and is then looked at.
    HoldCall,
    /// It is looked at, and the answer waits until the fault is lifted.
    HoldAnswer,
}

/// Which of the calls that fit, counted from when the fault was set.
enum When {
    Always,
    Nth(usize),
    First(usize),
    From(usize),
    Every(usize),
}

/// A fault that has been set.
#[derive(Clone)]
pub(crate) struct Trouble(Arc<Armed>);

struct Armed {
    fault: Fault,
    fitting: AtomicUsize,
    hits: watch::Sender<usize>,
    held: watch::Sender<usize>,
    is_lifted: AtomicBool,
    gate: Semaphore,
}

impl Fault {
    pub(super) const fn of(effect: Effect) -> Self {
        Self {
            effect,
            action: None,
            region: None,
            account: None,
            when: When::Always,
        }
    }

    /// Only this action, which may be one of STS or of the machine.
    pub(crate) fn action(self, action: &str) -> Self {
        let action = Some(action.to_owned());
        Self { action, ..self }
    }

    /// Only in this region.
    pub(crate) fn region(self, region: &str) -> Self {
        let region = Some(region.to_owned());
        Self { region, ..self }
    }

    /// Only calls that this account signed.
    pub(crate) fn account(self, account: &super::Account<'_>) -> Self {
        let account = Some(account.number());
        Self { account, ..self }
    }

    /// Only the `n`th call that fits, from 1.
    pub(crate) fn nth(self, n: usize) -> Self {
        self.when(When::Nth(n))
    }

    /// Only the first `n` calls that fit.
    pub(crate) fn first(self, n: usize) -> Self {
        self.when(When::First(n))
    }

    /// The `n`th call that fits and all after it.
    pub(crate) fn from(self, n: usize) -> Self {
        self.when(When::From(n))
    }

    /// Every `n`th call that fits.
    pub(crate) fn every(self, n: usize) -> Self {
        self.when(When::Every(n))
    }

    fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    fn fits(&self, call: &Call) -> bool {
        let is_action = match &self.action {
            Some(action) => *action == call.action,
            None => describe::ACTIONS.contains(&call.action.as_str()),
        };
        is_action
            && self
                .region
                .as_ref()
                .is_none_or(|region| call.region.as_ref() == Some(region))
            && self
                .account
                .is_none_or(|account| call.account == Some(account))
    }
}

/// Refusals.
impl Fault {
    /// Any refusal of the service's kind.
    pub(crate) fn refused(status: u16, code: &str, message: &str) -> Self {
        let refusal = Refusal::new(status, code, message);
        Self::refusal(move |_| refusal.clone())
    }

    /// Too many calls; with a hint, in how long to call again.
    pub(crate) fn throttled(hint: Option<Duration>) -> Self {
        match hint {
            None => Self::throttled_by(throttling()),
            Some(hint) => {
                let left = hint.as_millis();
                let value = format!("Limit:1,Remain:0,TimeLeft:{left},Reset:1234");
                Self::throttled_with("x-ratelimit-user-api", &value)
            }
        }
    }

    /// Too many calls, with such a header.
    pub(crate) fn throttled_with(name: &'static str, value: &str) -> Self {
        let mut refusal = throttling();
        refusal.headers.push((name, value.to_owned()));
        Self::throttled_by(refusal)
    }

    fn throttled_by(refusal: Refusal) -> Self {
        Self::refusal(move |_| refusal.clone())
    }

    /// RAM denies this very call.
    pub(crate) fn forbidden() -> Self {
        Self::refusal(|call| Refusal::forbidden(&call.action))
    }

    /// 500 `InternalError`.
    pub(crate) fn server_error() -> Self {
        let message = "The request processing has failed due to some unknown error.";
        Self::refused(500, "InternalError", message)
    }

    /// 503 `ServiceUnavailable`.
    pub(crate) fn unavailable() -> Self {
        let message = "The request has failed due to a temporary failure of the server.";
        Self::refused(503, "ServiceUnavailable", message)
    }

    /// The session is over before its time.
    pub(crate) fn expired_token() -> Self {
        let message = "Specified SecurityToken is expired.";
        Self::refused(400, "InvalidSecurityToken.Expired", message)
    }

    /// A refusal that depends on the call.
    pub(crate) fn refusal(refusal: impl Fn(&Call) -> Refusal + Send + Sync + 'static) -> Self {
        Self::of(Effect::Refuse(Box::new(refusal)))
    }
}

/// Trouble on the way.
impl Fault {
    /// No answer, ever.
    pub(crate) const fn hang() -> Self {
        Self::of(Effect::Hang)
    }

    /// The connection is reset before there is an answer.
    pub(crate) const fn reset() -> Self {
        Self::of(Effect::Reset)
    }

    /// The connection is reset in the middle of the body.
    pub(crate) const fn reset_in_body() -> Self {
        Self::of(Effect::Send(Manner::Reset))
    }

    /// Half of the body, and then nothing more on an open connection.
    pub(crate) const fn stall_in_body() -> Self {
        Self::of(Effect::Send(Manner::Stall))
    }

    /// The body in small pieces with a pause before each.
    pub(crate) const fn slow_body(pause: Duration) -> Self {
        Self::of(Effect::Send(Manner::Slow(pause)))
    }

    /// The call waits until the fault is lifted, and is then answered by how things are then.
    pub(crate) const fn hold_call() -> Self {
        Self::of(Effect::HoldCall)
    }

    /// The answer says how things are now, and waits until the fault is lifted.
    pub(crate) const fn hold_answer() -> Self {
        Self::of(Effect::HoldAnswer)
    }

    /// Some other server's page.
    pub(crate) fn html(status: u16) -> Self {
        let page = "<html><head><title>Gateway</title></head><body><h1>Not here</h1></body></html>";
        Self::instead(Answer::of(status, "text/html", page))
    }

    /// To somewhere else.
    pub(crate) fn redirect(location: &str) -> Self {
        let mut answer = Answer::of(302, "text/plain", "");
        answer.headers.push(("location", location.to_owned()));
        Self::instead(answer)
    }

    /// Anything.
    pub(crate) const fn instead(answer: Answer) -> Self {
        Self::of(Effect::Instead(answer))
    }
}

/// Answers that are not what they should be.
impl Fault {
    /// A refusal whose message repeats the token that was sent, at its beginning: long messages are cut.
    pub(crate) fn echo(status: u16, code: &str) -> Self {
        let code = code.to_owned();
        Self::refusal(move |call| {
            let header = |name| call.request.header(name);
            let token = header("x-acs-security-token")
                .or_else(|| header("x-aliyun-ecs-metadata-token"))
                .or_else(|| call.parameters.get("OIDCToken").cloned());
            let message = format!("You sent {}.", token.unwrap_or_default());
            Refusal::new(status, code.clone(), message)
        })
    }

    /// The first half of the JSON, as if that were all.
    pub(crate) fn truncated() -> Self {
        Self::change(|_, mut answer| {
            let half = answer.body.len() / 2;
            answer.body.truncate(half);
            answer
        })
    }

    /// The JSON is changed so.
    pub(crate) fn rewritten(rewrite: impl Fn(&Call, &mut Value) + Send + Sync + 'static) -> Self {
        Self::change(move |call, mut answer| {
            let mut value = serde_json::from_slice(&answer.body).expect("the answers are JSON");
            rewrite(call, &mut value);
            answer.body = value.to_string().into();
            answer
        })
    }

    pub(super) fn change(change: impl Fn(&Call, Answer) -> Answer + Send + Sync + 'static) -> Self {
        Self::of(Effect::Change(Box::new(change)))
    }
}

impl Trouble {
    pub(super) fn new(fault: Fault) -> Self {
        Self(Arc::new(Armed {
            fault,
            fitting: AtomicUsize::new(0),
            hits: watch::Sender::new(0),
            held: watch::Sender::new(0),
            is_lifted: AtomicBool::new(false),
            gate: Semaphore::new(0),
        }))
    }

    /// Ends it; whoever it holds goes on.
    pub(crate) fn lift(&self) {
        self.0.is_lifted.store(true, Ordering::SeqCst);
        self.0.gate.close();
    }

    /// How many calls it has met.
    pub(crate) fn hits(&self) -> usize {
        *self.0.hits.borrow()
    }

    /// Waits until it has met so many calls.
    pub(crate) async fn until_hits(&self, count: usize) {
        reach(&self.0.hits, count).await;
    }

    /// Waits until it holds so many calls or answers, or has held them.
    pub(crate) async fn until_held(&self, count: usize) {
        reach(&self.0.held, count).await;
    }

    pub(super) fn effect(&self) -> &Effect {
        &self.0.fault.effect
    }

    /// Counts the call, and says whether it is met.
    pub(super) fn meets(&self, call: &Call) -> bool {
        if self.0.is_lifted.load(Ordering::SeqCst) || !self.0.fault.fits(call) {
            return false;
        }
        let number = self.0.fitting.fetch_add(1, Ordering::SeqCst) + 1;
        match self.0.fault.when {
            When::Always => true,
            When::Nth(n) => number == n,
            When::First(n) => number <= n,
            When::From(n) => n <= number,
            When::Every(n) => number.is_multiple_of(n),
        }
    }

    pub(super) fn met(&self) {
        self.0.hits.send_modify(|hits| *hits += 1);
    }

    /// Until it is lifted.
    pub(super) async fn over(&self) {
        self.0.held.send_modify(|held| *held += 1);
        _ = self.0.gate.acquire().await;
    }
}

async fn reach(counter: &watch::Sender<usize>, count: usize) {
    let mut counter = counter.subscribe();
    let reached = counter.wait_for(|counted| count <= *counted).await;
    reached.expect("a fault outlives who waits for it");
}

fn throttling() -> Refusal {
    let message = "Request was denied due to user flow control.";
    Refusal::new(400, "Throttling.User", message)
}
