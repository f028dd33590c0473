//! Reading an `AdmissionReview` in one pass: the envelope, and of the objects only what their family needs.
//!
//! A request for a kind that is not ours costs one skim of the text. Whatever is wrong with the text, the uid is
//! kept as soon as it has been seen, since only an answer with that uid is an answer to the API server.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::kinds::{Bindings, Family, Inference, Object, Origin};

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
    /// The family of the object, if it is ours.
    pub family: Option<Family<'b>>,
    object: Option<Object<'a>>,
    old_object: Option<Object<'a>>,
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
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(default)]
pub struct GroupKind<'a> {
    /// The API group; empty for core types.
    #[serde(borrow)]
    pub group: Cow<'a, str>,
    /// The kind.
    #[serde(borrow)]
    pub kind: Cow<'a, str>,
}

/// Text that is no review we can answer by its content.
#[derive(Debug)]
pub struct Unreadable<'a> {
    /// The uid, if it was found.
    pub uid: Option<Cow<'a, str>>,
    /// What is wrong, and where.
    pub problem: Problem,
}

/// What is wrong with a review.
#[derive(Debug, thiserror::Error)]
pub enum Problem {
    /// Broken JSON, or an envelope of impossible types.
    #[error("the AdmissionReview can't be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Another API version or kind.
    #[error("expected admission.k8s.io/v1 AdmissionReview, found {api_version:?} {kind:?}")]
    OtherKind {
        /// What `apiVersion` says.
        api_version: String,
        /// What `kind` says.
        kind: String,
    },
    /// No `request`.
    #[error("the AdmissionReview has no request with a uid")]
    NoRequest,
}

impl<'a, 'b> Review<'a, 'b> {
    /// Reads a review.
    ///
    /// # Errors
    /// Where the text is no `admission.k8s.io/v1` AdmissionReview; the uid is in the error if it could be found.
    pub fn parse(text: &'a [u8], bindings: &'b Bindings) -> Result<Self, Unreadable<'a>> {
        let mut uid = None;
        let envelope = parse_whole(
            text,
            EnvelopeSeed {
                bindings,
                uid: &mut uid,
            },
        );
        match envelope {
            Ok(envelope) => envelope
                .into_review()
                .map_err(|problem| Unreadable { uid: None, problem }),
            Err(error) => Err(Unreadable {
                uid: uid.or_else(|| find_uid(text)),
                problem: error.into(),
            }),
        }
    }

    /// What the request asks of ECS.
    #[must_use]
    pub fn infer(&'a self) -> Inference<'a> {
        if !self.subresource.is_empty() {
            return Inference::Nothing;
        }
        match (self.operation, self.family, &self.object, &self.old_object) {
            (Verb::Create, Some(family), Some(object), _) => {
                family.infer(object, None, Origin::ApiServer)
            }
            (Verb::Update, Some(family), Some(object), Some(old)) => {
                family.infer(object, Some(old), Origin::ApiServer)
            }
            _ => Inference::Nothing,
        }
    }

    /// The object's namespace, where it has one.
    #[must_use]
    pub fn namespace(&self) -> Option<&str> {
        (!self.namespace.is_empty()).then_some(&*self.namespace)
    }
}

impl GroupKind<'_> {
    /// `Kind.group`, as policy rules write it.
    #[must_use]
    pub fn qualified(&self) -> String {
        format!("{}.{}", self.kind, self.group)
    }
}

impl Verb {
    fn named(name: &str) -> Self {
        match name {
            "CREATE" => Self::Create,
            "UPDATE" => Self::Update,
            _ => Self::Other,
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

/// Parses a text that holds one JSON value and nothing else.
fn parse_whole<'a, S: DeserializeSeed<'a>>(
    text: &'a [u8],
    seed: S,
) -> Result<S::Value, serde_json::Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = seed.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Finds the uid of a review whose other parts can't be read.
fn find_uid(text: &[u8]) -> Option<Cow<'_, str>> {
    #[derive(Deserialize)]
    struct Envelope<'a> {
        #[serde(borrow)]
        request: Request<'a>,
    }
    #[derive(Deserialize)]
    struct Request<'a> {
        #[serde(borrow)]
        uid: Cow<'a, str>,
    }
    let envelope: Envelope<'_> = serde_json::from_slice(text).ok()?;
    (!envelope.request.uid.is_empty()).then_some(envelope.request.uid)
}

// === impl Envelope ===

struct EnvelopeSeed<'s, 'a, 'b> {
    bindings: &'b Bindings,
    uid: &'s mut Option<Cow<'a, str>>,
}

struct Envelope<'a, 'b> {
    api_version: Cow<'a, str>,
    kind: Cow<'a, str>,
    request: Option<Review<'a, 'b>>,
}

impl<'a, 'b> Envelope<'a, 'b> {
    fn into_review(self) -> Result<Review<'a, 'b>, Problem> {
        if self.api_version != "admission.k8s.io/v1" || self.kind != "AdmissionReview" {
            return Err(Problem::OtherKind {
                api_version: self.api_version.into_owned(),
                kind: self.kind.into_owned(),
            });
        }
        self.request
            .filter(|request| !request.uid.is_empty())
            .ok_or(Problem::NoRequest)
    }
}

impl<'a, 'b> DeserializeSeed<'a> for EnvelopeSeed<'_, 'a, 'b> {
    type Value = Envelope<'a, 'b>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, 'b> Visitor<'a> for EnvelopeSeed<'_, 'a, 'b> {
    type Value = Envelope<'a, 'b>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an AdmissionReview")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut envelope = Envelope {
            api_version: Cow::Borrowed(""),
            kind: Cow::Borrowed(""),
            request: None,
        };
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "apiVersion" => envelope.api_version = map.next_value::<Key<'_>>()?.0,
                "kind" => envelope.kind = map.next_value::<Key<'_>>()?.0,
                "request" if envelope.request.is_some() => {
                    return Err(A::Error::duplicate_field("request"));
                }
                "request" => {
                    envelope.request = Some(map.next_value_seed(RequestSeed {
                        bindings: self.bindings,
                        uid: self.uid,
                    })?);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(envelope)
    }
}

// === impl Request ===

struct RequestSeed<'s, 'a, 'b> {
    bindings: &'b Bindings,
    uid: &'s mut Option<Cow<'a, str>>,
}

/// An object whose kind may not have been seen yet.
enum Pending<'a> {
    Absent,
    Raw(&'a RawValue),
    Read(Option<Object<'a>>),
}

impl<'a, 'b> DeserializeSeed<'a> for RequestSeed<'_, 'a, 'b> {
    type Value = Review<'a, 'b>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, 'b> Visitor<'a> for RequestSeed<'_, 'a, 'b> {
    type Value = Review<'a, 'b>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an AdmissionRequest")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut review = Review {
            uid: Cow::Borrowed(""),
            operation: Verb::Other,
            kind: GroupKind::default(),
            namespace: Cow::Borrowed(""),
            name: Cow::Borrowed(""),
            user: Cow::Borrowed(""),
            subresource: Cow::Borrowed(""),
            family: None,
            object: None,
            old_object: None,
        };
        let mut kind_seen = false;
        let (mut object, mut old_object) = (Pending::Absent, Pending::Absent);
        while let Some(Key(key)) = map.next_key()? {
            match &*key {
                "uid" => {
                    review.uid = map.next_value::<Key<'_>>()?.0;
                    *self.uid = (!review.uid.is_empty()).then(|| review.uid.clone());
                }
                "kind" if kind_seen => return Err(A::Error::duplicate_field("kind")),
                "kind" => {
                    review.kind = map.next_value()?;
                    review.family =
                        Family::of(&review.kind.group, &review.kind.kind, self.bindings);
                    kind_seen = true;
                }
                "operation" => review.operation = Verb::named(&map.next_value::<Key<'_>>()?.0),
                "namespace" => review.namespace = map.next_value::<Key<'_>>()?.0,
                "name" => review.name = map.next_value::<Key<'_>>()?.0,
                "subResource" => review.subresource = map.next_value::<Key<'_>>()?.0,
                "userInfo" => review.user = map.next_value::<UserInfo<'_>>()?.username,
                "object" if !matches!(object, Pending::Absent) => {
                    return Err(A::Error::duplicate_field("object"));
                }
                "object" => object = read(&mut map, review.family, kind_seen)?,
                "oldObject" if !matches!(old_object, Pending::Absent) => {
                    return Err(A::Error::duplicate_field("oldObject"));
                }
                "oldObject" => old_object = read(&mut map, review.family, kind_seen)?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        review.object = finish(object, review.family)?;
        review.old_object = finish(old_object, review.family)?;
        Ok(review)
    }
}

/// Reads an object at once where its family is known, skims it where it is none of ours, else keeps its text.
fn read<'a, A: MapAccess<'a>>(
    map: &mut A,
    family: Option<Family<'_>>,
    kind_seen: bool,
) -> Result<Pending<'a>, A::Error> {
    Ok(match family {
        Some(family) => Pending::Read(map.next_value_seed(Nullable(family))?),
        None if kind_seen => {
            map.next_value::<IgnoredAny>()?;
            Pending::Absent
        }
        None => Pending::Raw(map.next_value()?),
    })
}

fn finish<'a, E: serde::de::Error>(
    pending: Pending<'a>,
    family: Option<Family<'_>>,
) -> Result<Option<Object<'a>>, E> {
    match (pending, family) {
        (Pending::Read(object), _) => Ok(object),
        (Pending::Raw(text), Some(family)) => {
            parse_whole(text.get().as_bytes(), Nullable(family)).map_err(E::custom)
        }
        (Pending::Absent | Pending::Raw(_), _) => Ok(None),
    }
}

/// An object, or `null` where a verb has none.
struct Nullable<'b>(Family<'b>);

impl<'a> DeserializeSeed<'a> for Nullable<'_> {
    type Value = Option<Object<'a>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_option(self)
    }
}

impl<'a> Visitor<'a> for Nullable<'_> {
    type Value = Option<Object<'a>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or null")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }
}

/// A string that borrows where it can; `null` is the empty string, as it is to the API server.
struct Key<'a>(Cow<'a, str>);

impl<'a> Deserialize<'a> for Key<'a> {
    fn deserialize<D: Deserializer<'a>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl<'a> Visitor<'a> for KeyVisitor {
            type Value = Key<'a>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E>(self) -> Result<Key<'a>, E> {
                Ok(Key(Cow::Borrowed("")))
            }
        }
        deserializer.deserialize_any(KeyVisitor)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct UserInfo<'a> {
    #[serde(borrow)]
    username: Cow<'a, str>,
}
