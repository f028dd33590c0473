//! Webhook configurations of a tenant: narrowed to its objects, pointed at a server of the test, and awaited.
//!
//! The API server takes a configuration in at some time after it was stored, and as a whole. Each registration therefore carries
//! one entry more, for ConfigMaps with a label used once, at an address where nobody listens: as soon as a dry run of such a
//! ConfigMap fails, all entries are in force, whatever they would answer.

use std::net::TcpListener;
use std::sync::atomic::{AtomicU32, Ordering};

use k8s_openapi::ByteString;
use serde_json::{Value, json};

use super::call::{create, delete, replace};
use super::tenant::{LABEL, Tenant};
use super::users::ADMIN;
use super::wait::until;

const PROBE_LABEL: &str = "tests.arrears.dev/probe";

impl Tenant {
    /// Puts a `ValidatingWebhookConfiguration` in force for this tenant's objects alone.
    ///
    /// Rules, match conditions and policies stay as they are; the address and the authority (PEM) are replaced. Returns the
    /// configuration as it was stored, for [`Tenant::withdraw`].
    pub(crate) async fn register(
        &self,
        mut configuration: Value,
        url: &str,
        authority: &str,
    ) -> Value {
        let probe = probe();
        let name = configuration["metadata"]["name"]
            .as_str()
            .expect("the configuration has a name");
        configuration["metadata"]["name"] = json!(format!("{name}-{}", self.name));
        let webhooks = configuration["webhooks"]
            .as_array_mut()
            .expect("the configuration has webhooks");
        for webhook in webhooks.iter_mut() {
            webhook["clientConfig"] =
                json!({"url": url, "caBundle": ByteString(authority.as_bytes().to_vec())});
            webhook["objectSelector"]["matchLabels"][LABEL] = json!(self.name);
        }
        webhooks.push(probe_entry(&probe));
        let answer = self.answers(create(configuration.clone())).await;
        match answer.code {
            409 => self.accepts(replace(configuration.clone())).await,
            201 => answer,
            code => panic!("the configuration is refused with {code}: {}", answer.body),
        };
        self.until_in_force(&probe, true).await;
        configuration["metadata"]["labels"][PROBE_LABEL] = json!(probe);
        configuration
    }

    /// Deletes a configuration that [`Tenant::register`] returned, and waits until it is out of force.
    pub(crate) async fn withdraw(&self, registered: &Value) {
        self.accepts(delete(registered)).await;
        let probe = registered["metadata"]["labels"][PROBE_LABEL]
            .as_str()
            .expect("it was registered");
        self.until_in_force(probe, false).await;
    }

    async fn until_in_force(&self, probe: &str, wanted: bool) {
        let object = json!({
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": probe, "namespace": self.name, "labels": {PROBE_LABEL: probe}},
        });
        let client = self.client(ADMIN).await;
        until(
            "a webhook configuration to be taken in or out",
            async || {
                // Not sent as the tenant's: its own webhooks might have something to say about it.
                let answer = create(object.clone()).dry_run().send(&client).await;
                let message = answer.body["message"].as_str().unwrap_or_default();
                match message.contains("probe.tests.arrears.dev") == wanted {
                    true => Ok(()),
                    false => Err(format!("{}: {}", answer.code, answer.body)),
                }
            },
        )
        .await;
    }
}

/// An address on loopback where nobody listens: a webhook that is down.
pub(crate) fn nobody() -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    format!("https://{}/validate", listener.local_addr().unwrap())
}

fn probe() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("probe-{}", COUNT.fetch_add(1, Ordering::Relaxed))
}

fn probe_entry(probe: &str) -> Value {
    json!({
        "name": "probe.tests.arrears.dev",
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Fail",
        "timeoutSeconds": 1,
        "clientConfig": {"url": nobody()},
        "objectSelector": {"matchLabels": {PROBE_LABEL: probe}},
        "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["configmaps"], "operations": ["CREATE"]}],
    })
}
