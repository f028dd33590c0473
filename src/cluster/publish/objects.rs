//! `LockSnapshot` objects at the API server: what is there, and writing and deleting one.

use std::collections::BTreeMap;

use kube::{
    Api, Client, ResourceExt as _,
    api::{DeleteParams, ListParams, Patch, PatchParams, Preconditions},
};
use serde::Serialize;
use serde_json::value::RawValue;

use super::{
    call::{self, Failure},
    mark::{self, LISTING, LOCK_REASONS, MANAGED_BY, Mark, is_published},
};
use crate::{
    api::{API_VERSION, LockSnapshot},
    cluster::{Term, field_manager},
    lock::{Piece, RegionKey},
};

/// So many objects are asked for at once.
const PAGE: u32 = 500;

/// The calls about `LockSnapshot` objects.
#[derive(Clone, Debug)]
pub(super) struct Objects(Api<LockSnapshot>);

/// An object that is there.
#[derive(Debug)]
pub(super) struct There {
    uid: Option<String>,
    resource_version: Option<String>,
    /// What it says of its set; none if it is not one of ours.
    set: Option<Set>,
}

/// What an object of ours says of its set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    /// Which set it is, if that can be read.
    pub(super) mark: Option<Mark>,
    /// The reasons that the listing was made for.
    pub(super) reasons: String,
}

/// All objects, by name.
pub(super) type Present = BTreeMap<String, There>;

impl Objects {
    pub(super) fn new(client: Client) -> Self {
        Self(Api::all(client))
    }

    /// Everything that is there, somebody else's included.
    pub(super) async fn list(&self) -> Result<Present, Failure> {
        let mut present = Present::new();
        let mut page = ListParams::default().limit(PAGE);
        loop {
            let list = call::read(self.0.list_metadata(&page)).await?;
            present.extend(list.items.into_iter().map(|object| {
                let annotations = object.annotations();
                let set = is_published(object.metadata.labels.as_ref()).then(|| Set {
                    mark: annotations.get(LISTING).and_then(|text| text.parse().ok()),
                    reasons: annotations.get(LOCK_REASONS).cloned().unwrap_or_default(),
                });
                let there = There {
                    uid: object.uid(),
                    resource_version: object.resource_version(),
                    set,
                };
                (object.name_any(), there)
            }));
            match list.metadata.continue_ {
                Some(token) if !token.is_empty() => page = page.continue_token(&token),
                Some(_) | None => return Ok(present),
            }
        }
    }

    /// Writes one object.
    pub(super) async fn apply(
        &self,
        term: &Term,
        name: &str,
        object: Box<RawValue>,
    ) -> Result<(), Failure> {
        let parameters = PatchParams::apply(field_manager::LOCKS).force();
        let patch = Patch::Apply(object);
        // What it has become is not to be sent back.
        let written = self.0.patch_metadata(name, &parameters, &patch);
        call::write(term, written).await.map(drop)
    }

    /// Deletes one object of ours, unless it was changed since it was listed; somebody else's is left alone.
    pub(super) async fn delete(
        &self,
        term: &Term,
        name: &str,
        there: &There,
    ) -> Result<(), Failure> {
        if there.set.is_none() {
            return Ok(());
        }
        let parameters = DeleteParams {
            preconditions: Some(Preconditions {
                uid: there.uid.clone(),
                resource_version: there.resource_version.clone(),
            }),
            ..DeleteParams::default()
        };
        match call::write(term, self.0.delete(name, &parameters)).await {
            Ok(_) | Err(Failure::Missing | Failure::Conflict(_)) => Ok(()),
            Err(failure) => Err(failure),
        }
    }
}

impl There {
    /// What it says of its set, if it is one of ours.
    pub(super) fn set(&self) -> Option<&Set> {
        self.set.as_ref()
    }
}

/// The objects of a region that are there, by their place in the set.
pub(super) fn of_region<'p>(
    present: &'p Present,
    key: &RegionKey,
) -> impl Iterator<Item = (u32, &'p str, &'p There)> {
    let first = mark::name(key, 0);
    let after = present.range(first..);
    // Names that begin alike lie together.
    let begins = format!("{}.{}", key.account, key.region);
    after
        .take_while(move |(name, _)| name.starts_with(&begins))
        .filter_map({
            let key = key.clone();
            move |(name, there)| Some((mark::index(&key, name)?, name.as_str(), there))
        })
}

/// The set of a region's objects that are there, if they are ours and one whole set.
pub(super) fn whole(present: &Present, key: &RegionKey) -> Option<Set> {
    let objects: BTreeMap<u32, &There> = of_region(present, key)
        .map(|(index, _, there)| (index, there))
        .collect();
    let set = objects.get(&0)?.set()?;
    let count = set.mark.as_ref()?.count;
    let is_whole =
        (0..count).all(|index| objects.get(&index).and_then(|there| there.set()) == Some(set));
    is_whole.then(|| set.clone())
}

/// The JSON of one object.
pub(super) fn document(
    key: &RegionKey,
    index: u32,
    mark: &Mark,
    reasons: &str,
    piece: Piece<'_>,
) -> Result<Box<RawValue>, serde_json::Error> {
    let (label, value) = MANAGED_BY;
    let mark = mark.to_string();
    serde_json::value::to_raw_value(&Document {
        api_version: API_VERSION,
        kind: "LockSnapshot",
        metadata: Metadata {
            name: &mark::name(key, index),
            labels: BTreeMap::from([(label, value)]),
            annotations: BTreeMap::from([(LOCK_REASONS, reasons), (LISTING, &mark)]),
        },
        spec: piece,
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'d> {
    api_version: &'d str,
    kind: &'d str,
    metadata: Metadata<'d>,
    spec: Piece<'d>,
}

#[derive(Serialize)]
struct Metadata<'d> {
    name: &'d str,
    labels: BTreeMap<&'d str, &'d str>,
    annotations: BTreeMap<&'d str, &'d str>,
}
