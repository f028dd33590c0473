//! Which state picks the cell: from the targets of an operation to "instance overdue?" and "disk overdue?".

use std::time::Duration;

use jiff::Timestamp;
use smallvec::SmallVec;

use super::account::NoAccount;
use crate::{
    kinds::{Ids, Operation, Target},
    lock::{Answer, Freshness, Locks, RegionView, Source},
    matrix::Targets,
};

/// One side of the state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Side<'a> {
    /// Not locked for overdue payment.
    Free,
    /// Locked: this is, or is one of, what is locked.
    Locked(&'a str),
    /// Can't be told.
    Unknown(Gap<'a>),
}

/// Why a side can't be told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gap<'a> {
    /// Whose the object is, is not known.
    Account(NoAccount<'a>),
    /// Nothing was ever listed for this region, or for any.
    NeverListed(Option<&'a str>),
    /// The last listing of this region is too old.
    Expired(&'a str),
    /// The reference in this field is not resolved yet.
    Unresolved(&'a str),
    /// The document at hand does not show this field.
    Elsewhere(&'a str),
    /// This field, where the id ought to be, has none.
    Missing(&'a str),
    /// Which instances this disk is attached to is not known.
    Attachments(&'a str),
}

/// Both sides for one of an operation's targets, and what they rest on.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// The instance that the operation names.
    pub instance_id: Option<&'a str>,
    /// The disk that it names.
    pub disk_id: Option<&'a str>,
    /// Whether the instance is overdue.
    pub instance: Side<'a>,
    /// Whether the disk is.
    pub disk: Side<'a>,
    /// The listing that decides.
    pub evidence: Option<Evidence<'a>>,
}

/// The listing that a side rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Evidence<'a> {
    /// The region it is of.
    pub region: &'a str,
    /// Where it came from, and how old it is; none where nothing was ever listed.
    pub listing: Option<(Source, Duration)>,
}

/// The listings that an operation's targets are looked up in.
#[derive(Clone, Copy)]
pub(super) struct Facts<'a> {
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
struct Found<'a> {
    side: Side<'a>,
    evidence: Option<Evidence<'a>>,
}

/// The sides of every target of an operation, one representative for each distinct pair of sides.
///
/// So an operation that names thousands of ids is judged a handful of times, and nothing is lost: two
/// targets of equal sides have equal rulings.
#[must_use]
pub(super) fn sides<'a>(
    operation: &'a Operation<'_>,
    facts: Facts<'a>,
) -> SmallVec<[Sides<'a>; 3]> {
    let Target { instances, disks } = &operation.target;
    let shape = operation
        .call
        .targets()
        .unwrap_or(match (instances, disks) {
            (Ids::None, Ids::None) => Targets::Account,
            (Ids::None, _) => Targets::Disk,
            (_, Ids::None) => Targets::Instance,
            (_, _) => Targets::InstanceAndDisk,
        });
    match shape {
        // What is being created has no id yet: the account stands for it, whatever the action takes otherwise.
        _ if operation.target == Target::ACCOUNT => smallvec::smallvec![facts.whole_account()],
        Targets::InstanceAndDisk => pairs(
            facts.each(instances, Facts::instance),
            facts.each(disks, Facts::disk),
        ),
        Targets::Instance if *disks != Ids::None => pairs(
            facts.each(instances, Facts::instance),
            facts.each(disks, Facts::disk),
        ),
        Targets::Instance | Targets::InstanceOrAccount => {
            facts.instances_with_their_disks(instances)
        }
        Targets::Disk => facts.disks_with_their_instances(disks),
        Targets::NewDisk if *instances != Ids::None => pairs(
            facts.each(instances, Facts::instance),
            smallvec::smallvec![(None, facts.any_disk())],
        ),
        Targets::NewDisk | Targets::Account => smallvec::smallvec![facts.whole_account()],
    }
}

type Each<'a> = SmallVec<[(Option<&'a str>, Found<'a>); 3]>;

/// Every combination of the distinct sides of instances and disks.
fn pairs<'a>(instances: Each<'a>, disks: Each<'a>) -> SmallVec<[Sides<'a>; 3]> {
    instances
        .iter()
        .flat_map(|instance| disks.iter().map(move |disk| (*instance, *disk)))
        .map(|((instance_id, instance), (disk_id, disk))| {
            Sides::of(instance_id, instance, disk_id, disk)
        })
        .collect()
}

// === impl Sides ===

impl<'a> Sides<'a> {
    /// Both sides unknown for one reason.
    #[must_use]
    pub fn unknown(gap: Gap<'a>) -> Self {
        Self {
            instance_id: None,
            disk_id: None,
            instance: Side::Unknown(gap),
            disk: Side::Unknown(gap),
            evidence: None,
        }
    }

    /// The reason why a side is unknown, if one is.
    #[must_use]
    pub fn gap(&self) -> Option<Gap<'a>> {
        [self.instance, self.disk]
            .into_iter()
            .find_map(|side| match side {
                Side::Unknown(gap) => Some(gap),
                Side::Free | Side::Locked(_) => None,
            })
    }

    /// Whether the target is something whose id is not at hand, and not the account.
    #[must_use]
    pub fn is_about_unnamed(&self) -> bool {
        matches!(
            self.gap(),
            Some(Gap::Unresolved(_) | Gap::Elsewhere(_) | Gap::Missing(_))
        )
    }

    fn of(
        instance_id: Option<&'a str>,
        instance: Found<'a>,
        disk_id: Option<&'a str>,
        disk: Found<'a>,
    ) -> Self {
        Self {
            instance_id,
            disk_id,
            instance: instance.side,
            disk: disk.side,
            evidence: if instance.weight() <= disk.weight() {
                disk.evidence.or(instance.evidence)
            } else {
                instance.evidence
            },
        }
    }

    fn is_alike(&self, other: &Self) -> bool {
        self.instance.is_alike(other.instance) && self.disk.is_alike(other.disk)
    }
}

impl Side<'_> {
    /// The values that this side may have.
    pub(super) fn possible(self) -> &'static [bool] {
        match self {
            Self::Free => &[false],
            Self::Locked(_) => &[true],
            Self::Unknown(_) => &[false, true],
        }
    }

    fn is_alike(self, other: Self) -> bool {
        std::mem::discriminant(&self) == std::mem::discriminant(&other)
    }
}

impl Found<'_> {
    /// Which of two sides the source and age of a finding are told of: what is locked, then what is unknown, then the older.
    fn weight(&self) -> (u8, Duration) {
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
    fn search(
        &self,
        regions: &'a [RegionView],
        locked: impl Fn(&'a Locks) -> Side<'a>,
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
                    let elapsed = locks.elapsed(self.now);
                    let side = if self.freshness.age(elapsed).is_usable() {
                        locked(locks)
                    } else {
                        Side::Unknown(Gap::Expired(name))
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

    fn instance(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| {
            if locks.instance(id) {
                Side::Locked(id)
            } else {
                Side::Free
            }
        })
    }

    fn disk(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| {
            if locks.disk(id) {
                Side::Locked(id)
            } else {
                Side::Free
            }
        })
    }

    fn disk_of_instance(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| {
            locks.disk_of_instance(id).map_or(Side::Free, Side::Locked)
        })
    }

    fn instance_of_disk(&self, id: &'a str) -> Found<'a> {
        self.search(self.regions, |locks| match locks.instance_of_disk(id) {
            Answer::Locked(instance) => Side::Locked(instance),
            Answer::NotLocked => Side::Free,
            Answer::Unknown => Side::Unknown(Gap::Attachments(id)),
        })
    }

    fn any_instance(&self) -> Found<'a> {
        self.search(self.account, |locks| {
            locks.any_instance().map_or(Side::Free, Side::Locked)
        })
    }

    fn any_disk(&self) -> Found<'a> {
        self.search(self.account, |locks| {
            locks.any_disk().map_or(Side::Free, Side::Locked)
        })
    }

    fn whole_account(&self) -> Sides<'a> {
        Sides::of(None, self.any_instance(), None, self.any_disk())
    }

    /// The distinct sides of some ids, the first id of each.
    fn each(&self, ids: &'a Ids<'_>, look_up: fn(&Self, &'a str) -> Found<'a>) -> Each<'a> {
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

    fn instances_with_their_disks(&self, ids: &'a Ids<'_>) -> SmallVec<[Sides<'a>; 3]> {
        self.each_with_the_other_side(ids, |facts, id| {
            Sides::of(
                Some(id),
                facts.instance(id),
                None,
                facts.disk_of_instance(id),
            )
        })
    }

    fn disks_with_their_instances(&self, ids: &'a Ids<'_>) -> SmallVec<[Sides<'a>; 3]> {
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
            locks.any_instance().map_or(Side::Free, Side::Locked)
        });
        let disk = self.search(self.regions, |locks| {
            locks.any_disk().map_or(Side::Free, Side::Locked)
        });
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
