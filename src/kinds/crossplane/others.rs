//! The kinds that an overdue payment never stops by the seed's edition: snapshots, images, security groups and
//! their kin. Their calls are told all the same; a policy may rule on what no table lists.

use super::{
    field::Field,
    known::KnownFields,
    table::{Creation, Need, Own, Reference, Row, Table, When},
    update::Update,
};
use crate::kinds::Malformed;

const INSTANCE: Reference = Reference {
    field: "instanceId",
    through: &["instanceIdRef", "instanceIdSelector"],
    need: Need::Optional,
};

const DISK: Reference = Reference {
    field: "diskId",
    through: &["diskIdRef", "diskIdSelector"],
    need: Need::Required,
};

/// Raising a target launches instances; no table lists the calls, so the policy decides.
pub(super) static AUTO_PROVISIONING_GROUP: Table = Table {
    own: Own::Nothing,
    creation: &[Creation::always("CreateAutoProvisioningGroup")],
    update: &[Row::own(
        &[
            "totalTargetCapacity",
            "payAsYouGoTargetCapacity",
            "spotTargetCapacity",
            "maxSpotPrice",
            "autoProvisioningGroupName",
            "defaultTargetCapacityType",
            "excessCapacityTerminationPolicy",
        ],
        "ModifyAutoProvisioningGroup",
    )],
    replacing: &[],
    fields: &KnownFields::of(&[
        Field::text("autoProvisioningGroupName"),
        Field::text("defaultTargetCapacityType"),
        Field::text("excessCapacityTerminationPolicy"),
        Field::number("maxSpotPrice"),
        Field::text("payAsYouGoTargetCapacity"),
        Field::text("spotTargetCapacity"),
        Field::text("totalTargetCapacity"),
    ]),
};

pub(super) static SNAPSHOT: Table = Table {
    own: Own::Nothing,
    creation: &[Creation::always("CreateSnapshot").on_disks(DISK)],
    update: &[
        Row::own(
            &["snapshotName", "description", "retentionDays"],
            "ModifySnapshotAttribute",
        ),
        Row::own(&["resourceGroupId"], "JoinResourceGroup"),
        Row::tags(&["tags"]),
    ],
    replacing: &["diskId", "category"],
    fields: &KnownFields::of(&[
        Field::text("category"),
        Field::text("description"),
        Field::text("diskId"),
        Field::whole("diskIdRef"),
        Field::whole("diskIdSelector"),
        Field::text("resourceGroupId"),
        Field::number("retentionDays"),
        Field::text("snapshotName"),
        Field::tags("tags"),
    ]),
};

pub(super) static SNAPSHOT_GROUP: Table = Table {
    own: Own::Nothing,
    creation: &[Creation::always("CreateSnapshotGroup")
        .on_instances(INSTANCE)
        .on_disks(Reference {
            field: "diskId",
            through: &[],
            need: Need::Optional,
        })],
    update: &[
        Row::own(&["snapshotGroupName", "description"], "ModifySnapshotGroup"),
        Row::tags(&["tags"]),
    ],
    replacing: &[],
    fields: &KnownFields::of(&[
        Field::text("description"),
        Field::set("diskId"),
        Field::text("instanceId"),
        Field::whole("instanceIdRef"),
        Field::whole("instanceIdSelector"),
        Field::text("snapshotGroupName"),
        Field::tags("tags"),
    ]),
};

pub(super) static IMAGE: Table = Table {
    own: Own::Nothing,
    creation: &[Creation::always("CreateImage").on_instances(INSTANCE)],
    update: &[
        Row::own(
            &["description", "imageName", "imageFamily", "bootMode"],
            "ModifyImageAttribute",
        ),
        Row::own(&["resourceGroupId"], "JoinResourceGroup"),
        Row::tags(&["tags"]),
    ],
    replacing: &[
        "architecture",
        "detectionStrategy",
        "diskDeviceMapping",
        "features",
        "imageVersion",
        "instanceId",
        "licenseType",
        "platform",
        "snapshotId",
    ],
    fields: &KnownFields::of(&[
        Field::text("architecture"),
        Field::text("bootMode"),
        Field::text("description"),
        Field::text("detectionStrategy"),
        Field::items("diskDeviceMapping", &[]),
        Field::items("features", &[]),
        Field::text("imageFamily"),
        Field::text("imageName"),
        Field::text("imageVersion"),
        Field::text("instanceId"),
        Field::whole("instanceIdRef"),
        Field::whole("instanceIdSelector"),
        Field::text("licenseType"),
        Field::text("platform"),
        Field::text("resourceGroupId"),
        Field::text("snapshotId"),
        Field::tags("tags"),
    ]),
};

pub(super) static IMAGE_COPY: Table = Table {
    creation: &[Creation::always("CopyImage")],
    ..COPIED_IMAGE
};

pub(super) static IMAGE_IMPORT: Table = Table {
    creation: &[Creation::always("ImportImage")],
    ..COPIED_IMAGE
};

const COPIED_IMAGE: Table = Table {
    own: Own::Nothing,
    creation: &[],
    update: &[Row::own(
        &["imageName", "description"],
        "ModifyImageAttribute",
    )],
    replacing: &[],
    fields: &KnownFields::of(&[Field::text("description"), Field::text("imageName")]),
};

pub(super) static SECURITY_GROUP: Table = Table {
    own: Own::Nothing,
    creation: &[
        Creation::always("CreateSecurityGroup"),
        Creation::always("ModifySecurityGroupPolicy").when(When::Given(&["innerAccessPolicy"])),
    ],
    update: &[
        Row::own(
            &["securityGroupName", "description"],
            "ModifySecurityGroupAttribute",
        ),
        Row::own(&["innerAccessPolicy"], "ModifySecurityGroupPolicy"),
        Row::own(&["resourceGroupId"], "JoinResourceGroup"),
        Row::tags(&["tags"]),
    ],
    replacing: &[],
    fields: &KnownFields::of(&[
        Field::text("description"),
        Field::text("innerAccessPolicy"),
        Field::text("resourceGroupId"),
        Field::text("securityGroupName"),
        Field::tags("tags"),
    ]),
};

pub(super) static SECURITY_GROUP_RULE: Table = Table {
    own: Own::Nothing,
    creation: &[
        Creation::always("AuthorizeSecurityGroup").when(When::IsNot("type", EGRESS)),
        Creation::always("AuthorizeSecurityGroupEgress").when(When::Is("type", EGRESS)),
    ],
    update: &[Row::rule(&["description"], describe_rule)],
    replacing: &[
        "cidrIp",
        "ipProtocol",
        "ipv6CidrIp",
        "nicType",
        "policy",
        "portRange",
        "prefixListId",
        "priority",
        "securityGroupId",
        "sourceGroupOwnerAccount",
        "sourceSecurityGroupId",
        "type",
    ],
    fields: &KnownFields::of(&[
        Field::text("cidrIp"),
        Field::text("description"),
        Field::text("ipProtocol"),
        Field::text("ipv6CidrIp"),
        Field::text("nicType"),
        Field::text("policy"),
        Field::text("portRange"),
        Field::text("prefixListId"),
        Field::number("priority"),
        Field::text("securityGroupId"),
        Field::text("sourceGroupOwnerAccount"),
        Field::text("sourceSecurityGroupId"),
        Field::text("type"),
    ]),
};

const EGRESS: &str = "egress";

/// Traffic that leaves has calls of its own.
fn describe_rule<'a>(update: &mut Update<'a>) -> Result<(), Malformed<'a>> {
    let call = match update.effective("type")?.as_deref() {
        Some(EGRESS) => "ModifySecurityGroupEgressRule",
        _ => "ModifySecurityGroupRule",
    };
    update.call_own(call, "description");
    Ok(())
}

pub(super) static AUTO_SNAPSHOT_POLICY: Table = Table {
    own: Own::Nothing,
    creation: &[Creation::always("CreateAutoSnapshotPolicy")],
    update: &[
        Row::own(
            &[
                "autoSnapshotPolicyName",
                "copiedSnapshotsRetentionDays",
                "copyEncryptionConfiguration",
                "enableCrossRegionCopy",
                "repeatWeekdays",
                "retentionDays",
                "targetCopyRegions",
                "timePoints",
            ],
            "ModifyAutoSnapshotPolicyEx",
        ),
        Row::own(&["resourceGroupId"], "JoinResourceGroup"),
        Row::tags(&["tags"]),
    ],
    replacing: &[],
    fields: &KnownFields::of(&[
        Field::text("autoSnapshotPolicyName"),
        Field::number("copiedSnapshotsRetentionDays"),
        Field::items("copyEncryptionConfiguration", &[]),
        Field::flag("enableCrossRegionCopy"),
        Field::set("repeatWeekdays"),
        Field::text("resourceGroupId"),
        Field::number("retentionDays"),
        Field::tags("tags"),
        Field::set("targetCopyRegions"),
        Field::set("timePoints"),
    ]),
};

pub(super) static AUTO_SNAPSHOT_POLICY_ATTACHMENT: Table = Table {
    own: Own::Nothing,
    creation: &[Creation::always("ApplyAutoSnapshotPolicy").on_disks(DISK)],
    update: &[],
    replacing: &["autoSnapshotPolicyId", "diskId"],
    fields: &KnownFields::of(&[
        Field::text("autoSnapshotPolicyId"),
        Field::text("diskId"),
        Field::whole("diskIdRef"),
        Field::whole("diskIdSelector"),
    ]),
};

const PAIRED: Reference = Reference {
    field: "instanceIds",
    through: &["instanceRefs", "instanceSelector"],
    need: Need::Required,
};

pub(super) static KEY_PAIR_ATTACHMENT: Table = Table {
    own: Own::Nothing,
    creation: &[
        Creation::always("AttachKeyPair").on_instances(PAIRED),
        Creation::always("RebootInstance")
            .when(When::True("force"))
            .on_instances(PAIRED),
    ],
    update: &[],
    replacing: &["force", "instanceIds", "keyPairName"],
    fields: &KnownFields::of(&[
        Field::flag("force"),
        Field::set("instanceIds"),
        Field::whole("instanceRefs"),
        Field::whole("instanceSelector"),
        Field::text("keyPairName"),
    ]),
};

pub(super) static NETWORK_INTERFACE_ATTACHMENT: Table = Table {
    own: Own::Nothing,
    creation: &[
        Creation::always("AttachNetworkInterface").on_instances(Reference {
            need: Need::Required,
            ..INSTANCE
        }),
    ],
    update: &[],
    replacing: &[],
    fields: &KnownFields::of(&[
        Field::text("instanceId"),
        Field::whole("instanceIdRef"),
        Field::whole("instanceIdSelector"),
    ]),
};
