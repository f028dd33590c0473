//! Events about accounts: that one has become overdue, is settled, or can't be listed.
//!
//! Guarantees: one event for each transition, however many leaders see it: its name is made of what happened and when;
//! none for a review; of one account only so many in a time.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::{api::events::v1::Event, apimachinery::pkg::apis::meta::v1::Condition};
use kube::{Api, api::PostParams};

use super::{
    backoff::Backoff,
    call::{self, Failure},
    conditions::{OVERDUE, READY, find},
};
use crate::{
    api::EcsAccountStatus,
    cluster::{Term, event::Told},
};

/// So many of one account at once, and another one each minute.
const BURST: i32 = 5;
const REFILL: SignedDuration = SignedDuration::from_secs(60);

/// So many wait for an API server that takes none; of more, the oldest are dropped.
const MOST_WAITING: usize = 100;

/// What has happened.
#[derive(Debug, PartialEq)]
pub(super) struct News<'c> {
    type_: &'static str,
    reason: &'c str,
    action: &'static str,
    condition: &'c Condition,
}

/// The writer of events.
#[derive(Debug)]
pub(super) struct Events {
    api: Api<Event>,
    instance: String,
    budgets: BTreeMap<String, Budget>,
    waiting: VecDeque<Event>,
    retry_at: Option<Timestamp>,
    backoff: Backoff,
}

#[derive(Debug)]
struct Budget {
    left: i32,
    filled_at: Timestamp,
}

/// What has happened between two statuses.
pub(super) fn news<'c>(before: &EcsAccountStatus, after: &'c EcsAccountStatus) -> Vec<News<'c>> {
    let mut news = Vec::new();
    let was = |type_: &str| find(before, type_).map(|condition| condition.status.as_str());
    if let Some(condition) = find(after, OVERDUE) {
        match (was(OVERDUE), condition.status.as_str()) {
            (Some("True"), "False") => news.push(News {
                type_: "Normal",
                reason: "Settled",
                action: "Listing",
                condition,
            }),
            (Some("True"), _) | (_, "False" | "Unknown") => {}
            (_, _) => news.push(News {
                type_: "Warning",
                reason: "Overdue",
                action: "Listing",
                condition,
            }),
        }
    }
    if let Some(condition) = find(after, READY) {
        let before = find(before, READY).filter(|before| before.status == "False");
        let is_told = before.is_some_and(|before| before.reason == condition.reason);
        // That nothing is listed yet is how it begins.
        if condition.status == "False" && condition.reason != "NotListed" && !is_told {
            news.push(News {
                type_: "Warning",
                reason: &condition.reason,
                action: "Listing",
                condition,
            });
        }
    }
    news
}

impl Events {
    /// None yet; `identity` is the replica that tells of them.
    pub(super) fn new(api: Api<Event>, identity: &str) -> Self {
        Self {
            api,
            instance: identity.to_owned(),
            budgets: BTreeMap::new(),
            waiting: VecDeque::new(),
            retry_at: None,
            backoff: Backoff::default(),
        }
    }

    /// Takes note of what has happened to an account, as far as there is room for it.
    pub(super) fn add(
        &mut self,
        account: &str,
        uid: Option<&str>,
        news: &News<'_>,
        now: Timestamp,
    ) {
        let budget = self.budgets.entry(account.to_owned()).or_insert(Budget {
            left: BURST,
            filled_at: now,
        });
        if !budget.take(now) {
            return;
        }
        let event = self.event(account, uid, news, now);
        self.waiting.push_back(event);
        if MOST_WAITING < self.waiting.len() {
            self.waiting.pop_front();
        }
    }

    /// Forgets the accounts that are no more.
    pub(super) fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        self.budgets.retain(|account, _| is_there(account));
    }

    /// Writes what waits, unless that failed a moment ago.
    pub(super) async fn write(&mut self, term: &Term, now: Timestamp) -> Result<(), Failure> {
        if self.retry_at.is_some_and(|retry_at| now < retry_at) {
            return Ok(());
        }
        let parameters = PostParams::default();
        while let Some(event) = self.waiting.front() {
            let created = self.api.create(&parameters, event);
            match call::write(term, created).await {
                // Somebody who led before has told of it.
                Ok(_) | Err(Failure::Conflict(_)) => {
                    self.waiting.pop_front();
                }
                Err(failure) => {
                    let pause = self.backoff.fail();
                    self.retry_at = now.checked_add(pause).ok();
                    return Err(failure);
                }
            }
        }
        self.retry_at = None;
        self.backoff.succeed();
        Ok(())
    }

    /// Whether nothing waits.
    pub(super) fn is_idle(&self) -> bool {
        self.waiting.is_empty()
    }

    fn event(&self, account: &str, uid: Option<&str>, news: &News<'_>, now: Timestamp) -> Event {
        let News {
            type_,
            reason,
            action,
            condition,
        } = news;
        let since = condition.last_transition_time.0.as_second();
        let name = format!("{account}.{}.{since:x}", reason.to_lowercase());
        let told = Told {
            kind: "EcsAccount",
            name: account,
            uid,
            type_,
            reason,
            action,
            note: &condition.message,
        };
        told.event(name, &self.instance, now)
    }
}

impl Budget {
    fn take(&mut self, now: Timestamp) -> bool {
        while self.left < BURST && self.filled_at + REFILL <= now {
            self.left += 1;
            self.filled_at += REFILL;
        }
        if self.left == BURST {
            self.filled_at = now;
        }
        let is_there = 0 < self.left;
        self.left -= i32::from(is_there);
        is_there
    }
}

#[cfg(test)]
mod tests;
