//! The committed manifests are the ones that `arrears manifests` writes.

use arrears::cli::manifests::custom_resource_definitions;
use std::collections::BTreeMap;
use std::path::Path;

#[test]
fn committed_definitions_are_up_to_date() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("manifests/crds");
    let committed: BTreeMap<String, String> = std::fs::read_dir(&directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let yaml = std::fs::read_to_string(entry.path()).unwrap();
            (entry.file_name().into_string().unwrap(), yaml)
        })
        .collect();
    let generated: BTreeMap<String, String> = custom_resource_definitions()
        .unwrap()
        .into_iter()
        .map(|document| (document.file_name, document.yaml))
        .collect();
    let stale: Vec<&String> = generated
        .keys()
        .chain(committed.keys())
        .filter(|file_name| generated.get(*file_name) != committed.get(*file_name))
        .collect();
    assert!(
        stale.is_empty(),
        "stale in manifests/crds: {stale:?}; renew them with `cargo run -- manifests crds --out manifests/crds` \
         and delete those that it does not write"
    );
}

#[test]
fn definitions_mean_the_same_when_they_are_read_back() {
    use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;

    let definitions = arrears::api::definitions();
    let documents = custom_resource_definitions().unwrap();
    assert_eq!(definitions.len(), documents.len());
    for (definition, document) in definitions.iter().zip(&documents) {
        let read: CustomResourceDefinition = serde_saphyr::from_str(&document.yaml).unwrap();
        assert_eq!(&read, definition, "{}", document.file_name);
    }
}
