//! The tables themselves: complete, sorted, and with names that exist.

use super::Resource;
use crate::{
    kinds::crossplane::table::{Calls, Table, When},
    matrix::is_known_action,
};

const ALL: [Resource; 16] = [
    Resource::AutoProvisioningGroup,
    Resource::AutoSnapshotPolicy,
    Resource::AutoSnapshotPolicyAttachment,
    Resource::Disk,
    Resource::DiskAttachment,
    Resource::Image,
    Resource::ImageCopy,
    Resource::ImageImport,
    Resource::Instance,
    Resource::InstanceSet,
    Resource::KeyPairAttachment,
    Resource::NetworkInterfaceAttachment,
    Resource::SecurityGroup,
    Resource::SecurityGroupRule,
    Resource::Snapshot,
    Resource::SnapshotGroup,
];

/// Fields that targets are read from, or that decide about other fields' calls.
const READ_BY_NAME: [&str; 5] = ["dryRun", "id", "instanceIds", "systemDiskId", "type"];

#[test]
fn every_kind_is_found_by_its_name() {
    for resource in ALL {
        assert_eq!(Resource::named(&format!("{resource:?}")), Some(resource));
    }
}

#[test]
fn fields_are_sorted_so_that_each_is_found() {
    for resource in ALL {
        let fields = resource.table().fields;
        assert!(
            fields.is_sorted_by(|one, other| one.name < other.name),
            "{resource:?}"
        );
    }
}

#[test]
fn rows_and_fields_name_each_other() {
    for resource in ALL {
        let table = resource.table();
        let named = names(table);
        for name in &named {
            assert!(
                table.fields.iter().any(|field| field.name == *name),
                "{resource:?} has no field {name}"
            );
        }
        for field in table.fields {
            assert!(
                named.contains(&field.name) || READ_BY_NAME.contains(&field.name),
                "{resource:?} never looks at {}",
                field.name
            );
        }
    }
}

#[test]
fn no_field_is_both_changed_in_place_and_replacing() {
    for resource in ALL {
        let table = resource.table();
        for row in table.update {
            assert!(
                row.fields
                    .iter()
                    .all(|field| !table.replacing.contains(field)),
                "{resource:?}"
            );
        }
    }
}

#[test]
fn every_call_is_one_that_a_policy_may_name() {
    for resource in ALL {
        let table = resource.table();
        let created = table.creation.iter().map(|creation| creation.call);
        let updated = table.update.iter().flat_map(|row| match row.calls {
            Calls::Own(call) | Calls::SystemDisk(call) => vec![call],
            Calls::Entries { removed, added } => vec![removed, added],
            Calls::Rule(_) => Vec::new(),
        });
        for call in created.chain(updated) {
            assert!(is_known_action(call), "{call}");
        }
    }
}

fn names(table: &Table) -> Vec<&'static str> {
    let rows = table.update.iter().flat_map(|row| row.fields);
    let creations = table.creation.iter().flat_map(|creation| {
        let conditions: Vec<&'static str> = match creation.when {
            When::Always => Vec::new(),
            When::Given(names) => names.to_vec(),
            When::Is(name, _) | When::IsNot(name, _) | When::True(name) => vec![name],
        };
        let references = [creation.on.instances, creation.on.disks];
        let targets = references.into_iter().flatten().flat_map(|reference| {
            std::iter::once(reference.field).chain(reference.through.iter().copied())
        });
        conditions.into_iter().chain(targets).collect::<Vec<_>>()
    });
    rows.chain(table.replacing)
        .copied()
        .chain(creations)
        .collect()
}
