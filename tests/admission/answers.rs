//! Every form of answer to a review that can be read, in full.

use serde_json::{Value, json};

use super::scene::{Scene, ecs_operation, instance, review};

const START: &str = "ECS StartInstance would fail: instance i-owing (account prod, cn-hangzhou) is locked for overdue payment \
     [matrix 2018-06: instance overdue, disk normal -> error; field spec.action]. Settle the bill, then retry.";

fn start(id: &str) -> Value {
    ecs_operation(json!({"action": "StartInstance", "instanceIds": [id]}))
}

/// The annotations of one finding: `verdict action target state ruling edition source age rule`.
fn annotations(words: &str) -> Value {
    let keys = [
        "verdict", "action", "target", "state", "ruling", "edition", "source", "age", "rule",
    ];
    let words: Vec<_> = words.split(' ').collect();
    assert_eq!(words.len(), keys.len());
    keys.iter()
        .zip(words)
        .map(|(key, word)| ((*key).to_owned(), Value::from(word)))
        .collect::<serde_json::Map<_, _>>()
        .into()
}

#[test]
fn the_envelope_is_that_of_the_api_server() {
    let (status, answer) = Scene::new("{}").ask(start("i-free").to_string());
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({
            "apiVersion": "admission.k8s.io/v1",
            "kind": "AdmissionReview",
            "response": {
                "uid": "u-1",
                "allowed": true,
                "auditAnnotations": annotations("allow StartInstance i-free neither Permitted 2018-06 Ecs 30s -"),
            },
        })
    );
}

#[test]
fn what_asks_nothing_of_ecs_is_allowed_and_nothing_else_is_said() {
    let object = json!({"metadata": {"name": "x"}, "spec": {"action": "StartInstance", "instanceIds": ["i-owing"]}});
    let group = "arrears.dev";
    let kind = "EcsOperation";
    let instance = |status: &str| {
        json!({
            "metadata": {"annotations": {"crossplane.io/external-name": "i-owing"}},
            "spec": {"forProvider": {"status": "Running", "instanceName": "a"}},
            "status": {"seen": status},
        })
    };
    let crossplane = "ecs.alibabacloud.crossplane.io";
    for (about, review) in [
        (
            "a core kind",
            review("", "Pod", "CREATE", object.clone(), Value::Null),
        ),
        (
            "a foreign group",
            review("example.com", kind, "CREATE", object.clone(), Value::Null),
        ),
        (
            "a kind of our group",
            review(group, "LockSnapshot", "CREATE", object.clone(), Value::Null),
        ),
        (
            "an unknown kind of a known group",
            review(crossplane, "Nothing", "CREATE", object.clone(), Value::Null),
        ),
        (
            "a deletion",
            review(group, kind, "DELETE", Value::Null, object.clone()),
        ),
        (
            "a connection",
            review(
                group,
                kind,
                "CONNECT",
                json!({"kind": "PodExecOptions"}),
                Value::Null,
            ),
        ),
        (
            "an update that changes nothing",
            review(group, kind, "UPDATE", object.clone(), object.clone()),
        ),
        (
            "its book-keeping",
            review(
                crossplane,
                "Instance",
                "UPDATE",
                instance("b"),
                instance("a"),
            ),
        ),
    ] {
        let response = Scene::new("{}").response(&review);
        assert_eq!(response, json!({"uid": "u-1", "allowed": true}), "{about}");
    }
    let mut of_status = start("i-owing");
    of_status["request"]["subResource"] = json!("status");
    let response = Scene::new("{}").response(&of_status);
    assert_eq!(response, json!({"uid": "u-1", "allowed": true}));
}

#[test]
fn a_denial_says_what_why_where_and_when_to_try_again() {
    let response = Scene::new("{}").response(&start("i-owing"));
    assert_eq!(
        response,
        json!({
            "uid": "u-1",
            "allowed": false,
            "status": {
                "code": 403,
                "reason": "Forbidden",
                "message": START,
                "details": {
                    "causes": [{"reason": "EcsOverduePayment", "field": "spec.action", "message": START}],
                    "retryAfterSeconds": 30,
                },
            },
            "auditAnnotations": annotations("deny StartInstance i-owing instance Forbidden 2018-06 Ecs 30s -"),
        })
    );
}

#[test]
fn a_dry_run_and_another_requested_kind_make_no_difference() {
    let scene = Scene::new("{}");
    let mut other = start("i-owing");
    other["request"]["dryRun"] = json!(true);
    other["request"]["requestKind"] = json!({"group": "", "version": "v1", "kind": "Pod"});
    other["request"]["requestSubResource"] = json!("status");
    other["request"]["name"] = json!("");
    assert_eq!(scene.response(&other), scene.response(&start("i-owing")));
}

#[test]
fn several_findings_are_joined_worst_first_and_the_message_counts_them() {
    let response = Scene::new("{}").response(&ecs_operation(json!({"action": "RunInstances"})));
    let message = |action: &str| {
        format!(
            "ECS {action} (as RunInstances) would fail: instance i-both and disk d-owing (account prod, cn-hangzhou) are locked \
             for overdue payment [matrix 2018-06: instance overdue, disk overdue -> error; field spec.action]. \
             Settle the bill, then retry."
        )
    };
    let cause = |action: &str| json!({"reason": "EcsOverduePayment", "field": "spec.action", "message": message(action)});
    assert_eq!(
        response,
        json!({
            "uid": "u-1",
            "allowed": false,
            "status": {
                "code": 403,
                "reason": "Forbidden",
                "message": message("CreateInstance") + " (1 more)",
                "details": {
                    "causes": [cause("CreateInstance"), cause("StartInstance")],
                    "retryAfterSeconds": 30,
                },
            },
            "auditAnnotations": annotations(
                "deny CreateInstance,StartInstance prod,prod both,both Forbidden,Forbidden 2018-06,2018-06 Ecs,Ecs 30s,30s -,-"
            ),
        })
    );
}

#[test]
fn a_target_of_two_ids_is_one_word() {
    let attach = ecs_operation(
        json!({"action": "AttachDisk", "instanceIds": ["i-free"], "diskIds": ["d-owing"]}),
    );
    let response = Scene::new("{}").response(&attach);
    assert_eq!(
        response["auditAnnotations"],
        annotations("deny AttachDisk i-free+d-owing disk Forbidden 2018-06 Ecs 30s -")
    );
}

#[test]
fn what_is_unknown_is_answered_as_the_policy_says() {
    let never_listed = ecs_operation(
        json!({"action": "StartInstance", "account": "staging", "instanceIds": ["i-a"]}),
    );
    let said = annotations("unknown StartInstance i-a unknown - 2018-06 - - -");
    let scene = |outcome: &str| Scene::new(&format!("{{unknown: {outcome}}}"));
    assert_eq!(
        scene("Allow").response(&never_listed),
        json!({"uid": "u-1", "allowed": true, "auditAnnotations": said})
    );
    assert_eq!(
        scene("Warn").response(&never_listed),
        json!({
            "uid": "u-1",
            "allowed": true,
            "auditAnnotations": said,
            "warnings": ["arrears: ECS StartInstance not judged: region cn-shanghai has never been listed"],
        })
    );
    let message = "ECS StartInstance can't be judged: whether instance i-a is locked for overdue payment is unknown: region \
         cn-shanghai has never been listed [matrix 2018-06; field spec.action]. Retry once lock facts are fresh.";
    assert_eq!(
        scene("Deny").response(&never_listed),
        json!({
            "uid": "u-1",
            "allowed": false,
            "status": {
                "code": 503,
                "reason": "ServiceUnavailable",
                "message": message,
                "details": {
                    "causes": [{"reason": "EcsLockStateUnknown", "field": "spec.action", "message": message}],
                },
            },
            "auditAnnotations": said,
        })
    );
}

#[test]
fn a_relevant_field_of_an_impossible_type_is_unknown_and_named() {
    let said = annotations("unknown - unknown unknown - 2018-06 - - -");
    for (review, field, what) in [
        (
            ecs_operation(json!({"action": "StartInstance", "instanceIds": "i-a"})),
            "spec.instanceIds",
            "a string, expected a list of instance ids",
        ),
        (
            ecs_operation(json!({"action": ["StartInstance"]})),
            "spec.action",
            "a list, expected the name of an ECS action",
        ),
        (
            ecs_operation(json!("StartInstance")),
            "spec",
            "a string, expected an object",
        ),
        (
            instance(json!({"status": "Stopped"}), json!({"status": 7})),
            "spec.forProvider.status",
            "a number, expected a string",
        ),
        (
            review(
                "machine.openshift.io",
                "Machine",
                "CREATE",
                json!({"spec": {"providerSpec": {"value": {"kind": 5}}}}),
                Value::Null,
            ),
            "spec.providerSpec.value.kind",
            "a number, expected a string",
        ),
    ] {
        let response = Scene::new("{}").response(&review);
        assert_eq!(
            response,
            json!({
                "uid": "u-1",
                "allowed": true,
                "auditAnnotations": said,
                "warnings": [format!("arrears: {field} is {what}; not judged")],
            })
        );
        let response = Scene::new("{unknown: Deny}").response(&review);
        assert_eq!(response["status"]["code"], 503, "{response}");
        assert_eq!(response["status"]["details"]["causes"][0]["field"], field);
        assert_eq!(response["status"]["details"].get("retryAfterSeconds"), None);
    }
}

#[test]
fn a_rule_keeps_a_denial_to_a_warning_to_the_audit_log_or_to_nothing() {
    let rule = |mode: &str| {
        Scene::new(&format!(
            "{{rules: [{{name: try, namespaces: [sh*], kinds: ['EcsOperation.arrears.dev'], mode: '{mode}'}}]}}"
        ))
        .response(&start("i-owing"))
    };
    assert_eq!(
        rule("Warn"),
        json!({
            "uid": "u-1",
            "allowed": true,
            "auditAnnotations": annotations("warn StartInstance i-owing instance Forbidden 2018-06 Ecs 30s try"),
            "warnings": ["arrears: ECS StartInstance would fail: instance i-owing is overdue [2018-06]"],
        })
    );
    assert_eq!(
        rule("Audit"),
        json!({
            "uid": "u-1",
            "allowed": true,
            "auditAnnotations": annotations("audit StartInstance i-owing instance Forbidden 2018-06 Ecs 30s try"),
        })
    );
    assert_eq!(
        rule("Off"),
        json!({
            "uid": "u-1",
            "allowed": true,
            "auditAnnotations": annotations("allow StartInstance unknown unknown - 2018-06 - - try"),
        })
    );
}

#[test]
fn what_the_provider_will_refuse_is_said_though_it_decides_nothing() {
    let moved = instance(
        json!({"availabilityZone": "cn-hangzhou-a"}),
        json!({"availabilityZone": "cn-hangzhou-b"}),
    );
    assert_eq!(
        Scene::new("{}").response(&moved),
        json!({
            "uid": "u-1",
            "allowed": true,
            "warnings": [
                "arrears: the provider will refuse to change spec.forProvider.availabilityZone: it needs a new resource"
            ],
        })
    );
}

#[test]
fn the_later_edition_is_named_in_the_answer() {
    let scene = Scene::new("{edition: '2018-11'}");
    let response = scene.response(&start("i-owing"));
    assert_eq!(
        response["auditAnnotations"],
        annotations("deny StartInstance i-owing instance Forbidden 2018-11 Ecs 30s -")
    );
    assert!(
        response["status"]["message"]
            .as_str()
            .unwrap()
            .contains("[matrix 2018-11: ")
    );
}
