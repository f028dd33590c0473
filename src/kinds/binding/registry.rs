//! All bindings in force, found by group and kind.

use std::collections::HashMap;

use super::Binding;

/// The bindings in force.
#[derive(Debug, Default)]
pub struct Bindings {
    bindings: Vec<Binding>,
    /// Group, then kind, to the place in `bindings`.
    by_kind: HashMap<Box<str>, HashMap<Box<str>, usize>>,
}

/// Two bindings for one kind: which of them gives its account and region can't be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{kind}.{group} is bound twice, by OperationBinding `{first}` and by `{second}`: put their operations into one"
)]
pub struct Duplicate {
    /// The API group.
    pub group: String,
    /// The kind.
    pub kind: String,
    /// The name of the binding that stays in force.
    pub first: String,
    /// The name of the binding that was not taken.
    pub second: String,
}

// === impl Bindings ===

impl Bindings {
    /// Takes a binding in.
    ///
    /// # Errors
    /// Where one of its kinds is bound already; the bindings are then as they were.
    pub fn insert(&mut self, binding: Binding) -> Result<(), Duplicate> {
        for kind in binding.kinds() {
            if let Some(first) = self.get(binding.group(), kind) {
                return Err(Duplicate {
                    group: binding.group().to_owned(),
                    kind: kind.to_owned(),
                    first: first.name().to_owned(),
                    second: binding.name().to_owned(),
                });
            }
        }
        let place = self.bindings.len();
        let kinds = self.by_kind.entry(binding.group.clone()).or_default();
        kinds.extend(binding.kinds.iter().map(|kind| (kind.clone(), place)));
        self.bindings.push(binding);
        Ok(())
    }

    /// The binding for a kind.
    #[must_use]
    pub fn get(&self, group: &str, kind: &str) -> Option<&Binding> {
        let place = self.by_kind.get(group)?.get(kind)?;
        self.bindings.get(*place)
    }

    /// All bindings, in the order in which they were taken in.
    pub fn iter(&self) -> impl Iterator<Item = &Binding> {
        self.bindings.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::binding::tests::compile;

    #[test]
    fn a_kind_has_one_binding_and_is_found_by_group_and_kind() {
        let named = |name: &str, target: &str| {
            compile(&format!("metadata: {{name: {name}}}\nspec: {{target: {{{target}}}, operations: [{{action: CreateDisk, on: [CREATE]}}]}}")).unwrap()
        };
        let mut bindings = Bindings::default();
        bindings
            .insert(named("one", "group: acme.example, kinds: [Vm, Gpu]"))
            .unwrap();
        bindings
            .insert(named("two", "group: other.example, kinds: [Vm]"))
            .unwrap();
        let duplicate = bindings
            .insert(named("three", "group: acme.example, kinds: [Disk, Gpu]"))
            .unwrap_err();
        assert_eq!(
            duplicate.to_string(),
            "Gpu.acme.example is bound twice, by OperationBinding `one` and by `three`: put their operations into one"
        );
        let name = |group, kind| bindings.get(group, kind).map(Binding::name);
        assert_eq!(name("acme.example", "Vm"), Some("one"));
        assert_eq!(name("acme.example", "Gpu"), Some("one"));
        assert_eq!(name("other.example", "Vm"), Some("two"));
        assert_eq!(name("acme.example", "Disk"), None);
        assert_eq!(name("acme.example", "vm"), None);
        assert_eq!(name("", "Vm"), None);
        assert!(bindings.iter().map(Binding::name).eq(["one", "two"]));
    }
}
