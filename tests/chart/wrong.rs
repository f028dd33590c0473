//! Wrong values are refused before anything is sent to a cluster, with words that lead to them.

use serde_json::Value;

use crate::chart::{NAMESPACE, RELEASE, template, values_file};

#[derive(serde::Deserialize)]
struct Wrong {
    values: Value,
    says: String,
}

#[test]
fn wrong_values_are_refused_with_words_that_lead_to_them() {
    let table: Vec<Wrong> = serde_saphyr::from_str(include_str!("wrong.yaml")).unwrap();
    assert!(25 <= table.len(), "only {}", table.len());
    for Wrong { values, says } in table {
        let file = values_file(&values);
        let options = ["--values".to_owned(), file.path().display().to_string()];
        match template(RELEASE, NAMESPACE, options) {
            Ok(_) => panic!("{values} is taken"),
            Err(complaint) => assert!(
                complaint.contains(&says),
                "{values}: {says:?} is not in {complaint:?}"
            ),
        }
    }
}

#[test]
fn a_cluster_that_is_too_old_is_refused() {
    let at = |version: &str| {
        let options = ["--kube-version", version].map(str::to_owned);
        template(RELEASE, NAMESPACE, options)
    };
    let complaint = at("1.29.9").unwrap_err();
    assert!(
        complaint.contains("chart requires kubeVersion: >=1.30.0"),
        "{complaint}"
    );
    // The vendor's clusters have versions of this form.
    at("1.30.1-aliyun.1").unwrap();
}
