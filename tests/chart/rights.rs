//! The rights: these and no others.

use std::process::Command;

use serde_json::Value;

use crate::chart::{documents, object, render};
use crate::combinations::combinations;

/// Everything the program may do, one line for each: where, what, which names, how.
const RIGHTS: &str = "\
cluster admissionregistration.k8s.io/validatingwebhookconfigurations [arrears] list patch watch
cluster arrears.dev/ecsaccounts [*] list watch
cluster arrears.dev/ecsaccounts/status [*] patch
cluster arrears.dev/locksnapshots [*] create delete patch
cluster arrears.dev/locksnapshots [*] list watch
cluster arrears.dev/operationbindings [*] list watch
cluster arrears.dev/overduepolicies [*] list watch
cluster core/namespaces [*] list watch
default events.k8s.io/events [*] create
own arrears.dev/ecsoperations [*] create
own coordination.k8s.io/leases [*] create
own coordination.k8s.io/leases [arrears] get update
own core/secrets [*] create
own core/secrets [arrears-ca] get update
own core/secrets [arrears-tls] get update
own core/secrets [arrears-tls] list watch
";

fn strings(value: &Value) -> Vec<String> {
    let values = value.as_array().into_iter().flatten();
    values
        .map(|value| value.as_str().unwrap().to_owned())
        .collect()
}

/// The rules of all roles among objects, in lines as [`RIGHTS`] has them.
fn rights(objects: &[Value]) -> String {
    let mut lines = Vec::new();
    for role in objects {
        let place = match (
            role["kind"].as_str(),
            role["metadata"]["namespace"].as_str(),
        ) {
            (Some("ClusterRole"), None) => "cluster",
            (Some("Role"), Some("default")) => "default",
            (Some("Role"), Some(_)) => "own",
            _ => continue,
        };
        for rule in role["rules"].as_array().unwrap() {
            let mut verbs = strings(&rule["verbs"]);
            verbs.sort();
            let verbs = verbs.join(" ");
            let names = match strings(&rule["resourceNames"]) {
                names if names.is_empty() => vec!["*".to_owned()],
                names => names,
            };
            for group in strings(&rule["apiGroups"]) {
                let group = if group.is_empty() { "core" } else { &group };
                for resource in strings(&rule["resources"]) {
                    lines.extend(
                        names
                            .iter()
                            .map(|name| format!("{place} {group}/{resource} [{name}] {verbs}\n")),
                    );
                }
            }
        }
    }
    lines.sort();
    lines.concat()
}

/// What `arrears manifests rbac` writes for these options.
fn of_the_program(options: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_arrears"))
        .args(["manifests", "rbac"])
        .args(options)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    rights(&documents(&String::from_utf8(output.stdout).unwrap()))
}

#[test]
fn the_rights_are_these() {
    assert_eq!(rights(&render(&[])), RIGHTS);
}

#[test]
fn the_rights_are_those_that_the_program_says_it_needs() {
    let secrets = [
        ("credentials.secrets", "{keys-a,keys-b}"),
        ("certificates.source", "CertManager"),
    ];
    let options = [
        "--credential-secret=keys-a",
        "--credential-secret=keys-b",
        "--certificates=files",
    ];
    assert_eq!(of_the_program(&[]), RIGHTS);
    assert_eq!(of_the_program(&options), rights(&render(&secrets)));
}

#[test]
fn secrets_with_credentials_can_be_read_one_by_one_and_no_others() {
    let objects = render(&[
        ("accounts[0].name", "prod"),
        ("accounts[0].spec.credentials.source", "Secret"),
        ("accounts[0].spec.credentials.secretRef.name", "keys-prod"),
        ("credentials.secrets", "{keys-other,keys-prod}"),
    ]);
    let rights = rights(&objects);
    let more: Vec<&str> = rights
        .lines()
        .filter(|line| !RIGHTS.contains(line))
        .collect();
    assert_eq!(
        more,
        [
            "own core/secrets [keys-other] get",
            "own core/secrets [keys-prod] get"
        ]
    );
    let account = object(&objects, "EcsAccount", "prod");
    let reference = &account["spec"]["credentials"]["secretRef"];
    assert_eq!(
        reference["namespace"], "arrears-system",
        "the release's namespace is filled in"
    );
}

#[test]
fn certificates_from_elsewhere_take_no_right_to_secrets() {
    for source in ["CertManager", "Secret"] {
        let objects = render(&[
            ("certificates.source", source),
            ("certificates.secretName", "tls"),
        ]);
        assert!(!rights(&objects).contains("secrets"), "{source}");
    }
}

#[test]
fn every_right_is_bound_to_the_service_account_of_the_pods_and_to_nobody_else() {
    for combination in combinations() {
        let objects = &combination.objects;
        let of_kind =
            |kind: &'static str| objects.iter().filter(move |object| object["kind"] == kind);
        let deployment = of_kind("Deployment").next().unwrap();
        let account = &deployment["spec"]["template"]["spec"]["serviceAccountName"];
        for (roles, bindings) in [
            ("Role", "RoleBinding"),
            ("ClusterRole", "ClusterRoleBinding"),
        ] {
            assert_eq!(of_kind(roles).count(), of_kind(bindings).count());
            for binding in of_kind(bindings) {
                let name = &combination.name;
                let [subject] = &binding["subjects"].as_array().unwrap()[..] else {
                    panic!("{name}: {binding}");
                };
                assert_eq!(&subject["name"], account, "{name}");
                assert_eq!(
                    subject["namespace"], deployment["metadata"]["namespace"],
                    "{name}"
                );
                let bound = of_kind(roles).any(|role| {
                    binding["roleRef"]["name"] == role["metadata"]["name"]
                        && binding["metadata"]["namespace"] == role["metadata"]["namespace"]
                });
                assert!(
                    bound && binding["roleRef"]["kind"] == roles,
                    "{name}: {binding}"
                );
            }
        }
    }
}
