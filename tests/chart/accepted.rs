//! A real API server takes every object that any combination of values renders, to the letter.

use serde_json::{Value, json};

use crate::combinations::{NAMESPACE, combinations};
use crate::plane::call::{Call, apply, create};
use crate::scene::{plane, restricted_namespace};

/// Objects of these kinds may be there already, under the only name they can have.
const SHARED: [&str; 3] = ["CustomResourceDefinition", "EcsAccount", "OverduePolicy"];

fn attempt(object: &Value) -> Call {
    let call = match SHARED.map(Value::from).contains(&object["kind"]) {
        true => apply(object.clone()),
        false => create(object.clone()),
    };
    call.dry_run()
}

#[tokio::test]
async fn every_object_of_every_combination_is_accepted_and_none_is_warned_of() {
    let plane = plane().await;
    restricted_namespace(plane, NAMESPACE).await;
    let mut accepted = 0;
    for combination in combinations() {
        for object in &combination.objects {
            let call = attempt(object);
            let summary = format!("{}: {}", combination.name, call.summary());
            let answer = plane.answers(call).await;
            assert!(
                [200, 201].contains(&answer.code),
                "{summary}: {}",
                answer.body
            );
            assert_eq!(answer.warnings, Vec::<String>::new(), "{summary}");
            accepted += 1;
        }
    }
    assert!(500 <= accepted, "only {accepted} objects");
}

/// A Deployment is only warned of; its pods are what would be refused.
#[tokio::test]
async fn the_pods_of_every_combination_pass_the_restricted_standard() {
    let plane = plane().await;
    restricted_namespace(plane, NAMESPACE).await;
    let mut pod = Value::Null;
    for combination in combinations() {
        let objects = &combination.objects;
        let deployment = objects
            .iter()
            .find(|object| object["kind"] == "Deployment")
            .unwrap();
        let template = &deployment["spec"]["template"];
        pod = json!({
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "a-pod", "namespace": NAMESPACE, "labels": template["metadata"]["labels"]},
            "spec": template["spec"],
        });
        let answer = plane.answers(create(pod.clone()).dry_run()).await;
        assert_eq!(answer.code, 201, "{}: {}", combination.name, answer.body);
    }
    // The namespace does refuse.
    pod["spec"]["containers"][0]["securityContext"] = json!({});
    let answer = plane.answers(create(pod).dry_run()).await;
    let message = answer.body["message"].as_str().unwrap();
    assert!(
        answer.code == 403 && message.contains("PodSecurity"),
        "{message}"
    );
}
