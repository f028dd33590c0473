//! Whether the provider acts at all because of a change, and as what: the rules that hold for every kind.
//!
//! The order of the rules is that of the reconciler: what makes it stop comes before what makes it act.

use super::{
    identity::{external_name, moved},
    managed::{Managed, PAUSED, PENDING, POLICIES},
    policies::Permissions,
};
use crate::kinds::{Malformed, Origin};

/// What the provider does next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing that the change made it do.
    Nothing,
    /// It makes a new resource, because of this field.
    Create {
        /// The field's path.
        because: &'static str,
    },
    /// It changes the resource that there is.
    Update(Basis),
}

/// What an update is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Basis {
    /// The state before.
    pub(super) since: Since,
    /// Whether the provider writes observed values into fields that are not set.
    pub(super) late_initializes: bool,
    /// Where the objects come from.
    pub(super) origin: Origin,
}

/// The state before an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// The spec of the old object: this change is what is asked.
    OldSpec,
    /// The spec of the old object, and the id is being recorded with this change: what the provider adds along
    /// with it is what it observed.
    Recorded,
    /// The observed state: whatever the spec has gathered up to now becomes real.
    Observed,
}

/// What the provider does because `old` became `new`; no `old` = `new` is being created.
pub(super) fn next_step<'a>(
    new: &'a Managed<'a>,
    old: Option<&'a Managed<'a>>,
    origin: Origin,
) -> Result<Step, Malformed<'a>> {
    // Blocking an object on its way out would leave the resource running and the bill growing.
    if new.is_being_deleted()? {
        return Ok(Step::Nothing);
    }
    // A paused object and one whose policies permit neither is never acted upon, whatever its spec says.
    let permissions = new.permissions()?;
    if permissions == Permissions::NONE {
        return Ok(Step::Nothing);
    }
    let at_the_gate = passes_create_gate(new, old)?;
    // A creation whose end nobody recorded makes the reconciler stop before it looks at anything else.
    if !at_the_gate && new.has_unfinished_creation()? {
        return Ok(Step::Nothing);
    }
    match old {
        None => first_seen(new, permissions, origin),
        Some(_) if at_the_gate => Ok(create(permissions, PENDING)),
        Some(old) => seen_again(new, old, permissions, origin),
    }
}

/// Whether this is the write that the provider makes immediately before it creates: the last word before the call,
/// with all references resolved, for compositions and re-creations too.
fn passes_create_gate<'a>(
    new: &'a Managed<'a>,
    old: Option<&'a Managed<'a>>,
) -> Result<bool, Malformed<'a>> {
    let Some(old) = old else {
        return Ok(false);
    };
    Ok(old.pending_text()? != new.pending_text()? && old.pending()? < new.pending()?)
}

/// A new object makes a resource, unless it names one: then that is adopted, and brought in line as far as its
/// state is known. If it turns out not to exist, the create gate sees the creation.
fn first_seen<'a>(
    new: &'a Managed<'a>,
    permissions: Permissions,
    origin: Origin,
) -> Result<Step, Malformed<'a>> {
    match new.external_name()? {
        None => Ok(create(permissions, "spec.forProvider")),
        Some(_) => update(new, permissions, Since::Observed, origin),
    }
}

fn seen_again<'a>(
    new: &'a Managed<'a>,
    old: &'a Managed<'a>,
    permissions: Permissions,
    origin: Origin,
) -> Result<Step, Malformed<'a>> {
    // Under another name, account or region the provider finds nothing, and what isn't there it makes.
    if let Some(field) = moved(new, old, origin)? {
        return Ok(create(permissions, field));
    }
    let gained = permissions.beyond(old.permissions()?);
    if is_uncreated(new, origin)? {
        // What was never created is created at the gate; only waking up is a request of its own.
        return Ok(if gained.create {
            create(permissions, awakened_by(new, old)?)
        } else {
            Step::Nothing
        });
    }
    let since = if gained.update {
        // All that was written during the pause becomes real now, not only this change.
        Since::Observed
    } else if old.external_name()?.is_none() && origin == Origin::ApiServer {
        Since::Recorded
    } else {
        Since::OldSpec
    };
    update(new, permissions, since, origin)
}

fn create(permissions: Permissions, because: &'static str) -> Step {
    if permissions.create {
        Step::Create { because }
    } else {
        Step::Nothing
    }
}

fn update<'a>(
    new: &'a Managed<'a>,
    permissions: Permissions,
    since: Since,
    origin: Origin,
) -> Result<Step, Malformed<'a>> {
    if !permissions.update {
        return Ok(Step::Nothing);
    }
    Ok(Step::Update(Basis {
        since,
        late_initializes: new.policies()?.late_initializes(),
        origin,
    }))
}

/// Whether no resource was ever made for an object. A file that shows no id proves nothing: the cluster may have it.
fn is_uncreated<'a>(new: &'a Managed<'a>, origin: Origin) -> Result<bool, Malformed<'a>> {
    match origin {
        Origin::ApiServer => Ok(external_name(new, None, origin)?.is_none()),
        Origin::Manifest => Ok(false),
    }
}

/// The field whose change made an object wake up.
fn awakened_by<'a>(
    new: &'a Managed<'a>,
    old: &'a Managed<'a>,
) -> Result<&'static str, Malformed<'a>> {
    Ok(if old.is_paused()? && !new.is_paused()? {
        PAUSED
    } else {
        POLICIES
    })
}
