//! What ECS said of single targets, asked for by id between two listings.
//!
//! It goes before the listing: it is newer, or it would not be here. Bounded: of too many, the oldest are forgotten,
//! and then the listing speaks again.

use std::sync::Arc;

use hashbrown::HashMap;
use jiff::Timestamp;

use super::{index::Side, snapshot::Snapshot};

/// The most targets of one kind that are remembered for one region.
const MOST: usize = 4096;

/// What was said of one instance or disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// When it was asked.
    pub asked_at: Timestamp,
    /// Why it is locked; none = it is not.
    pub reasons: Vec<String>,
    /// Of a disk, the instances it is attached to.
    pub instances: Vec<String>,
}

/// What was said of the targets of one region.
#[derive(Clone, Debug, Default)]
pub struct Confirmed {
    instances: Answers,
    disks: Answers,
}

type Answers = HashMap<Arc<str>, Arc<Confirmation>>;

impl Confirmation {
    /// Whether it names one of a policy's lock reasons.
    #[must_use]
    pub fn is_for(&self, lock_reasons: &[String]) -> bool {
        let mut reasons = self.reasons.iter();
        reasons.any(|reason| {
            let mut named = lock_reasons.iter();
            named.any(|named| named.eq_ignore_ascii_case(reason))
        })
    }
}

impl Confirmed {
    /// Whether nothing was asked.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.instances.is_empty() && self.disks.is_empty()
    }

    /// Remembers what was said of an instance.
    pub fn instance(&mut self, id: &str, confirmation: Confirmation) {
        insert(&mut self.instances, id, confirmation);
    }

    /// Remembers what was said of a disk.
    pub fn disk(&mut self, id: &str, confirmation: Confirmation) {
        insert(&mut self.disks, id, confirmation);
    }

    /// What is still worth knowing beside a listing that began at `listed_at`: what was asked since.
    ///
    /// Where a disk is attached is in no listing unless the disk is locked, so that is kept since `attached_since` of
    /// every disk that this listing does not have; one that it has was locked after it was asked for.
    #[must_use]
    pub fn since(
        &self,
        listing: &Snapshot,
        listed_at: Timestamp,
        attached_since: Timestamp,
    ) -> Self {
        let is_listed = |id: &str| listing.index().disks.find(id).is_some();
        let kept = |answers: &Answers, since: Timestamp| {
            let kept = answers
                .iter()
                .filter(|(_, answer)| since <= answer.asked_at);
            kept.map(|(id, answer)| (Arc::clone(id), Arc::clone(answer)))
                .collect()
        };
        let mut disks: Answers = kept(&self.disks, listed_at);
        for (id, answer) in &self.disks {
            let is_of_use = attached_since <= answer.asked_at && answer.reasons.is_empty();
            if is_of_use && !disks.contains_key(id) && !is_listed(id) {
                disks.insert(Arc::clone(id), Arc::clone(answer));
            }
        }
        Self {
            instances: kept(&self.instances, listed_at),
            disks,
        }
    }

    pub(super) fn of(&self, side: Side, id: &str) -> Option<&Confirmation> {
        self.side(side).get(id).map(|answer| &**answer)
    }

    pub(super) fn all(&self, side: Side) -> impl Iterator<Item = (&str, &Confirmation)> {
        let answers = self.side(side).iter();
        answers.map(|(id, answer)| (&**id, &**answer))
    }

    fn side(&self, side: Side) -> &Answers {
        match side {
            Side::Instances => &self.instances,
            Side::Disks => &self.disks,
        }
    }
}

fn insert(answers: &mut Answers, id: &str, confirmation: Confirmation) {
    if MOST <= answers.len() && !answers.contains_key(id) {
        // Rare, and a whole eighth at a time: the oldest would otherwise be sought for each new one.
        let mut times: Vec<_> = answers.values().map(|answer| answer.asked_at).collect();
        times.sort();
        if let Some(&oldest_kept) = times.get(MOST / 8) {
            let before = answers.len();
            answers.retain(|_, answer| oldest_kept <= answer.asked_at);
            if answers.len() == before {
                answers.clear();
            }
        }
    }
    answers.insert(id.into(), Arc::new(confirmation));
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, Source};
    use super::*;

    fn at(second: i64) -> Confirmation {
        Confirmation {
            asked_at: Timestamp::from_second(second).unwrap(),
            reasons: Vec::new(),
            instances: Vec::new(),
        }
    }

    #[test]
    fn of_too_many_the_oldest_are_forgotten() {
        let mut confirmed = Confirmed::default();
        for number in 0..10_000 {
            confirmed.instance(&format!("i-{number}"), at(number));
        }
        assert!(confirmed.instances.len() <= MOST);
        assert!(confirmed.of(Side::Instances, "i-9999").is_some());
        assert!(confirmed.of(Side::Instances, "i-0").is_none());
    }

    #[test]
    fn of_equally_old_ones_none_is_better_than_the_others() {
        let mut confirmed = Confirmed::default();
        for number in 0..=MOST {
            confirmed.disk(&format!("d-{number}"), at(7));
        }
        assert_eq!(confirmed.disks.len(), 1);
    }

    #[test]
    fn a_newer_listing_takes_over_except_where_unlocked_disks_are_attached() {
        let mut confirmed = Confirmed::default();
        let locked = Confirmation {
            reasons: vec!["financial".to_owned()],
            ..at(10)
        };
        confirmed.instance("i-1", at(10));
        confirmed.instance("i-2", at(20));
        confirmed.disk("d-free", at(10));
        confirmed.disk("d-locked", locked);
        confirmed.disk("d-old", at(1));
        confirmed.disk("d-locked-since", at(10));
        let second = |second| Timestamp::from_second(second).unwrap();
        let (account, region) = ("prod".parse().unwrap(), "cn-hangzhou".parse().unwrap());
        let mut listing = Builder::new(account, region, Source::Ecs);
        listing
            .disk("d-locked-since", ["financial"], [""; 0])
            .unwrap();
        let listing = listing.finish().unwrap();
        let kept = confirmed.since(&listing, second(15), second(5));
        assert!(kept.of(Side::Disks, "d-locked-since").is_none());
        assert!(kept.of(Side::Instances, "i-1").is_none());
        assert!(kept.of(Side::Instances, "i-2").is_some());
        assert!(kept.of(Side::Disks, "d-free").is_some());
        assert!(kept.of(Side::Disks, "d-locked").is_none());
        assert!(kept.of(Side::Disks, "d-old").is_none());
        assert!(!kept.is_empty() && Confirmed::default().is_empty());
    }
}
