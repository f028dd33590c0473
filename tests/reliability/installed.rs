//! What `helm install` puts into the cluster, and the configuration that an administrator adds.

use hyper::{Request, StatusCode};
use k8s_openapi::ByteString;
use kube::Client;
use kube::client::Body;
use serde_json::{Value, json};

use crate::asks;
use crate::chart::{Container, container, render};
pub(crate) use crate::chart::{NAMESPACE, RELEASE as NAME};
use crate::cloud::{KEYS, accounts, secrets};
use crate::double::Cloud;
use crate::plane::wait::until;

/// The release.
pub(crate) struct Installed {
    client: Client,
    objects: Vec<Value>,
    /// What the Deployment tells its pods.
    pub(crate) container: Container,
    /// The ServiceAccount's token.
    pub(crate) token: String,
}

/// The policy: what is not known is refused, so that no answer is right by chance.
pub(crate) fn policy(rules: Value) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1",
        "kind": "OverduePolicy",
        "metadata": {"name": "default"},
        "spec": {"unknown": "Deny", "rules": rules},
    })
}

impl Installed {
    /// Installs all of it.
    pub(crate) async fn install(client: Client, cloud: &Cloud, service_port: u16) -> Self {
        let objects = release(service_port);
        let mut installed = Self {
            client,
            container: container(&objects),
            objects,
            token: String::new(),
        };
        installed.restore(cloud).await;
        installed
    }

    /// Puts every object in place, whatever has become of it.
    pub(crate) async fn restore(&mut self, cloud: &Cloud) {
        for object in &self.objects {
            self.apply(object).await;
        }
        self.configure(cloud).await;
        self.token = self.request_token().await;
    }

    /// Puts the configuration in place.
    pub(crate) async fn configure(&self, cloud: &Cloud) {
        for object in &configuration(cloud) {
            // A kind that was defined a moment ago may not be served yet.
            until("an object to be taken", async || {
                self.try_apply(object).await
            })
            .await;
        }
    }

    /// Server-side apply, as Helm does it.
    pub(crate) async fn apply(&self, object: &Value) -> Value {
        let applied = self.try_apply(object).await;
        applied.unwrap_or_else(|reason| panic!("{}: {reason}", path_of(object)))
    }

    /// The same for an object that may be refused.
    pub(crate) async fn try_apply(&self, object: &Value) -> Result<Value, String> {
        let (status, body) = self.send(applying(object)).await;
        match status.is_success() {
            true => Ok(body),
            false => Err(format!("{status}: {body}")),
        }
    }

    /// The authorities that the API server trusts when it calls the webhook, in PEM.
    pub(crate) async fn authorities(&self) -> Vec<u8> {
        let stored = self.stored(&registration()).await.unwrap_or_default();
        let bundle = stored["webhooks"][0]["clientConfig"]["caBundle"].clone();
        serde_json::from_value::<ByteString>(bundle)
            .unwrap_or_default()
            .0
    }

    /// The certificate that all replicas show, in PEM.
    pub(crate) async fn leaf(&self) -> Vec<u8> {
        let stored = self.stored(&secret("tls")).await.unwrap_or_default();
        serde_json::from_value::<ByteString>(stored["data"]["tls.crt"].clone())
            .unwrap_or_default()
            .0
    }

    /// What the API server has of an object.
    pub(crate) async fn stored(&self, object: &Value) -> Option<Value> {
        let request = Request::get(path_of(object)).body(Body::empty()).unwrap();
        let (status, body) = self.send(request).await;
        status.is_success().then_some(body)
    }

    /// Deletes an object.
    pub(crate) async fn delete(&self, object: &Value) {
        let path = path_of(object);
        let request = Request::delete(&path).body(Body::empty()).unwrap();
        let (status, body) = self.send(request).await;
        assert!(status.is_success(), "{path}: {status}: {body}");
    }

    async fn request_token(&self) -> String {
        let path = format!("/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{NAME}/token");
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 3600},
        });
        let request = Request::post(&path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string().into_bytes()))
            .unwrap();
        let (status, body) = self.send(request).await;
        assert!(status.is_success(), "{path}: {status}: {body}");
        body["status"]["token"].as_str().unwrap().to_owned()
    }

    async fn send(&self, request: Request<Body>) -> (StatusCode, Value) {
        let response = self.client.send(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect_bytes().await.unwrap();
        (
            head.status,
            serde_json::from_slice(&body).unwrap_or_default(),
        )
    }
}

/// The objects of the release, definitions first, and what has to be there before it.
pub(crate) fn release(service_port: u16) -> Vec<Value> {
    let namespace =
        |name: &str| json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
    let mut objects = vec![namespace(NAMESPACE), namespace(asks::NAMESPACE)];
    objects.extend(secrets(NAMESPACE));
    objects.extend(rendered(service_port));
    objects
}

/// What the chart renders, with the one difference that a machine without a network of Services needs.
pub(crate) fn rendered(service_port: u16) -> Vec<Value> {
    let port = service_port.to_string();
    let names = KEYS.map(|name| format!("keys-{name}"));
    let mut objects = render(&[
        ("credentials.secrets[0]", &names[0]),
        ("credentials.secrets[1]", &names[1]),
        ("service.port", &port),
    ]);
    objects.retain(|object| object["metadata"]["annotations"]["helm.sh/hook"].is_null());
    for object in &mut objects {
        if object["kind"] == "Service" && object["metadata"]["name"] == *NAME {
            // The API server goes to this machine, at the port that the registration names.
            object["spec"] = json!({"type": "ExternalName", "externalName": "localhost", "ports": [{"port": service_port}]});
        }
    }
    objects
}

/// The registration, whose entries are the leader's.
pub(crate) fn registration() -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": NAME},
    })
}

/// What an administrator adds.
pub(crate) fn configuration(cloud: &Cloud) -> Vec<Value> {
    let mut objects = accounts(cloud, NAMESPACE);
    objects.push(policy(json!([])));
    objects
}

/// One of the Secrets in which certificates are kept.
pub(crate) fn secret(what: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": format!("{NAME}-{what}"), "namespace": NAMESPACE},
    })
}

fn applying(object: &Value) -> Request<Body> {
    Request::patch(format!("{}?fieldManager=helm&force=true", path_of(object)))
        .header("content-type", "application/apply-patch+yaml")
        .body(Body::from(object.to_string().into_bytes()))
        .unwrap()
}

/// The address of an object.
fn path_of(object: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (version, kind, name) = (
        text(&object["apiVersion"]),
        text(&object["kind"]),
        text(&object["metadata"]["name"]),
    );
    let root = match version.contains('/') {
        true => format!("/apis/{version}"),
        false => format!("/api/{version}"),
    };
    let place = match object["metadata"]["namespace"].as_str() {
        Some(namespace) => format!("{root}/namespaces/{namespace}"),
        None => root,
    };
    let plural = match kind.to_lowercase() {
        kind if kind.ends_with('y') => format!("{}ies", kind.trim_end_matches('y')),
        kind => format!("{kind}s"),
    };
    format!("{place}/{plural}/{name}")
}
