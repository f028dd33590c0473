//! Reading an `AdmissionReview` in one pass: the envelope, and of the objects only what their family needs.
//!
//! A request for a kind that is not ours costs one skim of the text. Whatever is wrong with the text, the uid is
//! kept as soon as it has been seen, since only an answer with that uid is an answer to the API server.

mod envelope;
mod text;
mod uid;

use std::borrow::Cow;

use serde::de::DeserializeSeed;

use self::envelope::{Envelope, EnvelopeSeed, Objects, Request};
use crate::{
    json::Reader,
    kinds::{Bindings, Family, Inference, Lenient, Object, Origin},
};

#[cfg(test)]
mod tests;

/// A review as far as it matters.
#[derive(Debug)]
pub struct Review<'a, 'b> {
    /// Its identity, to be echoed.
    pub uid: Cow<'a, str>,
    /// What happens to the object.
    pub operation: Verb,
    /// The object's group and kind.
    pub kind: GroupKind<'a>,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Cow<'a, str>,
    /// Its name; empty where the API server is to generate one.
    pub name: Cow<'a, str>,
    /// Who asks.
    pub user: Cow<'a, str>,
    /// A subresource such as `status`; empty for the object itself.
    pub subresource: Cow<'a, str>,
    /// Whether nothing is to come of it; no verdict may depend on that.
    pub is_dry_run: bool,
    /// The family of the object, if it is ours.
    pub family: Option<Family<'b>>,
    /// The objects of a change that may ask something of ECS.
    change: Option<Change<'a, 'b>>,
}

/// The objects of a CREATE or an UPDATE of a kind that is ours.
#[derive(Debug)]
struct Change<'a, 'b> {
    family: Family<'b>,
    new: Object<'a>,
    /// None for a CREATE.
    old: Option<Object<'a>>,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Verb {
    /// It is made.
    Create,
    /// It is changed.
    Update,
    /// Anything else; it never asks ECS for something that can be judged.
    #[default]
    Other,
}

/// Group and kind of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GroupKind<'a> {
    /// The API group; empty for core types.
    pub group: Cow<'a, str>,
    /// The kind.
    pub kind: Cow<'a, str>,
}

/// Text that is no review we can answer by its content.
#[derive(Debug)]
pub struct Unreadable<'a> {
    /// The uid, where an answer is to carry it.
    pub uid: Option<Cow<'a, str>>,
    /// What is wrong, and where.
    pub problem: Problem<'a>,
}

/// What is wrong with a review.
#[derive(Debug, thiserror::Error)]
pub enum Problem<'a> {
    /// Broken JSON, or an envelope of impossible types.
    #[error("the AdmissionReview can't be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Another API version or kind.
    #[error("expected admission.k8s.io/v1 AdmissionReview, found {api_version:?} {kind:?}")]
    OtherKind {
        /// What `apiVersion` says.
        api_version: Cow<'a, str>,
        /// What `kind` says.
        kind: Cow<'a, str>,
    },
    /// No `request`, or one without a uid.
    #[error("the AdmissionReview has no request with a uid")]
    NoRequest,
    /// A kind that is ours, and something with it that no API server does.
    #[error("the AdmissionReview has no request.operation of CREATE, UPDATE, DELETE and CONNECT")]
    NoOperation,
    /// A change without an object that every such change has.
    #[error("the AdmissionReview has no request.{field}, which every {operation} has")]
    NoObject {
        /// `object` or `oldObject`.
        field: &'static str,
        /// The operation.
        operation: &'static str,
    },
}

impl<'a, 'b> Review<'a, 'b> {
    /// Reads a review.
    ///
    /// # Errors
    /// Where the text is no `admission.k8s.io/v1` AdmissionReview. The uid is in the error where the text can't be
    /// read but has one; a review of another version or kind is not ours to answer, whatever its uid.
    pub fn parse(text: &'a [u8], bindings: &'b Bindings) -> Result<Self, Unreadable<'a>> {
        let envelope = pass(text, bindings, Objects::Untold)?;
        // An API server tells kind and operation first. Where they come last, the objects take a second pass.
        let again = envelope
            .request
            .as_ref()
            .map(|request| (request.is_untold, request.objects()));
        let envelope = match again {
            Some((true, objects @ Objects::Read(_))) => pass(text, bindings, objects)?,
            Some(_) | None => envelope,
        };
        envelope.into_review()
    }

    /// The uid of a text that nothing else can be made of.
    #[must_use]
    pub fn find_uid(text: &[u8]) -> Option<Cow<'_, str>> {
        uid::find(text)
    }

    /// What the request asks of ECS.
    #[must_use]
    pub fn infer(&'a self) -> Inference<'a> {
        match &self.change {
            Some(Change { family, new, old }) => family.infer(new, old.as_ref(), Origin::ApiServer),
            None => Inference::Nothing,
        }
    }

    /// The object's namespace, where it has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        (!self.namespace.is_empty()).then_some(&*self.namespace)
    }
}

/// Reads a text that holds one envelope and nothing else.
fn pass<'a, 'b>(
    text: &'a [u8],
    bindings: &'b Bindings,
    objects: Objects<'b>,
) -> Result<Envelope<'a, 'b>, Unreadable<'a>> {
    let mut uid = None;
    let mut reader = Reader::new(text);
    let read = EnvelopeSeed::new(bindings, objects, &mut uid)
        .deserialize(&mut reader)
        .and_then(|envelope| reader.end().map(|()| envelope));
    if let Ok(envelope) = read {
        return Ok(envelope);
    }
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let read = EnvelopeSeed::new(bindings, objects, &mut uid)
        .deserialize(&mut deserializer)
        .and_then(|envelope| deserializer.end().map(|()| envelope));
    read.map_err(|error| Unreadable {
        uid: uid.or_else(|| uid::find(text)),
        problem: error.into(),
    })
}

// === impl Envelope ===

impl<'a, 'b> Envelope<'a, 'b> {
    fn into_review(self) -> Result<Review<'a, 'b>, Unreadable<'a>> {
        let unanswerable = |problem| Unreadable { uid: None, problem };
        if self.api_version != "admission.k8s.io/v1" || self.kind != "AdmissionReview" {
            return Err(unanswerable(Problem::OtherKind {
                api_version: self.api_version,
                kind: self.kind,
            }));
        }
        match self.request {
            Some(request) if request.uid.as_ref().is_some_and(|uid| !uid.is_empty()) => {
                request.into_review()
            }
            Some(_) | None => Err(unanswerable(Problem::NoRequest)),
        }
    }
}

// === impl Request ===

impl<'a, 'b> Request<'a, 'b> {
    fn into_review(self) -> Result<Review<'a, 'b>, Unreadable<'a>> {
        let uid = self.uid.clone().unwrap_or_default();
        let operation = self.operation.flatten();
        let change = match (self.objects(), operation, self.family) {
            (Objects::Read(family), Some(operation), _) => {
                let (new, old) = (self.object.flatten(), self.old_object.flatten());
                change(operation, family, new, old)
            }
            (Objects::Untold, None, Some(_)) => Err(Problem::NoOperation),
            (Objects::Read(_) | Objects::Untold | Objects::Skipped, _, _) => Ok(None),
        };
        let change = match change {
            Ok(change) => change,
            Err(problem) => {
                let uid = Some(uid);
                return Err(Unreadable { uid, problem });
            }
        };
        Ok(Review {
            uid,
            operation: operation.unwrap_or_default(),
            kind: self.kind.unwrap_or_default(),
            namespace: self.namespace.unwrap_or_default(),
            name: self.name.unwrap_or_default(),
            user: self.user.unwrap_or_default(),
            subresource: self.subresource.unwrap_or_default(),
            is_dry_run: self
                .dry_run
                .is_some_and(|dry_run| dry_run == Lenient::Is(true)),
            family: self.family,
            change,
        })
    }
}

/// The change that two objects make.
fn change<'a, 'b>(
    operation: Verb,
    family: Family<'b>,
    new: Option<Object<'a>>,
    old: Option<Object<'a>>,
) -> Result<Option<Change<'a, 'b>>, Problem<'a>> {
    let missing = |field| Problem::NoObject {
        field,
        operation: operation.name(),
    };
    let old = match operation {
        Verb::Other => return Ok(None),
        Verb::Create => None,
        Verb::Update => Some(old.ok_or_else(|| missing("oldObject"))?),
    };
    let new = new.ok_or_else(|| missing("object"))?;
    Ok(Some(Change { family, new, old }))
}

impl GroupKind<'_> {
    /// `Kind.group`, as policy rules write it.
    #[must_use]
    pub fn qualified(&self) -> String {
        [&*self.kind, ".", &*self.group].concat()
    }
}

impl Verb {
    fn named(name: &str) -> Option<Self> {
        match name {
            "CREATE" => Some(Self::Create),
            "UPDATE" => Some(Self::Update),
            "DELETE" | "CONNECT" => Some(Self::Other),
            _ => None,
        }
    }

    /// The name the API server uses; `other` for what we do not look at.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Other => "other",
        }
    }
}
