//! An object as the API server sends it: its metadata, and its spec as text.
//!
//! The spec of a listing can be a megabyte, which as a tree of values would be ten.

use std::{borrow::Cow, collections::BTreeMap};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kube::{
    Resource,
    core::{ApiResource, DynamicResourceScope},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An object of whatever kind.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::cluster) struct Object {
    #[serde(default, deserialize_with = "what_counts")]
    pub(in crate::cluster) metadata: ObjectMeta,
    #[serde(default)]
    spec: Option<Box<RawValue>>,
}

/// What of an object's metadata says anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Notes {
    /// Its name.
    Name,
    /// Its labels too.
    Labels,
    /// Its annotations too.
    All,
}

impl Object {
    /// The object with its name and spec alone, and with its labels and annotations where they say anything.
    pub(in crate::cluster) fn to_json(
        &self,
        api_version: &str,
        kind: &str,
        notes: Notes,
    ) -> Vec<u8> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Manifest<'o> {
            api_version: &'o str,
            kind: &'o str,
            metadata: Metadata<'o>,
            #[serde(skip_serializing_if = "Option::is_none")]
            spec: Option<&'o RawValue>,
        }
        #[derive(Serialize)]
        struct Metadata<'o> {
            name: Option<&'o str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            labels: Option<&'o BTreeMap<String, String>>,
            #[serde(skip_serializing_if = "Option::is_none")]
            annotations: Option<&'o BTreeMap<String, String>>,
        }
        let manifest = Manifest {
            api_version,
            kind,
            metadata: Metadata {
                name: self.metadata.name.as_deref(),
                labels: match notes {
                    Notes::Labels | Notes::All => self.metadata.labels.as_ref(),
                    Notes::Name => None,
                },
                annotations: match notes {
                    Notes::All => self.metadata.annotations.as_ref(),
                    Notes::Name | Notes::Labels => None,
                },
            },
            spec: self.spec.as_deref(),
        };
        // Texts and text that was JSON already can't fail to be written.
        serde_json::to_vec(&manifest).unwrap_or_default()
    }
}

/// Reads what counts of the metadata, whatever else is in it: who may write a single object must not be able to write
/// one, such as with a time that no reader takes, that keeps all of its kind from being read.
fn what_counts<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<ObjectMeta, D::Error> {
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "camelCase", default)]
    struct Metadata {
        name: Option<String>,
        uid: Option<String>,
        resource_version: Option<String>,
        creation_timestamp: Option<String>,
        labels: Option<BTreeMap<String, String>>,
        annotations: Option<BTreeMap<String, String>>,
    }
    let metadata = Metadata::deserialize(deserializer)?;
    let created = metadata
        .creation_timestamp
        .and_then(|time| time.parse().ok());
    Ok(ObjectMeta {
        name: metadata.name,
        uid: metadata.uid,
        resource_version: metadata.resource_version,
        creation_timestamp: created.map(Time),
        labels: metadata.labels,
        annotations: metadata.annotations,
        ..ObjectMeta::default()
    })
}

impl Resource for Object {
    type DynamicType = ApiResource;
    type Scope = DynamicResourceScope;

    fn kind(resource: &ApiResource) -> Cow<'_, str> {
        resource.kind.as_str().into()
    }

    fn group(resource: &ApiResource) -> Cow<'_, str> {
        resource.group.as_str().into()
    }

    fn version(resource: &ApiResource) -> Cow<'_, str> {
        resource.version.as_str().into()
    }

    fn api_version(resource: &ApiResource) -> Cow<'_, str> {
        resource.api_version.as_str().into()
    }

    fn plural(resource: &ApiResource) -> Cow<'_, str> {
        resource.plural.as_str().into()
    }

    fn meta(&self) -> &ObjectMeta {
        &self.metadata
    }

    fn meta_mut(&mut self) -> &mut ObjectMeta {
        &mut self.metadata
    }
}

#[cfg(test)]
mod tests {
    use kube::core::{ObjectList, WatchEvent};

    use super::*;

    const OBJECT: &str = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou","managedFields":[{"manager":"x","time":"9999-12-31T23:59:59Z","fieldsV1":{"f:spec":{}}}],"resourceVersion":"7"},"spec":{"instances": {"i-1":{}}},"status":{"a":1}}"#;

    #[test]
    fn a_spec_goes_through_a_watch_and_a_list_as_it_is_written() {
        let written = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"spec":{"instances": {"i-1":{}}}}"#;
        let event = format!(r#"{{"type":"MODIFIED","object":{OBJECT}}}"#);
        let WatchEvent::Modified(watched) =
            serde_json::from_str::<WatchEvent<Object>>(&event).unwrap()
        else {
            panic!("another event")
        };
        let list = format!(
            r#"{{"kind":"LockSnapshotList","apiVersion":"arrears.dev/v1alpha1","metadata":{{"resourceVersion":"9"}},"items":[{OBJECT}]}}"#
        );
        let list: ObjectList<Object> = serde_json::from_str(&list).unwrap();
        for object in [&watched, &list.items[0]] {
            let json = object.to_json("arrears.dev/v1alpha1", "LockSnapshot", Notes::Name);
            assert_eq!(String::from_utf8(json).unwrap(), written);
            assert_eq!(object.metadata.managed_fields, None);
        }
    }
}
