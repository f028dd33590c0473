//! One instance or disk as JSON, filled into a text: a million of them take seconds, not minutes.

use std::{fmt::Write as _, sync::LazyLock};

use super::region::{Disk, Locks};

static INSTANCE: LazyLock<Template> =
    LazyLock::new(|| Template::of(include_str!("instance.json.in")));
static DISK: LazyLock<Template> = LazyLock::new(|| Template::of(include_str!("disk.json.in")));

/// A text with gaps, `@name@` each.
struct Template(Vec<Piece>);

enum Piece {
    Text(&'static str),
    Gap(&'static str),
}

impl Template {
    fn of(text: &'static str) -> Self {
        let pieces = text.trim_end().split('@').enumerate();
        Self(
            pieces
                .map(|(place, piece)| match place % 2 {
                    0 => Piece::Text(piece),
                    _ => Piece::Gap(piece),
                })
                .collect(),
        )
    }

    fn fill(&self, into: &mut String, mut gap: impl FnMut(&mut String, &str)) {
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => into.push_str(text),
                Piece::Gap(name) => gap(into, name),
            }
        }
    }
}

/// Appends an element of `Instances.Instance`.
pub(super) fn instance(into: &mut String, id: &str, region: &str, locks: &Locks) {
    INSTANCE.fill(into, |into, gap| match gap {
        "id" => into.push_str(id),
        "region" => into.push_str(region),
        "operation_locks" => instance_locks(into, locks),
        other => panic!("instance.json.in has a gap `{other}`"),
    });
}

/// Appends an element of `Disks.Disk`.
pub(super) fn disk(into: &mut String, id: &str, region: &str, disk: &Disk) {
    // A disk on several instances names none of them here.
    let instance = match disk.attachments.as_slice() {
        [only] => only,
        _ => "",
    };
    let is_attached = !disk.attachments.is_empty() || !disk.mounts.is_empty();
    DISK.fill(into, |into, gap| match gap {
        "id" => into.push_str(id),
        "region" => into.push_str(region),
        "instance" => into.push_str(instance),
        "status" => into.push_str(if is_attached { "In_use" } else { "Available" }),
        "multi_attach" => into.push_str(match (disk.attachments.len(), disk.mounts.len()) {
            (0 | 1, 0) => "Disabled",
            (_, 0) => "Enabled",
            _ => "LegacyShared",
        }),
        "attachments" => instances(into, &disk.attachments),
        "mounts" => instances(into, &disk.mounts),
        "operation_locks" => disk_locks(into, &disk.locks),
        other => panic!("disk.json.in has a gap `{other}`"),
    });
}

fn instances(into: &mut String, ids: &[String]) {
    separated(into, ids, |into, id| {
        let rest = r#""Device":"/dev/xvdb","AttachedTime":"2021-06-07T21:01:22Z"}"#;
        _ = write!(into, r#"{{"InstanceId":"{id}",{rest}"#);
    });
}

fn instance_locks(into: &mut String, locks: &Locks) {
    operation_locks(into, locks, "LockReason", |into, reason| {
        let rest = r#""LockMsg":"The specified instance is locked."}"#;
        _ = write!(into, r#"{{"LockReason":"{reason}",{rest}"#);
    });
}

fn disk_locks(into: &mut String, locks: &Locks) {
    operation_locks(into, locks, "OperationLock", |into, reason| {
        _ = write!(into, r#"{{"LockReason":"{reason}"}}"#);
    });
}

fn operation_locks(
    into: &mut String,
    locks: &Locks,
    list: &str,
    one: impl FnMut(&mut String, &str),
) {
    match locks {
        Locks::Missing => {}
        Locks::Null => into.push_str(r#","OperationLocks":null"#),
        Locks::Reasons(reasons) => {
            _ = write!(into, r#","OperationLocks":{{"{list}":["#);
            separated(into, reasons, one);
            into.push_str("]}");
        }
    }
}

fn separated(into: &mut String, items: &[String], mut one: impl FnMut(&mut String, &str)) {
    for (place, item) in items.iter().enumerate() {
        if 0 < place {
            into.push(',');
        }
        one(into, item);
    }
}
