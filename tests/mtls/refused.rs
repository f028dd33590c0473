//! Nothing is answered when the API server shows no certificate, or one that is not asked for.

use crate::plane::product::Product;
use crate::stage::{answered, purchase, stage};

#[tokio::test]
async fn without_a_certificate_nothing_is_answered() {
    refuses("mtls-silent", &stage().await.silent, "certificate required").await;
}

#[tokio::test]
async fn with_a_certificate_of_another_name_nothing_is_answered() {
    refuses("mtls-renamed", &stage().await.renamed, "access denied").await;
}

#[tokio::test]
async fn with_a_certificate_of_another_authority_nothing_is_answered() {
    refuses(
        "mtls-stranger",
        &stage().await.stranger,
        "unknown certificate authority",
    )
    .await;
}

/// The call fails at the handshake, so that `failurePolicy` decides, and the product has answered nothing.
async fn refuses(name: &'static str, product: &'static Product, why: &str) {
    let stage = stage().await;
    let tenant = stage.tenant(name).await;
    stage.register(&tenant, product).await;
    let answer = tenant.holds_back(purchase(name)).await;
    let message = answer.body["message"].as_str().unwrap();
    let end = format!("remote error: tls: {why}");
    assert!(message.ends_with(&end), "{message}");
    assert_eq!(answered(product).await, 0);
}
