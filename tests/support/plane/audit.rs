//! The API server's audit log, where a webhook's `auditAnnotations` end up.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use super::Plane;
use super::call::Answer;
use super::wait::until;

impl Plane {
    /// The audit event of the request that was answered so.
    ///
    /// It is written when the response is out, hence the wait.
    pub(crate) async fn audit_event(&self, answer: &Answer) -> Value {
        let id = &answer.audit_id;
        until("an audit event", async || {
            self.audit_log()
                .into_iter()
                .find(|event| event["auditID"] == **id)
                .ok_or_else(|| format!("none has the id {id}"))
        })
        .await
    }

    /// What webhooks said about the request that was answered so, keyed `<name of the webhook>/<key>`.
    pub(crate) async fn audit_annotations(&self, answer: &Answer) -> BTreeMap<String, String> {
        let event = self.audit_event(answer).await;
        serde_json::from_value(event["annotations"].clone()).unwrap_or_default()
    }

    /// The audit events about objects called `name`, oldest first, once there is one that `wanted` accepts.
    pub(crate) async fn audit_events_of(
        &self,
        name: &str,
        wanted: impl Fn(&Value) -> bool,
    ) -> Vec<Value> {
        until("an audit event", async || {
            let mut events = self.audit_log();
            events.retain(|event| event["objectRef"]["name"] == *name);
            match events.iter().any(&wanted) {
                true => Ok(events),
                false => Err(format!("{} about {name}, none as wanted", events.len())),
            }
        })
        .await
    }

    fn audit_log(&self) -> Vec<Value> {
        let log = fs::read_to_string(self.folder().join("audit.log")).unwrap_or_default();
        // The last line may be half written.
        log.lines()
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }
}
