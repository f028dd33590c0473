//! Crossplane's managed resources for ECS: what the provider will call because of a change.
//!
//! The objects are read in one pass, which keeps the text of what the table of their kind names and skips the rest;
//! values are only looked into where old and new differ in their letters, so an unchanged object is just compared.
//! [`lifecycle`] says whether the provider acts at all, the tables of each kind which fields make which calls.
//! Nothing here looks at locks, and an object that is being deleted asks for nothing, ever.

mod creation;
mod difference;
mod disk;
mod field;
mod fields;
mod identity;
mod instance;
mod instance_set;
mod known;
mod lifecycle;
mod managed;
mod others;
mod policies;
mod table;
mod update;
mod value;

use super::{Asked, Inference, Malformed, Note, Origin};
use lifecycle::Step;
use table::Table;

pub(super) use managed::{Managed, ManagedSeed};

/// The kinds of the provider that make ECS calls; any other kind of its groups makes none that the matrix knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Resource {
    AutoProvisioningGroup,
    AutoSnapshotPolicy,
    AutoSnapshotPolicyAttachment,
    Disk,
    DiskAttachment,
    Image,
    ImageCopy,
    ImageImport,
    Instance,
    InstanceSet,
    KeyPairAttachment,
    NetworkInterfaceAttachment,
    SecurityGroup,
    SecurityGroupRule,
    Snapshot,
    SnapshotGroup,
}

/// The kinds by name, sorted.
const NAMES: [(&str, Resource); 16] = [
    ("AutoProvisioningGroup", Resource::AutoProvisioningGroup),
    ("AutoSnapshotPolicy", Resource::AutoSnapshotPolicy),
    (
        "AutoSnapshotPolicyAttachment",
        Resource::AutoSnapshotPolicyAttachment,
    ),
    ("Disk", Resource::Disk),
    ("DiskAttachment", Resource::DiskAttachment),
    ("Image", Resource::Image),
    ("ImageCopy", Resource::ImageCopy),
    ("ImageImport", Resource::ImageImport),
    ("Instance", Resource::Instance),
    ("InstanceSet", Resource::InstanceSet),
    ("KeyPairAttachment", Resource::KeyPairAttachment),
    (
        "NetworkInterfaceAttachment",
        Resource::NetworkInterfaceAttachment,
    ),
    ("SecurityGroup", Resource::SecurityGroup),
    ("SecurityGroupRule", Resource::SecurityGroupRule),
    ("Snapshot", Resource::Snapshot),
    ("SnapshotGroup", Resource::SnapshotGroup),
];

/// Which of the provider's two groups an object belongs to; they differ in how they name their account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavour {
    /// `ecs.alibabacloud.crossplane.io`: cluster-scoped kinds, one kind of provider configuration.
    ClusterScoped,
    /// `ecs.alibabacloud.m.crossplane.io`: namespaced kinds, two kinds of provider configuration.
    Namespaced,
}

/// How much of an object is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// All that matters.
    Whole,
    /// What was asked for: everything but the status.
    Request,
}

/// What a change asks of ECS. No old object = the object is being created.
pub(super) fn infer<'a>(
    resource: Resource,
    flavour: Flavour,
    new: &'a Managed<'a>,
    old: Option<&'a Managed<'a>>,
    origin: Origin,
) -> Inference<'a> {
    asked(resource, flavour, new, old, origin).unwrap_or_else(Inference::Malformed)
}

fn asked<'a>(
    resource: Resource,
    flavour: Flavour,
    new: &'a Managed<'a>,
    old: Option<&'a Managed<'a>>,
    origin: Origin,
) -> Result<Inference<'a>, Malformed<'a>> {
    let table = resource.table();
    let (operations, note) = match lifecycle::next_step(new, old, origin)? {
        Step::Nothing => return Ok(Inference::Nothing),
        Step::Create { because } => (creation::operations(table, new, because)?, None),
        Step::Update(basis) => update::operations(table, new, old, &basis)?,
    };
    if operations.is_empty() && note.is_none() {
        return Ok(Inference::Nothing);
    }
    Ok(Inference::Asked(Asked {
        subject: identity::subject(flavour, new)?,
        operations,
        note: note.map(|field| Note::NeedsReplacement { field }),
    }))
}

// === impl Resource ===

impl Resource {
    /// The kind of this name.
    pub(super) fn named(kind: &str) -> Option<Self> {
        let index = NAMES.binary_search_by_key(&kind, |(name, _)| name).ok()?;
        NAMES.get(index).map(|(_, resource)| *resource)
    }

    /// The name of the kind.
    pub(super) fn name(self) -> &'static str {
        NAMES
            .iter()
            .find(|(_, resource)| *resource == self)
            .map_or("", |(name, _)| name)
    }

    fn table(self) -> &'static Table {
        match self {
            Self::AutoProvisioningGroup => &others::AUTO_PROVISIONING_GROUP,
            Self::AutoSnapshotPolicy => &others::AUTO_SNAPSHOT_POLICY,
            Self::AutoSnapshotPolicyAttachment => &others::AUTO_SNAPSHOT_POLICY_ATTACHMENT,
            Self::Disk => &disk::DISK,
            Self::DiskAttachment => &disk::DISK_ATTACHMENT,
            Self::Image => &others::IMAGE,
            Self::ImageCopy => &others::IMAGE_COPY,
            Self::ImageImport => &others::IMAGE_IMPORT,
            Self::Instance => &instance::INSTANCE,
            Self::InstanceSet => &instance_set::INSTANCE_SET,
            Self::KeyPairAttachment => &others::KEY_PAIR_ATTACHMENT,
            Self::NetworkInterfaceAttachment => &others::NETWORK_INTERFACE_ATTACHMENT,
            Self::SecurityGroup => &others::SECURITY_GROUP,
            Self::SecurityGroupRule => &others::SECURITY_GROUP_RULE,
            Self::Snapshot => &others::SNAPSHOT,
            Self::SnapshotGroup => &others::SNAPSHOT_GROUP,
        }
    }
}

// === impl Flavour ===

impl Flavour {
    /// The flavour of a group, if it is one of the provider's.
    pub(super) fn of_group(group: &str) -> Option<Self> {
        match group {
            "ecs.alibabacloud.crossplane.io" => Some(Self::ClusterScoped),
            "ecs.alibabacloud.m.crossplane.io" => Some(Self::Namespaced),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
