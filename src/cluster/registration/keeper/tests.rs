//! The steps against an API server that refuses what a real one takes.

use std::sync::Mutex;

use hyper::{Method, Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use tower::service_fn;

use super::*;
use crate::{
    cluster::{FailurePolicy, Installation, RegistrationSettings},
    telemetry::{Health, Metrics},
};

/// What was sent, in order.
type Sent = Arc<Mutex<Vec<(Method, String, Value)>>>;

/// A client whose server answers as `answer` says, with a code and an object.
fn client(
    sent: &Sent,
    answer: impl Fn(&Method, &str, &Value) -> (u16, Value) + Clone + Send + 'static,
) -> kube::Client {
    let sent = Arc::clone(sent);
    let service = service_fn(move |request: Request<Body>| {
        let (sent, answer) = (Arc::clone(&sent), answer.clone());
        async move {
            let (head, body) = request.into_parts();
            let body = body.collect_bytes().await.unwrap();
            let body: Value = serde_json::from_slice(&body).unwrap_or_default();
            let uri = head.uri.to_string();
            let (code, object) = answer(&head.method, &uri, &body);
            sent.lock().unwrap().push((head.method, uri, body));
            let text = Body::from(object.to_string().into_bytes());
            Ok::<_, std::convert::Infallible>(Response::builder().status(code).body(text).unwrap())
        }
    });
    kube::Client::new(service, "default")
}

fn status(code: u16, message: &str) -> (u16, Value) {
    let object = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": message, "reason": "Invalid"});
    (code, object)
}

/// The object with what was applied to it.
fn stored(body: &Value) -> (u16, Value) {
    let object = json!({
        "metadata": {
            "name": "arrears", "uid": "u-1", "resourceVersion": "2",
            "managedFields": [{"manager": "arrears-registration", "operation": "Apply"}],
        },
        "webhooks": body["webhooks"],
    });
    (200, object)
}

fn registration(client: kube::Client, health: &Health) -> Registration {
    let installation = Installation {
        namespace: "arrears-system".to_owned(),
        name: "arrears".to_owned(),
        identity: "a".to_owned(),
    };
    let settings = RegistrationSettings {
        service_port: 443,
        failure_policy: FailurePolicy::Fail,
        timeout_seconds: 3,
    };
    Registration::new(
        client,
        &installation,
        settings,
        health.clone(),
        Arc::new(Metrics::new()),
    )
}

fn bundle() -> Bundle {
    let issued = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    Bundle::from_pem(issued.cert.pem().as_bytes()).unwrap()
}

fn bindings(names: &[&str]) -> Arc<[OperationBinding]> {
    let binding = |name: &&str| {
        serde_json::from_value(json!({
            "metadata": {"name": name},
            "spec": {"target": {"group": "acme.example", "kinds": ["Vm"]}, "operations": [{"action": "A", "on": ["CREATE"]}]},
        }))
        .unwrap()
    };
    names.iter().map(binding).collect()
}

fn object() -> ValidatingWebhookConfiguration {
    serde_json::from_value(
        json!({"metadata": {"name": "arrears", "uid": "u-1", "resourceVersion": "1"}}),
    )
    .unwrap()
}

fn names(body: &Value) -> Vec<String> {
    let entries = body["webhooks"].as_array().unwrap();
    entries
        .iter()
        .map(|entry| entry["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_binding_that_the_api_server_refuses_costs_only_its_own_entry() {
    let (sent, health) = (Sent::default(), Health::default());
    let client = client(&sent, |method, _, body| match *method {
        Method::PATCH if body.to_string().contains("bad.binding") => {
            status(422, "webhooks[6]: Invalid value")
        }
        Method::PATCH => stored(body),
        _ => status(404, "no such thing"),
    });
    let registration = registration(client, &health);
    let (applied, told) = watch::channel(None);
    let mut keeper = Keeper::new(&registration, Term::unlimited(), applied);
    keeper.observe(Ok(Some(object())));
    let (bundle, bindings) = (bundle(), bindings(&["good", "bad", "better"]));
    while told.borrow().is_none() {
        keeper.step(Some(bundle.clone()), &bindings).await;
    }
    let sent = sent.lock().unwrap();
    let (_, _, last) = sent
        .iter()
        .rfind(|(method, uri, _)| *method == Method::PATCH && !uri.contains("dryRun"))
        .unwrap();
    let names = names(last);
    assert_eq!(names.len(), 7, "{names:?}");
    assert!(
        !names.contains(&"bad.binding.ecs.arrears.dev".to_owned()),
        "{names:?}"
    );
    assert_eq!(last["metadata"]["uid"], "u-1");
    let report = health.report().text;
    assert!(
        report.contains("[!]registration bindings: bad.binding.ecs.arrears.dev is left out: webhooks[6]: Invalid value"),
        "{report}"
    );
    assert!(report.contains("[+]registration ok"), "{report}");
    drop(keeper);
    assert_eq!(health.report().text, "readyz check passed\n");
}

#[tokio::test]
async fn an_object_that_is_gone_is_not_written_again_at_once() {
    let (sent, health) = (Sent::default(), Health::default());
    let client = client(&sent, |method, _, _| match *method {
        Method::PATCH => status(409, "uid mismatch: no existing object was found"),
        _ => status(404, "no such thing"),
    });
    let registration = registration(client, &health);
    let (applied, told) = watch::channel(None);
    let mut keeper = Keeper::new(&registration, Term::unlimited(), applied);
    keeper.observe(Ok(Some(object())));
    let (bundle, bindings) = (bundle(), bindings(&[]));
    for _ in 0..10 {
        let again = keeper.step(Some(bundle.clone()), &bindings).await;
        assert!(again.is_some());
    }
    assert_eq!(sent.lock().unwrap().len(), 1);
    keeper.observe(Ok(None));
    assert_eq!(keeper.step(Some(bundle), &bindings).await, None);
    assert_eq!(sent.lock().unwrap().len(), 1);
    assert!(told.borrow().is_none());
}
