//! The shipped examples, read and obeyed by the command that users run.

use std::{fs, path::Path};

use super::arrears;

const LOCKS: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec:
  account: prod
  region: cn-hangzhou
  source: File
  instances: {i-bp1locked: {reasons: [financial]}}
  disks: {}
";

const NAMESPACES: &str = r"
apiVersion: v1
kind: Namespace
metadata: {name: shoot--shop--hangzhou, labels: {shoot.gardener.cloud/provider: alicloud}}
---
apiVersion: v1
kind: Namespace
metadata: {name: shoot--shop--ireland, labels: {shoot.gardener.cloud/provider: aws}}
";

/// One Machine in each of these namespaces, each with this spec.
fn machines(machines: &[(&str, &str)]) -> String {
    let documents = machines.iter().enumerate().map(|(number, (namespace, spec))| {
        format!(
            "apiVersion: machine.sapcloud.io/v1alpha1\nkind: Machine\nmetadata: {{name: m{number}, namespace: {namespace}}}\nspec: {{class: {{kind: MachineClass, name: worker}}{spec}}}\n---\n"
        )
    });
    documents.collect()
}

/// Checks Machines against the Gardener example: the exit code, and what is said.
fn check(config: &Path, given: &str) -> (i32, String) {
    let ran = arrears(&["check", "-", "--config", config.to_str().unwrap()], given);
    (ran.code, ran.stdout + &ran.stderr)
}

#[test]
fn gardener_machines_are_judged_in_the_shoots_of_this_provider_only() {
    let config = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gardener");
    for name in ["binding.yaml", "policy.yaml"] {
        fs::copy(examples.join(name), config.path().join(name)).unwrap();
    }
    fs::write(config.path().join("locks.yaml"), LOCKS).unwrap();
    fs::write(config.path().join("namespaces.yaml"), NAMESPACES).unwrap();

    let (code, said) = check(config.path(), &machines(&[("shoot--shop--hangzhou", "")]));
    assert_eq!(code, 1, "{said}");
    assert!(
        said.contains("CreateInstance (as RunInstances) would fail"),
        "{said}"
    );
    assert!(said.contains("i-bp1locked"), "{said}");

    let (code, said) = check(
        config.path(),
        &machines(&[
            ("shoot--shop--ireland", ""),
            (
                "shoot--shop--hangzhou",
                ", providerID: cn-hangzhou.i-bp1restored",
            ),
        ]),
    );
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("2 allowed"), "{said}");
}
