//! `OperationBinding` at work: what a change of a kind that is not built in asks for.
//!
//! Guarantees: a binding that compiles names actions that exist, has a path for every id they need, and its work on
//! an object is bounded whatever the object holds. Paths that find nothing never stand for "not locked": a needed
//! id that is not found is missing, and a found value of another type is told where it stands.

mod compile;
mod object;
mod outline;
mod path;
mod registry;

use std::borrow::Cow;

use serde::de::Deserializer;
use serde_json::Value;
use smallvec::SmallVec;

pub(super) use object::BoundObject;
pub use registry::{Bindings, Duplicate};

use self::{
    object::{Cut, Keep, MOST_VALUES},
    path::{BoundPath, locate, shape},
};
use super::{
    Origin, Shape,
    needs::{Need, Needs},
    operation::{AccountRef, Asked, Ids, Inference, Malformed, Operation, Subject, Target},
};
use crate::{
    api::{DiskId, InstanceId, Scalar},
    matrix::Call,
};

/// What the kinds of one `OperationBinding` mean.
#[derive(Debug)]
pub struct Binding {
    name: Box<str>,
    group: Box<str>,
    kinds: Vec<Box<str>>,
    region: Option<BoundPath>,
    account: Option<BoundPath>,
    instances: IdPaths,
    disks: IdPaths,
    operations: Vec<Rule>,
    keep: Keep,
}

/// When an action is asked for.
#[derive(Debug)]
struct Rule {
    calls: SmallVec<[Call<'static>; 2]>,
    on_create: bool,
    on_update: bool,
    changed: Option<BoundPath>,
    equals: Option<Scalar>,
}

/// The paths to ids of one sort, and what such an id looks like.
#[derive(Debug)]
struct IdPaths {
    paths: Vec<BoundPath>,
    expected: &'static str,
    is_id: fn(&str) -> bool,
}

/// How many ids of one sort an object may name: ten times what one ECS call takes.
const MOST_IDS: usize = 1000;

/// The field to blame where no part of an object is meant in particular.
const WHOLE: &str = "spec";

// === impl Binding ===

impl Binding {
    /// The name of the `OperationBinding`.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The API group whose kinds are bound.
    #[must_use]
    pub fn group(&self) -> &str {
        &self.group
    }

    /// The kinds that are bound.
    pub fn kinds(&self) -> impl Iterator<Item = &str> {
        self.kinds.iter().map(|kind| &**kind)
    }

    /// Reads an object, keeping what the paths can reach.
    pub(super) fn read<'de, D: Deserializer<'de>>(
        &self,
        deserializer: D,
    ) -> Result<BoundObject, D::Error> {
        BoundObject::read(&self.keep, deserializer)
    }

    /// What a change of a bound object asks for; `old` is none for a CREATE.
    ///
    /// Without `changed`, every such request asks. Where there is no old object, `changed` compares with nothing.
    pub(super) fn infer<'a>(
        &'a self,
        new: &'a BoundObject,
        old: Option<&'a BoundObject>,
        origin: Origin,
    ) -> Inference<'a> {
        if new.is_deleting() {
            return Inference::Nothing;
        }
        match self.asked(new, old, origin) {
            Ok(Some(asked)) => Inference::Asked(asked),
            Ok(None) => Inference::Nothing,
            Err(malformed) => Inference::Malformed(malformed),
        }
    }

    fn asked<'a>(
        &'a self,
        new: &'a BoundObject,
        old: Option<&'a BoundObject>,
        origin: Origin,
    ) -> Result<Option<Asked<'a>>, Malformed<'a>> {
        let cut = new.cut.as_ref().or_else(|| old?.cut.as_ref());
        if let Some(cut) = cut.filter(|_| self.operations.iter().any(|rule| rule.is_on(old))) {
            return Err(too_large(cut));
        }
        let new = &new.value;
        let old = old.map(|old| &old.value);
        let fired = self.operations.iter().filter(|rule| rule.fires(new, old));
        let calls: Vec<_> = fired
            .flat_map(|rule| {
                rule.calls
                    .iter()
                    .map(move |call| (rule, call, Needs::of(call)))
            })
            .collect();
        if calls.is_empty() {
            return Ok(None);
        }
        let are_taken = |need: fn(&Needs) -> Need| {
            calls
                .iter()
                .any(|(_, _, needs)| need(needs) != Need::Ignored)
        };
        let instances = self
            .instances
            .find(new, are_taken(|needs| needs.instances))?;
        let disks = self.disks.find(new, are_taken(|needs| needs.disks))?;
        let operations = calls.into_iter().map(|(rule, call, needs)| Operation {
            call: borrowed(call),
            target: Target {
                instances: self.instances.target(&instances, needs.instances, origin),
                disks: self.disks.target(&disks, needs.disks, origin),
            },
            field: rule.field().into(),
        });
        let operations = operations.collect();
        let account = text(self.account.as_ref(), new, "the name of an account")?;
        let region = text(self.region.as_ref(), new, "the id of a region")?;
        Ok(Some(Asked {
            subject: Subject {
                account: account.map_or(AccountRef::Default, |name| AccountRef::Named(name.into())),
                region: region.map(Cow::Borrowed),
            },
            operations,
            note: None,
        }))
    }
}

fn too_large(cut: &Cut) -> Malformed<'_> {
    const { assert!(MOST_VALUES == 50_000) };
    Malformed {
        field: cut.field.as_str().into(),
        expected: "at most 50000 values where its binding looks",
        found: cut.found,
    }
}

fn borrowed<'a>(call: &'a Call<'static>) -> Call<'a> {
    match call {
        Call::Listed { .. } => call.clone(),
        Call::Unlisted(name) => Call::Unlisted(Cow::Borrowed(name)),
    }
}

/// The one text that a path finds; an empty one is as good as none.
fn text<'a>(
    path: Option<&BoundPath>,
    object: &'a Value,
    expected: &'static str,
) -> Result<Option<&'a str>, Malformed<'a>> {
    let mut only = None;
    for node in path.into_iter().flat_map(|path| path.query(object)) {
        let Some(found) = shape(node) else { continue };
        let text = node.as_str();
        let text = text.ok_or_else(|| wrong_at(object, node, expected, found))?;
        if text.is_empty() {
            continue;
        }
        if only.is_some_and(|only| only != text) {
            return Err(wrong_at(
                object,
                node,
                "the same text as found before",
                found,
            ));
        }
        only = Some(text);
    }
    Ok(only)
}

fn wrong_at<'a>(
    object: &Value,
    node: &Value,
    expected: &'static str,
    found: Shape,
) -> Malformed<'a> {
    Malformed {
        field: locate(object, node)
            .filter(|field| !field.is_empty())
            .map_or(WHOLE.into(), Cow::Owned),
        expected,
        found,
    }
}

// === impl Rule ===

impl Rule {
    fn is_on<T>(&self, old: Option<T>) -> bool {
        if old.is_some() {
            self.on_update
        } else {
            self.on_create
        }
    }

    fn fires(&self, new: &Value, old: Option<&Value>) -> bool {
        if !self.is_on(old) {
            return false;
        }
        let Some(changed) = &self.changed else {
            return true;
        };
        let found = changed.query(new);
        let is_wanted = self
            .equals
            .as_ref()
            .is_none_or(|scalar| found.iter().any(|node| equal(scalar.as_value(), node)));
        is_wanted && found != old.map(|old| changed.query(old)).unwrap_or_default()
    }

    fn field(&self) -> &str {
        self.changed
            .as_ref()
            .map_or(WHOLE, BoundPath::field_before_filter)
    }
}

/// Strict, but for the spelling of a number: `1` and `1.0` are the same JSON number.
fn equal(scalar: &Value, node: &Value) -> bool {
    match (scalar, node) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
        }
        _ => scalar == node,
    }
}

// === impl IdPaths ===

impl IdPaths {
    fn instances(paths: Vec<BoundPath>) -> Self {
        Self {
            paths,
            expected: "an instance id",
            is_id: |text| text.parse::<InstanceId>().is_ok(),
        }
    }

    fn disks(paths: Vec<BoundPath>) -> Self {
        Self {
            paths,
            expected: "a disk id",
            is_id: |text| text.parse::<DiskId>().is_ok(),
        }
    }

    /// The ids in an object; none where they are not wanted, so that a wrong one can't stand in the way.
    fn find<'a>(
        &self,
        object: &'a Value,
        are_wanted: bool,
    ) -> Result<Vec<Cow<'a, str>>, Malformed<'a>> {
        let mut ids = Vec::new();
        for path in self.paths.iter().filter(|_| are_wanted) {
            for node in path.query(object) {
                match (node.as_str(), shape(node)) {
                    (_, None) | (Some(""), _) => {}
                    (Some(id), _) if (self.is_id)(id) && ids.len() < MOST_IDS => {
                        ids.push(Cow::Borrowed(id));
                    }
                    (Some(id), Some(found)) if (self.is_id)(id) => {
                        return Err(wrong_at(object, node, "at most 1000 ids", found));
                    }
                    (_, Some(found)) => return Err(wrong_at(object, node, self.expected, found)),
                }
            }
        }
        Ok(ids)
    }

    fn target<'a>(&'a self, found: &[Cow<'a, str>], need: Need, origin: Origin) -> Ids<'a> {
        let otherwise = match need {
            Need::Ignored => return Ids::None,
            Need::Optional => Ids::None,
            Need::Required => self.not_found(origin),
        };
        Ids::all(found.iter().cloned(), otherwise)
    }

    /// What to say of a needed id that no path finds.
    fn not_found(&self, origin: Origin) -> Ids<'_> {
        let outside = self.paths.iter().find(|path| !path.is_within_spec());
        match (origin, outside) {
            (Origin::Manifest, Some(path)) => Ids::Elsewhere(path.field().into()),
            (Origin::Manifest | Origin::ApiServer, _) => {
                Ids::Missing(self.paths.first().map_or(WHOLE, BoundPath::field).into())
            }
        }
    }
}

#[cfg(test)]
mod tests;
