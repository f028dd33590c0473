//! What an account's status says, from what is known of its regions.
//!
//! Pure. Guarantees: a condition's time changes with its status alone; no text tells a time or a number of an attempt, so
//! that what has not changed is not written again.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::{
    api::{AccountName, AccountRegionStatus, EcsAccountStatus, RegionId},
    decision::Policy,
    ecs::Trouble,
    lock::{Age, Locks, RegionKey, RegionView, View},
};

/// Whether every region is listed.
pub(super) const READY: &str = "Ready";
/// Whether anything is locked for arrears.
pub(super) const OVERDUE: &str = "Overdue";
/// Whether facts are older than the policy calls fresh.
pub(super) const STALE: &str = "Stale";

/// A condition's text tells of so many regions, and how many more there are.
const MOST_REGIONS: usize = 8;

/// What is known of an account.
#[derive(Debug)]
pub(super) struct Account<'a> {
    pub(super) name: &'a AccountName,
    /// The regions that it names.
    pub(super) regions: &'a [RegionId],
    /// What is wrong with the object, if something is.
    pub(super) problem: Option<&'a str>,
    /// The version of the object's `spec`.
    pub(super) generation: Option<i64>,
    pub(super) locks: &'a View,
    pub(super) troubles: &'a BTreeMap<RegionKey, Trouble>,
    pub(super) policy: &'a Policy,
    pub(super) now: Timestamp,
}

/// What is known of one of its regions.
#[derive(Clone, Copy)]
struct Region<'a> {
    id: &'a RegionId,
    locks: Option<&'a Locks>,
    /// None where nothing was ever listed.
    age: Option<Age>,
    trouble: Option<&'a Trouble>,
}

/// A condition before it is compared with the last one.
struct Draft {
    status: &'static str,
    reason: &'static str,
    message: String,
}

impl Account<'_> {
    /// Its status, whose last one was `before`.
    pub(super) fn status(&self, before: &EcsAccountStatus) -> EcsAccountStatus {
        let regions = self.regions();
        let drafts = [
            (READY, self.ready(&regions)),
            (OVERDUE, self.overdue(&regions)),
            (STALE, stale(&regions)),
        ];
        let conditions = drafts.map(|(type_, draft)| self.condition(type_, draft, before));
        EcsAccountStatus {
            conditions: conditions.into(),
            regions: regions.iter().map(Region::status).collect(),
        }
    }

    /// Whether a region is still to be heard of for the first time.
    pub(super) fn is_beginning(&self) -> bool {
        let mut regions = self.regions().into_iter();
        regions.any(|region| region.locks.is_none() && region.trouble.is_none())
    }

    /// The regions that it names, and those that somebody has told of, in their order.
    fn regions(&self) -> Vec<Region<'_>> {
        let view = self.locks.account(self.name.as_str());
        let told = view.map_or(&[][..], |account| account.regions());
        let mut ids: Vec<&RegionId> = self.regions.iter().collect();
        ids.extend(told.iter().map(RegionView::id));
        ids.sort();
        ids.dedup();
        let regions = ids.into_iter().map(|id| {
            let view = view.and_then(|account| account.region(id.as_str()));
            let key = RegionKey {
                account: self.name.clone(),
                region: id.clone(),
            };
            Region {
                id,
                locks: view.and_then(RegionView::locks),
                age: view.and_then(|view| view.age(self.now, &self.policy.freshness)),
                trouble: self.troubles.get(&key),
            }
        });
        regions.collect()
    }

    fn ready(&self, regions: &[Region<'_>]) -> Draft {
        if let Some(problem) = self.problem {
            return Draft::new("False", "Invalid", problem.to_owned());
        }
        if regions.is_empty() {
            let message = "spec.regions names no region, so nothing is asked for";
            return Draft::new("False", "NoRegions", message.to_owned());
        }
        let troubled: Vec<_> = regions
            .iter()
            .filter_map(|region| Some((region.id, region.unready()?)))
            .collect();
        match troubled.first() {
            None => Draft::new("True", "Listed", "every region is listed".to_owned()),
            Some((_, (reason, _))) => {
                let told = troubled
                    .iter()
                    .map(|(id, (_, text))| format!("{id}: {text}"));
                Draft::new("False", reason, enumerated(told, "; "))
            }
        }
    }

    fn overdue(&self, regions: &[Region<'_>]) -> Draft {
        let reasons = self.policy.lock_reasons.join(" or ");
        let usable = |region: &&Region<'_>| region.age.is_some_and(Age::is_usable);
        let mut locked = regions
            .iter()
            .filter(usable)
            .filter_map(|region| {
                let count = counted(region.locks?.instance_count(), region.locks?.disk_count())?;
                Some(format!("{count} in {}", region.id))
            })
            .peekable();
        if locked.peek().is_some() {
            let message = format!("locked for {reasons}: {}", enumerated(locked, "; "));
            return Draft::new("True", "Locked", message);
        }
        let unknown = |region: &&Region<'_>| !region.is_known();
        let mut unknown = regions.iter().filter(unknown).peekable();
        match unknown.peek() {
            None if regions.is_empty() => {
                Draft::new("Unknown", "NoRegions", "no region is known".to_owned())
            }
            None => Draft::new(
                "False",
                "NothingLocked",
                format!("nothing is locked for {reasons}"),
            ),
            Some(first) => {
                let reason = match first.age {
                    Some(Age::Expired) => "Expired",
                    _ => "NotListed",
                };
                let ids = enumerated(unknown.map(|region| region.id.to_string()), ", ");
                let message = format!("what is locked is not known in {ids}");
                Draft::new("Unknown", reason, message)
            }
        }
    }

    fn condition(&self, type_: &str, draft: Draft, before: &EcsAccountStatus) -> Condition {
        let Draft {
            status,
            reason,
            message,
        } = draft;
        let last = find(before, type_).filter(|last| last.status == status);
        Condition {
            last_transition_time: last
                .map_or_else(|| Time(self.now), |last| last.last_transition_time.clone()),
            message,
            observed_generation: self.generation,
            reason: reason.to_owned(),
            status: status.to_owned(),
            type_: type_.to_owned(),
        }
    }
}

/// A condition of a status.
pub(super) fn find<'s>(status: &'s EcsAccountStatus, type_: &str) -> Option<&'s Condition> {
    let mut conditions = status.conditions.iter();
    conditions.find(|condition| condition.type_ == type_)
}

/// Whether all that `status` says is there; others may have said more.
pub(super) fn is_there(there: &EcsAccountStatus, status: &EcsAccountStatus) -> bool {
    let mut conditions = status.conditions.iter();
    conditions.all(|condition| find(there, &condition.type_) == Some(condition))
        && there.regions == status.regions
}

/// Whether a condition holds for other reasons than it did, or no longer: what has to be told at once.
pub(super) fn has_turned(before: &EcsAccountStatus, after: &EcsAccountStatus) -> bool {
    after.conditions.iter().any(|new| {
        find(before, &new.type_).is_none_or(|old| {
            let told = |condition: &Condition| {
                let Condition {
                    status,
                    reason,
                    observed_generation,
                    ..
                } = condition;
                (status.clone(), reason.clone(), *observed_generation)
            };
            told(old) != told(new)
        })
    })
}

fn stale(regions: &[Region<'_>]) -> Draft {
    let of = |ages: &[Option<Age>]| {
        let regions = regions.iter().filter(|region| ages.contains(&region.age));
        let ids: Vec<_> = regions.map(|region| region.id.to_string()).collect();
        (!ids.is_empty()).then(|| enumerated(ids.into_iter(), ", "))
    };
    if let Some(ids) = of(&[Some(Age::Expired)]) {
        let message = format!("what is known is too old to be used in {ids}");
        return Draft::new("True", "Expired", message);
    }
    if let Some(ids) = of(&[Some(Age::Stale)]) {
        let message = format!("what is known is no longer fresh in {ids}");
        return Draft::new("True", "Old", message);
    }
    match of(&[None]) {
        Some(ids) => Draft::new("Unknown", "NotListed", format!("never listed: {ids}")),
        None if regions.is_empty() => {
            Draft::new("Unknown", "NoRegions", "no region is known".to_owned())
        }
        None => Draft::new("False", "Fresh", "what is known is fresh".to_owned()),
    }
}

// === impl Region ===

impl Region<'_> {
    /// Why it counts as one that can't be listed, in a word and in words.
    fn unready(&self) -> Option<(&'static str, &str)> {
        match (self.trouble, self.age) {
            // It is likely to be over before facts are old.
            (Some(trouble), Some(Age::Fresh)) if trouble.passes => None,
            (Some(trouble), _) => Some((trouble.reason, &trouble.text)),
            (None, None) => Some(("NotListed", "not listed yet")),
            (None, Some(_)) if !self.is_whole() => {
                Some(("NotListed", "not yet listed for the policy's lock reasons"))
            }
            (None, Some(_)) => None,
        }
    }

    /// Whether what is in no listing is known to be free.
    fn is_known(&self) -> bool {
        self.age.is_some_and(Age::is_usable) && self.is_whole()
    }

    fn is_whole(&self) -> bool {
        self.locks.is_some_and(Locks::is_whole)
    }

    fn status(&self) -> AccountRegionStatus {
        let count = |count: Option<usize>| {
            count.map_or(0, |count| u64::try_from(count).unwrap_or(u64::MAX))
        };
        AccountRegionStatus {
            region: self.id.clone(),
            observed_at: self.locks.map(Locks::observed_at),
            locked_instances: count(self.locks.map(Locks::instance_count)),
            locked_disks: count(self.locks.map(Locks::disk_count)),
            last_error: self.trouble.map(|trouble| trouble.text.clone()),
        }
    }
}

impl Draft {
    fn new(status: &'static str, reason: &'static str, message: String) -> Self {
        Self {
            status,
            reason,
            message,
        }
    }
}

/// How many there are of each kind; none where there is nothing.
fn counted(instances: usize, disks: usize) -> Option<String> {
    let of = |count: usize, kind: &str| match count {
        0 => None,
        1 => Some(format!("1 {kind}")),
        _ => Some(format!("{count} {kind}s")),
    };
    match (of(instances, "instance"), of(disks, "disk")) {
        (None, None) => None,
        (Some(one), None) | (None, Some(one)) => Some(one),
        (Some(instances), Some(disks)) => Some(format!("{instances} and {disks}")),
    }
}

/// The first few, and how many more there are.
fn enumerated(mut texts: impl Iterator<Item = String>, separator: &str) -> String {
    let mut told: Vec<String> = texts.by_ref().take(MOST_REGIONS).collect();
    match texts.count() {
        0 => {}
        more => told.push(format!("and {more} more")),
    }
    told.join(separator)
}

#[cfg(test)]
mod tests;
