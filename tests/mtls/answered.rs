//! Reviews are answered when the API server shows the certificate that is asked for.

use serde_json::json;

use crate::plane::wait::until;
use crate::stage::{NAMESPACE, answered, port, purchase, stage};

const DENIED: &str = "ECS CreateInstance";

#[tokio::test]
async fn a_certificate_with_the_right_common_name_is_enough() {
    let stage = stage().await;
    let tenant = stage.tenant("mtls-known").await;
    stage.register(&tenant, &stage.known).await;
    tenant.rejects(purchase("known"), DENIED).await;
    assert!(0 < answered(&stage.known).await);
}

#[tokio::test]
async fn any_name_will_do_when_none_is_asked_for() {
    let stage = stage().await;
    let tenant = stage.tenant("mtls-any").await;
    stage.register(&tenant, &stage.any).await;
    tenant.rejects(purchase("any"), DENIED).await;
    assert!(0 < answered(&stage.any).await);
}

#[tokio::test]
async fn through_a_service_it_is_shown_by_the_name_and_port_of_the_service() {
    let stage = stage().await;
    let tenant = stage.tenant(NAMESPACE).await;
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "arrears"},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    });
    tenant.accepts(service).await;
    let way = format!("{NAMESPACE}/arrears:{}", port(&stage.service));
    let mut configuration = stage.service.registration_at(&["--service", &way]);
    for entry in configuration["webhooks"].as_array_mut().unwrap() {
        entry["namespaceSelector"] =
            json!({"matchLabels": {"kubernetes.io/metadata.name": NAMESPACE}});
    }
    tenant.accepts(configuration).await;
    until("the registration to be in force", async || {
        let answer = tenant.answers(purchase("service")).await;
        let text = answer.body.to_string();
        match answer.code {
            403 if text.contains(DENIED) => Ok(()),
            code => Err(format!("{code}: {text}")),
        }
    })
    .await;
    assert!(0 < answered(&stage.service).await);
}

#[tokio::test]
async fn an_authority_that_is_added_is_taken_over_without_a_restart() {
    let stage = stage().await;
    let tenant = stage.tenant("mtls-newcomer").await;
    stage.register(&tenant, &stage.newcomer).await;
    tenant.holds_back(purchase("newcomer")).await;
    assert_eq!(answered(&stage.newcomer).await, 0);
    stage.welcome_newcomer();
    until("the authorities to be taken over", async || {
        let answer = tenant.answers(purchase("newcomer")).await;
        let text = answer.body.to_string();
        match answer.code {
            403 if text.contains(DENIED) => Ok(()),
            code => Err(format!("{code}: {text}")),
        }
    })
    .await;
}
