//! An object as the API server sends it: its metadata, and its spec as text.
//!
//! The spec of a listing can be a megabyte, which as a tree of values would be ten.

use std::{borrow::Cow, collections::BTreeMap};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Resource,
    core::{ApiResource, DynamicResourceScope},
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// An object of whatever kind.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::cluster) struct Object {
    #[serde(default, deserialize_with = "without_managers")]
    pub(in crate::cluster) metadata: ObjectMeta,
    #[serde(default)]
    spec: Option<Box<RawValue>>,
}

/// Whether an object's labels and annotations say anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cluster) enum Notes {
    Count,
    DoNotCount,
}

impl Object {
    /// An object that is nothing but its metadata.
    pub(in crate::cluster) fn bare(metadata: ObjectMeta) -> Self {
        Self {
            metadata,
            spec: None,
        }
    }

    /// The object with its name and spec alone, and with its labels and annotations if they count.
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
        let said = |map| match notes {
            Notes::Count => map,
            Notes::DoNotCount => None,
        };
        let manifest = Manifest {
            api_version,
            kind,
            metadata: Metadata {
                name: self.metadata.name.as_deref(),
                labels: said(self.metadata.labels.as_ref()),
                annotations: said(self.metadata.annotations.as_ref()),
            },
            spec: self.spec.as_deref(),
        };
        // Texts and text that was JSON already can't fail to be written.
        serde_json::to_vec(&manifest).unwrap_or_default()
    }
}

/// Which fields somebody manages is of no use here, and can be as large as all else.
fn without_managers<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<ObjectMeta, D::Error> {
    let mut metadata = ObjectMeta::deserialize(deserializer)?;
    metadata.managed_fields = None;
    Ok(metadata)
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

    const OBJECT: &str = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou","managedFields":[{"manager":"x","fieldsV1":{"f:spec":{}}}],"resourceVersion":"7"},"spec":{"instances": {"i-1":{}}},"status":{"a":1}}"#;

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
            let json = object.to_json("arrears.dev/v1alpha1", "LockSnapshot", Notes::DoNotCount);
            assert_eq!(String::from_utf8(json).unwrap(), written);
            assert_eq!(object.metadata.managed_fields, None);
        }
    }
}
