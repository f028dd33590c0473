//! Named cases: an object before, what changes, and the calls that follow, one line each.

mod creation;
mod disk;
mod instance;
mod instance_set;
mod lifecycle;
mod others;
mod properties;
mod reading;
mod restart;
mod tables;
mod waking;

use serde::de::DeserializeSeed;
use serde_json::{Map, Value, json};

use super::{Extent, Flavour, Managed, ManagedSeed, Resource, field::Form, infer};
use crate::kinds::{Ids, Inference, Note, Operation, Origin};

/// Turns a table of cases into tests: the name says the rule, then the change, then the calls.
macro_rules! cases {
    ($($name:ident: $change:expr => [$($line:expr),* $(,)?];)+) => {
        $(
            #[test]
            fn $name() {
                let expected: &[&str] = &[$($line),*];
                assert_eq!($change.asks(), expected);
            }
        )+
    };
}
pub(super) use cases;

/// A change as it reaches the webhook, or stands in files.
pub(super) struct Change {
    kind: &'static str,
    origin: Origin,
    before: Option<Value>,
    after: Value,
}

/// A resource that exists and is observed.
pub(super) fn existing(kind: &'static str) -> Value {
    let id = match kind {
        "Instance" => "i-1",
        "InstanceSet" => "WyJpLTEiLCJpLTIiXQ==",
        "Disk" => "d-1",
        "DiskAttachment" => "d-1:i-1",
        _ => "x-1",
    };
    let observed = match kind {
        "Instance" => json!({"id": id, "status": "Running", "systemDiskId": "d-sys"}),
        "InstanceSet" => json!({"id": id, "instanceIds": ["i-1", "i-2"]}),
        _ => json!({"id": id}),
    };
    merged(
        uncreated(kind),
        json!({
            "metadata": {"annotations": {"crossplane.io/external-name": id}},
            "status": {"atProvider": observed},
        }),
    )
}

/// An object for which nothing was created yet.
pub(super) fn uncreated(kind: &'static str) -> Value {
    json!({
        "apiVersion": "ecs.alibabacloud.crossplane.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": "web", "annotations": {}},
        "spec": {
            "forProvider": {"region": "cn-beijing"},
            "managementPolicies": ["*"],
            "providerConfigRef": {"name": "default"},
        },
    })
}

/// The creation of an object with this spec.
pub(super) fn created(kind: &'static str, for_provider: Value) -> Change {
    creation(kind, json!({"spec": {"forProvider": for_provider}}))
}

/// The creation of an object that differs so from a bare one.
pub(super) fn creation(kind: &'static str, difference: Value) -> Change {
    Change {
        kind,
        origin: Origin::ApiServer,
        before: None,
        after: merged(uncreated(kind), difference),
    }
}

/// A change of `spec.forProvider` of an existing resource; `null` takes a field out.
pub(super) fn edited(kind: &'static str, before: Value, after: Value) -> Change {
    updated(
        kind,
        json!({"spec": {"forProvider": before}}),
        json!({"spec": {"forProvider": after}}),
    )
}

/// A change of an existing resource, as merge patches: from an ordinary one to before, from before to after.
pub(super) fn updated(kind: &'static str, before: Value, after: Value) -> Change {
    change(kind, merged(existing(kind), before), after)
}

/// A change of this object by this merge patch.
pub(super) fn change(kind: &'static str, before: Value, difference: Value) -> Change {
    Change {
        kind,
        origin: Origin::ApiServer,
        after: merged(before.clone(), difference),
        before: Some(before),
    }
}

impl Change {
    /// The same change in files.
    pub(super) fn in_files(self) -> Self {
        Self {
            origin: Origin::Manifest,
            ..self
        }
    }

    /// The same change with another end, by this merge patch.
    pub(super) fn after(self, difference: Value) -> Self {
        Self {
            after: merged(self.after, difference),
            ..self
        }
    }

    /// The same change of an object that differs so, before and after.
    pub(super) fn everywhere(self, difference: Value) -> Self {
        Self {
            before: self.before.map(|before| merged(before, difference.clone())),
            after: merged(self.after, difference),
            ..self
        }
    }

    /// The same change with a field of `spec.forProvider` that is `null`.
    pub(super) fn with_null(mut self, field: &str) -> Self {
        self.after["spec"]["forProvider"][field] = Value::Null;
        self
    }

    /// The same change of an object of which this is observed.
    pub(super) fn observed(self, at_provider: Value) -> Self {
        self.everywhere(json!({"status": {"atProvider": at_provider}}))
    }

    /// The same change of an object with these policies.
    pub(super) fn under(self, policies: &[&str]) -> Self {
        self.everywhere(json!({"spec": {"managementPolicies": policies}}))
    }

    /// What the change asks for, one line for each call.
    pub(super) fn asks(&self) -> Vec<String> {
        let after = self.after.to_string();
        let before = self.before.as_ref().map(Value::to_string);
        asks(self.kind, self.origin, before.as_deref(), &after)
    }
}

/// Reads an object of a kind.
pub(super) fn read(resource: Resource, text: &str) -> serde_json::Result<Managed<'_>> {
    ManagedSeed(resource, Extent::Whole).deserialize(&mut serde_json::Deserializer::from_str(text))
}

/// What a change of one text into another asks for.
pub(super) fn asks(kind: &str, origin: Origin, before: Option<&str>, after: &str) -> Vec<String> {
    let resource = Resource::named(kind).unwrap();
    let read = |text| read(resource, text).unwrap();
    let (new, old) = (read(after), before.map(read));
    match infer(resource, Flavour::ClusterScoped, &new, old.as_ref(), origin) {
        Inference::Nothing => Vec::new(),
        Inference::Malformed(malformed) => vec![format!(
            "malformed: {} should be {}, is {}",
            malformed.field, malformed.expected, malformed.found
        )],
        Inference::Asked(asked) => {
            let note = asked.note.map(|note| match note {
                Note::NeedsReplacement { field } => format!("needs replacement: {field}"),
            });
            asked.operations.iter().map(line).chain(note).collect()
        }
    }
}

fn line(operation: &Operation<'_>) -> String {
    let call = match operation.call.called() {
        Some(called) => format!("{}({called})", operation.call.name()),
        None => operation.call.name().to_owned(),
    };
    let targets: Vec<String> = [&operation.target.instances, &operation.target.disks]
        .into_iter()
        .filter_map(|ids| match ids {
            Ids::None => None,
            Ids::Known(ids) => Some(ids.join("+")),
            Ids::Unresolved(field) => Some(format!("unresolved:{field}")),
            Ids::Elsewhere(field) => Some(format!("elsewhere:{field}")),
            Ids::Missing(field) => Some(format!("missing:{field}")),
        })
        .collect();
    let target = if targets.is_empty() {
        "account".to_owned()
    } else {
        targets.join("+")
    };
    format!("{call} {target} {}", operation.field)
}

/// Two values of a form that mean different things.
pub(super) fn two_values(form: Form) -> (Value, Value) {
    match form {
        Form::Text | Form::Whole => (json!("a"), json!("b")),
        Form::Number => (json!(1), json!(2)),
        Form::Flag => (json!(false), json!(true)),
        Form::Set | Form::List => (json!(["a"]), json!(["b"])),
        Form::Tags => (json!({"a": "1"}), json!({"a": "2"})),
        Form::Items(_) => (json!([{"a": 1}]), json!([{"a": 2}])),
    }
}

/// RFC 7386.
pub(super) fn merged(mut document: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch;
    };
    if !document.is_object() {
        document = Value::Object(Map::new());
    }
    let entries = document.as_object_mut().unwrap();
    for (key, patch) in patch {
        if patch.is_null() {
            entries.remove(&key);
        } else {
            let value = entries.remove(&key).unwrap_or(Value::Null);
            entries.insert(key, merged(value, patch));
        }
    }
    document
}
