//! Disks and their attachments.

use super::{
    field::Field,
    known::KnownFields,
    table::{Creation, Need, Own, Reference, Row, Table, When},
};

pub(super) static DISK: Table = Table {
    own: Own::Disk,
    creation: &[
        // With an instance, this makes a subscription disk and attaches it, in one call.
        Creation::always("CreateDisk").on_instances(Reference {
            field: "instanceId",
            through: &["instanceIdRef", "instanceIdSelector"],
            need: Need::Optional,
        }),
        Creation::always("ModifyDiskAttribute").when(When::Given(&["deleteAutoSnapshot"])),
    ],
    update: &[
        Row::own(
            &[
                "deleteAutoSnapshot",
                "deleteWithInstance",
                "description",
                "diskName",
                "enableAutoSnapshot",
                "burstingEnabled",
            ],
            "ModifyDiskAttribute",
        ),
        Row::own(&["size"], "ResizeDisk"),
        Row::own(
            &["performanceLevel", "category", "provisionedIops"],
            "ModifyDiskSpec",
        ),
        Row::own(&["paymentType"], "ModifyDiskChargeType"),
        Row::own(&["resourceGroupId"], "JoinResourceGroup"),
        Row::tags(&["tags"]),
    ],
    replacing: &[
        "encrypted",
        "kmsKeyId",
        "multiAttach",
        "snapshotId",
        "storageSetId",
        "storageSetPartitionNumber",
        "zoneId",
    ],
    fields: &KnownFields::of(&[
        Field::flag("burstingEnabled"),
        Field::text("category"),
        Field::flag("deleteAutoSnapshot"),
        Field::flag("deleteWithInstance"),
        Field::text("description"),
        Field::text("diskName"),
        Field::flag("dryRun"),
        Field::flag("enableAutoSnapshot"),
        Field::flag("encrypted"),
        Field::text("id"),
        Field::text("instanceId"),
        Field::whole("instanceIdRef"),
        Field::whole("instanceIdSelector"),
        Field::text("kmsKeyId"),
        Field::text("multiAttach"),
        Field::text("paymentType"),
        Field::text("performanceLevel"),
        Field::number("provisionedIops"),
        Field::text("resourceGroupId"),
        Field::number("size"),
        Field::text("snapshotId"),
        Field::text("storageSetId"),
        Field::number("storageSetPartitionNumber"),
        Field::tags("tags"),
        Field::text("zoneId"),
    ]),
};

/// An attachment is never changed: `deleteWithInstance` is only written down, everything else needs a new one.
pub(super) static DISK_ATTACHMENT: Table = Table {
    own: Own::Nothing,
    creation: &[
        Creation::always("AttachDisk")
            .on_instances(Reference {
                field: "instanceId",
                through: &["instanceIdRef", "instanceIdSelector"],
                need: Need::Required,
            })
            .on_disks(ATTACHED_DISK),
        // Attaching resets whether automatic snapshots go with the disk.
        Creation::always("ModifyDiskAttribute").on_disks(ATTACHED_DISK),
    ],
    update: &[],
    replacing: &[
        "bootable",
        "diskId",
        "instanceId",
        "keyPairName",
        "password",
    ],
    fields: &KnownFields::of(&[
        Field::flag("bootable"),
        Field::text("diskId"),
        Field::whole("diskIdRef"),
        Field::whole("diskIdSelector"),
        Field::text("instanceId"),
        Field::whole("instanceIdRef"),
        Field::whole("instanceIdSelector"),
        Field::text("keyPairName"),
        Field::text("password"),
    ]),
};

const ATTACHED_DISK: Reference = Reference {
    field: "diskId",
    through: &["diskIdRef", "diskIdSelector"],
    need: Need::Required,
};
