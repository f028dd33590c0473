//! Definitions of the kinds that belong to others, and their installation.
//!
//! `tests/crds` holds small ones, enough for a clone alone. The providers' own take their place, kind by kind, where they
//! are at hand: in the folder that `ARREARS_TEST_CRDS` names (empty: nowhere), or else in `../shared/crds` beside the checkout.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use hyper::Request;
use serde_json::{Value, json};

use super::Plane;
use super::users::{self, ADMIN};
use super::wait::until;

const VARIABLE: &str = "ARREARS_TEST_CRDS";

/// The definitions to test with, by name: the small ones, replaced where there are real ones.
pub(crate) fn foreign() -> Vec<Value> {
    let mut definitions = small();
    let real = real();
    for (name, definition) in &mut definitions {
        if let Some(real) = real.get(name) {
            definition.clone_from(real);
        }
    }
    definitions.into_values().collect()
}

/// The small definitions of this repository, by name.
pub(crate) fn small() -> BTreeMap<String, Value> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/crds");
    let definitions = read(&folder);
    assert!(
        !definitions.is_empty(),
        "no definitions in {}",
        folder.display()
    );
    definitions
}

/// The providers' own definitions, by name; those in a form that API servers no longer take are left out.
pub(crate) fn real() -> BTreeMap<String, Value> {
    folder().map_or_else(BTreeMap::new, |folder| read(&folder))
}

/// The providers' own examples, where their definitions are at hand: paths and texts from the folder `examples` beside those.
pub(crate) fn examples() -> BTreeMap<String, String> {
    let mut examples = BTreeMap::new();
    if let Some(folder) = folder() {
        let beside = folder.with_file_name("examples");
        each_yaml(&beside, &mut |path| {
            let text = fs::read_to_string(path).unwrap();
            examples.insert(path.display().to_string(), text);
        });
    }
    examples
}

fn folder() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/crds");
    match std::env::var_os(VARIABLE).map(PathBuf::from) {
        Some(folder) if folder.as_os_str().is_empty() => None,
        Some(folder) if folder.is_dir() => Some(folder),
        Some(folder) => panic!("{VARIABLE} is {}, which is no folder", folder.display()),
        None => Some(beside()).filter(|folder| folder.is_dir()),
    }
}

impl Plane {
    /// Installs definitions and waits until objects of their kinds can be made.
    pub(crate) async fn install_crds(&self, definitions: &[Value]) {
        for definition in definitions {
            self.apply(
                definition,
                "apiextensions.k8s.io/v1/customresourcedefinitions",
            )
            .await;
        }
        for definition in definitions {
            self.until_served(definition).await;
        }
    }

    /// Gives the users of the plane their rights.
    pub(super) async fn allow_users(&self) {
        let [role, binding] = users::rights();
        self.apply(&role, "rbac.authorization.k8s.io/v1/clusterroles")
            .await;
        self.apply(&binding, "rbac.authorization.k8s.io/v1/clusterrolebindings")
            .await;
    }

    async fn apply(&self, object: &Value, resource: &str) {
        let name = name_of(object);
        let request = Request::patch(format!(
            "/apis/{resource}/{name}?fieldManager=tests&force=true"
        ))
        .header("content-type", "application/apply-patch+yaml")
        .body(object.to_string().into_bytes())
        .unwrap();
        let applied = self.client(ADMIN).await.request::<Value>(request).await;
        applied.unwrap_or_else(|error| panic!("{name} can't be installed: {error}"));
    }

    /// Waits until the definition is established and discovery lists the kind: the one comes a moment before the other.
    async fn until_served(&self, definition: &Value) {
        let name = name_of(definition);
        let client = self.client(ADMIN).await;
        let get = async |path: String| {
            let request = Request::get(path).body(Vec::new()).unwrap();
            client
                .request::<Value>(request)
                .await
                .map_err(|error| error.to_string())
        };
        until(name, async || {
            let installed = get(format!(
                "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{name}"
            ))
            .await?;
            let conditions = installed["status"]["conditions"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let established = |condition: &Value| {
                condition["type"] == "Established" && condition["status"] == "True"
            };
            match conditions.iter().any(established) {
                true => Ok(()),
                false => Err(format!("not established: {}", json!(conditions))),
            }
        })
        .await;
        let spec = &definition["spec"];
        for version in spec["versions"].as_array().into_iter().flatten() {
            let group_version = format!(
                "{}/{}",
                spec["group"].as_str().unwrap_or_default(),
                version["name"].as_str().unwrap_or_default()
            );
            until(name, async || {
                let listed = get(format!("/apis/{group_version}")).await?;
                let mut resources = listed["resources"].as_array().into_iter().flatten();
                match resources.any(|resource| resource["name"] == spec["names"]["plural"]) {
                    true => Ok(()),
                    false => Err(format!("not listed in {group_version}")),
                }
            })
            .await;
        }
    }
}

fn name_of(object: &Value) -> &str {
    object["metadata"]["name"]
        .as_str()
        .expect("the object has a name")
}

/// Every definition in a folder and the folders in it.
fn read(folder: &Path) -> BTreeMap<String, Value> {
    let mut definitions = BTreeMap::new();
    each_yaml(folder, &mut |path| definitions.extend(documents(path)));
    definitions
}

fn each_yaml(folder: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.unwrap().path();
        match path.extension().and_then(|extension| extension.to_str()) {
            None if path.is_dir() => each_yaml(&path, visit),
            Some("yaml") => visit(&path),
            _ => {}
        }
    }
}

fn documents(path: &Path) -> impl Iterator<Item = (String, Value)> {
    let text = fs::read_to_string(path).unwrap();
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    documents
        .into_iter()
        .filter(|document| {
            document["apiVersion"] == "apiextensions.k8s.io/v1"
                && document["kind"] == "CustomResourceDefinition"
        })
        .map(|definition| (name_of(&definition).to_owned(), definition))
}
