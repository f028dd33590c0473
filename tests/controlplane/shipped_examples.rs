//! The examples of this repository, applied with kubectl as a reader would.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::plane::call::create;
use crate::plane::kubectl::Output;
use crate::plane::product::{Product, documents};
use crate::plane::tenant::Tenant;
use crate::scene::{plane, unguarded};
use crate::table::stand;

const START: &str = "ECS StartInstance would fail: instance i-bp1web (account prod, cn-hangzhou) is locked for overdue payment \
                     [matrix 2018-06: instance overdue, disk normal -> error; field spec.action]. Settle the bill, then retry.";

fn example(path: &str) -> String {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    fs::read_to_string(examples.join(path)).unwrap()
}

/// The product on the example configuration, registered for these tenants.
async fn product(tenants: &[&Tenant]) -> Product {
    let files = [
        "accounts.yaml",
        "locks.yaml",
        "namespaces.yaml",
        "policy.yaml",
    ];
    let texts = files.map(|name| example(&format!("config/{name}")));
    let files: Vec<_> = files
        .iter()
        .zip(&texts)
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let product = Product::start(&files).await;
    for tenant in tenants {
        tenant
            .register(product.registration(), &product.url, &product.authority)
            .await;
    }
    product
}

async fn kubectl(arguments: &[&str], objects: &[Value]) -> Output {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": objects});
    plane().await.kubectl(arguments, &list.to_string()).await
}

#[tokio::test]
async fn the_example_configuration_is_one_that_the_api_server_takes() {
    plane().await;
    let objects: Vec<Value> = ["accounts.yaml", "locks.yaml", "policy.yaml"]
        .iter()
        .flat_map(|name| documents(&example(&format!("config/{name}"))))
        // In the cluster a listing has to say when it was made.
        .map(|mut object| {
            if object["kind"] == "LockSnapshot" {
                object["spec"]["observedAt"] = json!("2026-11-23T10:00:00Z");
            }
            object
        })
        .collect();
    let arguments = [
        "apply",
        "--server-side",
        "--force-conflicts",
        "--dry-run=server",
        "-f",
        "-",
    ];
    let said = kubectl(&arguments, &objects).await.text();
    assert_eq!(said.lines().count(), objects.len(), "{said}");
}

#[tokio::test]
async fn the_example_operations_are_denied_and_let_through_with_a_warning() {
    let shop = unguarded("shop").await;
    let batch = unguarded("batch-nightly").await;
    let product = product(&[&shop, &batch]).await;
    let operations = documents(&example("operation/start-web.yaml"));
    let [denied, warned] = <[Value; 2]>::try_from(operations).unwrap();
    assert_eq!(
        (
            &denied["metadata"]["namespace"],
            &warned["metadata"]["namespace"]
        ),
        (&json!("shop"), &json!("batch-nightly"))
    );

    let output = kubectl(
        &["apply", "-f", "-"],
        &[shop.own(denied), batch.own(warned)],
    )
    .await;
    assert_eq!(output.code, 1);
    assert_eq!(
        output.stdout,
        "ecsoperation.arrears.dev/start-web created\n"
    );
    assert_eq!(
        output.stderr.trim_end(),
        format!(
            "Warning: arrears: ECS StartInstance would fail: instance i-bp1web is overdue [2018-06]\n\
             Error from server (Forbidden): error when creating \"STDIN\": admission webhook \"ecsoperation.ecs.arrears.dev\" denied the request: {START}"
        )
    );
    product.stop().await;
}

#[tokio::test]
async fn the_example_change_is_denied_where_it_would_fail_and_made_where_not() {
    let tenant = unguarded("shop-change").await;
    for list in documents(&example("change/before.yaml")) {
        for object in list["items"].as_array().unwrap() {
            stand(&tenant, &tenant.own(object.clone())).await;
        }
    }
    let product = product(&[&tenant]).await;
    let objects: Vec<_> = documents(&example("change/after.yaml"))
        .into_iter()
        .map(|object| tenant.own(object))
        .collect();

    let output = kubectl(&["apply", "-f", "-"], &objects).await;
    assert_eq!(output.code, 1);
    let group = "ecs.alibabacloud.m.crossplane.io";
    assert_eq!(
        output.stdout,
        format!(
            "instance.{group}/api configured\ndisk.{group}/scratch created\nsecuritygroup.{group}/web created\n"
        )
    );
    let said = |text: &str| {
        assert!(
            output.stderr.lines().any(|line| line.ends_with(text)),
            "{text:?} ends no line of {}",
            output.stderr
        );
    };
    said(
        "Warning: arrears: ECS ModifyInstanceSpec may fail: instance i-bp1web is overdue [2018-06]",
    );
    // What kubectl prints of an update goes on for lines: the patch, the resource, and then this.
    said(
        "for: \"STDIN\": error when patching \"STDIN\": admission webhook \"crossplane.ecs.arrears.dev\" denied the request: \
         ECS StartInstance would fail: instance i-bp1web (account prod, cn-hangzhou) is locked for overdue payment \
         [matrix 2018-06: instance overdue, disk normal -> error; field spec.forProvider.instanceType]. Settle the bill, then retry.",
    );
    said(
        "Error from server (Forbidden): error when creating \"STDIN\": admission webhook \"crossplane.ecs.arrears.dev\" denied the request: \
         ECS CreateDisk would fail: instance i-bp1web and disk d-bp1logs (account prod, cn-hangzhou) are locked for overdue payment \
         [matrix 2018-06: instance overdue, disk overdue -> error; field spec.forProvider]. Settle the bill, then retry.",
    );
    product.stop().await;
}

/// Nothing runs on this plane, so a pod is made from the template by hand: the namespace enforces the strictest standard.
#[tokio::test]
async fn the_example_deployment_is_taken_and_its_pods_meet_the_standard_of_their_namespace() {
    let tenant = unguarded("arrears-system").await;
    let text = example("deploy/arrears.yaml");
    let arguments = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    let output = plane().await.kubectl(&arguments, &text).await;
    assert_eq!(output.stderr, "");
    output.text();

    let objects = documents(&text);
    let deployment = objects
        .iter()
        .find(|object| object["kind"] == "Deployment")
        .unwrap();
    let mut pod = tenant.stored(deployment).await["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("arrears-0");
    tenant.accepts(create(pod.clone()).dry_run()).await;
    pod["spec"]["containers"][0]["securityContext"] = Value::Null;
    let answer = tenant.answers(create(pod).dry_run()).await;
    let message = answer.body["message"].as_str().unwrap();
    assert!(message.contains("violates PodSecurity"), "{message}");
}
