//! The rendered configuration against what the contract and the API server ask of it.

use super::*;

fn bundle() -> CaBundle {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    CaBundle::from_pem(key.cert.pem().into_bytes()).unwrap()
}

fn configuration(
    backend: Backend,
    bindings: &[OperationBinding],
) -> ValidatingWebhookConfiguration {
    let options = WebhookOptions {
        backend,
        ca_bundle: bundle(),
        failure_policy: FailurePolicy::Fail,
        timeout_seconds: 3,
    };
    webhook_configuration(options, bindings).unwrap()
}

fn service() -> Backend {
    Backend::from_service("arrears-system/arrears").unwrap()
}

#[test]
fn every_entry_reviews_all_versions_of_named_resources_and_never_a_deletion() {
    let binding: OperationBinding = serde_saphyr::from_str(
        "metadata: {name: acme}\nspec: {target: {group: acme.example, kinds: [Vm]}, operations: [{action: A, on: [CREATE]}]}\n",
    )
    .unwrap();
    let webhooks = configuration(service(), &[binding]).webhooks.unwrap();
    assert_eq!(webhooks.len(), 5);
    for webhook in webhooks {
        assert_eq!(webhook.failure_policy.as_deref(), Some("Fail"));
        assert_eq!(webhook.match_policy.as_deref(), Some("Equivalent"));
        assert_eq!(webhook.side_effects, "None");
        assert_eq!(webhook.timeout_seconds, Some(3));
        assert_eq!(webhook.admission_review_versions, ["v1"]);
        for rule in webhook.rules.unwrap() {
            assert_eq!(rule.api_versions.unwrap(), ["*"]);
            let operations = rule.operations.unwrap();
            assert!(!operations.is_empty());
            assert!(
                operations
                    .iter()
                    .all(|operation| operation == "CREATE" || operation == "UPDATE")
            );
        }
    }
}

#[test]
fn our_own_namespace_is_left_out_where_it_is_known() {
    for webhook in configuration(service(), &[]).webhooks.unwrap() {
        let selector = serde_json::to_value(webhook.namespace_selector.unwrap()).unwrap();
        let expected = serde_json::json!({ "matchExpressions": [
            { "key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["arrears-system"] }
        ] });
        assert_eq!(selector, expected);
        assert_eq!(
            webhook.client_config.service.unwrap().path.as_deref(),
            Some("/validate")
        );
    }
    let url = Backend::from_url("https://127.0.0.1:8443").unwrap();
    for webhook in configuration(url, &[]).webhooks.unwrap() {
        assert_eq!(webhook.namespace_selector, None);
        assert_eq!(
            webhook.client_config.url.as_deref(),
            Some("https://127.0.0.1:8443/validate")
        );
    }
}

#[test]
fn addresses_that_the_api_server_would_refuse_are_refused() {
    assert_eq!(
        Backend::from_url("https://arrears.example/hooks/ecs"),
        Ok(Backend::Url("https://arrears.example/hooks/ecs".to_owned()))
    );
    assert_eq!(
        Backend::from_url("https://[::1]:8443/"),
        Ok(Backend::Url("https://[::1]:8443/validate".to_owned()))
    );
    for wrong in [
        "",
        "127.0.0.1:8443",
        "http://127.0.0.1:8443",
        "https://user@host/",
        "https://host/validate?x=1",
        "https://host/validate#x",
        "/validate",
    ] {
        assert!(Backend::from_url(wrong).is_err(), "{wrong}");
    }
    assert_eq!(
        Backend::from_service("a/b:8443"),
        Ok(Backend::Service {
            namespace: "a".to_owned(),
            name: "b".to_owned(),
            port: 8443
        })
    );
    for wrong in [
        "",
        "arrears",
        "/arrears",
        "a/b/c",
        "A/b",
        "a/",
        "a/b:",
        "a/b:0",
        "a/b:65536",
        "a/b:x",
    ] {
        assert!(Backend::from_service(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_bundle_holds_certificates_and_nothing_else() {
    let key = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = key.cert.pem();
    let private = key.signing_key.serialize_pem();
    assert!(CaBundle::from_pem(certificate.repeat(2).into_bytes()).is_ok());
    for (wrong, says) in [
        (String::new(), "no certificate"),
        ("not PEM at all".to_owned(), "no certificate"),
        (private.clone(), "only certificates"),
        (format!("{certificate}{private}"), "only certificates"),
        (
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(),
            "can't be read",
        ),
    ] {
        let error = CaBundle::from_pem(wrong.into_bytes())
            .unwrap_err()
            .to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn the_yaml_reads_back_as_the_same_configuration() {
    let configuration = configuration(service(), &[]);
    let yaml = serde_saphyr::to_string(&configuration).unwrap();
    let read: ValidatingWebhookConfiguration = serde_saphyr::from_str(&yaml).unwrap();
    assert_eq!(read, configuration);
}
