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
