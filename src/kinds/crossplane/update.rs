//! The calls that change a resource in place.

use std::borrow::Cow;

use serde_json::Value;

use super::{
    difference::{Additions, Comparison, has_lost_tags, has_new_tags},
    fields::{Fields, Part},
    identity::external_name,
    lifecycle::{Basis, Since},
    managed::{EXTERNAL_NAME, Managed},
    table::{Calls, Own, Row, Table},
    value::{contains_all, is_zero},
};
use crate::{
    kinds::{Ids, Malformed, Operation, Origin, Target},
    matrix::calls,
};

/// A change of one resource: what is known of it, what changed, and the calls found so far.
pub(super) struct Update<'a> {
    /// What the resource's own calls work on.
    pub(super) own: Target<'a>,
    now: &'a Fields<'a>,
    before: &'a Fields<'a>,
    observed: &'a Fields<'a>,
    changed: Vec<&'static str>,
    origin: Origin,
    operations: Operations<'a>,
}

type Operations<'a> = Vec<Operation<'a>>;

/// The calls that a change makes, or the path of a field that only a new resource could have otherwise.
pub(super) fn operations<'a>(
    table: &'static Table,
    new: &'a Managed<'a>,
    old: Option<&'a Managed<'a>>,
    basis: &Basis,
) -> Result<(Operations<'a>, Option<Cow<'a, str>>), Malformed<'a>> {
    if let (Since::OldSpec | Since::Recorded, Some(old)) = (basis.since, old)
        && new.for_provider()?.is_same_text(old.for_provider()?)
    {
        return Ok(Default::default());
    }
    let mut update = Update::read(table, new, old, basis)?;
    if update.changed.is_empty() {
        return Ok(Default::default());
    }
    // The provider refuses the whole change, what could be done in place included.
    if let Some(field) = update.first_changed(table.replacing) {
        return Ok((Vec::new(), Some(Part::Asked.path_of(field))));
    }
    update.own = update.own_target(table.own, external_name(new, old, basis.origin)?)?;
    for row in table.update {
        update.apply(row)?;
    }
    Ok((update.operations, None))
}

/// The operations of one call.
pub(super) fn operations_of<'a>(
    call: &'static str,
    target: &Target<'a>,
    field: &Cow<'a, str>,
) -> impl Iterator<Item = Operation<'a>> {
    calls(call.into()).into_iter().map(|call| Operation {
        call,
        target: target.clone(),
        field: field.clone(),
    })
}

// === impl Update ===

impl<'a> Update<'a> {
    fn read(
        table: &'static Table,
        new: &'a Managed<'a>,
        old: Option<&'a Managed<'a>>,
        basis: &Basis,
    ) -> Result<Self, Malformed<'a>> {
        static UNSEEN: Fields<'static> = Fields::none(Part::Observed);
        let at_provider = match (new.at_provider()?, old) {
            // A file rarely shows what the cluster observed; the state before may.
            (None, Some(old)) => old.at_provider()?,
            (own, _) => own,
        };
        let observed = at_provider.unwrap_or(&UNSEEN);
        // In files nothing is filled in behind one's back, and what isn't observed can't be compared with.
        let is_blind = observed.is_empty() && basis.origin == Origin::Manifest;
        let is_first_look = observed.is_empty() && basis.origin == Origin::ApiServer;
        let (before, additions) = match (basis.since, old) {
            (Since::Observed, Some(old)) if is_blind => (old.for_provider()?, Additions::Asked),
            (Since::Observed, _) | (_, None) => (observed, Additions::Recorded),
            (Since::Recorded, Some(old)) => (old.for_provider()?, Additions::Recorded),
            (Since::OldSpec, Some(old)) if is_first_look => {
                (old.for_provider()?, Additions::Recorded)
            }
            (Since::OldSpec, Some(old)) => (old.for_provider()?, Additions::Asked),
        };
        let mut update = Self {
            own: Target::ACCOUNT,
            now: new.for_provider()?,
            before,
            observed,
            changed: Vec::new(),
            origin: basis.origin,
            operations: Vec::new(),
        };
        for (place, field) in table.fields.iter().enumerate() {
            let comparison = Comparison {
                before: update.before.at(place),
                now: update.now.at(place),
                observed: update.observed.at(place),
                additions,
                late_initializes: basis.late_initializes,
            };
            if comparison.is_change(field)? {
                update.changed.push(field.name);
            }
        }
        Ok(update)
    }

    fn apply(&mut self, row: &Row) -> Result<(), Malformed<'a>> {
        let Some(field) = self.first_changed(row.fields) else {
            return Ok(());
        };
        match &row.calls {
            Calls::Own(call) => self.call_own(call, field),
            Calls::SystemDisk(call) => {
                let disk = Target::disks(self.system_disk()?);
                self.call(call, disk, field);
            }
            Calls::Entries { added, removed } => {
                let (is_added, is_removed) = self.entries(field)?;
                if is_removed {
                    self.call_own(removed, field);
                }
                if is_added {
                    self.call_own(added, field);
                }
            }
            Calls::Rule(rule) => rule(self)?,
        }
        Ok(())
    }

    /// Adds a call that a field asks for.
    pub(super) fn call(&mut self, call: &'static str, target: Target<'a>, field: &str) {
        let path = Part::Asked.path_of(field);
        self.operations.extend(operations_of(call, &target, &path));
    }

    /// Adds a call on the resource itself.
    pub(super) fn call_own(&mut self, call: &'static str, field: &str) {
        self.call(call, self.own.clone(), field);
    }

    /// The first of these fields that changed.
    pub(super) fn first_changed(&self, fields: &[&'static str]) -> Option<&'static str> {
        fields
            .iter()
            .copied()
            .find(|name| self.changed.contains(name))
    }

    pub(super) fn now(&self) -> &'a Fields<'a> {
        self.now
    }

    pub(super) fn observed(&self) -> &'a Fields<'a> {
        self.observed
    }

    pub(super) fn before(&self) -> &'a Fields<'a> {
        self.before
    }

    /// The fields to ask for the value before: Terraform's state, which is what was observed, where it has one.
    pub(super) fn state(&self, name: &str) -> &'a Fields<'a> {
        if self.observed.get(name).is_some() {
            self.observed
        } else {
            self.before
        }
    }

    /// A text that the provider computes where the spec doesn't say: then it is the observed one.
    pub(super) fn effective(&self, name: &str) -> Result<Option<Cow<'a, str>>, Malformed<'a>> {
        match self.now.text(name)? {
            Some(text) => Ok(Some(text)),
            None => self.observed.text(name),
        }
    }

    /// Whether entries of a list or map were added, and whether some were removed.
    pub(super) fn entries(&self, field: &str) -> Result<(bool, bool), Malformed<'a>> {
        let (before, now) = (self.before.json(field)?, self.now.json(field)?);
        Ok(match (before, now) {
            (Some(Value::Array(before)), Some(Value::Array(now))) => {
                (!contains_all(&before, &now), !contains_all(&now, &before))
            }
            (Some(Value::Object(before)), Some(Value::Object(now))) => {
                (has_new_tags(&before, &now), has_lost_tags(&before, &now))
            }
            (before, now) => (
                now.is_some_and(|now| !is_zero(&now)),
                before.is_some_and(|before| !is_zero(&before)),
            ),
        })
    }

    /// The system disk of an instance.
    pub(super) fn system_disk(&self) -> Result<Ids<'a>, Malformed<'a>> {
        const FIELD: &str = "systemDiskId";
        Ok(match self.observed.text(FIELD)? {
            Some(disk) => Ids::one(disk),
            None => self.unseen(Part::Observed.path_of(FIELD)),
        })
    }

    fn own_target(&self, own: Own, name: Option<&'a str>) -> Result<Target<'a>, Malformed<'a>> {
        let id = || -> Result<Ids<'a>, Malformed<'a>> {
            let id = match name {
                Some(name) => Some(Cow::Borrowed(name)),
                None => self.observed.text("id")?,
            };
            Ok(id.map_or_else(|| self.unseen(EXTERNAL_NAME.into()), Ids::one))
        };
        Ok(match own {
            Own::Instance => Target::instances(id()?),
            Own::Disk => Target::disks(id()?),
            Own::Instances => {
                let field = "instanceIds";
                let unseen = self.unseen(Part::Observed.path_of(field));
                Target::instances(Ids::all(self.observed.texts(field)?, unseen))
            }
            Own::Nothing => Target::ACCOUNT,
        })
    }

    /// An id that isn't where it ought to be: a file keeps silent about it, an API server doesn't have it.
    fn unseen(&self, path: Cow<'a, str>) -> Ids<'a> {
        match self.origin {
            Origin::ApiServer => Ids::Missing(path),
            Origin::Manifest => Ids::Elsewhere(path),
        }
    }
}
