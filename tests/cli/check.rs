//! `arrears check` over manifests, with and without the state before.

use std::{fs, path::Path};

use tempfile::TempDir;

use super::{Ran, arrears};

const LOCKED: &str = "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {name: prod.cn-hangzhou}\nspec:\n  account: prod\n  region: cn-hangzhou\n  instances:\n    i-bp1locked: {reasons: [financial], disks: []}\n";

/// An Instance as an author writes it, `status` on line 10.
fn instance(name: &str, status: &str) -> String {
    format!(
        "# web servers\napiVersion: ecs.alibabacloud.crossplane.io/v1alpha1\nkind: Instance\nmetadata:\n  name: {name}\nspec:\n  forProvider:\n    region: cn-hangzhou\n    instanceType: ecs.g7.large\n    status: {status}\n"
    )
}

/// The same Instance as the cluster holds it.
fn in_cluster(name: &str, id: &str, status: &str) -> String {
    format!(
        "apiVersion: v1\nkind: List\nitems:\n- apiVersion: ecs.alibabacloud.crossplane.io/v1alpha1\n  kind: Instance\n  metadata:\n    name: {name}\n    annotations: {{crossplane.io/external-name: {id}}}\n  spec:\n    managementPolicies: [\"*\"]\n    providerConfigRef: {{name: default}}\n    forProvider: {{region: cn-hangzhou, instanceType: ecs.g7.large, status: {status}, imageId: m-1}}\n  status:\n    atProvider: {{status: {status}, instanceType: ecs.g7.large, imageId: m-1}}\n"
    )
}

struct Folder(TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn check(&self, arguments: &[&str], stdin: &str) -> Ran {
        let locked = self.path("locks.yaml");
        fs::write(Path::new(&locked), LOCKED).unwrap();
        arrears(
            &[&["check", "--snapshot", &locked], arguments].concat(),
            stdin,
        )
    }
}

#[test]
fn a_change_against_the_base_is_judged_with_the_id_that_the_cluster_holds() {
    let after = instance("web", "Running");
    let folder = Folder::new(&[
        ("after/web.yaml", &after),
        ("locked.yaml", &in_cluster("web", "i-bp1locked", "Stopped")),
        ("paid.yaml", &in_cluster("web", "i-bp1paid", "Stopped")),
        ("same.yaml", &in_cluster("web", "i-bp1locked", "Running")),
    ]);
    let (path, web) = (folder.path("after"), folder.path("after/web.yaml"));
    let ran = folder.check(&[&path, "--base", &folder.path("locked.yaml")], "");
    assert_eq!(ran.code, 1, "{}", ran.stderr);
    assert_eq!(
        ran.stdout,
        format!(
            "{web}:10: deny: Instance web: ECS StartInstance would fail: instance i-bp1locked (account prod, cn-hangzhou) is locked for \
             overdue payment [matrix 2018-06: instance overdue, disk normal -> error; field spec.forProvider.status]. Settle the bill, \
             then retry.\n1 ECS objects: 1 denied, 0 unknown, 0 warned, 0 allowed\n"
        )
    );
    for base in ["paid.yaml", "same.yaml"] {
        let ran = folder.check(&[&path, "--base", &folder.path(base)], "");
        assert_eq!(ran.code, 0, "{base}: {}", ran.stdout);
    }
}

#[test]
fn what_is_not_in_the_base_is_a_creation() {
    let folder = Folder::new(&[("base.yaml", &in_cluster("other", "i-bp1paid", "Running"))]);
    let ran = folder.check(
        &["-", "--base", &folder.path("base.yaml"), "-o", "json"],
        &instance("web", "Running"),
    );
    assert_eq!(ran.code, 1);
    let json = ran.json();
    let result = &json["results"][0];
    assert_eq!(
        (&result["file"], &result["line"], &result["operation"]),
        (&"-".into(), &2.into(), &"CREATE".into())
    );
    assert_eq!(
        (&result["verdict"], &result["name"], &result["namespace"]),
        (&"deny".into(), &"web".into(), &"".into())
    );
    let finding = &result["findings"][0];
    let expected = serde_json::json!({
        "action": "CreateInstance", "target": "prod", "state": "instance", "ruling": "Forbidden", "edition": "2018-06",
        "field": "spec.forProvider", "rule": "-"
    });
    for (key, value) in expected.as_object().unwrap() {
        assert_eq!(&finding[key], value, "{key}");
    }
    assert_eq!(
        json["summary"],
        serde_json::json!({"deny": 1, "warn": 0, "allow": 0, "unknown": 0})
    );
}

#[test]
fn an_update_whose_id_nobody_shows_is_unknown_and_names_the_action() {
    let before = in_cluster("web", "i-x", "Stopped")
        .replace("    annotations: {crossplane.io/external-name: i-x}\n", "");
    let folder = Folder::new(&[("base.yaml", &before)]);
    let ran = folder.check(
        &["-", "--base", &folder.path("base.yaml"), "-o", "json"],
        &instance("web", "Running"),
    );
    assert_eq!(ran.code, 0, "unknown warns by default: {}", ran.stdout);
    let json = ran.json();
    assert_eq!(json["results"][0]["verdict"], "unknown");
    assert_eq!(json["results"][0]["findings"][0]["action"], "StartInstance");
    let strict = folder.check(
        &[
            "-",
            "--base",
            &folder.path("base.yaml"),
            "--fail-on",
            "warn",
        ],
        &instance("web", "Running"),
    );
    assert_eq!(strict.code, 1);
}

#[test]
fn namespaced_objects_without_a_namespace_take_the_one_that_is_given() {
    let folder = Folder::new(&[]);
    let operation = "apiVersion: arrears.dev/v1alpha1\nkind: EcsOperation\nmetadata: {name: go}\nspec: {action: StartInstance, instanceIds: [i-bp1locked], regionId: cn-hangzhou}\n";
    let ran = folder.check(&["-", "-n", "shop", "-o", "json"], operation);
    assert_eq!(ran.json()["results"][0]["namespace"], "shop");
    assert_eq!(ran.code, 1);
}

#[test]
fn what_is_not_ours_is_passed_over_and_helm_comments_do_no_harm() {
    let folder = Folder::new(&[]);
    let rendered = "---\n# Source: shop/templates/web.yaml\napiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n---\n# only a comment\n---\n{\"apiVersion\": \"v1\", \"kind\": \"ConfigMap\", \"metadata\": {\"name\": \"a\"}}\n";
    let ran = folder.check(&["-"], rendered);
    assert_eq!(
        (ran.code, ran.stdout.as_str()),
        (
            0,
            "0 ECS objects: 0 denied, 0 unknown, 0 warned, 0 allowed\n"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn what_cannot_be_read_is_told_and_hides_nothing_else() {
    let folder = Folder::new(&[(
        "web.yaml",
        &format!("a: [\n---\n{}", instance("web", "Running")),
    )]);
    let missing = folder.path("missing.yaml");
    let ran = folder.check(&[&folder.path("web.yaml"), &missing], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stdout.contains("1 denied"), "{}", ran.stdout);
    assert!(
        ran.stderr
            .contains(&format!("{}:", folder.path("web.yaml"))),
        "{}",
        ran.stderr
    );
    assert!(ran.stderr.contains(&missing), "{}", ran.stderr);
    let binary = Folder::new(&[]);
    fs::write(binary.path("a.yaml"), b"\x7fELF\0\0\x01").unwrap();
    let ran = binary.check(&[&binary.path("a.yaml")], "");
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("not a text file"), "{}", ran.stderr);
}

#[test]
fn without_any_facts_there_is_nothing_to_judge_by() {
    let ran = arrears(&["check", "-"], &instance("web", "Running"));
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(
        ran.stderr.contains("--snapshot FILE") && ran.stderr.contains("--config DIR"),
        "{}",
        ran.stderr
    );
}

#[test]
fn an_empty_folder_is_an_error_that_names_it() {
    let folder = Folder::new(&[("sub/readme.txt", "nothing")]);
    let ran = folder.check(&[&folder.path("sub")], "");
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr.contains("no .yaml, .yml or .json file"),
        "{}",
        ran.stderr
    );
}
