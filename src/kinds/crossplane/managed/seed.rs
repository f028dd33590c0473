//! Reading a managed resource for the first and only time: the table of its kind says which fields are kept.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor},
};

use super::{
    super::{
        Extent, Resource,
        fields::{Filling, Part},
        known::KnownFields,
    },
    Managed, Spec, Status,
};
use crate::kinds::lenient::{Lenient, LenientObject};

/// Visits an object: each of these keys may be there once and is read by its seed, all others are skipped.
macro_rules! visitor {
    ($name:ident($($context:ident: $type:ty),+) -> $object:ident {
        $($key:literal $field:ident: $seed:expr),+ $(,)?
    }) => {
        struct $name($($type),+);

        impl<'de> Visitor<'de> for $name {
            type Value = $object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let Self($($context),+) = self;
                $(let mut $field = None;)+
                while let Some(Key(key)) = map.next_key()? {
                    match &*key {
                        $($key if $field.is_some() => return Err(A::Error::duplicate_field($key)),
                        $key => $field = Some(map.next_value_seed($seed)?),)+
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok($object {
                    $($field: $field.unwrap_or_default()),+
                })
            }
        }
    };
}

visitor!(ManagedVisitor(known: &'static KnownFields, extent: Extent) -> Managed {
    "metadata" metadata: PhantomData,
    "spec" spec: LenientObject(SpecVisitor(known)),
    "status" status: StatusSeed(known, extent),
});

visitor!(SpecVisitor(known: &'static KnownFields) -> Spec {
    "forProvider" for_provider: LenientObject(Filling { part: Part::Asked, known }),
    "initProvider" init_provider: LenientObject(Filling { part: Part::Initial, known }),
    "managementPolicies" management_policies: PhantomData,
    "providerConfigRef" provider_config_ref: PhantomData,
});

visitor!(StatusVisitor(known: &'static KnownFields) -> Status {
    "atProvider" at_provider: LenientObject(Filling { part: Part::Observed, known }),
});

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Reads a resource of a kind.
pub(in crate::kinds) struct ManagedSeed(pub(in crate::kinds) Resource, pub(in crate::kinds) Extent);

struct StatusSeed(&'static KnownFields, Extent);

impl<'de> DeserializeSeed<'de> for ManagedSeed {
    type Value = Managed<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Managed<'de>, D::Error> {
        let Self(resource, extent) = self;
        deserializer.deserialize_map(ManagedVisitor(resource.table().fields, extent))
    }
}

impl<'de> DeserializeSeed<'de> for StatusSeed {
    type Value = Lenient<Status<'de>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let Self(known, extent) = self;
        match extent {
            Extent::Whole => LenientObject(StatusVisitor(known)).deserialize(deserializer),
            Extent::Request => IgnoredAny::deserialize(deserializer).map(|_| Lenient::Absent),
        }
    }
}
