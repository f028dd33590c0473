//! From an `OperationBinding` document to a binding that can be relied on, or to everything that is wrong with it.

use std::borrow::Cow;

use super::{Binding, IdPaths, Keep, Rule, path::BoundPath};
use crate::{
    api::{BoundOperation, ObjectPath, OperationBinding, Problem, Trigger},
    kinds::needs::{Need, Needs},
    matrix,
};

impl Binding {
    /// Compiles a binding.
    ///
    /// # Errors
    /// All that is wrong with it: what its own check finds, actions that do not exist or lack a path for an id they
    /// need, and paths whose work could not be bounded.
    pub fn compile(document: &OperationBinding) -> Result<Self, Vec<Problem>> {
        let spec = &document.spec;
        let mut compiler = Compiler {
            problems: document.check(),
            keep: Keep::default(),
            visits: 0,
        };
        let paths = &spec.paths;
        let binding = Self {
            name: document.metadata.name.as_deref().unwrap_or_default().into(),
            group: spec.target.group.as_str().into(),
            kinds: spec
                .target
                .kinds
                .iter()
                .map(|kind| kind.as_str().into())
                .collect(),
            region: compiler.path(paths.region.as_ref(), "spec.paths.region"),
            account: compiler.path(paths.account.as_ref(), "spec.paths.account"),
            instances: IdPaths::instances(
                compiler.paths(&paths.instance_ids, "spec.paths.instanceIds"),
            ),
            disks: IdPaths::disks(compiler.paths(&paths.disk_ids, "spec.paths.diskIds")),
            operations: compiler.rules(document),
            keep: compiler.keep,
        };
        if MOST_VISITS_TOGETHER < compiler.visits {
            let message = "its paths together take too many steps: use fewer or shorter ones";
            compiler.problems.push(Problem::new("spec", message));
        }
        if compiler.problems.is_empty() {
            Ok(binding)
        } else {
            Err(compiler.problems)
        }
    }
}

/// How often the paths of one binding may come by one node, all together.
const MOST_VISITS_TOGETHER: usize = 512;

struct Compiler {
    problems: Vec<Problem>,
    keep: Keep,
    visits: usize,
}

// === impl Compiler ===

impl Compiler {
    fn path(&mut self, path: Option<&ObjectPath>, field: &str) -> Option<BoundPath> {
        match BoundPath::compile(path?) {
            Ok(path) => {
                self.keep.add(path.outline());
                self.visits = self.visits.saturating_add(path.outline().visits);
                Some(path)
            }
            Err(reason) => {
                self.problems
                    .push(Problem::new(field, format!("`{}`: {reason}", path?)));
                None
            }
        }
    }

    fn paths(&mut self, paths: &[ObjectPath], field: &str) -> Vec<BoundPath> {
        let paths = paths.iter().enumerate();
        paths
            .filter_map(|(index, path)| self.path(Some(path), &format!("{field}[{index}]")))
            .collect()
    }

    fn rules(&mut self, document: &OperationBinding) -> Vec<Rule> {
        let mut rules = Vec::new();
        for (index, operation) in document.spec.operations.iter().enumerate() {
            let field = format!("spec.operations[{index}]");
            self.check_action(document, operation, &format!("{field}.action"));
            rules.push(Rule {
                calls: matrix::calls(Cow::Owned(operation.action.clone())),
                on_create: operation.on.contains(&Trigger::Create),
                on_update: operation.on.contains(&Trigger::Update),
                changed: self.path(operation.changed.as_ref(), &format!("{field}.changed")),
                equals: operation.equals.clone(),
            });
        }
        rules
    }

    fn check_action(
        &mut self,
        document: &OperationBinding,
        operation: &BoundOperation,
        field: &str,
    ) {
        let action = &operation.action;
        if !matrix::is_known_action(action) {
            let hint = matrix::nearest_action(action)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            self.problems.push(Problem::new(
                field,
                format!("`{action}` is no known ECS action{hint}"),
            ));
            return;
        }
        let paths = &document.spec.paths;
        for call in matrix::calls(action.as_str().into()) {
            let needs = Needs::of(&call);
            for (need, paths, what, name) in [
                (
                    needs.instances,
                    &paths.instance_ids,
                    "an instance",
                    "instanceIds",
                ),
                (needs.disks, &paths.disk_ids, "a disk", "diskIds"),
            ] {
                if need == Need::Required && paths.is_empty() {
                    let message = format!(
                        "`{action}` needs the id of {what}: give its path in spec.paths.{name}"
                    );
                    self.problems.push(Problem::new(field, message));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::kinds::binding::tests::binding;

    #[test]
    fn a_binding_that_could_not_work_is_refused_with_all_that_is_wrong() {
        const TARGET: &str = "target: {group: acme.example, kinds: [Vm]}";
        for (spec, expected) in [
            (
                format!("{{{TARGET}, operations: [{{action: StartInstanse, on: [UPDATE]}}]}}"),
                "spec.operations[0].action: `StartInstanse` is no known ECS action; did you mean `StartInstance`?",
            ),
            (
                format!("{{{TARGET}, operations: [{{action: FlyToTheMoon, on: [UPDATE]}}]}}"),
                "spec.operations[0].action: `FlyToTheMoon` is no known ECS action",
            ),
            (
                format!("{{{TARGET}, operations: [{{action: StartInstance, on: [UPDATE]}}]}}"),
                "spec.operations[0].action: `StartInstance` needs the id of an instance: give its path in spec.paths.instanceIds",
            ),
            (
                format!("{{{TARGET}, paths: {{instanceIds: [$.a]}}, operations: [{{action: DetachDisk, on: [UPDATE]}}]}}"),
                "spec.operations[0].action: `DetachDisk` needs the id of a disk: give its path in spec.paths.diskIds",
            ),
            (
                format!("{{{TARGET}, operations: [{{action: CreateDisk, on: [UPDATE], changed: '$..a..b'}}]}}"),
                "spec.operations[0].changed: `$..a..b`: `..` can be used once in a path: twice, its work grows faster than the object",
            ),
            (
                format!("{{{TARGET}, paths: {{diskIds: [$.a, '$[?$.b]']}}, operations: [{{action: CreateDisk, on: [UPDATE]}}]}}"),
                "spec.paths.diskIds[1]: `$[?$.b]`: a filter can look only at the tested node (`@`), not at the object (`$`)",
            ),
            (
                format!("{{{TARGET}, operations: [{{action: CreateDisk, on: [UPDATE], equals: 1}}]}}"),
                "spec.operations[0].equals: needs changed: the path whose value is compared",
            ),
            (
                "{target: {group: '', kinds: [Pod]}, operations: [{action: CreateDisk, on: [UPDATE]}]}".to_owned(),
                "spec.target.group: `` can't be bound: expected the domain of a custom group, such as acme.example",
            ),
            (
                "{target: {group: storage.k8s.io, kinds: [VolumeAttachment]}, operations: [{action: AttachDisk, on: [CREATE]}], paths: {instanceIds: [$.a], diskIds: [$.b]}}".to_owned(),
                "spec.target.group: Kubernetes' own group `storage.k8s.io` can't be bound",
            ),
            (
                "{target: {group: arrears.dev, kinds: [EcsOperation]}, operations: [{action: CreateDisk, on: [CREATE]}]}".to_owned(),
                "spec.target.group: arrears' own kinds can't be bound",
            ),
            (
                "{target: {group: machine.openshift.io, kinds: [Machine]}, operations: [{action: RunInstances, on: [CREATE]}]}".to_owned(),
                "spec.target.kinds[0]: the meaning of `Machine` is built in, it can't be bound",
            ),
        ] {
            assert_eq!(binding(&spec).unwrap_err(), [expected]);
        }
        let several = binding(&format!(
            "{{{TARGET}, paths: {{region: $..a..b}}, operations: [{{action: Nope, on: [UPDATE]}}, {{action: StopInstance, on: [UPDATE]}}]}}"
        )).unwrap_err();
        assert_eq!(several.len(), 3, "{several:?}");
        let long: String = (0..32)
            .map(|_| format!("'${}',", ".*".repeat(20)))
            .collect();
        let heavy = binding(&format!(
            "{{{TARGET}, paths: {{instanceIds: [{long}]}}, operations: [{{action: CreateDisk, on: [CREATE]}}]}}"
        )).unwrap_err();
        assert_eq!(
            heavy,
            ["spec: its paths together take too many steps: use fewer or shorter ones"]
        );
    }
}
