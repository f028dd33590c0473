//! The table of values that users write, and what is true of the chart whatever they are.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::chart::helm::helm;
use crate::chart::{KUBERNETES, documents, folder, template, values_file};

/// Values of the chart, what they are about, and what is rendered with them.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct Combination {
    pub(crate) name: String,
    pub(crate) values: Value,
    /// The release's objects, and those of `helm test`; the definitions in crds/ are not among them.
    #[serde(skip)]
    pub(crate) objects: Vec<Value>,
}

/// The release and the namespace that combinations are rendered for.
pub(crate) const RELEASE: &str = "table";
pub(crate) const NAMESPACE: &str = "chart-accepted";

/// The table, rendered by whoever asks first.
pub(crate) fn combinations() -> &'static [Combination] {
    static RENDERED: LazyLock<Vec<Combination>> = LazyLock::new(|| {
        let mut combinations: Vec<Combination> =
            serde_saphyr::from_str(include_str!("combinations.yaml")).unwrap();
        for Combination {
            name,
            values,
            objects,
        } in &mut combinations
        {
            let file = values_file(values);
            let options = ["--values".to_owned(), file.path().display().to_string()];
            let text = template(RELEASE, NAMESPACE, options);
            *objects = documents(&text.unwrap_or_else(|complaint| panic!("{name}: {complaint}")));
        }
        combinations
    });
    &RENDERED
}

#[test]
fn every_combination_passes_the_strict_lint() {
    let combinations = combinations();
    assert!(25 <= combinations.len(), "only {}", combinations.len());
    for combination in combinations {
        let file = values_file(&combination.values);
        let folder = folder();
        let arguments =
            ["lint", "--strict", "--kube-version", KUBERNETES, "--values"].map(AsRef::as_ref);
        let paths = [file.path().as_os_str(), folder.as_os_str()];
        if let Err(complaint) = helm(arguments.into_iter().chain(paths), &[]) {
            panic!("{}: {complaint}", combination.name);
        }
    }
}

#[test]
fn no_combination_renders_an_entry_of_the_registration_or_an_authority_for_it() {
    for combination in combinations() {
        let objects = &combination.objects;
        let of_kind = |kind: &str| {
            let objects = objects.iter().filter(|object| object["kind"] == kind);
            objects.collect::<Vec<_>>()
        };
        let name = &combination.name;
        let [configuration] = of_kind("ValidatingWebhookConfiguration")[..] else {
            panic!("{name}: there should be one registration");
        };
        let fields: Vec<&String> = configuration.as_object().unwrap().keys().collect();
        assert_eq!(fields, ["apiVersion", "kind", "metadata"], "{name}");
        let metadata = configuration["metadata"].as_object().unwrap();
        let fields: Vec<&String> = metadata.keys().collect();
        assert_eq!(fields, ["labels", "name"], "{name}");
        assert!(!json!(objects).to_string().contains("caBundle"), "{name}");
        assert!(of_kind("MutatingWebhookConfiguration").is_empty(), "{name}");
    }
}

#[test]
fn every_object_says_where_it_belongs_and_none_is_there_twice() {
    for combination in combinations() {
        let mut seen = BTreeSet::new();
        for object in &combination.objects {
            let (kind, metadata) = (&object["kind"], &object["metadata"]);
            let place = format!(
                "{}: {kind} {} {}",
                combination.name, metadata["namespace"], metadata["name"]
            );
            let labels = &metadata["labels"];
            assert_eq!(labels["app.kubernetes.io/instance"], RELEASE, "{place}");
            assert_eq!(labels["app.kubernetes.io/managed-by"], "Helm", "{place}");
            if let Some(team) = combination.values["commonLabels"]["team"].as_str() {
                assert_eq!(labels["team"], team, "{place}");
            }
            assert!(seen.insert(place.clone()), "{place} is there twice");
        }
    }
}

/// What nobody can set nobody can get wrong, and what nobody reads of is never set.
#[test]
fn the_schema_and_the_described_values_know_the_same_names() {
    let schema: Value =
        serde_json::from_str(include_str!("../../charts/arrears/values.schema.json")).unwrap();
    let values: Value =
        serde_saphyr::from_str(include_str!("../../charts/arrears/values.yaml")).unwrap();
    let mut differences = Vec::new();
    compare(&schema, &values, "", &mut differences);
    assert_eq!(differences, Vec::<String>::new());
}

fn compare(schema: &Value, values: &Value, path: &str, differences: &mut Vec<String>) {
    // Free-form parts and references end the comparison; `global` belongs to whoever includes this chart.
    let (Some(properties), Some(values)) = (schema["properties"].as_object(), values.as_object())
    else {
        return;
    };
    if path == "/policy/spec" {
        return;
    }
    assert_eq!(
        schema["additionalProperties"], false,
        "{path} takes anything"
    );
    for (name, property) in properties {
        let path = format!("{path}/{name}");
        match values.get(name) {
            Some(value) => compare(property, value, &path, differences),
            None if path == "/global" => {}
            None => differences.push(format!("{path} is not in values.yaml")),
        }
    }
    for name in values.keys().filter(|name| !properties.contains_key(*name)) {
        differences.push(format!("{path}/{name} is not in the schema"));
    }
}

#[test]
fn every_value_is_described() {
    let text = include_str!("../../charts/arrears/values.yaml");
    let mut described = false;
    for line in text.lines() {
        let value = line.trim_start();
        if value.starts_with('#') {
            described = true;
        } else if value.is_empty() {
            described = false;
        } else if !line.starts_with(' ') {
            assert!(described, "nothing is said of {line:?}");
        }
    }
}
