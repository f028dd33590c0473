//! One pass over the text of a review: the envelope, and of the objects only what their family needs.

use std::{borrow::Cow, convert::identity, fmt};

use serde::de::{
    DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor,
    value::MapAccessDeserializer,
};

use super::{
    GroupKind, Verb,
    text::{Members, Text, once},
};
use crate::kinds::{Bindings, Family, Lenient, Object};

/// What to do with the objects of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Objects<'b> {
    /// It can't be told yet: kind or operation has not been seen.
    Untold,
    /// Nobody looks at them.
    Skipped,
    /// They are read as of this family.
    Read(Family<'b>),
}

/// Reads an envelope.
pub(super) struct EnvelopeSeed<'s, 'a, 'b> {
    bindings: &'b Bindings,
    objects: Objects<'b>,
    uid: &'s mut Option<Cow<'a, str>>,
}

/// The outermost object.
#[derive(Default)]
pub(super) struct Envelope<'a, 'b> {
    pub(super) api_version: Cow<'a, str>,
    pub(super) kind: Cow<'a, str>,
    pub(super) request: Option<Request<'a, 'b>>,
}

/// The request, as far as it matters.
#[derive(Default)]
pub(super) struct Request<'a, 'b> {
    pub(super) uid: Option<Cow<'a, str>>,
    pub(super) kind: Option<GroupKind<'a>>,
    /// `Some(None)` where it is none that an API server has.
    pub(super) operation: Option<Option<Verb>>,
    pub(super) namespace: Option<Cow<'a, str>>,
    pub(super) name: Option<Cow<'a, str>>,
    pub(super) user: Option<Cow<'a, str>>,
    pub(super) subresource: Option<Cow<'a, str>>,
    pub(super) dry_run: Option<Lenient<bool>>,
    /// The family of its kind, if it is ours.
    pub(super) family: Option<Family<'b>>,
    /// `None` where there is no such key, `Some(None)` for `null` and for what was skipped.
    pub(super) object: Option<Option<Object<'a>>>,
    pub(super) old_object: Option<Option<Object<'a>>>,
    /// Whether an object came before it was told what to do with it, and was skipped for that.
    pub(super) is_untold: bool,
}

// === impl EnvelopeSeed ===

impl<'s, 'a, 'b> EnvelopeSeed<'s, 'a, 'b> {
    /// `objects` is what an earlier pass over the same text found out about them. `uid` becomes the request's as soon
    /// as it is seen: it outlives a failure.
    pub(super) fn new(
        bindings: &'b Bindings,
        objects: Objects<'b>,
        uid: &'s mut Option<Cow<'a, str>>,
    ) -> Self {
        Self {
            bindings,
            objects,
            uid,
        }
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
        let (mut api_version, mut kind, mut request) = (None, None, None);
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "apiVersion" => once(&mut api_version, "apiVersion", string(&mut map)?)?,
                "kind" => once(&mut kind, "kind", string(&mut map)?)?,
                "request" => {
                    let seed = RequestSeed {
                        bindings: self.bindings,
                        objects: self.objects,
                        uid: self.uid,
                    };
                    once(&mut request, "request", map.next_value_seed(seed)?)?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Envelope {
            api_version: api_version.unwrap_or_default(),
            kind: kind.unwrap_or_default(),
            request,
        })
    }
}

// === impl Request ===

impl<'b> Request<'_, 'b> {
    /// What to do with the objects, as far as it can be told by now.
    pub(super) fn objects(&self) -> Objects<'b> {
        let (Some(_), Some(operation)) = (&self.kind, self.operation.flatten()) else {
            return Objects::Untold;
        };
        match (operation, self.family) {
            _ if self
                .subresource
                .as_deref()
                .is_some_and(|name| !name.is_empty()) =>
            {
                Objects::Skipped
            }
            (Verb::Create | Verb::Update, Some(family)) => Objects::Read(family),
            (Verb::Create | Verb::Update, None) | (Verb::Other, _) => Objects::Skipped,
        }
    }
}

struct RequestSeed<'s, 'a, 'b> {
    bindings: &'b Bindings,
    objects: Objects<'b>,
    uid: &'s mut Option<Cow<'a, str>>,
}

impl<'a, 'b> DeserializeSeed<'a> for RequestSeed<'_, 'a, 'b> {
    type Value = Request<'a, 'b>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'a, 'b> Visitor<'a> for RequestSeed<'_, 'a, 'b> {
    type Value = Request<'a, 'b>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an AdmissionRequest")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut request = Request::default();
        while let Some(Text(key)) = map.next_key()? {
            match &*key {
                "uid" => {
                    let uid = string(&mut map)?;
                    if !uid.is_empty() {
                        self.uid.get_or_insert_with(|| uid.clone());
                    }
                    once(&mut request.uid, "uid", uid)?;
                }
                "kind" => {
                    let [group, kind] = map.next_value_seed(Members(["group", "kind"]))?;
                    request.family = Family::of(&group, &kind, self.bindings);
                    once(&mut request.kind, "kind", GroupKind { group, kind })?;
                }
                "operation" => {
                    let verb = Verb::named(&string(&mut map)?);
                    once(&mut request.operation, "operation", verb)?;
                }
                "namespace" => once(&mut request.namespace, "namespace", string(&mut map)?)?,
                "name" => once(&mut request.name, "name", string(&mut map)?)?,
                "subResource" => {
                    once(&mut request.subresource, "subResource", string(&mut map)?)?;
                }
                "dryRun" => once(&mut request.dry_run, "dryRun", map.next_value()?)?,
                "userInfo" => {
                    let [user] = map.next_value_seed(Members(["username"]))?;
                    once(&mut request.user, "userInfo", user)?;
                }
                "object" => {
                    let object = self.object(&mut map, &mut request, identity)?;
                    once(&mut request.object, "object", object)?;
                }
                "oldObject" => {
                    let object = self.object(&mut map, &mut request, Family::replaced)?;
                    once(&mut request.old_object, "oldObject", object)?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(request)
    }
}

impl<'b> RequestSeed<'_, '_, 'b> {
    fn object<'a, A: MapAccess<'a>>(
        &self,
        map: &mut A,
        request: &mut Request<'a, 'b>,
        read_as: fn(Family<'b>) -> Family<'b>,
    ) -> Result<Option<Object<'a>>, A::Error> {
        let objects = match self.objects {
            Objects::Untold => request.objects(),
            told => told,
        };
        match objects {
            Objects::Read(family) => map.next_value_seed(Nullable(read_as(family))),
            Objects::Untold | Objects::Skipped => {
                request.is_untold |= matches!(objects, Objects::Untold);
                map.next_value::<IgnoredAny>().map(|_| None)
            }
        }
    }
}

fn string<'a, A: MapAccess<'a>>(map: &mut A) -> Result<Cow<'a, str>, A::Error> {
    map.next_value::<Text<'_>>().map(|Text(text)| text)
}

/// An object, or `null` where a verb has none.
struct Nullable<'b>(Family<'b>);

impl<'a> DeserializeSeed<'a> for Nullable<'_> {
    type Value = Option<Object<'a>>;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Nullable<'_> {
    type Value = Option<Object<'a>>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object or null")
    }

    fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<Self::Value, A::Error> {
        self.0
            .deserialize(MapAccessDeserializer::new(map))
            .map(Some)
    }
}
