//! Keeps the status of every `EcsAccount`, and tells of its turns by events.
//!
//! Guarantees: a condition that turns is written at once, everything else no more often than every half of the time
//! that facts are fresh; what is there already is not written; an event follows the status that it is about, so that no
//! later leader tells of it again. An object that can't be read gets a condition that says so.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::api::events::v1::Event;
use kube::{
    Api, Client, ResourceExt as _,
    api::{ListParams, Patch, PatchParams},
    core::DeserializeGuard,
};
use serde_json::json;
use tokio::sync::watch;

use super::{
    backoff::Backoff,
    call::{self, Failure},
    complaints::Complaints,
    conditions::{self, has_turned, is_there},
    events::{self, Events},
    news,
};
use crate::{
    api::{API_VERSION, AccountName, EcsAccount, EcsAccountStatus, RegionId},
    clock::Clock,
    cluster::{Installation, Term, event, field_manager},
    config::Polled,
    ecs::{Board, Fleet},
    lock::elapsed,
};

const LISTING: &str = "the list of EcsAccounts";
const EVENTS: &str = "events";

/// Facts grow old without anybody saying so: their age is looked at so often at least.
const LOOK: Duration = Duration::from_secs(5);

/// However fast things turn, an account is written no more often than this.
const REST: Duration = Duration::from_secs(1);

/// After taking over, so long is waited for what the regions are before their accounts are written.
const BEGINNING: Duration = Duration::from_secs(30);

/// The writer of status and events.
#[derive(Debug)]
pub(super) struct Accounts {
    api: Api<DeserializeGuard<EcsAccount>>,
    board: Arc<Board>,
    fleet: Arc<Fleet>,
    clock: Clock,
    complaints: Complaints,
    events: Api<Event>,
    identity: String,
}

/// What is known of one object.
#[derive(Debug)]
struct Account {
    name: AccountName,
    uid: Option<String>,
    generation: Option<i64>,
    regions: Vec<RegionId>,
    problem: Option<String>,
    /// Its status as it is at the API server.
    status: EcsAccountStatus,
    written_at: Option<Timestamp>,
}

type Known = BTreeMap<String, Account>;

impl Accounts {
    pub(super) fn new(
        client: Client,
        installation: &Installation,
        board: Arc<Board>,
        fleet: Arc<Fleet>,
        clock: Clock,
        complaints: Complaints,
    ) -> Self {
        Self {
            api: Api::all(client.clone()),
            board,
            fleet,
            clock,
            complaints,
            events: Api::namespaced(client, event::NAMESPACE),
            identity: installation.identity.clone(),
        }
    }

    /// Writes for as long as it is polled.
    pub(super) async fn keep(
        &self,
        term: &Term,
        mut accounts: watch::Receiver<Arc<[Polled]>>,
    ) -> Infallible {
        let mut changed = self.board.changed();
        let mut troubled = self.fleet.troubles().changed();
        let mut known = Known::new();
        let mut events = Events::new(self.events.clone(), &self.identity);
        let mut list_at: Option<Timestamp> = None;
        let mut backoff = Backoff::default();
        let began_at = self.clock.now();
        loop {
            changed.mark_unchanged();
            troubled.mark_unchanged();
            let half = self.board.basis().load().policy.freshness.fresh / 2;
            let now = self.clock.now();
            let is_new = accounts.has_changed().unwrap_or(false);
            accounts.mark_unchanged();
            if is_new || list_at.is_none_or(|list_at| list_at <= now) {
                list_at = match self.list(&mut known).await {
                    Ok(()) => {
                        events.retain(|name| known.contains_key(name));
                        self.complaints.settle(LISTING);
                        now.checked_add(half.max(LOOK)).ok()
                    }
                    Err(failure) => {
                        self.complain(LISTING, &failure);
                        self.clock.sleep(backoff.fail()).await;
                        list_at = None;
                        continue;
                    }
                };
            }
            let is_start = elapsed(began_at, now) < BEGINNING;
            let is_written = self
                .write(term, &mut known, &mut events, half, is_start)
                .await;
            match events.write(term, now).await {
                Ok(()) if events.is_idle() => self.complaints.settle(EVENTS),
                Ok(()) => {}
                Err(failure) => self.complain(EVENTS, &failure),
            }
            if !is_written {
                // What was changed meanwhile has to be looked at.
                list_at = None;
                self.clock.sleep(backoff.fail()).await;
                continue;
            }
            backoff.succeed();
            tokio::select! {
                () = self.clock.sleep(LOOK.min(half).max(REST)) => {}
                () = news(&mut changed) => {}
                () = news(&mut troubled) => {}
                () = news(&mut accounts) => {}
            }
        }
    }

    async fn list(&self, known: &mut Known) -> Result<(), Failure> {
        let mut former = std::mem::take(known);
        let mut page = ListParams::default().limit(500);
        loop {
            let list = call::read(self.api.list(&page)).await?;
            for object in list.items {
                if let Some(mut account) = Account::of(object) {
                    let name = account.name.to_string();
                    let former = former.remove(&name);
                    account.written_at = former.and_then(|former| former.written_at);
                    known.insert(name, account);
                }
            }
            match list.metadata.continue_ {
                Some(token) if !token.is_empty() => page = page.continue_token(&token),
                Some(_) | None => break,
            }
        }
        let about: Vec<String> = known.keys().map(|name| about(name)).collect();
        self.complaints.retain(|told| {
            !told.starts_with("EcsAccount ") || about.iter().any(|about| about == told)
        });
        Ok(())
    }

    /// Writes what has to be written, and tells whether all of it could be.
    async fn write(
        &self,
        term: &Term,
        known: &mut Known,
        events: &mut Events,
        half: Duration,
        is_start: bool,
    ) -> bool {
        let troubles = self.fleet.troubles().all();
        let basis = self.board.basis().load_full();
        let mut is_written = true;
        for (name, account) in known.iter_mut() {
            let now = self.clock.now();
            let facts = conditions::Account {
                name: &account.name,
                regions: &account.regions,
                problem: account.problem.as_deref(),
                generation: account.generation,
                locks: &basis.locks,
                troubles: &troubles,
                policy: &basis.policy,
                now,
            };
            if is_start && !account.status.conditions.is_empty() && facts.is_beginning() {
                // What the last leader wrote is better than that we do not know yet.
                continue;
            }
            let status = facts.status(&account.status);
            if !account.is_due(&status, half, now) {
                continue;
            }
            match self.patch(term, name, &status).await {
                Ok(()) => {
                    for news in events::news(&account.status, &status) {
                        events.add(name, account.uid.as_deref(), &news, now);
                    }
                    account.status = status;
                    account.written_at = Some(now);
                    self.complaints.settle(&about(name));
                }
                // It was deleted since it was listed.
                Err(Failure::Missing) => account.written_at = Some(now),
                Err(failure) => {
                    is_written = false;
                    self.complain(&about(name), &failure);
                    if let Failure::TimedOut | Failure::TermOver = failure {
                        // The others would only wait as long.
                        break;
                    }
                }
            }
        }
        is_written
    }

    async fn patch(
        &self,
        term: &Term,
        name: &str,
        status: &EcsAccountStatus,
    ) -> Result<(), Failure> {
        let parameters = PatchParams::apply(field_manager::STATUS).force();
        let patch = Patch::Apply(json!({
            "apiVersion": API_VERSION,
            "kind": "EcsAccount",
            "metadata": {"name": name},
            "status": status,
        }));
        let written = self.api.patch_status(name, &parameters, &patch);
        call::write(term, written).await.map(drop)
    }

    fn complain(&self, about: &str, failure: &Failure) {
        if !matches!(failure, Failure::TermOver) {
            self.complaints.tell(about, &failure.to_string());
        }
    }
}

impl Account {
    /// What is to be known of an object; none where its name is none that an account can have.
    fn of(object: DeserializeGuard<EcsAccount>) -> Option<Self> {
        let name = object.name_any().parse().ok()?;
        let (uid, generation) = (object.uid(), object.meta_generation());
        let (regions, problem, status) = match object.0 {
            Ok(account) => {
                let problem = account.check().first().map(ToString::to_string);
                (
                    account.spec.regions,
                    problem,
                    account.status.unwrap_or_default(),
                )
            }
            Err(error) => (Vec::new(), Some(error.error), EcsAccountStatus::default()),
        };
        Some(Self {
            name,
            uid,
            generation,
            regions,
            problem,
            status,
            written_at: None,
        })
    }

    /// Whether this status is to be written now.
    fn is_due(&self, status: &EcsAccountStatus, half: Duration, now: Timestamp) -> bool {
        if is_there(&self.status, status) {
            return false;
        }
        let rested = |rest: Duration| {
            self.written_at
                .is_none_or(|written_at| rest <= elapsed(written_at, now))
        };
        match has_turned(&self.status, status) {
            true => rested(REST),
            false => rested(half),
        }
    }
}

fn about(name: &str) -> String {
    format!("EcsAccount {name}")
}

/// The version of an object's `spec`.
trait Generation {
    fn meta_generation(&self) -> Option<i64>;
}

impl<K: kube::Resource> Generation for K {
    fn meta_generation(&self) -> Option<i64> {
        self.meta().generation
    }
}

#[cfg(test)]
mod tests {
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

    use super::*;
    use crate::api::AccountRegionStatus;

    const MINUTE: Duration = Duration::from_secs(60);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    fn status(reason: &str, message: &str, locked_instances: u64) -> EcsAccountStatus {
        EcsAccountStatus {
            conditions: vec![Condition {
                last_transition_time: Time(at(0)),
                message: message.to_owned(),
                observed_generation: Some(1),
                reason: reason.to_owned(),
                status: "True".to_owned(),
                type_: "Overdue".to_owned(),
            }],
            regions: vec![AccountRegionStatus {
                region: "cn-hangzhou".parse().unwrap(),
                observed_at: None,
                locked_instances,
                locked_disks: 0,
                last_error: None,
            }],
        }
    }

    #[test]
    fn what_turns_is_written_at_once_and_all_else_after_half_of_fresh() {
        let mut account = Account {
            name: "prod".parse().unwrap(),
            uid: None,
            generation: Some(1),
            regions: Vec::new(),
            problem: None,
            status: status("Locked", "one", 1),
            written_at: None,
        };
        let same = status("Locked", "one", 1);
        let (more, turned) = (status("Locked", "two", 2), status("Other", "one", 1));
        assert!(account.is_due(&more, MINUTE, at(0)), "who leads anew may");
        account.written_at = Some(at(0));
        let due = |status: &EcsAccountStatus| {
            let seconds = [0, 1, 59, 60, 3600];
            seconds.map(|second| account.is_due(status, MINUTE, at(second)))
        };
        assert_eq!(due(&same), [false; 5]);
        assert_eq!(due(&more), [false, false, false, true, true]);
        assert_eq!(due(&turned), [false, true, true, true, true]);
    }
}
