//! Which external resource an object stands for: its id, its region, its account.

use std::borrow::Cow;

use super::{
    Flavour,
    known::REGION,
    managed::{self, EXTERNAL_NAME, Managed, PROVIDER_CONFIG, ProviderConfigRef},
};
use crate::{
    json::Raw,
    kinds::{AccountRef, Malformed, Origin, Subject},
};

const REGION_PATH: &str = "spec.forProvider.region";
const CONFIG_NAME: &str = "spec.providerConfigRef.name";
const CONFIG_KIND: &str = "spec.providerConfigRef.kind";

/// Account and region of an object.
pub(super) fn subject<'a>(
    flavour: Flavour,
    managed: &'a Managed<'a>,
) -> Result<Subject<'a>, Malformed<'a>> {
    Ok(Subject {
        account: account(flavour, managed)?,
        region: region(managed)?,
    })
}

/// The id of the external resource. A file rarely shows it; what the cluster held before then still stands.
pub(super) fn external_name<'a>(
    new: &'a Managed<'a>,
    old: Option<&'a Managed<'a>>,
    origin: Origin,
) -> Result<Option<&'a str>, Malformed<'a>> {
    match (new.external_name()?, old, origin) {
        (None, Some(old), Origin::Manifest) => old.external_name(),
        (name, ..) => Ok(name),
    }
}

/// The field by which an object that has a resource comes to stand for another one, if it does.
///
/// The provider then looks for a resource that isn't there, and makes it. The provider that runs Terraform as a
/// process takes an edited external name back while its workspace lives; after a restart it doesn't, so the name
/// is taken at its word. A region that is added or taken out says nothing yet: it may be the one that the account
/// has anyway, which no object shows, and the create gate sees the creation if it isn't.
pub(super) fn moved<'a>(
    new: &'a Managed<'a>,
    old: &'a Managed<'a>,
    origin: Origin,
) -> Result<Option<&'static str>, Malformed<'a>> {
    let Some(old_name) = old.external_name()? else {
        return Ok(None);
    };
    if external_name(new, Some(old), origin)? != Some(old_name) {
        return Ok(Some(EXTERNAL_NAME));
    }
    if config(new)? != config(old)? {
        return Ok(Some(PROVIDER_CONFIG));
    }
    Ok(if has_other_region(new, old)? {
        Some(REGION_PATH)
    } else {
        None
    })
}

fn has_other_region<'a>(new: &'a Managed<'a>, old: &'a Managed<'a>) -> Result<bool, Malformed<'a>> {
    let text = |managed: &'a Managed<'a>| -> Result<_, Malformed<'a>> {
        Ok(managed.for_provider()?.get(REGION).map(Raw::get))
    };
    if text(new)? == text(old)? {
        return Ok(false);
    }
    Ok(region(new)?
        .zip(region(old)?)
        .is_some_and(|(new, old)| new != old))
}

fn region<'a>(managed: &'a Managed<'a>) -> Result<Option<Cow<'a, str>>, Malformed<'a>> {
    managed.for_provider()?.text(REGION)
}

/// Kind and name of the configuration, with the defaults of the CRDs; the cluster-scoped one has no kind and so
/// never differs in it.
fn config<'a>(managed: &'a Managed<'a>) -> Result<(&'a str, &'a str), Malformed<'a>> {
    const KIND: &str = "ClusterProviderConfig";
    const NAME: &str = "default";
    let Some(ProviderConfigRef { kind, name }) = managed.provider_config()? else {
        return Ok((KIND, NAME));
    };
    Ok((
        managed::text(kind, CONFIG_KIND)?.unwrap_or(KIND),
        managed::text(name, CONFIG_NAME)?.unwrap_or(NAME),
    ))
}

fn account<'a>(
    flavour: Flavour,
    managed: &'a Managed<'a>,
) -> Result<AccountRef<'a>, Malformed<'a>> {
    let (kind, name) = config(managed)?;
    let (kind, namespace) = match (flavour, kind) {
        (Flavour::ClusterScoped, _) => (None, None),
        (Flavour::Namespaced, "ProviderConfig") => (Some(kind), managed.namespace()?),
        (Flavour::Namespaced, _) => (Some(kind), None),
    };
    Ok(AccountRef::ProviderConfig {
        kind: kind.map(Cow::Borrowed),
        namespace: namespace.map(Cow::Borrowed),
        name: Cow::Borrowed(name),
    })
}
