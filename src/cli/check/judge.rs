//! The judgement of one manifest.

use std::{borrow::Cow, collections::HashMap};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::input::Source;
use crate::{
    decision::{self, Basis, Effect, Outcome, Question, Verdict, decide},
    kinds::{Bindings, Family, Origin},
    manifest::{self, Document, Header},
};

/// The annotation that holds a managed resource's id, and those that tell how it came to be.
const INHERITED_ANNOTATIONS: [&str; 4] = [
    "crossplane.io/external-name",
    "crossplane.io/external-create-pending",
    "crossplane.io/external-create-succeeded",
    "crossplane.io/external-create-failed",
];

/// What is found of one manifest.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Judgement {
    pub(super) file: String,
    pub(super) line: usize,
    pub(super) api_version: String,
    pub(super) kind: String,
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) operation: &'static str,
    pub(super) verdict: Outcome,
    pub(super) findings: Vec<Finding>,
    #[serde(skip)]
    pub(super) effect: Effect,
    #[serde(skip)]
    pub(super) notes: Vec<String>,
    /// What to ask the cloud before this is said.
    #[serde(skip)]
    pub(super) questions: Vec<Question>,
}

/// What is found of one operation.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) action: String,
    pub(super) target: String,
    pub(super) state: &'static str,
    pub(super) ruling: &'static str,
    pub(super) edition: &'static str,
    pub(super) field: String,
    pub(super) message: String,
    pub(super) rule: String,
    pub(super) line: usize,
    #[serde(skip)]
    pub(super) outcome: Outcome,
}

/// The objects of the state before.
pub(super) struct Base(HashMap<Identity, Vec<u8>>);

/// What makes two manifests the same object, whatever the version of their group.
#[derive(PartialEq, Eq, Hash)]
struct Identity {
    group: String,
    kind: String,
    namespace: String,
    name: String,
}

impl Base {
    /// Indexes the state before.
    pub(super) fn new(
        sources: &[Source],
        namespace: &str,
        bindings: &Bindings,
        problems: &mut Vec<String>,
    ) -> Self {
        let mut objects = HashMap::new();
        for source in sources {
            for document in manifest::documents(&source.name, &source.bytes) {
                let read = document.and_then(|document| {
                    let text = document.to_json()?.into_owned();
                    let header = document.header();
                    let namespace = namespace_of(header, namespace, bindings);
                    Ok((Identity::of(header, namespace), text))
                });
                match read {
                    Ok((identity, text)) => {
                        objects.insert(identity, text);
                    }
                    Err(error) => problems.push(error.to_string()),
                }
            }
        }
        Self(objects)
    }
}

impl Identity {
    fn of(header: &Header<'_>, namespace: Option<&str>) -> Self {
        let text = |text: &Option<Cow<'_, str>>| text.as_deref().unwrap_or_default().to_owned();
        Self {
            group: header.group().unwrap_or_default().to_owned(),
            kind: text(&header.kind),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: text(&header.name),
        }
    }
}

/// The namespace of an object: its own, or the given one if its kind is known to live in namespaces.
fn namespace_of<'a>(
    header: &'a Header<'_>,
    given: &'a str,
    bindings: &Bindings,
) -> Option<&'a str> {
    let kind = header.kind.as_deref().unwrap_or_default();
    let family = Family::of(header.group().unwrap_or_default(), kind, bindings);
    let is_namespaced = family.is_some_and(Family::is_namespaced);
    header
        .namespace
        .as_deref()
        .or_else(|| is_namespaced.then_some(given))
}

impl Judgement {
    /// Judges a manifest; none where its kind asks nothing of ECS.
    pub(super) fn of(
        document: &Document<'_>,
        base: &Base,
        namespace: &str,
        basis: &Basis,
        now: Timestamp,
    ) -> Result<Option<Self>, manifest::Error> {
        let header = document.header();
        let kind = header.kind.as_deref().unwrap_or_default();
        let group = header.group().unwrap_or_default();
        let Some(family) = Family::of(group, kind, &basis.bindings) else {
            return Ok(None);
        };
        let given = namespace;
        let namespace = namespace_of(header, given, &basis.bindings);
        let before = base.0.get(&Identity::of(header, namespace)).or_else(|| {
            // Whether a bound kind lives in namespaces is not known here; the base may show it.
            base.0.get(&Identity::of(header, Some(given)))
        });
        let after = document.to_json()?;
        let lacking = namespace.filter(|_| header.namespace.is_none());
        let after = match (before, lacking) {
            (None, None) => after,
            (_, _) => complete(&after, before.map(Vec::as_slice), lacking),
        };
        let unreadable = |error: serde_json::Error| document.error("", error);
        let new = family.read(&after).map_err(unreadable)?;
        let old = before
            .map(|before| family.read(before))
            .transpose()
            .map_err(unreadable)?;
        let inference = family.infer(&new, old.as_ref(), Origin::Manifest);
        let qualified = format!("{kind}.{group}");
        let verdict = decide(&inference, &qualified, namespace, basis, now);
        Ok(Some(Self {
            file: document.source().to_owned(),
            line: document.line(),
            api_version: header.api_version.as_deref().unwrap_or_default().to_owned(),
            kind: kind.to_owned(),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: name(header),
            operation: if old.is_some() { "UPDATE" } else { "CREATE" },
            verdict: verdict.outcome(),
            findings: findings(document, &verdict),
            effect: verdict
                .findings
                .iter()
                .map(|finding| finding.effect)
                .max()
                .unwrap_or(Effect::Admit),
            notes: verdict
                .note
                .map(decision::note_warning)
                .into_iter()
                .collect(),
            questions: verdict.questions(basis, now, now),
        }))
    }
}

fn name(header: &Header<'_>) -> String {
    match (&header.name, &header.generate_name) {
        (Some(name), _) => name.to_string(),
        (None, Some(prefix)) => format!("{prefix}*"),
        (None, None) => String::new(),
    }
}

fn findings(document: &Document<'_>, verdict: &Verdict<'_>) -> Vec<Finding> {
    verdict
        .findings
        .iter()
        .map(|finding| Finding {
            action: finding.action().to_owned(),
            target: finding.target_name().into_owned(),
            state: finding.state_name(),
            ruling: finding.ruling_name(),
            edition: finding.edition.name(),
            field: finding.field().to_owned(),
            message: finding.message(),
            rule: finding.rule_name().to_owned(),
            line: document.line_of(finding.field()),
            outcome: finding.outcome,
        })
        .collect()
}

/// Adds what a manifest leaves out: its namespace, and what the cluster keeps, the id that the provider has recorded
/// and the status.
fn complete<'a>(after: &'a [u8], before: Option<&[u8]>, namespace: Option<&str>) -> Cow<'a, [u8]> {
    let Ok(Value::Object(mut new)) = serde_json::from_slice(after) else {
        return Cow::Borrowed(after);
    };
    if let Some(Value::Object(metadata)) = new.get_mut("metadata") {
        metadata.extend(namespace.map(|namespace| ("namespace".to_owned(), namespace.into())));
    }
    if let Some(Ok(Value::Object(old))) = before.map(serde_json::from_slice) {
        inherit(&mut new, &old);
    }
    serde_json::to_vec(&new).map_or(Cow::Borrowed(after), Cow::Owned)
}

fn inherit(new: &mut Map<String, Value>, old: &Map<String, Value>) {
    if let (false, Some(status)) = (new.contains_key("status"), old.get("status")) {
        new.insert("status".to_owned(), status.clone());
    }
    let kept = old
        .get("metadata")
        .and_then(|metadata| metadata.get("annotations"))
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(key, _)| INHERITED_ANNOTATIONS.contains(&key.as_str()));
    for (key, value) in kept {
        if let Some(annotations) =
            object_in(new, "metadata").and_then(|metadata| object_in(metadata, "annotations"))
        {
            annotations.entry(key).or_insert_with(|| value.clone());
        }
    }
}

/// The object under a key, made where there is none.
fn object_in<'a>(
    parent: &'a mut Map<String, Value>,
    key: &str,
) -> Option<&'a mut Map<String, Value>> {
    let value = parent.entry(key).or_insert(Value::Null);
    if value.is_null() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}
