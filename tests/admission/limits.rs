//! What an answer may hold at most, whatever the request holds.

use serde_json::json;

use super::{
    scene::{Scene, ecs_operation, fleet, review},
    sound::sound,
};

#[test]
fn at_most_16_causes_and_5_warnings_are_told_and_the_message_counts_them_all() {
    let all = fleet(json!({"id": "i-both", "disk": "d-owing"}));
    let response = Scene::new("{rulings: {unlisted: Deny}}").response(&all);
    let status = &sound(&response)["status"];
    let causes = status["details"]["causes"].as_array().unwrap();
    assert_eq!(causes.len(), 16);
    let message = status["message"].as_str().unwrap();
    assert!(
        message.ends_with(" Settle the bill, then retry. (18 more)"),
        "{message}"
    );
    assert!(
        message.starts_with("ECS StartInstance would fail"),
        "{message}"
    );
    assert_eq!(causes[0]["message"], message.trim_end_matches(" (18 more)"));
    // A read is never denied by a setting.
    let read = "arrears: ECS DescribeInstances may fail: instance i-both and disk d-owing are overdue [2018-06]";
    assert_eq!(response["warnings"], json!([read]));

    let response = Scene::new("{rules: [{name: try, mode: Warn}]}").response(&all);
    assert_eq!(sound(&response)["warnings"].as_array().unwrap().len(), 5);
    assert_eq!(response["allowed"], true);
}

#[test]
fn denials_come_before_what_is_unknown_and_that_before_warnings() {
    let scene = Scene::new(
        "{unknown: Deny, rulings: {unlisted: Warn}, rules: [{name: only-start, actions: [StartInstance], mode: Warn}]}",
    );
    let response = scene.response(&fleet(json!({"id": "i-both"})));
    let status = &sound(&response)["status"];
    assert_eq!(status["code"], 403);
    let reasons: Vec<_> = status["details"]["causes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cause| cause["reason"].as_str().unwrap())
        .collect();
    let denied = reasons
        .iter()
        .take_while(|reason| **reason == "EcsOverduePayment")
        .count();
    assert!(0 < denied && denied < reasons.len(), "{reasons:?}");
    assert!(
        reasons[denied..]
            .iter()
            .all(|reason| *reason == "EcsLockStateUnknown"),
        "{reasons:?}"
    );
    assert!(
        response["warnings"][0]
            .as_str()
            .unwrap()
            .starts_with("arrears: ECS StartInstance would fail"),
        "{response}"
    );
}

#[test]
fn equal_warnings_are_given_once() {
    let scene = Scene::of(&[
        "{apiVersion: arrears.dev/v1alpha1, kind: EcsAccount, metadata: {name: prod}, spec: {default: true, regions: [cn-hangzhou]}}",
        "{apiVersion: arrears.dev/v1alpha1, kind: OperationBinding, metadata: {name: twice}, spec: {target: {group: acme.example, \
          kinds: [Fleet]}, paths: {instanceIds: [$.spec.id]}, operations: [{action: StartInstance, on: [CREATE]}, \
          {action: RunInstances, on: [CREATE]}, {action: RunInstances, on: [CREATE]}]}}",
    ]);
    let response = scene.response(&fleet(json!({"id": "i-a"})));
    let actions = "StartInstance,CreateInstance,StartInstance,CreateInstance,StartInstance";
    assert_eq!(sound(&response)["auditAnnotations"]["action"], actions);
    let never = "not judged: region cn-hangzhou has never been listed";
    assert_eq!(
        response["warnings"],
        json!([
            format!("arrears: ECS StartInstance {never}"),
            format!("arrears: ECS CreateInstance (as RunInstances) {never}"),
            format!("arrears: ECS StartInstance (as RunInstances) {never}"),
        ])
    );
}

#[test]
fn the_time_to_wait_is_the_next_poll_and_a_number_that_an_api_server_can_read() {
    let start = ecs_operation(json!({"action": "CreateInstance"}));
    let wait = |interval: &str| {
        let account = format!(
            "{{apiVersion: arrears.dev/v1alpha1, kind: EcsAccount, metadata: {{name: prod}}, spec: {{default: true, \
             regions: [cn-hangzhou], pollInterval: {interval}}}}}"
        );
        let snapshot = "{apiVersion: arrears.dev/v1alpha1, kind: LockSnapshot, metadata: {name: prod.cn-hangzhou}, spec: {account: prod, \
             region: cn-hangzhou, source: File, instances: {i-a: {reasons: [financial]}}, disks: {}}}";
        let response = Scene::of(&[&account, snapshot]).response(&start);
        sound(&response)["status"]["details"]["retryAfterSeconds"].clone()
    };
    assert_eq!(wait("45s"), 45);
    assert_eq!(wait("200ms"), 1);
    assert_eq!(wait("2500000h"), i32::MAX);
}

#[test]
fn hostile_names_fill_neither_the_answer_nor_its_columns() {
    let long = "map[immutable]\n\u{7}\u{2028},é".repeat(50_000);
    let scenes = [Scene::new("{}"), Scene::new("{unknown: Deny}")];
    for scene in &scenes {
        for review in [
            ecs_operation(
                json!({"action": "StartInstance", "account": long, "instanceIds": ["i-a"]}),
            ),
            ecs_operation(
                json!({"action": "StartInstance", "regionId": long, "instanceIds": ["i-owing"]}),
            ),
            ecs_operation(json!({"action": "A".repeat(100_000), "instanceIds": ["i-owing"]})),
            fleet(json!({"account": long, "id": "i-owing"})),
            fleet(json!({"id": {long.clone(): 1}})),
            review(
                "ecs.alibabacloud.crossplane.io",
                "Instance",
                "UPDATE",
                json!({
                    "metadata": {"annotations": {"crossplane.io/external-name": long}},
                    "spec": {"forProvider": {"status": "Running", "region": long}, "providerConfigRef": {"name": long}},
                }),
                json!({
                    "metadata": {"annotations": {"crossplane.io/external-name": long}},
                    "spec": {"forProvider": {"status": "Stopped", "region": long}, "providerConfigRef": {"name": long}},
                }),
            ),
        ] {
            let response = scene.response(&review);
            let size = sound(&response).to_string().len();
            assert!(size < 64 * 1024, "{size}");
        }
        let (status, answer) = scene.ask(
            json!({"kind": long, "apiVersion": "admission.k8s.io/v1", "request": {"uid": "u-1"}})
                .to_string(),
        );
        let error = answer["error"].as_str().unwrap();
        assert!(status == 400 && error.len() <= 400, "{error}");
        assert!(!error.contains("map["), "{error}");
        let (_, answer) = scene.ask(
            json!({"kind": "AdmissionReview", "request": {"uid": "u-1", "kind": long}}).to_string(),
        );
        sound(&answer["response"]);
    }
}

#[test]
fn a_uid_of_any_length_and_any_characters_is_echoed() {
    for uid in [
        "u".repeat(1 << 20),
        "\"\\\n\u{0}\u{1f600}".to_owned(),
        " ".to_owned(),
    ] {
        let mut review =
            ecs_operation(json!({"action": "StartInstance", "instanceIds": ["i-owing"]}));
        review["request"]["uid"] = json!(uid);
        assert!(Scene::new("{}").response(&review)["uid"] == json!(uid));
        review["request"]["operation"] = json!(5);
        assert!(Scene::new("{}").response(&review)["uid"] == json!(uid));
    }
}
