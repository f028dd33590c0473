//! Which state picks the cell: from the targets of an operation to "instance overdue?" and "disk overdue?".

mod facts;

use std::time::Duration;

use smallvec::SmallVec;

pub(super) use self::facts::Facts;
use self::facts::{Each, Found};
use super::account::NoAccount;
use crate::{
    kinds::{Ids, Operation, Target},
    lock::Source,
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
    /// The last listing of this region was made before the policy named another lock reason.
    OtherReasons(&'a str),
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
