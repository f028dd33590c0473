//! The ECS actions that the editions name, and which ids each of them takes.

use std::fmt;

/// Which ids an action takes; they decide whose lock picks the cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Targets {
    /// An instance and a disk, both needed.
    InstanceAndDisk,
    /// An instance; a disk only where it says so (`ReplaceSystemDisk`).
    Instance,
    /// A disk.
    Disk,
    /// A disk that does not exist yet, and perhaps the instance it is made for.
    NewDisk,
    /// An instance if one is named, otherwise the account.
    InstanceOrAccount,
    /// Nothing that exists: the account is the target.
    Account,
}

/// An ECS action that at least one edition names.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Action(u8);

use Targets::{Account, Disk, Instance, InstanceAndDisk, InstanceOrAccount, NewDisk};

/// Sorted by name. Targets are the required parameters of the ECS API 2014-05-26.
const ACTIONS: [(&str, Targets); 41] = [
    ("AllocatePublicIpAddress", Instance),
    ("AttachDisk", InstanceAndDisk),
    ("AuthorizeSecurityGroup", Account),
    ("CreateDisk", NewDisk),
    ("CreateImage", InstanceOrAccount),
    ("CreateInstance", Account),
    ("CreateSecurityGroup", Account),
    ("CreateSnapshot", Disk),
    ("DeleteDisk", Disk),
    ("DeleteImage", Account),
    ("DeleteInstance", Instance),
    ("DeleteSecurityGroup", Account),
    ("DeleteSnapshot", Account),
    ("DescribeAutoSnapshotPolicy", Account),
    ("DescribeDisks", Account),
    ("DescribeImages", Account),
    ("DescribeInstanceAttribute", Instance),
    ("DescribeInstanceMonitorData", Instance),
    ("DescribeInstanceStatus", Account),
    ("DescribeInstanceTypes", Account),
    ("DescribeInstances", Account),
    ("DescribeRegions", Account),
    ("DescribeSecurityGroupAttribute", Account),
    ("DescribeSecurityGroups", Account),
    ("DescribeSnapshotAttribute", Account),
    ("DescribeSnapshots", Account),
    ("DescribeZones", Account),
    ("DetachDisk", InstanceAndDisk),
    ("JoinSecurityGroup", InstanceOrAccount),
    ("LeaveSecurityGroup", InstanceOrAccount),
    ("ModifyAutoSnapshotPolicy", Account),
    ("ModifyDiskAttribute", Disk),
    ("ModifyInstanceAttribute", Instance),
    ("ModifyInstanceSpec", Instance),
    ("ReInitDisk", Disk),
    ("RebootInstance", Instance),
    ("ReplaceSystemDisk", Instance),
    ("ResetDisk", Disk),
    ("RevokeSecurityGroup", Account),
    ("StartInstance", Instance),
    ("StopInstance", Instance),
];

impl Action {
    /// The action of exactly this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let index = ACTIONS
            .binary_search_by_key(&name, |(known, _)| known)
            .ok()?;
        u8::try_from(index).ok().map(Self)
    }

    /// Every action, by name.
    pub fn all() -> impl ExactSizeIterator<Item = Self> {
        (0u8..41).map(Self)
    }

    /// The name the vendor's tables use.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// Which ids it takes.
    #[must_use]
    pub fn targets(self) -> Targets {
        self.row().1
    }

    /// Its place in [`Action::all`].
    #[must_use]
    pub fn index(self) -> usize {
        usize::from(self.0)
    }

    #[expect(
        clippy::indexing_slicing,
        reason = "an Action is only made from an index into this array"
    )]
    fn row(self) -> (&'static str, Targets) {
        ACTIONS[usize::from(self.0)]
    }
}

impl fmt::Debug for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl fmt::Display for Action {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// Whether an action reads, cleans up or cures the debt.
///
/// Blocking one of these would raise the debt or hide it, so no setting may deny it: only a documented
/// error cell can.
#[must_use]
pub fn is_cure_or_cleanup_or_read(name: &str) -> bool {
    const PREFIXES: [&str; 4] = ["Describe", "Delete", "Detach", "Stop"];
    const CURES: [&str; 2] = ["RenewInstance", "ReActivateInstances"];
    PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || CURES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_are_sorted_so_that_every_name_is_found() {
        for action in Action::all() {
            assert_eq!(Action::named(action.name()), Some(action));
        }
        assert_eq!(Action::named("startinstance"), None);
        assert_eq!(Action::named(""), None);
    }
}
