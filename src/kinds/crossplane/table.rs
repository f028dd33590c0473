//! The words in which a kind's table says which fields make the provider call what.

use super::{known::KnownFields, update::Update};
use crate::kinds::Malformed;

/// All that there is to know about one kind.
pub(super) struct Table {
    /// Every field that is named below.
    pub(super) fields: &'static KnownFields,
    /// The calls that make the resource, in order.
    pub(super) creation: &'static [Creation],
    /// The changes that are made in place, in the order in which the provider gets to them.
    pub(super) update: &'static [Row],
    /// Fields that only a new resource can have otherwise: the provider refuses the whole change.
    pub(super) replacing: &'static [&'static str],
    /// What the calls of an update work on.
    pub(super) own: Own,
}

/// A call that is made when the resource is created.
pub(super) struct Creation {
    pub(super) call: &'static str,
    pub(super) when: When,
    pub(super) on: Aim,
}

/// Whether a creating call is made.
pub(super) enum When {
    Always,
    /// If any of these fields is set.
    Given(&'static [&'static str]),
    /// If this field has this text.
    Is(&'static str, &'static str),
    /// If this field doesn't have this text.
    IsNot(&'static str, &'static str),
    /// If this field is true.
    True(&'static str),
}

/// What a creating call works on; nothing that exists = the account.
pub(super) struct Aim {
    pub(super) instances: Option<Reference>,
    pub(super) disks: Option<Reference>,
}

/// A field that holds ids, and the fields from which the provider fills it if it is empty.
#[derive(Clone, Copy)]
pub(super) struct Reference {
    pub(super) field: &'static str,
    pub(super) through: &'static [&'static str],
    pub(super) need: Need,
}

/// What it means if a reference leads nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Need {
    /// The call does without.
    Optional,
    /// The call can't be made without.
    Required,
}

/// One row of a kind's table: a change of any of these fields makes these calls.
pub(super) struct Row {
    pub(super) fields: &'static [&'static str],
    pub(super) calls: Calls,
}

/// The calls of a row.
pub(super) enum Calls {
    /// This one, on the resource itself.
    Own(&'static str),
    /// This one, on the system disk of the instance.
    SystemDisk(&'static str),
    /// The first if entries of a list or map are gone, the second if some are new.
    Entries {
        removed: &'static str,
        added: &'static str,
    },
    /// Whatever this rule says.
    Rule(Rule),
}

/// A rule that needs more than one field to know its calls.
pub(super) type Rule = for<'u, 'a> fn(&'u mut Update<'a>) -> Result<(), Malformed<'a>>;

/// What the calls of an update work on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Own {
    /// An instance, of which the external name is the id.
    Instance,
    /// A disk, of which the external name is the id.
    Disk,
    /// The instances of a set.
    Instances,
    /// Nothing that the matrix knows.
    Nothing,
}

// === impl Creation ===

impl Creation {
    /// A call that is always made, on the account.
    pub(super) const fn always(call: &'static str) -> Self {
        Self {
            call,
            when: When::Always,
            on: Aim::ACCOUNT,
        }
    }

    pub(super) const fn when(self, when: When) -> Self {
        Self { when, ..self }
    }

    pub(super) const fn on_instances(self, instances: Reference) -> Self {
        let on = Aim {
            instances: Some(instances),
            ..self.on
        };
        Self { on, ..self }
    }

    pub(super) const fn on_disks(self, disks: Reference) -> Self {
        let on = Aim {
            disks: Some(disks),
            ..self.on
        };
        Self { on, ..self }
    }
}

// === impl Aim ===

impl Aim {
    const ACCOUNT: Self = Self {
        instances: None,
        disks: None,
    };
}

// === impl Row ===

impl Row {
    pub(super) const fn own(fields: &'static [&'static str], call: &'static str) -> Self {
        Self {
            fields,
            calls: Calls::Own(call),
        }
    }

    pub(super) const fn system_disk(fields: &'static [&'static str], call: &'static str) -> Self {
        Self {
            fields,
            calls: Calls::SystemDisk(call),
        }
    }

    pub(super) const fn tags(fields: &'static [&'static str]) -> Self {
        Self::entries(fields, "UntagResources", "TagResources")
    }

    pub(super) const fn entries(
        fields: &'static [&'static str],
        removed: &'static str,
        added: &'static str,
    ) -> Self {
        Self {
            fields,
            calls: Calls::Entries { removed, added },
        }
    }

    pub(super) const fn rule(fields: &'static [&'static str], rule: Rule) -> Self {
        Self {
            fields,
            calls: Calls::Rule(rule),
        }
    }
}
