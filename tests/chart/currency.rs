//! What is made from other files is made from them as they are now.
//!
//! - The chart's definitions are those of manifests/crds.
//! - manifests/ is what `helm template` renders with nothing set, without the labels that say Helm.
//!
//! With `ARREARS_RENEW_MANIFESTS` set, what has become stale is written anew instead of being complained about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::chart::{NAMESPACE, RELEASE, documents, render, template};
use crate::scene::plane;

const RENEW: &str = "ARREARS_RENEW_MANIFESTS";
const SOURCE: &str = "# Source: arrears/templates/";

/// Written by hand: what Helm does not render.
const BY_HAND: [&str; 2] = ["kustomization.yaml", "namespace.yaml"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The YAML files of a folder, by name.
fn files(folder: &Path) -> BTreeMap<String, String> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.map(|entry| entry.unwrap().path());
    let yaml = paths.filter(|path| {
        path.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    yaml.map(|path| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, fs::read_to_string(path).unwrap())
    })
    .collect()
}

/// What `helm template` renders with nothing set, one file for each template; tests are left out.
fn rendered() -> BTreeMap<String, String> {
    let text = template(RELEASE, NAMESPACE, []).unwrap();
    let mut files = BTreeMap::<String, String>::new();
    for document in text.split("\n---\n") {
        let document = document.trim_start_matches("---\n").trim();
        let (source, body) = document.split_once('\n').unwrap();
        let name = source.strip_prefix(SOURCE).unwrap();
        if name.contains('/') {
            continue;
        }
        let lines = body.lines().filter(|line| !says_helm(line));
        let body: String = lines.map(|line| format!("{}\n", line.trim_end())).collect();
        let head = "# From charts/arrears, by `just manifests`.\n";
        let file = files
            .entry(name.to_owned())
            .or_insert_with(|| head.to_owned());
        file.push_str("---\n");
        file.push_str(&body);
    }
    files
}

fn says_helm(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("helm.sh/chart:") || line.starts_with("app.kubernetes.io/managed-by:")
}

/// Compares two sets of files; where they differ, the folder is renewed if that is asked for.
fn assert_current(
    folder: &Path,
    wanted: &BTreeMap<String, String>,
    present: &BTreeMap<String, String>,
) {
    let names: BTreeSet<&String> = wanted.keys().chain(present.keys()).collect();
    let differ = |name: &&String| wanted.get(*name) != present.get(*name);
    let stale: Vec<&String> = names.into_iter().filter(differ).collect();
    if std::env::var_os(RENEW).is_none() {
        assert!(
            stale.is_empty(),
            "stale in {}: {stale:?}; renew with `just manifests`",
            folder.display()
        );
        return;
    }
    for name in stale {
        match wanted.get(name) {
            Some(text) => fs::write(folder.join(name), text).unwrap(),
            None => fs::remove_file(folder.join(name)).unwrap(),
        }
    }
}

fn manifests() -> PathBuf {
    root().join("manifests")
}

#[test]
fn the_chart_has_the_definitions_that_the_program_writes() {
    let folder = root().join("charts/arrears/crds");
    assert_current(&folder, &files(&manifests().join("crds")), &files(&folder));
}

#[test]
fn manifests_are_what_the_chart_renders_with_nothing_set() {
    let mut present = files(&manifests());
    for name in BY_HAND {
        assert!(present.remove(name).is_some(), "{name} is missing");
    }
    assert_current(&manifests(), &rendered(), &present);
}

/// Objects by kind, namespace and name, without the labels that say Helm.
fn by_name(objects: Vec<Value>) -> BTreeMap<String, Value> {
    let named = objects.into_iter().map(|mut object| {
        if let Some(labels) = object["metadata"]["labels"].as_object_mut() {
            labels.remove("helm.sh/chart");
            labels.remove("app.kubernetes.io/managed-by");
        }
        let metadata = &object["metadata"];
        let name = format!(
            "{} {} {}",
            object["kind"], metadata["namespace"], metadata["name"]
        );
        (name, with_plain_numbers(object))
    });
    named.collect()
}

/// 1000 and 1000.0 are one number to an API server, and kustomize makes the one of the other.
fn with_plain_numbers(value: Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(items) => items.into_iter().map(with_plain_numbers).collect(),
        Value::Object(fields) => {
            let plain = |(name, value)| (name, with_plain_numbers(value));
            fields.into_iter().map(plain).collect()
        }
        other => other,
    }
}

#[tokio::test]
async fn kustomize_makes_the_same_of_them_as_helm_and_the_api_server_takes_it() {
    let plane = plane().await;
    let folder = manifests().display().to_string();
    let made = plane.kubectl(&["kustomize", &folder], "").await.text();
    let mut made = by_name(documents(&made));
    let namespace = made
        .remove(r#""Namespace" null "arrears-system""#)
        .expect("the namespace");
    let labels = &namespace["metadata"]["labels"];
    assert_eq!(labels["pod-security.kubernetes.io/enforce"], "restricted");

    let mut wanted = render(&[]);
    wanted.retain(|object| object["metadata"]["annotations"]["helm.sh/hook"].is_null());
    let wanted = by_name(wanted);
    assert_eq!(
        made.keys().collect::<Vec<_>>(),
        wanted.keys().collect::<Vec<_>>()
    );
    for (name, object) in &made {
        assert!(
            *object == wanted[name],
            "{name}: {object}\n\n{}",
            wanted[name]
        );
    }

    let apply = ["apply", "--validate=strict", "-k", &folder];
    let first = plane.kubectl(&apply, "").await.text();
    assert_eq!(first.lines().count(), made.len() + 1, "{first}");
    // `apply` would call a PodDisruptionBudget configured each time, for it always sends the selector again.
    let difference = plane.kubectl(&["diff", "-k", &folder], "").await;
    assert_eq!(
        (difference.code, difference.stdout.as_str()),
        (0, ""),
        "{}",
        difference.stderr
    );
}
