//! The plane of these tests: definitions of others' kinds, and a release that `helm install` made on an empty cluster.
//!
//! The release is what brings our definitions, as it does for a user: with an account and a policy in the same step.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::chart::helm::helm;
use crate::chart::{folder, values_file};
use crate::plane::Plane;
use crate::plane::call::create;

/// The release of [`plane`] and its namespace; its objects are called `billing-arrears`.
pub(crate) const RELEASE: &str = "billing";
pub(crate) const NAMESPACE: &str = "chart-release";

/// The values of the release.
pub(crate) fn values() -> Value {
    json!({
        "stage": "observe",
        "accounts": [{"name": "prod", "spec": {"regions": ["cn-hangzhou"]}}],
    })
}

/// The plane with that release.
pub(crate) async fn plane() -> &'static Plane {
    static READY: OnceCell<()> = OnceCell::const_new();
    let plane = Plane::shared().await;
    let ready = READY.get_or_init(async || {
        plane.install_crds(&others()).await;
        let install = ["install", RELEASE, "CHART", "--create-namespace"];
        on(plane, &install, &values())
            .await
            .unwrap_or_else(|complaint| panic!("{complaint}"));
    });
    ready.await;
    plane
}

/// The kinds of the Prometheus operator and of cert-manager, small ones.
fn others() -> Vec<Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart/crds");
    let files = fs::read_dir(folder).unwrap();
    let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
    texts
        .map(|text| serde_saphyr::from_str(&text).unwrap())
        .collect()
}

/// Runs Helm against the plane as its administrator; `CHART` stands for the chart.
pub(crate) async fn on(
    plane: &Plane,
    arguments: &[&str],
    values: &Value,
) -> Result<String, String> {
    let chart = folder().display().to_string();
    let mut arguments: Vec<String> = arguments
        .iter()
        .map(|argument| {
            if *argument == "CHART" {
                chart.clone()
            } else {
                (*argument).to_owned()
            }
        })
        .collect();
    arguments.extend(["--namespace", NAMESPACE].map(str::to_owned));
    let file = values_file(values);
    if arguments.contains(&chart) {
        arguments.extend(["--values".to_owned(), file.path().display().to_string()]);
    }
    let kubeconfig = plane.kubeconfig();
    let run = move || {
        let variables: [(&str, &OsStr); 1] = [("KUBECONFIG", kubeconfig.as_os_str())];
        let output = helm(arguments, &variables);
        drop(file);
        output
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// Makes a namespace in which pods that do not pass the restricted standard are refused, and other objects warned of.
pub(crate) async fn restricted_namespace(plane: &Plane, name: &str) {
    let labels = json!({
        "pod-security.kubernetes.io/enforce": "restricted",
        "pod-security.kubernetes.io/warn": "restricted",
    });
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}});
    let answer = plane.answers(create(namespace)).await;
    assert!([201, 409].contains(&answer.code), "{}", answer.body);
}
