//! The part of the shared plane that one test has for itself, and the words in which tests are written.
//!
//! A tenant is a namespace and a label. Objects sent through it carry the label (and lie in the namespace, if their kind has
//! one), and webhooks registered through it see nothing else, so that tests run side by side. Names of cluster-scoped objects
//! are for the tests to keep apart.

use std::collections::BTreeMap;
use std::sync::Mutex;

use kube::Client;
use serde_json::{Value, json};

use super::Plane;
use super::call::{Answer, Call, is_namespaced, stored};
use super::users::{ADMIN, User};

/// The label that says to whom an object belongs.
pub(super) const LABEL: &str = "tests.arrears.dev/tenant";

/// One test's part of the plane.
pub(crate) struct Tenant {
    pub(super) plane: &'static Plane,
    pub(super) name: &'static str,
    /// By context; a tenant is used on the runtime of the test that settles it, as clients must be.
    clients: Mutex<BTreeMap<&'static str, Client>>,
}

impl Tenant {
    pub(super) async fn settle(plane: &'static Plane, name: &'static str) -> Self {
        let tenant = Self {
            plane,
            name,
            clients: Mutex::default(),
        };
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        tenant.accepts(namespace).await;
        tenant
    }

    /// Sends a call and says what was answered, be it what it may.
    pub(crate) async fn answers(&self, call: impl Into<Call>) -> Answer {
        let mut call = call.into();
        let client = self.client(call.user()).await;
        if is_namespaced(&client, &call.object).await
            && call.object["metadata"]["namespace"].is_null()
        {
            call.object["metadata"]["namespace"] = json!(self.name);
        }
        if call.sends_object() {
            call.object["metadata"]["labels"][LABEL] = json!(self.name);
        }
        call.send(&client).await
    }

    /// The call goes through.
    pub(crate) async fn accepts(&self, call: impl Into<Call>) -> Answer {
        let call = call.into();
        let summary = call.summary();
        let answer = self.answers(call).await;
        let (code, body) = (answer.code, &answer.body);
        assert!(
            matches!(code, 200..300),
            "{summary}: should be accepted, got {code}: {body}"
        );
        answer
    }

    /// A webhook denies the call with 403 `Forbidden` and a message that holds `text`, and nothing has changed by it.
    pub(crate) async fn rejects(&self, call: impl Into<Call>, text: &str) -> Answer {
        let answer = self.leaves_all_as_it_was(call.into(), text).await;
        assert_eq!(
            (answer.code, &answer.body["reason"]),
            (403, &json!("Forbidden")),
            "{}",
            answer.body
        );
        answer
    }

    /// A webhook refuses to judge the call: 503 `ServiceUnavailable` and a message that holds `text`, and nothing has changed by it.
    pub(crate) async fn puts_off(&self, call: impl Into<Call>, text: &str) -> Answer {
        let answer = self.leaves_all_as_it_was(call.into(), text).await;
        assert_eq!(
            (answer.code, &answer.body["reason"]),
            (503, &json!("ServiceUnavailable")),
            "{}",
            answer.body
        );
        answer
    }

    /// No webhook could be asked, and the API server refuses the call for it with 500: `failurePolicy: Fail`.
    pub(crate) async fn holds_back(&self, call: impl Into<Call>) -> Answer {
        let answer = self
            .leaves_all_as_it_was(call.into(), "failed calling webhook")
            .await;
        assert_eq!(
            (answer.code, &answer.body["reason"]),
            (500, &json!("InternalError")),
            "{}",
            answer.body
        );
        answer
    }

    /// The object as it is sent through the tenant, for those who send it by other means.
    pub(crate) fn own(&self, mut object: Value) -> Value {
        object["metadata"]["namespace"] = json!(self.name);
        object["metadata"]["labels"][LABEL] = json!(self.name);
        object
    }

    /// The object as the API server has it; `null` when it has none.
    pub(crate) async fn stored(&self, object: &Value) -> Value {
        let client = self.client(ADMIN).await;
        let mut object = object.clone();
        if is_namespaced(&client, &object).await && object["metadata"]["namespace"].is_null() {
            object["metadata"]["namespace"] = json!(self.name);
        }
        stored(&client, &object).await
    }

    /// The client of this user, made once.
    pub(super) async fn client(&self, user: User) -> Client {
        let made = self.clients.lock().unwrap().get(user.context).cloned();
        match made {
            Some(client) => client,
            None => {
                let client = self.plane.client(user).await;
                self.clients
                    .lock()
                    .unwrap()
                    .insert(user.context, client.clone());
                client
            }
        }
    }

    async fn leaves_all_as_it_was(&self, call: Call, text: &str) -> Answer {
        let (summary, object) = (call.summary(), call.object.clone());
        let before = self.stored(&object).await;
        let answer = self.answers(call).await;
        let message = answer.body["message"].as_str().unwrap_or_default();
        let (code, body) = (answer.code, &answer.body);
        assert!(
            300 <= code,
            "{summary}: should be refused, got {code}: {body}"
        );
        assert!(
            message.contains(text),
            "{summary}: {text:?} is not in {message:?}"
        );
        assert_eq!(
            self.stored(&object).await,
            before,
            "{summary}: refused, and yet something changed"
        );
        answer
    }
}
