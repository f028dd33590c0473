//! Looking targets up in the listings: what is locked, what is not, and what can't be told.

use std::time::Duration;

use jiff::Timestamp;
use smallvec::SmallVec;

use super::{Evidence, Gap, Side, Sides};
use crate::{
    kinds::Ids,
    lock::{Answer, Freshness, Locks, RegionView},
};

/// The listings that an operation's targets are looked up in.
#[derive(Clone, Copy)]
pub(in crate::decision) struct Facts<'a> {
    /// The regions that ids are looked up in: the object's own, or all of its account.
    pub regions: &'a [RegionView],
    /// The regions whose locks count for the account as a whole.
    pub account: &'a [RegionView],
    /// The region the object names.
    pub named_region: Option<&'a str>,
    /// The field that asks for the operation.
    pub field: &'a str,
    /// How old a fact may be.
    pub freshness: Freshness,
    /// The time.
    pub now: Timestamp,
}

/// A side together with the listing it rests on.
#[derive(Clone, Copy)]
pub(super) struct Found<'a> {
    pub(super) side: Side<'a>,
    pub(super) evidence: Option<Evidence<'a>>,
}

/// The distinct sides of some ids, each with the first id that has them.
pub(super) type Each<'a> = SmallVec<[(Option<&'a str>, Found<'a>); 3]>;

// === impl Found ===

impl Found<'_> {
    /// Which of two sides the source and age of a finding are told of: what is locked, then what is unknown, then the older.
    pub(super) fn weight(&self) -> (u8, Duration) {
        let rank = match self.side {
            Side::Locked(_) => 2,
            Side::Unknown(_) => 1,
            Side::Free => 0,
        };
        let age = self
            .evidence
            .and_then(|evidence| evidence.listing)
            .map_or(Duration::ZERO, |(_, age)| age);
        (rank, age)
    }
}

// === impl Facts ===

impl<'a> Facts<'a> {
    /// Looks for something locked in every usable listing; "not locked" needs all of them usable.
    ///
    /// `look` tells how old what it sees is, too: single targets may have been asked for since the listing.
    fn search(
        &self,
        regions: &'a [RegionView],
        look: impl Fn(&'a Locks) -> (Side<'a>, Duration),
    ) -> Found<'a> {
        let mut result = Found {
            side: Side::Free,
            evidence: None,
        };
        if regions.is_empty() {
            result.side = Side::Unknown(Gap::NeverListed(self.named_region));
        }
        for region in regions {
            let name = region.id().as_str();
            let (side, listing) = match region.locks() {
                None => (Side::Unknown(Gap::NeverListed(Some(name))), None),
                Some(locks) => {
                    let (side, elapsed) = look(locks);
                    let side = match side {
                        _ if !self.freshness.age(elapsed).is_usable() => {
                            Side::Unknown(Gap::Expired(name))
                        }
                        Side::Free if !locks.is_whole() => Side::Unknown(Gap::OtherReasons(name)),
                        side => side,
                    };
                    (side, Some((locks.snapshot().source(), elapsed)))
                }
            };
            let found = Found {
                side,
                evidence: Some(Evidence {
                    region: name,
                    listing,
                }),
            };
            if let Side::Locked(_) = side {
                return found;
            }
            if result.evidence.is_none() || result.weight() < found.weight() {
                result = found;
            }
        }
        result
    }

    pub(super) fn instance(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| {
            let locked = locks.instance(id).then_some(id);
            (side(locked), locks.instance_elapsed(id, self.now))
        })
    }

    pub(super) fn disk(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| {
            let locked = locks.disk(id).then_some(id);
            (side(locked), locks.disk_elapsed(id, self.now))
        })
    }

    fn disk_of_instance(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| {
            self.a_disk(locks, locks.disk_of_instance(id))
        })
    }

    fn instance_of_disk(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| match locks.instance_of_disk(id) {
            Answer::Locked(instance) => self.an_instance(locks, Some(instance)),
            Answer::NotLocked => self.an_instance(locks, None),
            Answer::Unknown => (Side::Unknown(Gap::Attachments(id)), locks.elapsed(self.now)),
        })
    }

    fn any_instance(&self) -> Found<'a> {
        self.search(self.account, |locks| {
            self.an_instance(locks, locks.any_instance())
        })
    }

    pub(super) fn any_disk(&self) -> Found<'a> {
        self.search(self.account, |locks| self.a_disk(locks, locks.any_disk()))
    }

    fn an_instance(&self, locks: &Locks, locked: Option<&'a str>) -> (Side<'a>, Duration) {
        let elapsed = locked.map_or_else(
            || locks.elapsed(self.now),
            |id| locks.instance_elapsed(id, self.now),
        );
        (side(locked), elapsed)
    }

    fn a_disk(&self, locks: &Locks, locked: Option<&'a str>) -> (Side<'a>, Duration) {
        let elapsed = locked.map_or_else(
            || locks.elapsed(self.now),
            |id| locks.disk_elapsed(id, self.now),
        );
        (side(locked), elapsed)
    }

    pub(super) fn whole_account(&self) -> Sides<'a> {
        Sides::of(None, self.any_instance(), None, self.any_disk())
    }

    /// The distinct sides of some ids, the first id of each.
    pub(super) fn each(
        &self,
        ids: &'a Ids<'_>,
        look_up: fn(&Self, &'a str) -> Found<'a>,
    ) -> Each<'a> {
        match ids {
            Ids::Known(ids) => {
                let mut distinct = Each::new();
                for id in ids {
                    let found = look_up(self, id);
                    if !distinct
                        .iter()
                        .any(|(_, known)| known.side.is_alike(found.side))
                    {
                        distinct.push((Some(id), found));
                    }
                }
                distinct
            }
            unnamed => smallvec::smallvec![(None, self.unnamed(unnamed))],
        }
    }

    pub(super) fn instances_with_their_disks(&self, ids: &'a Ids<'_>) -> SmallVec<[Sides<'a>; 3]> {
        self.each_with_the_other_side(ids, |facts, id| {
            Sides::of(
                Some(id),
                facts.instance(id),
                None,
                facts.disk_of_instance(id),
            )
        })
    }

    pub(super) fn disks_with_their_instances(&self, ids: &'a Ids<'_>) -> SmallVec<[Sides<'a>; 3]> {
        self.each_with_the_other_side(ids, |facts, id| {
            Sides::of(None, facts.instance_of_disk(id), Some(id), facts.disk(id))
        })
    }

    fn each_with_the_other_side(
        &self,
        ids: &'a Ids<'_>,
        look_up: impl Fn(&Self, &'a str) -> Sides<'a>,
    ) -> SmallVec<[Sides<'a>; 3]> {
        let Ids::Known(ids) = ids else {
            let found = self.unnamed(ids);
            return smallvec::smallvec![Sides::of(None, found, None, found)];
        };
        let mut distinct = SmallVec::new();
        for id in ids {
            let sides = look_up(self, id);
            if !distinct
                .iter()
                .any(|known: &Sides<'_>| known.is_alike(&sides))
            {
                distinct.push(sides);
            }
        }
        distinct
    }

    /// What can be said where an id is not at hand: nothing locked at all means that this one is not.
    fn unnamed(&self, ids: &'a Ids<'_>) -> Found<'a> {
        let unknown = |gap, evidence| Found {
            side: Side::Unknown(gap),
            evidence,
        };
        let gap = match ids {
            Ids::None | Ids::Known(_) => return unknown(Gap::Missing(self.field), None),
            Ids::Missing(field) => return unknown(Gap::Missing(field), None),
            Ids::Unresolved(field) => Gap::Unresolved(field),
            Ids::Elsewhere(field) => Gap::Elsewhere(field),
        };
        let instance = self.search(self.regions, |locks| {
            self.an_instance(locks, locks.any_instance())
        });
        let disk = self.search(self.regions, |locks| self.a_disk(locks, locks.any_disk()));
        let any = if instance.weight() < disk.weight() {
            disk
        } else {
            instance
        };
        match any.side {
            Side::Locked(_) => unknown(gap, any.evidence),
            Side::Free | Side::Unknown(_) => any,
        }
    }
}

fn side(locked: Option<&str>) -> Side<'_> {
    locked.map_or(Side::Free, Side::Locked)
}
