//! A managed resource as far as it matters: read in one pass, borrowed, everything else skipped.
//!
//! A key that is given twice where it matters is an error of the parser: "the last one wins" would let what was
//! judged differ from what is applied.

mod seed;

use std::borrow::Cow;

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    fields::{Fields, Part},
    policies::{Permissions, Policies},
};
use crate::kinds::{
    Malformed,
    lenient::{Lenient, Shape, shaped_object},
};

pub(in crate::kinds) use seed::ManagedSeed;

/// The path of the annotation that holds the id of the external resource.
pub(super) const EXTERNAL_NAME: &str = "metadata.annotations[crossplane.io/external-name]";
/// The path of the annotation that the provider writes just before it creates.
pub(super) const PENDING: &str = "metadata.annotations[crossplane.io/external-create-pending]";
/// The path of the annotation that pauses an object.
pub(super) const PAUSED: &str = "metadata.annotations[crossplane.io/paused]";
/// The path of the policies.
pub(super) const POLICIES: &str = "spec.managementPolicies";
/// The path of the reference to the account.
pub(super) const PROVIDER_CONFIG: &str = "spec.providerConfigRef";

const SUCCEEDED: &str = "metadata.annotations[crossplane.io/external-create-succeeded]";
const FAILED: &str = "metadata.annotations[crossplane.io/external-create-failed]";

/// A managed resource, with all that one pass keeps of it.
#[derive(Debug)]
pub(in crate::kinds) struct Managed<'a> {
    metadata: Lenient<Metadata<'a>>,
    spec: Lenient<Spec<'a>>,
    status: Lenient<Status<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Metadata<'a> {
    #[serde(borrow)]
    namespace: Lenient<Cow<'a, str>>,
    #[serde(borrow)]
    deletion_timestamp: Lenient<Cow<'a, str>>,
    #[serde(borrow)]
    annotations: Lenient<Annotations<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Annotations<'a> {
    #[serde(borrow, rename = "crossplane.io/paused")]
    paused: Lenient<Cow<'a, str>>,
    #[serde(borrow, rename = "crossplane.io/external-name")]
    external_name: Lenient<Cow<'a, str>>,
    #[serde(borrow, rename = "crossplane.io/external-create-pending")]
    pending: Lenient<Cow<'a, str>>,
    #[serde(borrow, rename = "crossplane.io/external-create-succeeded")]
    succeeded: Lenient<Cow<'a, str>>,
    #[serde(borrow, rename = "crossplane.io/external-create-failed")]
    failed: Lenient<Cow<'a, str>>,
}

#[derive(Debug)]
struct Spec<'a> {
    for_provider: Lenient<Fields<'a>>,
    init_provider: Lenient<Fields<'a>>,
    management_policies: Lenient<Policies>,
    provider_config_ref: Lenient<ProviderConfigRef<'a>>,
}

#[derive(Debug)]
struct Status<'a> {
    at_provider: Lenient<Fields<'a>>,
}

/// How an object names its account.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ProviderConfigRef<'a> {
    #[serde(borrow)]
    pub(super) kind: Lenient<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) name: Lenient<Cow<'a, str>>,
}

shaped_object!(Metadata);
shaped_object!(Annotations);
shaped_object!(ProviderConfigRef);

// === impl Managed ===

impl<'a> Managed<'a> {
    pub(super) fn namespace(&'a self) -> Result<Option<&'a str>, Malformed<'a>> {
        let Some(metadata) = self.metadata()? else {
            return Ok(None);
        };
        text(&metadata.namespace, "metadata.namespace")
    }

    pub(super) fn is_being_deleted(&'a self) -> Result<bool, Malformed<'a>> {
        let Some(metadata) = self.metadata()? else {
            return Ok(false);
        };
        Ok(text(&metadata.deletion_timestamp, "metadata.deletionTimestamp")?.is_some())
    }

    /// The id of the external resource. Empty is absent: the provider hasn't created it yet.
    pub(super) fn external_name(&'a self) -> Result<Option<&'a str>, Malformed<'a>> {
        Ok(self
            .annotation(|annotations| &annotations.external_name, EXTERNAL_NAME)?
            .filter(|name| !name.is_empty()))
    }

    /// Only exactly `"true"` pauses; that is how Crossplane reads it.
    pub(super) fn is_paused(&'a self) -> Result<bool, Malformed<'a>> {
        Ok(self.annotation(|annotations| &annotations.paused, PAUSED)? == Some("true"))
    }

    /// What the provider wrote when it last said that it is about to create.
    pub(super) fn pending_text(&'a self) -> Result<Option<&'a str>, Malformed<'a>> {
        self.annotation(|annotations| &annotations.pending, PENDING)
    }

    /// When the provider last said that it is about to create.
    pub(super) fn pending(&'a self) -> Result<Option<Timestamp>, Malformed<'a>> {
        self.moment(|annotations| &annotations.pending, PENDING)
    }

    /// Whether a creation was begun and its end never recorded: the reconciler then goes no further until a human
    /// removes the annotation.
    pub(super) fn has_unfinished_creation(&'a self) -> Result<bool, Malformed<'a>> {
        let pending = self.pending()?;
        Ok(pending.is_some()
            && self.moment(|annotations| &annotations.succeeded, SUCCEEDED)? < pending
            && self.moment(|annotations| &annotations.failed, FAILED)? < pending)
    }

    pub(super) fn policies(&'a self) -> Result<Policies, Malformed<'a>> {
        let Some(spec) = self.spec()? else {
            return Ok(Policies::default());
        };
        Ok(spec
            .management_policies
            .get()
            .map_err(|found| malformed(POLICIES, "a list of strings", found))?
            .copied()
            .unwrap_or_default())
    }

    /// What the provider may do to the external resource now.
    pub(super) fn permissions(&'a self) -> Result<Permissions, Malformed<'a>> {
        if self.is_paused()? {
            return Ok(Permissions::NONE);
        }
        Ok(self.policies()?.permissions())
    }

    pub(super) fn provider_config(
        &'a self,
    ) -> Result<Option<&'a ProviderConfigRef<'a>>, Malformed<'a>> {
        let Some(spec) = self.spec()? else {
            return Ok(None);
        };
        spec.provider_config_ref
            .get()
            .map_err(|found| malformed(PROVIDER_CONFIG, "an object", found))
    }

    pub(super) fn for_provider(&'a self) -> Result<&'a Fields<'a>, Malformed<'a>> {
        static NONE: Fields<'static> = Fields::none(Part::Asked);
        let spec = self.spec()?;
        let fields = spec.map(|spec| fields(&spec.for_provider, Part::Asked));
        Ok(fields.transpose()?.flatten().unwrap_or(&NONE))
    }

    pub(super) fn init_provider(&'a self) -> Result<&'a Fields<'a>, Malformed<'a>> {
        static NONE: Fields<'static> = Fields::none(Part::Initial);
        let spec = self.spec()?;
        let fields = spec.map(|spec| fields(&spec.init_provider, Part::Initial));
        Ok(fields.transpose()?.flatten().unwrap_or(&NONE))
    }

    pub(super) fn at_provider(&'a self) -> Result<Option<&'a Fields<'a>>, Malformed<'a>> {
        match self.status.get() {
            Ok(None) => Ok(None),
            Ok(Some(status)) => fields(&status.at_provider, Part::Observed),
            Err(found) => Err(malformed("status", "an object", found)),
        }
    }

    fn metadata(&'a self) -> Result<Option<&'a Metadata<'a>>, Malformed<'a>> {
        self.metadata
            .get()
            .map_err(|found| malformed("metadata", "an object", found))
    }

    fn spec(&'a self) -> Result<Option<&'a Spec<'a>>, Malformed<'a>> {
        self.spec
            .get()
            .map_err(|found| malformed("spec", "an object", found))
    }

    fn annotation(
        &'a self,
        select: impl FnOnce(&'a Annotations<'a>) -> &'a Lenient<Cow<'a, str>>,
        path: &'static str,
    ) -> Result<Option<&'a str>, Malformed<'a>> {
        let Some(metadata) = self.metadata()? else {
            return Ok(None);
        };
        let annotations = metadata
            .annotations
            .get()
            .map_err(|found| malformed("metadata.annotations", "an object", found))?;
        annotations.map_or(Ok(None), |annotations| text(select(annotations), path))
    }

    /// A moment that Crossplane recorded; what is no moment counts as none, as it does for Crossplane.
    fn moment(
        &'a self,
        select: impl FnOnce(&'a Annotations<'a>) -> &'a Lenient<Cow<'a, str>>,
        path: &'static str,
    ) -> Result<Option<Timestamp>, Malformed<'a>> {
        Ok(self
            .annotation(select, path)?
            .and_then(|moment| moment.parse().ok()))
    }
}

/// The fields of a part that is there.
fn fields<'a>(
    fields: &'a Lenient<Fields<'a>>,
    part: Part,
) -> Result<Option<&'a Fields<'a>>, Malformed<'a>> {
    match fields.get() {
        Ok(fields) => fields.map(Fields::unambiguous).transpose(),
        Err(found) => Err(malformed(part.path(), "an object", found)),
    }
}

/// The text of a field whose path is known.
pub(super) fn text<'a>(
    field: &'a Lenient<Cow<'a, str>>,
    path: &'static str,
) -> Result<Option<&'a str>, Malformed<'a>> {
    match field.get() {
        Ok(value) => Ok(value.map(AsRef::as_ref)),
        Err(found) => Err(malformed(path, "a string", found)),
    }
}

pub(super) fn malformed<'a>(
    field: impl Into<Cow<'a, str>>,
    expected: &'static str,
    found: Shape,
) -> Malformed<'a> {
    Malformed {
        field: field.into(),
        expected,
        found,
    }
}
