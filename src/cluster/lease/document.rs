//! The Lease as JSON: anything that is in it can be read, and what is not the election's is written back as it was.
//!
//! It is not read into the kind's own type: a time that this program's calendar does not reach would be an error
//! there, and whoever can write the Lease could keep all replicas from ever reading it again.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::pace::DURATIONS;
use crate::cluster::Installation;

/// A Lease as it is stored, or is to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Document(Map<String, Value>);

/// What the election reads in a Lease; whoever holds it shows that it lives by a change of any of this.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Record {
    /// Which object it was.
    pub(super) uid: Option<String>,
    /// Who holds it; none = it is free.
    pub(super) holder: Option<String>,
    /// For how long after a change its holder is to be taken for alive.
    pub(super) duration: Option<Duration>,
    /// When the holder got it, as it wrote that itself.
    pub(super) acquired: Option<String>,
    /// When the holder last renewed it, likewise.
    pub(super) renewed: Option<String>,
    /// How often it went from one holder to another.
    pub(super) transitions: i32,
}

/// What a replica writes that takes the lease.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) holder: String,
    pub(super) seconds: u64,
    /// The time of both the acquisition and the first renewal.
    pub(super) time: String,
    pub(super) transitions: i32,
}

impl Document {
    /// A Lease that does not exist yet.
    pub(super) fn new(installation: &Installation, claim: &Claim) -> Self {
        let mut object = Map::new();
        object.insert("apiVersion".to_owned(), json!("coordination.k8s.io/v1"));
        object.insert("kind".to_owned(), json!("Lease"));
        object.insert(
            "metadata".to_owned(),
            json!({
                "namespace": installation.namespace,
                "name": installation.lease(),
                "labels": {"app.kubernetes.io/managed-by": "arrears"},
            }),
        );
        Self(object).claimed(claim)
    }

    /// What the API server answered, if that can be replaced on the condition that nobody else did.
    pub(super) fn stored(text: &str) -> Option<Self> {
        let object: Map<String, Value> = serde_json::from_str(text).ok()?;
        let version = object.get("metadata")?.get("resourceVersion")?.as_str()?;
        let has_version = !version.is_empty();
        has_version.then_some(Self(object))
    }

    /// The part that the election is about.
    pub(super) fn record(&self) -> Record {
        let spec = self.0.get("spec");
        let field = |name| spec.and_then(|spec| spec.get(name));
        let text = |name| field(name).and_then(Value::as_str).map(str::to_owned);
        let uid = self.0.get("metadata").and_then(|given| given.get("uid"));
        Record {
            uid: uid.and_then(Value::as_str).map(str::to_owned),
            holder: text("holderIdentity").filter(|holder| !holder.is_empty()),
            duration: field("leaseDurationSeconds")
                .and_then(Value::as_u64)
                .filter(|seconds| *seconds != 0)
                .map(|seconds| Duration::from_secs(seconds).min(*DURATIONS.end())),
            acquired: text("acquireTime"),
            renewed: text("renewTime"),
            transitions: field("leaseTransitions")
                .and_then(Value::as_i64)
                .and_then(|count| i32::try_from(count).ok())
                .unwrap_or_default(),
        }
    }

    /// The same with another holder.
    pub(super) fn claimed(&self, claim: &Claim) -> Self {
        self.with([
            ("holderIdentity", json!(claim.holder)),
            ("leaseDurationSeconds", json!(claim.seconds)),
            ("acquireTime", json!(claim.time)),
            ("renewTime", json!(claim.time)),
            ("leaseTransitions", json!(claim.transitions)),
        ])
    }

    /// The same, renewed by its holder.
    pub(super) fn renewed(&self, seconds: u64, time: &str) -> Self {
        self.with([
            ("leaseDurationSeconds", json!(seconds)),
            ("renewTime", json!(time)),
        ])
    }

    /// The same without a holder, as client-go leaves it: with the shortest duration, for those who look at nothing else.
    pub(super) fn freed(&self, time: &str) -> Self {
        self.with([
            ("holderIdentity", json!("")),
            ("leaseDurationSeconds", json!(1)),
            ("acquireTime", json!(time)),
            ("renewTime", json!(time)),
        ])
    }

    fn with<const COUNT: usize>(&self, fields: [(&str, Value); COUNT]) -> Self {
        let mut object = self.0.clone();
        let spec = object.get("spec").and_then(Value::as_object);
        let mut spec = spec.cloned().unwrap_or_default();
        spec.extend(fields.map(|(name, value)| (name.to_owned(), value)));
        object.insert("spec".to_owned(), Value::Object(spec));
        Self(object)
    }

    /// As it is sent.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        Value::Object(self.0.clone()).to_string().into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored(spec: Value) -> Document {
        let object = json!({"metadata": {"uid": "u", "resourceVersion": "7", "labels": {"a": "b"}}, "spec": spec});
        Document::stored(&object.to_string()).unwrap()
    }

    fn claim() -> Claim {
        Claim {
            holder: "a".to_owned(),
            seconds: 15,
            time: "2026-01-01T00:00:00.000000Z".to_owned(),
            transitions: 3,
        }
    }

    #[test]
    fn whatever_is_in_it_can_be_read() {
        let empty = Record {
            uid: Some("u".to_owned()),
            ..Record::default()
        };
        for spec in [
            json!(null),
            json!({}),
            json!([]),
            json!("x"),
            json!({"holderIdentity": ""}),
            json!({"holderIdentity": null, "leaseDurationSeconds": 0, "leaseTransitions": null}),
            json!({"holderIdentity": 5, "leaseDurationSeconds": -1, "acquireTime": 5, "renewTime": {}, "leaseTransitions": "x"}),
            json!({"leaseDurationSeconds": 1.5, "leaseTransitions": i64::MAX}),
        ] {
            assert_eq!(stored(spec.clone()).record(), empty, "{spec}");
        }
    }

    #[test]
    fn no_holder_is_believed_for_longer_than_could_be_set() {
        let record = stored(json!({"leaseDurationSeconds": i32::MAX})).record();
        assert_eq!(record.duration, Some(*DURATIONS.end()));
    }

    #[test]
    fn what_has_no_version_is_no_document() {
        for text in [
            "",
            "[]",
            "{}",
            r#"{"metadata": {}}"#,
            r#"{"metadata": {"resourceVersion": ""}}"#,
        ] {
            assert_eq!(Document::stored(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_the_elections_is_written_back_as_it_was() {
        let foreign = stored(json!({"strategy": "OldestEmulationVersion", "holderIdentity": "b"}));
        let written: Value = serde_json::from_slice(&foreign.claimed(&claim()).to_bytes()).unwrap();
        assert_eq!(written["metadata"]["labels"]["a"], "b");
        assert_eq!(written["metadata"]["resourceVersion"], "7");
        assert_eq!(
            written["spec"],
            json!({
                "strategy": "OldestEmulationVersion",
                "holderIdentity": "a",
                "leaseDurationSeconds": 15,
                "acquireTime": claim().time,
                "renewTime": claim().time,
                "leaseTransitions": 3,
            })
        );
    }

    #[test]
    fn a_renewal_changes_the_time_and_nothing_else() {
        let before = stored(json!({})).claimed(&claim());
        let after = before.renewed(15, "later").record();
        let expected = Record {
            renewed: Some("later".to_owned()),
            ..before.record()
        };
        assert_eq!(after, expected);
    }

    #[test]
    fn a_lease_that_was_given_back_is_free_and_has_counted() {
        let record = stored(json!({})).claimed(&claim()).freed("later").record();
        assert_eq!(record.holder, None);
        assert_eq!(record.duration, Some(Duration::from_secs(1)));
        assert_eq!(record.transitions, 3);
    }
}
