//! Disks, as `DescribeDisks` lists them, with the instances that they are attached to.

use serde::Deserialize;

use super::{
    Locks, locks,
    object::{Object, nullable, object},
    page::{Listing, Page, id, next_token},
};

/// A disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk {
    /// Its id.
    pub id: String,
    /// Its locks.
    pub locks: Locks,
    /// Where it is attached, each instance once.
    pub instances: Vec<String>,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(rename = "Disks", deserialize_with = "object")]
    list: List,
    #[serde(rename = "NextToken", default, deserialize_with = "next_token")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "Disk")]
    items: Vec<Object<Entry>>,
}

/// A disk as it stands in the answer: three fields say where it is attached, depending on its age and kind.
#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "DiskId", deserialize_with = "id")]
    id: String,
    #[serde(
        rename = "OperationLocks",
        default,
        deserialize_with = "locks::of_disk"
    )]
    locks: Locks,
    #[serde(rename = "InstanceId", default)]
    instance_id: Option<String>,
    #[serde(rename = "Attachments", default, deserialize_with = "nullable")]
    attachments: Option<Attachments>,
    #[serde(rename = "MountInstances", default, deserialize_with = "nullable")]
    mount_instances: Option<MountInstances>,
}

#[derive(Deserialize)]
struct Attachments {
    #[serde(rename = "Attachment")]
    items: Vec<Object<Attachment>>,
}

#[derive(Deserialize)]
struct MountInstances {
    #[serde(rename = "MountInstance")]
    items: Vec<Object<Attachment>>,
}

#[derive(Deserialize)]
struct Attachment {
    /// May be null, but has to be there: else it is not known what the attachment is to.
    #[serde(
        rename = "InstanceId",
        deserialize_with = "Option::<String>::deserialize"
    )]
    instance_id: Option<String>,
}

impl From<Entry> for Disk {
    fn from(entry: Entry) -> Self {
        let attachments = entry.attachments.map(|list| list.items);
        let mounts = entry.mount_instances.map(|list| list.items);
        let attached = attachments.into_iter().chain(mounts).flatten();
        let ids = attached
            .map(|Object(attachment)| attachment.instance_id)
            .chain([entry.instance_id])
            .flatten();
        let mut instances = Vec::new();
        for id in ids {
            if !id.is_empty() && !instances.contains(&id) {
                instances.push(id);
            }
        }
        Self {
            id: entry.id,
            locks: entry.locks,
            instances,
        }
    }
}

impl Listing for Disk {
    fn read(body: &[u8]) -> Result<Page<Self>, String> {
        let Answer { list, next_token } = super::read(body)?;
        let items = list.items.into_iter();
        Ok(Page {
            items: items.map(|Object(entry)| entry.into()).collect(),
            next_token,
        })
    }
}
