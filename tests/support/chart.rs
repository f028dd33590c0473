//! The chart as `helm template` renders it, and what its Deployment tells the program: for the tests of the chart, and for
//! those that start local processes in the place of its pods.
//!
//! `#[path = "support/chart.rs"] mod chart;` brings it in.

#![allow(
    dead_code,
    reason = "each test binary that includes this module uses its own part of it"
)]

pub(crate) mod helm;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::helm::helm;

/// The release that [`render`] renders, and with it the name of every object.
pub(crate) const RELEASE: &str = "arrears";

/// The namespace that [`render`] renders for.
pub(crate) const NAMESPACE: &str = "arrears-system";

/// The folder of the chart.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("charts/arrears")
}

/// Every object of the release [`RELEASE`] in [`NAMESPACE`], with values as `--set` takes them; the definitions come first.
pub(crate) fn render(values: &[(&str, &str)]) -> Vec<Value> {
    let values = values.iter().map(|(name, value)| format!("{name}={value}"));
    let set = values.flat_map(|value| ["--set".to_owned(), value]);
    let options = ["--include-crds".to_owned()].into_iter().chain(set);
    let text =
        template(RELEASE, NAMESPACE, options).unwrap_or_else(|complaint| panic!("{complaint}"));
    documents(&text)
}

/// The version of Kubernetes that is rendered for: Helm 3 takes whatever its build says, down to 1.20.
pub(crate) const KUBERNETES: &str = "1.36.3";

/// What `helm template` prints with these options, or complains about.
pub(crate) fn template(
    release: &str,
    namespace: &str,
    options: impl IntoIterator<Item = String>,
) -> Result<String, String> {
    let folder = folder().display().to_string();
    let arguments = ["template", release, &folder, "--namespace", namespace];
    let arguments = [&arguments[..], &["--kube-version", KUBERNETES]].concat();
    helm(arguments.into_iter().map(str::to_owned).chain(options), &[])
}

/// A file of values, there as long as this is.
pub(crate) fn values_file(values: &Value) -> tempfile::NamedTempFile {
    let mut file = tempfile::Builder::new()
        .prefix("arrears-values-")
        .suffix(".yaml")
        .tempfile()
        .unwrap();
    // JSON is YAML.
    file.write_all(values.to_string().as_bytes()).unwrap();
    file
}

/// YAML documents as JSON, without the empty ones.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"));
    documents
        .into_iter()
        .filter(|document| !document.is_null())
        .collect()
}

/// The object of this kind and name.
pub(crate) fn object<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let mut found = objects
        .iter()
        .filter(|object| object["kind"] == kind && object["metadata"]["name"] == name);
    match (found.next(), found.next()) {
        (Some(object), None) => object,
        (None, _) => panic!("there is no {kind} {name}"),
        (Some(_), Some(_)) => panic!("there are two of {kind} {name}"),
    }
}

/// What a rendered pod tells its container.
#[derive(Clone, Debug)]
pub(crate) struct Container {
    /// The arguments of the program.
    pub(crate) args: Vec<String>,
    namespace: String,
    variables: Vec<Value>,
}

/// The container of the webhook among rendered objects.
pub(crate) fn container(objects: &[Value]) -> Container {
    let mut deployments = objects
        .iter()
        .filter(|object| object["kind"] == "Deployment");
    let deployment = deployments.next().expect("a Deployment is rendered");
    Container::new(deployment, &deployment["spec"]["template"]["spec"])
}

/// The container of `helm test` among rendered objects.
pub(crate) fn test_container(objects: &[Value]) -> Container {
    let mut pods = objects.iter().filter(|object| object["kind"] == "Pod");
    let pod = pods.next().expect("a Pod is rendered");
    Container::new(pod, &pod["spec"])
}

impl Container {
    fn new(object: &Value, pod: &Value) -> Self {
        let container = &pod["containers"][0];
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        Self {
            args: list(&container["args"]).iter().map(text).collect(),
            namespace: text(&object["metadata"]["namespace"]),
            variables: list(&container["env"]),
        }
    }

    /// The environment as the kubelet makes it for a pod of this name; variables that Secrets hold are left out.
    pub(crate) fn env(&self, pod: &str) -> BTreeMap<String, String> {
        let mut env = BTreeMap::new();
        for variable in &self.variables {
            let source = &variable["valueFrom"];
            let value = match source["fieldRef"]["fieldPath"].as_str() {
                Some("metadata.name") => pod,
                Some("metadata.namespace") => &self.namespace,
                Some(path) => panic!("nobody knows the field {path} here"),
                None if source["secretKeyRef"].is_object() => continue,
                None => variable["value"].as_str().expect("a variable has a value"),
            };
            let name = variable["name"].as_str().expect("a variable has a name");
            let before = env.insert(name.to_owned(), value.to_owned());
            assert_eq!(before, None, "{name} is there twice");
        }
        env
    }
}
