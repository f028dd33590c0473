//! The configuration that `arrears manifests webhook` writes: taken as it is, compiled, in force; and facts that change under it.

use serde_json::{Value, json};

use crate::plane::call::create;
use crate::plane::product::Product;
use crate::plane::wait::until;
use crate::scene::{ACCOUNTS, GROUPS, LOCKS, annotated, guarded, instance, plane, unguarded};
use crate::table::Expected::{Denied, Passes};
use crate::table::{meets, stand};

const BINDING: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: OperationBinding
metadata: {name: acme}
spec:
  target: {group: acme.example, kinds: [VirtualMachine]}
  paths: {instanceIds: [$.status.instanceId]}
  operations:
  - {action: CreateInstance, on: [CREATE]}
  - {action: StartInstance, on: [UPDATE], changed: $.spec.power, equals: 'On'}
";

#[tokio::test]
async fn the_generated_configuration_is_taken_word_for_word() {
    let tenant = unguarded("registering-taken").await;
    let product = Product::start(&[
        ("accounts.yaml", ACCOUNTS),
        ("locks.yaml", LOCKS),
        ("binding.yaml", BINDING),
    ])
    .await;
    for way in [
        ["--url", product.url.as_str()],
        ["--service", "arrears-system/arrears"],
    ] {
        let configuration = product.registration_at(&way);
        let names: Vec<_> = entries(&configuration)
            .map(|entry| entry["name"].as_str().unwrap())
            .collect();
        assert_eq!(
            names,
            [
                "crossplane.ecs.arrears.dev",
                "karpenter.ecs.arrears.dev",
                "openshift.ecs.arrears.dev",
                "ecsoperation.ecs.arrears.dev",
                "acme.binding.ecs.arrears.dev",
            ]
        );
        // Not stored: it is for everybody's objects.
        let taken = tenant
            .accepts(create(configuration.clone()).dry_run())
            .await
            .body;
        for (entry, taken) in entries(&configuration).zip(entries(&taken)) {
            for (field, value) in entry.as_object().unwrap() {
                assert_eq!(&taken[field], value, "{way:?} {}: {field}", entry["name"]);
            }
            assert_eq!(
                (
                    &taken["sideEffects"],
                    &taken["matchPolicy"],
                    &taken["failurePolicy"]
                ),
                (&json!("None"), &json!("Equivalent"), &json!("Fail"))
            );
        }
    }
    product.stop().await;
}

/// So that the test above means something: a condition is compiled when the configuration is sent.
#[tokio::test]
async fn a_condition_that_does_not_compile_is_refused() {
    let tenant = unguarded("registering-refused").await;
    let mut configuration = crate::scene::product().await.registration();
    let condition = &mut configuration["webhooks"][0]["matchConditions"][0]["expression"];
    *condition = json!(
        condition
            .as_str()
            .unwrap()
            .replace("metadata", "metadata.?")
    );
    let answer = tenant.answers(create(configuration).dry_run()).await;
    assert_eq!(answer.code, 422, "{}", answer.body);
    let message = answer.body["message"].as_str().unwrap();
    assert!(
        message.contains("matchConditions[0].expression"),
        "{message}"
    );
}

#[tokio::test]
async fn a_bill_that_is_paid_opens_the_gate_and_a_new_debt_closes_it() {
    const PAID: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec: {account: prod, region: cn-hangzhou, source: File, instances: {}, disks: {}}
";
    let tenant = unguarded("registering-paid").await;
    let before = instance(GROUPS[1], "asked-for-before");
    stand(&tenant, &before).await;
    let product = Product::start(&[("accounts.yaml", ACCOUNTS), ("locks.yaml", LOCKS)]).await;
    tenant
        .register(product.registration(), &product.url, &product.authority)
        .await;

    let object = instance(GROUPS[1], "new");
    let gate = crate::plane::call::replace(annotated(
        before,
        "external-create-pending",
        "2026-11-23T10:00:00Z",
    ));
    meets(&tenant, object.clone(), Denied("ECS CreateInstance")).await;
    meets(&tenant, gate.clone(), Denied("ECS CreateInstance")).await;

    product.reconfigure("locks.yaml", PAID);
    let dry_run = create(object.clone()).dry_run();
    until("the payment to be noticed", async || {
        match tenant.answers(dry_run.clone()).await {
            answer if answer.code == 201 => Ok(()),
            answer => Err(answer.body.to_string()),
        }
    })
    .await;
    meets(&tenant, gate, Passes).await;

    product.reconfigure("locks.yaml", LOCKS);
    until("the new debt to be noticed", async || {
        match tenant.answers(dry_run.clone()).await {
            answer if answer.code == 403 => Ok(()),
            answer => Err(answer.body.to_string()),
        }
    })
    .await;
    meets(&tenant, object, Denied("ECS CreateInstance")).await;
    product.stop().await;
}

#[tokio::test]
async fn a_withdrawn_configuration_leaves_nothing_behind() {
    let tenant = unguarded("registering-withdrawn").await;
    let registered = crate::scene::guard(&tenant).await;
    let object = instance(GROUPS[1], "new");
    meets(&tenant, object.clone(), Denied("ECS CreateInstance")).await;
    tenant.withdraw(&registered).await;
    meets(&tenant, object, Passes).await;
}

/// Every kind of the provider's groups is registered for, and no subresource.
#[tokio::test]
async fn other_kinds_and_subresources_are_not_asked_about() {
    let tenant = guarded("registering-others").await;
    let config_map =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": {}});
    meets(&tenant, config_map, Passes).await;
    let listed = plane()
        .await
        .kubectl(&["get", "validatingwebhookconfigurations", "-o=json"], "")
        .await
        .text();
    let listed: Value = serde_json::from_str(&listed).unwrap();
    let rules: Vec<_> = listed["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(entries)
        .filter(|entry| entry["name"].to_string().ends_with(".ecs.arrears.dev\""))
        .flat_map(|entry| entry["rules"].as_array().unwrap())
        .collect();
    assert!(!rules.is_empty());
    for rule in rules {
        assert!(!rule["operations"].to_string().contains("DELETE"), "{rule}");
        assert!(
            !rule["resources"].to_string().contains(['/', '*']),
            "{rule}"
        );
    }
}

fn entries(configuration: &Value) -> impl Iterator<Item = &Value> {
    configuration["webhooks"].as_array().into_iter().flatten()
}
