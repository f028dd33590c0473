//! Which ids a call takes, for the families whose objects name an action and carry ids beside it.
//!
//! An id that a call does not take is never looked at, so that a wrong one can't stand in the way; an id that it
//! can't do without is never replaced by the state of the account.

use crate::matrix::{Call, Targets};

/// How much a call cares for ids of one sort.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Need {
    /// It takes none.
    Ignored,
    /// It takes them where they are given.
    Optional,
    /// It can't be made without one.
    Required,
}

/// What a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Needs {
    /// Of instance ids.
    pub(super) instances: Need,
    /// Of disk ids.
    pub(super) disks: Need,
}

// === impl Needs ===

impl Needs {
    pub(super) fn of(call: &Call<'_>) -> Self {
        use Need::{Ignored, Optional, Required};
        let (instances, disks) = match call.targets() {
            Some(Targets::InstanceAndDisk) => (Required, Required),
            // The API takes the id of the system disk too, but does not ask for it.
            Some(Targets::Instance) if call.name() == "ReplaceSystemDisk" => (Required, Optional),
            Some(Targets::Instance) => (Required, Ignored),
            Some(Targets::Disk) => (Ignored, Required),
            Some(Targets::NewDisk | Targets::InstanceOrAccount) => (Optional, Ignored),
            Some(Targets::Account) => (Ignored, Ignored),
            None => (Optional, Optional),
        };
        Self { instances, disks }
    }
}
