//! The foreign kinds whose meaning is built in: names only, in one place for the binding check and for registration.

/// Kinds that are read by the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInFamily {
    /// The API groups in which the kinds occur.
    pub groups: &'static [&'static str],
    /// The kinds, in each of the groups.
    pub kinds: &'static [BuiltInKind],
}

/// One kind and the name of its resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuiltInKind {
    /// The kind, as `apiVersion` and `kind` name it.
    pub kind: &'static str,
    /// The resource, as URLs and rules name it.
    pub resource: &'static str,
}

const fn kind(kind: &'static str, resource: &'static str) -> BuiltInKind {
    BuiltInKind { kind, resource }
}

/// Crossplane's `provider-upjet-alibabacloud`: the kinds with an action in or near the matrix.
pub const CROSSPLANE: BuiltInFamily = BuiltInFamily {
    groups: &[
        "ecs.alibabacloud.crossplane.io",
        "ecs.alibabacloud.m.crossplane.io",
    ],
    kinds: &[
        kind("AutoProvisioningGroup", "autoprovisioninggroups"),
        kind("AutoSnapshotPolicy", "autosnapshotpolicies"),
        kind(
            "AutoSnapshotPolicyAttachment",
            "autosnapshotpolicyattachments",
        ),
        kind("Disk", "disks"),
        kind("DiskAttachment", "diskattachments"),
        kind("Image", "images"),
        kind("ImageCopy", "imagecopies"),
        kind("ImageImport", "imageimports"),
        kind("Instance", "instances"),
        kind("InstanceSet", "instancesets"),
        kind("KeyPairAttachment", "keypairattachments"),
        kind("NetworkInterfaceAttachment", "networkinterfaceattachments"),
        kind("SecurityGroup", "securitygroups"),
        kind("SecurityGroupRule", "securitygrouprules"),
        kind("Snapshot", "snapshots"),
        kind("SnapshotGroup", "snapshotgroups"),
    ],
};

/// Karpenter's request for one node.
pub const KARPENTER: BuiltInFamily = BuiltInFamily {
    groups: &["karpenter.sh"],
    kinds: &[kind("NodeClaim", "nodeclaims")],
};

/// OpenShift's machine.
pub const OPENSHIFT: BuiltInFamily = BuiltInFamily {
    groups: &["machine.openshift.io"],
    kinds: &[kind("Machine", "machines")],
};

/// Our own plain request.
pub const ECS_OPERATION: BuiltInFamily = BuiltInFamily {
    groups: &[super::GROUP],
    kinds: &[kind("EcsOperation", "ecsoperations")],
};

/// All families of other projects.
pub(super) const FOREIGN: [BuiltInFamily; 3] = [CROSSPLANE, KARPENTER, OPENSHIFT];

/// Whether a kind's meaning is built in, so that no binding can give it another.
#[must_use]
pub fn is_built_in(group: &str, kind: &str) -> bool {
    [CROSSPLANE, KARPENTER, OPENSHIFT, ECS_OPERATION]
        .iter()
        .any(|family| {
            family.groups.contains(&group) && family.kinds.iter().any(|known| known.kind == kind)
        })
}
