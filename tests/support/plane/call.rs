//! One request to the API server as data, and its answer with all that a webhook can put into it.

use std::collections::BTreeMap;
use std::sync::Mutex;

use hyper::{HeaderMap, Request};
use kube::Client;
use kube::api::GroupVersionKind;
use kube::client::Body;
use kube::discovery::{Scope, pinned_kind};
use serde_json::{Value, json};

use super::users::{ADMIN, User};

/// A request about one object; a bare object means its creation.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    verb: Verb,
    pub(super) object: Value,
    subresource: Option<&'static str>,
    user: User,
    manager: Option<String>,
    dry_run: bool,
}

#[derive(Clone, Debug)]
enum Verb {
    Create,
    Replace,
    Merge(Value),
    Apply,
    Delete,
}

/// What the API server answered.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) code: u16,
    /// The object as it is now, or a `Status`.
    pub(crate) body: Value,
    /// The `Warning` headers' texts.
    pub(crate) warnings: Vec<String>,
    pub(super) audit_id: String,
}

/// `POST` of an object.
pub(crate) fn create(object: Value) -> Call {
    Call::new(Verb::Create, object)
}

/// `PUT` of an object as it should be; it takes the place of whatever version is stored.
pub(crate) fn replace(object: Value) -> Call {
    Call::new(Verb::Replace, object)
}

/// A JSON merge patch of the object that has this one's kind, namespace and name.
pub(crate) fn merge(object: &Value, patch: Value) -> Call {
    Call::new(Verb::Merge(patch), object.clone())
}

/// Server-side apply, forced.
pub(crate) fn apply(object: Value) -> Call {
    Call::new(Verb::Apply, object)
}

/// `DELETE` of the object that has this one's kind, namespace and name.
pub(crate) fn delete(object: &Value) -> Call {
    Call::new(Verb::Delete, object.clone())
}

impl From<Value> for Call {
    fn from(object: Value) -> Self {
        create(object)
    }
}

impl Call {
    fn new(verb: Verb, object: Value) -> Self {
        Self {
            verb,
            object,
            subresource: None,
            user: ADMIN,
            manager: None,
            dry_run: false,
        }
    }

    /// Sends it as somebody else than the administrator.
    pub(crate) fn by(self, user: User) -> Self {
        Self { user, ..self }
    }

    /// Names the field manager.
    pub(crate) fn manager(self, manager: &str) -> Self {
        Self {
            manager: Some(manager.to_owned()),
            ..self
        }
    }

    /// Asks for a dry run.
    pub(crate) fn dry_run(self) -> Self {
        Self {
            dry_run: true,
            ..self
        }
    }

    /// Sends it to the status of the object.
    pub(crate) fn status(self) -> Self {
        Self {
            subresource: Some("status"),
            ..self
        }
    }

    /// Who sends it.
    pub(super) fn user(&self) -> User {
        self.user
    }

    /// Whether the object is part of what is sent, and not only named.
    pub(super) fn sends_object(&self) -> bool {
        matches!(self.verb, Verb::Create | Verb::Replace | Verb::Apply)
    }

    /// In one line, for the message of a test that fails.
    pub(crate) fn summary(&self) -> String {
        let verb = match &self.verb {
            Verb::Create => "create",
            Verb::Replace => "replace",
            Verb::Merge(_) => "patch",
            Verb::Apply => "apply",
            Verb::Delete => "delete",
        };
        let change = match &self.verb {
            Verb::Merge(patch) => format!(" with {patch}"),
            _ => String::new(),
        };
        let place = self
            .subresource
            .map(|name| format!("/{name}"))
            .unwrap_or_default();
        let dry_run = if self.dry_run { " (dry run)" } else { "" };
        let (kind, name) = (&self.object["kind"], &self.object["metadata"]["name"]);
        format!(
            "{verb} {kind} {name}{place}{change}{dry_run} by {}",
            self.user.name
        )
    }

    /// Sends it.
    pub(super) async fn send(mut self, client: &Client) -> Answer {
        let place = Place::of(client, &self.object).await;
        if let Verb::Replace = self.verb {
            let live = place.get(client).await;
            self.object["metadata"]["resourceVersion"] =
                live.body["metadata"]["resourceVersion"].clone();
        }
        let mut query = vec!["fieldValidation=Strict".to_owned()];
        query.extend(
            self.manager
                .map(|manager| format!("fieldManager={}", escaped(&manager))),
        );
        query.extend(self.dry_run.then(|| "dryRun=All".to_owned()));
        let named = match self.subresource {
            Some(subresource) => format!("{}/{subresource}", place.object),
            None => place.object,
        };
        let (method, path, content_type, body) = match self.verb {
            Verb::Create => ("POST", place.collection, "application/json", self.object),
            Verb::Replace => ("PUT", named, "application/json", self.object),
            Verb::Merge(patch) => ("PATCH", named, "application/merge-patch+json", patch),
            Verb::Apply => {
                query.push("force=true".to_owned());
                if query
                    .iter()
                    .all(|parameter| !parameter.starts_with("fieldManager="))
                {
                    query.push("fieldManager=tests".to_owned());
                }
                ("PATCH", named, "application/apply-patch+yaml", self.object)
            }
            Verb::Delete => {
                // Where there is a body, deletion looks for options there and not in the query.
                let options = match self.dry_run {
                    true => json!({"dryRun": ["All"]}),
                    false => json!({}),
                };
                query.clear();
                ("DELETE", named, "application/json", options)
            }
        };
        let request = Request::builder()
            .method(method)
            .uri(format!("{path}?{}", query.join("&")))
            .header("content-type", content_type)
            .body(Body::from(body.to_string().into_bytes()))
            .unwrap();
        answer(client, request).await
    }
}

/// The object as it is stored; `null` when it is not.
pub(super) async fn stored(client: &Client, object: &Value) -> Value {
    if object["metadata"]["name"].is_null() {
        return Value::Null;
    }
    let live = Place::of(client, object).await.get(client).await;
    match live.code {
        404 => Value::Null,
        _ => live.body,
    }
}

/// Whether objects of this one's kind live in namespaces.
pub(super) async fn is_namespaced(client: &Client, object: &Value) -> bool {
    Place::of(client, object).await.namespaced
}

/// What discovery says of a kind; it says the same as long as the plane lives, so it is asked once.
#[derive(Clone)]
struct Known {
    root: String,
    plural: String,
    namespaced: bool,
}

impl Known {
    async fn kind_of(client: &Client, object: &Value) -> Self {
        static KNOWN: Mutex<BTreeMap<(String, String), Known>> = Mutex::new(BTreeMap::new());
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let key = (text(&object["apiVersion"]), text(&object["kind"]));
        if let Some(known) = KNOWN.lock().unwrap().get(&key) {
            return known.clone();
        }
        let (group, version) = key.0.split_once('/').unwrap_or(("", &key.0));
        let kind = GroupVersionKind::gvk(group, version, &key.1);
        let (resource, capabilities) = pinned_kind(client, &kind)
            .await
            .unwrap_or_else(|error| panic!("the API server does not know {kind:?}: {error}"));
        let root = match group {
            "" => format!("/api/{version}"),
            group => format!("/apis/{group}/{version}"),
        };
        let known = Self {
            root,
            plural: resource.plural,
            namespaced: capabilities.scope == Scope::Namespaced,
        };
        KNOWN.lock().unwrap().insert(key, known.clone());
        known
    }
}

/// The addresses of an object.
struct Place {
    namespaced: bool,
    collection: String,
    object: String,
}

impl Place {
    async fn of(client: &Client, object: &Value) -> Self {
        let Known {
            root,
            plural,
            namespaced,
        } = Known::kind_of(client, object).await;
        let namespace = match namespaced {
            true => Some(
                object["metadata"]["namespace"]
                    .as_str()
                    .unwrap_or("default"),
            ),
            false => None,
        };
        let collection = match namespace {
            Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}"),
            None => format!("{root}/{plural}"),
        };
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let object = format!("{collection}/{name}");
        Self {
            namespaced,
            collection,
            object,
        }
    }

    async fn get(&self, client: &Client) -> Answer {
        answer(
            client,
            Request::get(&self.object).body(Body::empty()).unwrap(),
        )
        .await
    }
}

async fn answer(client: &Client, request: Request<Body>) -> Answer {
    let response = client
        .send(request)
        .await
        .unwrap_or_else(|error| panic!("the API server can't be reached: {error}"));
    let (head, body) = response.into_parts();
    let body = body.collect_bytes().await.unwrap();
    Answer {
        code: head.status.as_u16(),
        body: serde_json::from_slice(&body)
            .unwrap_or_else(|_| json!({"message": String::from_utf8_lossy(&body)})),
        warnings: warnings(&head.headers),
        audit_id: header(&head.headers, "audit-id"),
    }
}

fn header(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

/// The texts of `Warning: 299 - "text"`.
fn warnings(headers: &HeaderMap) -> Vec<String> {
    let texts = headers.get_all("warning").iter().map(|value| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        let quoted = value
            .strip_prefix("299 - \"")
            .and_then(|rest| rest.strip_suffix('"'));
        match quoted {
            Some(text) => text.replace("\\\"", "\"").replace("\\\\", "\\"),
            None => value,
        }
    });
    texts.collect()
}

/// Field managers hold slashes and spaces at most; what a query can't hold is written as bytes.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}
