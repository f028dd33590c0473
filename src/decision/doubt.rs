//! What to ask the cloud before an answer, because what it says could change the answer.
//!
//! A denial rests on locks, and a bill may have been paid since they were listed; where a disk is attached is in no
//! listing unless the disk is locked. Nothing else is ever asked: not for what is allowed, not for what is unknown
//! because no listing can be used.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Basis,
    outcome::{Effect, Outcome},
    state::Gap,
    verdict::{Finding, Subject, Verdict},
};
use crate::{
    api::{AccountScope, DiskId},
    kinds::{Ids, Target},
    lock::{self, AccountView, Answer, Locks, RegionKey, RegionView},
};

/// As many ids as ECS takes in one call.
pub const IDS_PER_CALL: usize = 100;

/// Single targets to be asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// Where they are.
    pub key: RegionKey,
    /// What they are.
    pub kind: TargetKind,
    /// Which; never empty, and never more than one call takes.
    pub ids: Vec<String>,
}

/// The two kinds of targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetKind {
    /// Instances.
    Instance,
    /// Disks.
    Disk,
}

impl Verdict<'_> {
    /// What to ask before this is said. What was asked since the request `began` is in no doubt any more.
    #[must_use]
    pub fn questions(&self, basis: &Basis, began: Timestamp, now: Timestamp) -> Vec<Question> {
        let mut questions = Questions::default();
        for finding in &self.findings {
            let account = finding.account.and_then(|name| basis.locks.account(name));
            if let Some(account) = account {
                let doubt = Doubt {
                    finding,
                    account,
                    basis,
                    began,
                    now,
                };
                doubt.ask(&mut questions);
            }
        }
        questions.0
    }
}

/// One finding, and where to look its targets up.
struct Doubt<'v> {
    finding: &'v Finding<'v>,
    account: &'v AccountView,
    basis: &'v Basis,
    began: Timestamp,
    now: Timestamp,
}

impl Doubt<'_> {
    fn ask(&self, questions: &mut Questions) {
        let Subject::Operation { target, gap, .. } = &self.finding.subject else {
            return;
        };
        if let Some(Gap::Attachments(_)) = gap {
            self.ask_where_attached(target, questions);
        }
        if self.finding.outcome != Outcome::Deny || self.finding.effect != Effect::Refuse {
            return;
        }
        match target {
            Target {
                instances: Ids::None,
                disks: Ids::None,
            } => self.ask_of_account(questions),
            Target { instances, disks } => {
                for (region, locks) in self.regions() {
                    self.ask_named(region, locks, instances, disks, questions);
                }
                if *disks == Ids::None && self.is_about_any_disk() {
                    self.ask_of_account(questions);
                }
            }
        }
    }

    /// Whether the disk's side is that of the whole account: the disk is still to be made.
    fn is_about_any_disk(&self) -> bool {
        let Subject::Operation { call, .. } = &self.finding.subject else {
            return false;
        };
        call.targets() == Some(crate::matrix::Targets::NewDisk)
    }

    fn regions(&self) -> impl Iterator<Item = (&RegionView, &Locks)> {
        let regions = self.account.regions().iter();
        let live = regions.filter(|region| region.is_live());
        live.filter_map(|region| Some((region, region.locks()?)))
    }

    fn is_old(&self, elapsed: Duration) -> bool {
        let lasts = self.basis.policy.confirm_before_deny;
        lasts.max(lock::elapsed(self.began, self.now)) < elapsed
    }

    fn ask_where_attached(&self, target: &Target<'_>, questions: &mut Questions) {
        for (region, locks) in self.regions() {
            // What is no id is nothing that ECS could know.
            let unknown = known(&target.disks)
                .filter(|disk| disk.parse::<DiskId>().is_ok())
                .filter(|disk| locks.instance_of_disk(disk) == Answer::Unknown)
                .take(IDS_PER_CALL);
            questions.add(self.account, region, TargetKind::Disk, unknown);
        }
    }

    fn ask_named(
        &self,
        region: &RegionView,
        locks: &Locks,
        instances: &Ids<'_>,
        disks: &Ids<'_>,
        questions: &mut Questions,
    ) {
        let attached_to = known(disks).filter_map(|disk| match locks.instance_of_disk(disk) {
            Answer::Locked(instance) => Some(instance),
            Answer::NotLocked | Answer::Unknown => None,
        });
        let locked = known(instances)
            .chain(attached_to)
            .filter(|id| locks.instance(id) && self.is_old(locks.instance_elapsed(id, self.now)))
            .take(IDS_PER_CALL);
        questions.add(self.account, region, TargetKind::Instance, locked);

        let attached = known(instances).filter_map(|instance| locks.disk_of_instance(instance));
        // A disk that is free is in doubt, too, where the denial rests on what it is attached to.
        let decides =
            |id: &&str| locks.disk(id) || matches!(locks.instance_of_disk(id), Answer::Locked(_));
        let deciding = known(disks)
            .chain(attached)
            .filter(|id| decides(id) && self.is_old(locks.disk_elapsed(id, self.now)))
            .take(IDS_PER_CALL);
        questions.add(self.account, region, TargetKind::Disk, deciding);
    }

    /// Asks for the first of what is locked in the account; if all of that is free, the next look asks for more.
    fn ask_of_account(&self, questions: &mut Questions) {
        let counts = |region: &RegionView| match self.basis.policy.account_scope {
            AccountScope::Account => true,
            AccountScope::Region => Some(region.id().as_str()) == self.finding.region,
        };
        let in_scope = || self.regions().filter(|(region, _)| counts(region));
        let locked =
            in_scope().find_map(|(region, locks)| Some((region, locks, locks.any_instance()?)));
        if let Some((region, locks, first)) = locked
            && self.is_old(locks.instance_elapsed(first, self.now))
        {
            let others = locks.locked_instances().filter(|id| *id != first);
            let ids = std::iter::once(first).chain(others).take(IDS_PER_CALL);
            questions.add(self.account, region, TargetKind::Instance, ids);
        }
        let locked =
            in_scope().find_map(|(region, locks)| Some((region, locks, locks.any_disk()?)));
        if let Some((region, locks, first)) = locked
            && self.is_old(locks.disk_elapsed(first, self.now))
        {
            let others = locks.locked_disks().filter(|id| *id != first);
            let ids = std::iter::once(first).chain(others).take(IDS_PER_CALL);
            questions.add(self.account, region, TargetKind::Disk, ids);
        }
    }
}

fn known<'i>(ids: &'i Ids<'_>) -> impl Iterator<Item = &'i str> {
    let known = match ids {
        Ids::Known(ids) => ids.as_slice(),
        Ids::None | Ids::Unresolved(_) | Ids::Elsewhere(_) | Ids::Missing(_) => &[],
    };
    known.iter().map(|id| &**id)
}

/// What was gathered, each target once.
#[derive(Default)]
struct Questions(Vec<Question>);

impl Questions {
    fn add<'i>(
        &mut self,
        account: &AccountView,
        region: &RegionView,
        kind: TargetKind,
        ids: impl Iterator<Item = &'i str>,
    ) {
        let mut ids = ids.peekable();
        if ids.peek().is_none() {
            return;
        }
        let key = RegionKey {
            account: account.name().clone(),
            region: region.id().clone(),
        };
        let is_same = |question: &Question| question.kind == kind && question.key == key;
        let known = self.0.iter().position(is_same);
        let mut question = match known {
            Some(at) => self.0.remove(at),
            None => Question {
                key,
                kind,
                ids: Vec::new(),
            },
        };
        for id in ids {
            let known = &mut question.ids;
            if known.len() < IDS_PER_CALL && !known.iter().any(|known| known == id) {
                known.push(id.to_owned());
            }
        }
        self.0.push(question);
    }
}
