//! The instances and disks of one account in one region: those that a test names, and masses of them by formula.

use std::collections::{BTreeMap, BTreeSet};

/// What the service says of a resource's locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Locks {
    /// These reasons; none is "not locked".
    Reasons(Vec<String>),
    /// `"OperationLocks": null`.
    Null,
    /// No such member.
    Missing,
}

/// A disk.
#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub(super) locks: Locks,
    /// Named by `Attachments`.
    pub(super) attachments: Vec<String>,
    /// Named by `MountInstances` alone, as older shared block storage is.
    pub(super) mounts: Vec<String>,
}

/// One region of one account.
#[derive(Clone, Debug, Default)]
pub(super) struct Region {
    pub(super) instances: BTreeMap<String, Locks>,
    pub(super) disks: BTreeMap<String, Disk>,
    pub(super) many_instances: Mass,
    pub(super) many_disks: Mass,
}

/// So many resources, all locked as `financial`, whose ids are a formula of their number.
#[derive(Clone, Debug, Default)]
pub(super) struct Mass {
    pub(super) count: usize,
    paid: BTreeSet<usize>,
}

impl Locks {
    /// No lock.
    pub(crate) const fn none() -> Self {
        Self::Reasons(Vec::new())
    }

    pub(super) fn reasons(&self) -> &[String] {
        match self {
            Self::Reasons(reasons) => reasons,
            Self::Null | Self::Missing => &[],
        }
    }
}

impl Default for Disk {
    fn default() -> Self {
        Self {
            locks: Locks::none(),
            attachments: Vec::new(),
            mounts: Vec::new(),
        }
    }
}

impl Region {
    /// The locks of an instance, if there is such a one.
    pub(super) fn instance(&self, id: &str) -> Option<Locks> {
        let named = self.instances.get(id).cloned();
        named.or_else(|| {
            let number = Mass::number_of(id, "i-")?;
            let many = &self.many_instances;
            (number < many.count).then(|| many.locks(number))
        })
    }

    /// A disk, if there is such a one.
    pub(super) fn disk(&self, id: &str) -> Option<Disk> {
        let formulaic = || {
            let number = Mass::number_of(id, "d-")?;
            (number < self.many_disks.count).then(|| self.disk_of_many(number))
        };
        self.disks.get(id).cloned().or_else(formulaic)
    }

    /// The disk of the mass that is on an instance of the mass.
    pub(super) fn disk_of_many_on(&self, instance: &str) -> Option<(String, Disk)> {
        let number = Mass::number_of(instance, "i-")?;
        let is_there = number < self.many_instances.count && number < self.many_disks.count;
        is_there.then(|| (Mass::id("d-", number), self.disk_of_many(number)))
    }

    /// A disk of the mass: on the instance of the same number, if there is one.
    pub(super) fn disk_of_many(&self, number: usize) -> Disk {
        let on = (number < self.many_instances.count).then(|| Mass::id("i-", number));
        Disk {
            locks: self.many_disks.locks(number),
            attachments: on.into_iter().collect(),
            mounts: Vec::new(),
        }
    }
}

impl Mass {
    pub(super) fn of(count: usize) -> Self {
        Self {
            count,
            paid: BTreeSet::new(),
        }
    }

    /// The id of one.
    pub(crate) fn id(prefix: &str, number: usize) -> String {
        format!("{prefix}many{number:016}")
    }

    fn number_of(id: &str, prefix: &str) -> Option<usize> {
        let digits = id.strip_prefix(prefix)?.strip_prefix("many")?;
        let number = digits.parse().ok()?;
        (Self::id(prefix, number) == id).then_some(number)
    }

    pub(super) fn locks(&self, number: usize) -> Locks {
        match self.paid.contains(&number) {
            true => Locks::none(),
            false => Locks::Reasons(vec!["financial".to_owned()]),
        }
    }

    /// Takes the lock off one; says whether it is there at all.
    pub(super) fn pay(&mut self, id: &str, prefix: &str) -> bool {
        match Self::number_of(id, prefix) {
            Some(number) if number < self.count => {
                self.paid.insert(number);
                true
            }
            _ => false,
        }
    }
}
