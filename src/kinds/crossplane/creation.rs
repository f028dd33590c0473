//! The calls that make a resource.

use std::borrow::Cow;

use super::{
    fields::{Fields, Part},
    managed::Managed,
    table::{Aim, Need, Reference, Table, When},
    update::operations_of,
};
use crate::kinds::{Ids, Malformed, Operation, Target};

/// The spec that a resource is made from: what `forProvider` leaves open, `initProvider` says.
struct Blueprint<'a>([&'a Fields<'a>; 2]);

/// The calls that make the resource, because of the field at this path.
pub(super) fn operations<'a>(
    table: &'static Table,
    new: &'a Managed<'a>,
    because: &'static str,
) -> Result<Vec<Operation<'a>>, Malformed<'a>> {
    let blueprint = Blueprint([new.for_provider()?, new.init_provider()?]);
    let mut operations = Vec::new();
    // A dry run asks ECS whether it would, and makes nothing.
    if blueprint.flag("dryRun")? {
        return Ok(operations);
    }
    for creation in table.creation {
        if let Some(field) = blueprint.reason(&creation.when, because)? {
            let target = blueprint.target(&creation.on)?;
            operations.extend(operations_of(creation.call, &target, &field));
        }
    }
    Ok(operations)
}

impl<'a> Blueprint<'a> {
    /// The field that asks for a call, if one does.
    fn reason(
        &self,
        when: &When,
        because: &'static str,
    ) -> Result<Option<Cow<'static, str>>, Malformed<'a>> {
        Ok(match *when {
            When::Always => Some(because.into()),
            When::Given(names) => names.iter().find_map(|name| self.path(name)),
            When::Is(name, value) if self.text(name)?.is_some_and(|text| text == value) => {
                self.path(name)
            }
            When::IsNot(name, value) if self.text(name)?.is_none_or(|text| text != value) => {
                Some(because.into())
            }
            When::True(name) if self.flag(name)? => self.path(name),
            When::Is(..) | When::IsNot(..) | When::True(_) => None,
        })
    }

    fn target(&self, aim: &Aim) -> Result<Target<'a>, Malformed<'a>> {
        let ids = |reference: &Option<Reference>| {
            reference
                .as_ref()
                .map_or(Ok(Ids::None), |reference| self.ids(reference))
        };
        Ok(Target {
            instances: ids(&aim.instances)?,
            disks: ids(&aim.disks)?,
        })
    }

    /// The ids that a field holds; where it is empty, the provider looks at the references beside it before it calls.
    fn ids(&self, reference: &Reference) -> Result<Ids<'a>, Malformed<'a>> {
        for fields in self.0 {
            let ids = fields.one_or_more(reference.field)?;
            if !ids.is_empty() {
                return Ok(Ids::all(ids, Ids::None));
            }
            if let Some(name) = reference
                .through
                .iter()
                .find(|name| fields.get(name).is_some())
            {
                return Ok(Ids::Unresolved(fields.part().path_of(name)));
            }
        }
        Ok(match reference.need {
            Need::Optional => Ids::None,
            Need::Required => Ids::Missing(Part::Asked.path_of(reference.field)),
        })
    }

    fn path(&self, name: &str) -> Option<Cow<'static, str>> {
        self.0
            .iter()
            .find(|fields| fields.get(name).is_some())
            .map(|fields| fields.part().path_of(name))
    }

    fn text(&self, name: &str) -> Result<Option<Cow<'a, str>>, Malformed<'a>> {
        self.first(|fields| fields.text(name))
    }

    fn flag(&self, name: &str) -> Result<bool, Malformed<'a>> {
        Ok(self.first(|fields| fields.flag(name))?.unwrap_or(false))
    }

    fn first<T>(
        &self,
        read: impl Fn(&Fields<'a>) -> Result<Option<T>, Malformed<'a>>,
    ) -> Result<Option<T>, Malformed<'a>> {
        self.0
            .iter()
            .find_map(|fields| read(fields).transpose())
            .transpose()
    }
}
