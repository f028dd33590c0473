//! What is read of a review, and what of a text that is none.

use serde_json::{Value, json};

use super::*;

mod any_input;

/// The members of a request, in the order in which an API server gives them.
fn members() -> Vec<(&'static str, Value)> {
    let object = json!({"spec": {"action": "StartInstance", "instanceIds": ["i-a"]}});
    vec![
        ("uid", json!("u-1")),
        (
            "kind",
            json!({"group": "arrears.dev", "version": "v1alpha1", "kind": "EcsOperation"}),
        ),
        (
            "requestKind",
            json!({"group": "old.arrears.dev", "version": "v0", "kind": "Operation"}),
        ),
        ("name", json!("start")),
        ("namespace", json!("shop")),
        ("operation", json!("CREATE")),
        (
            "userInfo",
            json!({"username": "kim", "uid": "42", "extra": {"x": ["y"]}}),
        ),
        ("object", object),
        ("oldObject", Value::Null),
        ("dryRun", json!(true)),
        ("options", json!({"kind": "CreateOptions"})),
    ]
}

fn text(members: &[(&str, Value)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(key, value)| format!("{}:{value}", json!(key)))
        .collect();
    format!(
        r#"{{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{{{}}}}}"#,
        members.join(",")
    )
}

fn with(key: &str, value: Value) -> Vec<(&str, Value)> {
    let mut members = members();
    members.retain(|(name, _)| *name != key);
    members.push((key, value));
    members
}

/// What is read, in short; of what can't be read, the uid and what is wrong.
fn told(text: &[u8]) -> Result<String, (Option<String>, String)> {
    let bindings = Bindings::default();
    match Review::parse(text, &bindings) {
        Ok(review) => Ok(format!(
            "{} {} {} {} {} {:?}: {}",
            review.uid,
            review.operation.name(),
            review.kind.qualified(),
            review.name,
            review.user,
            review.namespace(),
            match review.infer() {
                Inference::Nothing => "nothing".to_owned(),
                Inference::Malformed(malformed) => format!("{} is wrong", malformed.field),
                Inference::Asked(asked) => asked
                    .operations
                    .iter()
                    .map(|operation| operation.call.name())
                    .collect(),
            }
        )),
        Err(Unreadable { uid, problem }) => Err((uid.map(Cow::into_owned), problem.to_string())),
    }
}

const READ: &str = r#"u-1 CREATE EcsOperation.arrears.dev start kim Some("shop"): StartInstance"#;

#[test]
fn a_review_is_read_whatever_the_order_of_its_keys() {
    let members = members();
    assert_eq!(told(text(&members).as_bytes()).as_deref(), Ok(READ));
    let reversed: Vec<_> = members.into_iter().rev().collect();
    assert_eq!(told(text(&reversed).as_bytes()).as_deref(), Ok(READ));
    let mut sorted = reversed;
    sorted.sort_by_key(|(key, _)| *key);
    let spaced = text(&sorted).replace(',', " ,\r\n\t").replace(':', " : ");
    assert_eq!(told(spaced.as_bytes()).as_deref(), Ok(READ));
}

#[test]
fn an_object_that_came_too_early_is_blamed_where_it_stands() {
    let mut early = members();
    early.reverse();
    let text = text(&early).replace(r#""action":"#, r#""action":1,"action":"#);
    let (uid, problem) = told(text.as_bytes()).unwrap_err();
    assert_eq!(uid.as_deref(), Some("u-1"));
    let column = text.rfind(r#""action":"#).unwrap() + r#""action""#.len();
    assert_eq!(
        problem,
        format!(
            "the AdmissionReview can't be read: duplicate field `action` at line 1 column {column}"
        )
    );
}

#[test]
fn escapes_are_read_and_null_is_absence() {
    let escaped = text(&members())
        .replace(r#""uid""#, r#""\u0075id""#)
        .replace("u-1", r"u\u002d1")
        .replace("EcsOperation", r"Ecs\u004fperation")
        .replace(r#""object""#, r#""obj\u0065ct""#);
    assert_eq!(told(escaped.as_bytes()).as_deref(), Ok(READ));
    for (key, read) in [
        ("namespace", READ.replace(r#"Some("shop")"#, "None")),
        ("userInfo", READ.replace("kim", "")),
        ("name", READ.replace("start", "")),
        ("dryRun", READ.to_owned()),
        (
            "kind",
            r#"u-1 CREATE . start kim Some("shop"): nothing"#.to_owned(),
        ),
    ] {
        let text = text(&with(key, Value::Null));
        assert_eq!(told(text.as_bytes()), Ok(read), "{key}");
    }
}

#[test]
fn what_is_not_asked_of_the_object_itself_is_not_looked_at() {
    let unreadable = json!("no object");
    for (key, value, read) in [
        ("operation", json!("DELETE"), "other"),
        ("operation", json!("CONNECT"), "other"),
        ("subResource", json!("status"), "CREATE"),
        ("subResource", json!("scale"), "CREATE"),
    ] {
        let mut members = with("object", unreadable.clone());
        members.retain(|(name, _)| *name != key);
        members.insert(1, (key, value.clone()));
        let text = text(&members);
        let expected = READ
            .replace("CREATE", read)
            .replace("StartInstance", "nothing");
        assert_eq!(told(text.as_bytes()), Ok(expected), "{key} {value}");
    }
    let foreign = text(&with("kind", json!({"group": "", "kind": "Pod"})))
        .replace(r#"{"spec""#, r#"[[[{"deep":[]}]],{"spec""#)
        .replace(r#""i-a"]}}"#, r#""i-a"]}}]"#);
    assert_eq!(
        told(foreign.as_bytes()).as_deref(),
        Ok(r#"u-1 CREATE Pod. start kim Some("shop"): nothing"#)
    );
}

#[test]
fn what_an_api_server_never_sends_is_told_with_the_uid() {
    for (members, says) in [
        (
            with("object", json!(null)),
            "no request.object, which every CREATE has",
        ),
        (
            with("operation", json!("UPDATE")),
            "no request.oldObject, which every UPDATE has",
        ),
        (
            with("operation", json!("PATCH")),
            "no request.operation of CREATE, UPDATE",
        ),
        (
            with("operation", json!(null)),
            "no request.operation of CREATE, UPDATE",
        ),
        (
            with("operation", json!(5)),
            "invalid type: integer `5`, expected a string at line 1 column",
        ),
        (
            with("object", json!("a")),
            "invalid type: string \"a\", expected an object or null at line 1 column",
        ),
        (
            with("object", json!([{}])),
            "invalid type: sequence, expected an object or null",
        ),
        (
            with("kind", json!(["arrears.dev", "EcsOperation"])),
            "invalid type: sequence, expected an object",
        ),
        (
            with("kind", json!({"group": 1})),
            "invalid type: integer `1`, expected a string",
        ),
        (with("userInfo", json!("kim")), "expected an object"),
        (
            with("name", json!({"a": 1})),
            "invalid type: map, expected a string",
        ),
    ] {
        let text = text(&members);
        let (uid, problem) = told(text.as_bytes()).unwrap_err();
        assert_eq!(uid.as_deref(), Some("u-1"), "{text}");
        assert!(problem.contains(says), "{problem}");
    }
    for key in [
        "uid",
        "kind",
        "operation",
        "name",
        "namespace",
        "userInfo",
        "object",
        "oldObject",
    ] {
        let mut twice = members();
        twice.extend(members().into_iter().filter(|(name, _)| *name == key));
        let (uid, problem) = told(text(&twice).as_bytes()).unwrap_err();
        assert_eq!(uid.as_deref(), Some("u-1"), "{key}");
        assert!(
            problem.contains(&format!("duplicate field `{key}`")),
            "{problem}"
        );
    }
}

#[test]
fn broken_texts_are_told_with_the_place_and_the_uid() {
    let whole = text(&members());
    for (broken, says) in [
        (whole.clone() + "x", "trailing characters at line 1 column"),
        (
            whole.clone() + &whole,
            "trailing characters at line 1 column",
        ),
        (
            whole.replace(r#""dryRun":true"#, r#""dryRun":tru"#),
            "expected ident at line 1 column",
        ),
        (
            whole.replace("CREATE", "\\ud800"),
            "hex escape at line 1 column",
        ),
        (
            whole.replace(r#""namespace""#, "namespace"),
            "key must be a string at line 1 column",
        ),
        (
            format!("[{whole}]"),
            "expected an AdmissionReview at line 1 column",
        ),
    ] {
        let (uid, problem) = told(broken.as_bytes()).unwrap_err();
        assert_eq!(uid.as_deref(), Some("u-1"), "{broken}");
        assert!(problem.contains(says), "{says}: {problem}");
    }
    let after_uid = whole.find("requestKind").unwrap();
    for end in after_uid..whole.len() {
        let (uid, _) = told(&whole.as_bytes()[..end]).unwrap_err();
        assert_eq!(uid.as_deref(), Some("u-1"), "{}", &whole[..end]);
    }
    let mut bytes = whole.into_bytes();
    let at = bytes
        .windows(3)
        .position(|window| window == b"kim")
        .unwrap();
    bytes[at] = 0xff;
    let (uid, problem) = told(&bytes).unwrap_err();
    assert_eq!(uid.as_deref(), Some("u-1"));
    assert!(problem.contains("invalid unicode code point"), "{problem}");
}

#[test]
fn without_a_uid_or_of_another_version_or_kind_it_is_not_ours_to_answer() {
    let whole = text(&members());
    for (other, says) in [
        (
            String::new(),
            "EOF while parsing a value at line 1 column 0",
        ),
        ("null".to_owned(), "expected an AdmissionReview"),
        (
            "{}".to_owned(),
            r#"expected admission.k8s.io/v1 AdmissionReview, found "" """#,
        ),
        (
            whole.replace("k8s.io/v1", "k8s.io/v1beta1"),
            r#"found "admission.k8s.io/v1beta1" "AdmissionReview""#,
        ),
        (
            whole.replace("AdmissionReview", "ConversionReview"),
            r#""ConversionReview""#,
        ),
        (text(&[]), "no request with a uid"),
        (text(&with("uid", json!(""))), "no request with a uid"),
        (text(&with("uid", json!(null))), "no request with a uid"),
        (
            text(&[("uid", json!(7))]),
            "invalid type: integer `7`, expected a string",
        ),
        (
            r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}"#.to_owned(),
            "no request",
        ),
        (
            r#"{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":null}"#
                .to_owned(),
            "an AdmissionRequest",
        ),
    ] {
        let (uid, problem) = told(other.as_bytes()).unwrap_err();
        assert_eq!(uid, None, "{other}");
        assert!(problem.contains(says), "{says}: {problem}");
    }
}
