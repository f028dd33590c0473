//! `EcsOperation`: the plain request for one ECS action, and the way to reach every action of the matrix.
//!
//! Only its creation asks for anything: its spec can't be changed afterwards.

use std::borrow::Cow;

use serde::Deserialize;

use super::{
    fields::{Metadata, wrong},
    lenient::{Lenient, Shape, shaped_object},
    needs::{Need, Needs},
    operation::{AccountRef, Asked, Ids, Inference, Malformed, Operation, Subject, Target},
};
use crate::{
    api::{DiskId, InstanceId},
    matrix,
};

/// An `EcsOperation`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct EcsOperation<'a> {
    #[serde(borrow)]
    metadata: Lenient<Metadata<'a>>,
    spec: Lenient<Spec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    action: Lenient<Cow<'a, str>>,
    region_id: Lenient<Cow<'a, str>>,
    account: Lenient<Cow<'a, str>>,
    instance_ids: IdList<'a>,
    disk_ids: IdList<'a>,
}
shaped_object!(Spec);

type IdList<'a> = Lenient<Vec<Lenient<Cow<'a, str>>>>;

/// What an `EcsOperation` asks for: its action, once, when it is created.
pub(super) fn infer<'a>(
    new: &'a EcsOperation<'a>,
    old: Option<&EcsOperation<'_>>,
) -> Inference<'a> {
    if old.is_some() || Metadata::is_deleting(&new.metadata) {
        return Inference::Nothing;
    }
    match new.asked() {
        Ok(asked) => Inference::Asked(asked),
        Err(malformed) => Inference::Malformed(malformed),
    }
}

// === impl EcsOperation ===

impl EcsOperation<'_> {
    fn asked(&self) -> Result<Asked<'_>, Malformed<'_>> {
        let spec = self.spec.get().map_err(wrong("spec", "an object"))?;
        let spec = spec.ok_or(NO_ACTION)?;
        let action = spec.action.get();
        let action = action
            .map_err(wrong("spec.action", ACTION))?
            .ok_or(NO_ACTION)?;
        if !is_action_name(action) {
            return Err(wrong("spec.action", ACTION)(Shape::String));
        }
        let mut operations = Vec::new();
        for call in matrix::calls(Cow::Borrowed(&**action)) {
            let needs = Needs::of(&call);
            operations.push(Operation {
                target: Target {
                    instances: INSTANCES.read(&spec.instance_ids, needs.instances)?,
                    disks: DISKS.read(&spec.disk_ids, needs.disks)?,
                },
                call,
                field: "spec.action".into(),
            });
        }
        Ok(Asked {
            subject: spec.subject()?,
            operations,
            note: None,
        })
    }
}

const ACTION: &str = "the name of an ECS action";

const NO_ACTION: Malformed<'static> = Malformed {
    field: Cow::Borrowed("spec"),
    expected: "an object with an action",
    found: Shape::Object,
};

fn is_action_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

// === impl Spec ===

impl Spec<'_> {
    fn subject(&self) -> Result<Subject<'_>, Malformed<'static>> {
        let account =
            filled(&self.account).map_err(wrong("spec.account", "the name of an account"))?;
        Ok(Subject {
            account: account.map_or(AccountRef::Default, AccountRef::Named),
            region: filled(&self.region_id)
                .map_err(wrong("spec.regionId", "the id of a region"))?,
        })
    }
}

/// A text that, if it is there, says something.
fn filled<'a>(text: &'a Lenient<Cow<'_, str>>) -> Result<Option<Cow<'a, str>>, Shape> {
    match text.get()? {
        Some(text) if text.is_empty() => Err(Shape::String),
        text => Ok(text.map(|text| Cow::Borrowed(&**text))),
    }
}

/// Ids of one sort: where they stand, and what they look like.
struct Field {
    path: &'static str,
    list: &'static str,
    id: &'static str,
    is_id: fn(&str) -> bool,
}

const INSTANCES: Field = Field {
    path: "spec.instanceIds",
    list: "a list of instance ids",
    id: "an instance id",
    is_id: |text| text.parse::<InstanceId>().is_ok(),
};

const DISKS: Field = Field {
    path: "spec.diskIds",
    list: "a list of disk ids",
    id: "a disk id",
    is_id: |text| text.parse::<DiskId>().is_ok(),
};

// === impl Field ===

impl Field {
    fn read<'a>(&self, list: &'a IdList<'_>, need: Need) -> Result<Ids<'a>, Malformed<'static>> {
        let otherwise = match need {
            Need::Ignored => return Ok(Ids::None),
            Need::Optional => Ids::None,
            Need::Required => Ids::Missing(self.path.into()),
        };
        let list = list.get().map_err(wrong(self.path, self.list))?;
        let mut ids = Vec::new();
        for (index, item) in list.into_iter().flatten().enumerate() {
            let found = match item.get() {
                Ok(None) => continue,
                Ok(Some(id)) if (self.is_id)(id) => {
                    ids.push(Cow::Borrowed(&**id));
                    continue;
                }
                Ok(Some(_)) => Shape::String,
                Err(shape) => shape,
            };
            return Err(Malformed {
                field: format!("{}[{index}]", self.path).into(),
                expected: self.id,
                found,
            });
        }
        Ok(Ids::all(ids, otherwise))
    }
}

#[cfg(test)]
mod tests;
