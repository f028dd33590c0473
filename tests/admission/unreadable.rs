//! What is answered to bodies that are no review, or none that an API server sends.

use serde_json::{Value, json};

use super::scene::{Scene, ecs_operation, review};

fn start() -> Value {
    ecs_operation(json!({"action": "StartInstance", "instanceIds": ["i-owing"]}))
}

/// A text whose keys are in the order of an API server, which `json!` sorts.
fn in_order() -> String {
    start().to_string().replace(
        r#""request":{"#,
        r#""request":{"uid":"u-1","kind":{"group":"arrears.dev","kind":"EcsOperation"},"operation":"CREATE","was":{"#,
    ) + "}"
}

#[test]
fn json_that_cannot_be_read_is_denied_with_what_and_where() {
    let whole = in_order();
    let cut = &whole[..whole.len() - 100];
    let twice = whole.replace(r#""uid":"u-1","#, r#""uid":"u-1","uid":"u-2","#);
    let nested = whole.replace(
        r#""was":{"#,
        &format!(
            r#""object":{{"spec":{}1{}}},"was":{{"#,
            "[".repeat(500),
            "]".repeat(500)
        ),
    );
    let update = review(
        "arrears.dev",
        "EcsOperation",
        "UPDATE",
        json!({}),
        Value::Null,
    )
    .to_string();
    let nothing = review(
        "arrears.dev",
        "EcsOperation",
        "CREATE",
        Value::Null,
        Value::Null,
    )
    .to_string();
    for (body, says) in [
        (
            cut,
            "the AdmissionReview can't be read: EOF while parsing an object at line 1 column 6",
        ),
        (
            &(whole.clone() + " x"),
            "the AdmissionReview can't be read: trailing characters at line 1 column 7",
        ),
        (
            &twice,
            "the AdmissionReview can't be read: duplicate field `uid` at line 1 column",
        ),
        (
            &whole.replace("CREATE", "create"),
            "the AdmissionReview has no request.operation of CREATE, UPDATE, DELETE and CONNECT",
        ),
        (
            &update,
            "the AdmissionReview has no request.oldObject, which every UPDATE has",
        ),
        (
            &nothing,
            "the AdmissionReview has no request.object, which every CREATE has",
        ),
        (
            &format!("[{whole}]"),
            "the AdmissionReview can't be read: invalid type: sequence, expected an AdmissionReview at line 1 column 0",
        ),
        (
            &whole.replace(r#""kind":{"#, r#""kind":{,"#),
            "the AdmissionReview can't be read: key must be a string at line 1 column",
        ),
    ] {
        let (status, answer) = Scene::new("{}").ask(body);
        assert_eq!(status, 200, "{body}");
        let message = answer["response"]["status"]["message"].as_str().unwrap();
        assert!(message.starts_with(says), "{message}");
        assert_eq!(
            answer,
            json!({
                "apiVersion": "admission.k8s.io/v1",
                "kind": "AdmissionReview",
                "response": {
                    "uid": "u-1",
                    "allowed": false,
                    "status": {"code": 400, "reason": "BadRequest", "message": message},
                },
            })
        );
    }
    // What nests too deep to be read where it matters is a field of a wrong shape where only its shape is looked at.
    let (_, answer) = Scene::new("{}").ask(&nested);
    assert_eq!(answer["response"]["allowed"], true, "{answer}");
}

#[test]
fn what_has_no_uid_or_is_of_another_version_or_kind_is_refused_in_the_terms_of_http() {
    let start = start().to_string();
    for (body, says) in [
        ("", "EOF while parsing a value at line 1 column 0"),
        ("\u{feff}{}", "expected value at line 1 column 1"),
        ("uid", "expected value"),
        ("[]", "expected an AdmissionReview"),
        ("{}", "expected admission.k8s.io/v1 AdmissionReview"),
        (
            &start.replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1"),
            r#"found "admission.k8s.io/v1beta1" "AdmissionReview""#,
        ),
        (
            &start.replace("AdmissionReview", "SubjectAccessReview"),
            r#""SubjectAccessReview""#,
        ),
        (
            &start.replace(r#""uid""#, r#""id""#),
            "the AdmissionReview has no request with a uid",
        ),
        (
            &start.replace(r#""u-1""#, r#""""#),
            "the AdmissionReview has no request with a uid",
        ),
        (
            &start.replace(r#""u-1""#, "17"),
            "invalid type: integer `17`, expected a string",
        ),
    ] {
        let (status, answer) = Scene::new("{}").ask(body);
        assert_eq!(status, 400, "{body}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(says), "{error}");
        assert_eq!(answer, json!({ "error": error }));
    }
}
