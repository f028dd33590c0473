//! The proof that reviews reach us: a dry run of an object that is never made, sent through the API server.
//!
//! Its entry matches that one object in our own namespace and nothing else. It names the address and the authorities
//! that it was registered with, so that an API server that still goes by older ones proves nothing. Alone of all
//! entries it says `Fail` from the start: it can hold back nobody but us, and so we are told why we can't be called.

use std::{fmt::Write as _, time::Duration};

use aws_lc_rs::digest;
use hyper::Request;
use k8s_openapi::{
    api::admissionregistration::v1::{MatchCondition, RuleWithOperations, ValidatingWebhook},
    apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement},
};
use kube::Client;
use serde_json::{Value, json};

use super::configuration::{Backend, CaBundle, FailurePolicy, NAMESPACE_LABEL, WebhookOptions};
use crate::{
    admission::{PROBE_ANSWER, PROBE_NAME},
    api::{API_VERSION, ECS_OPERATION, GROUP},
    decision::message_line,
    kinds::registration::NAME_SUFFIX,
    telemetry::ProbeOutcome,
};

/// Says with which address and authorities the probe's answer is to come.
const ANNOTATION: &str = "arrears.dev/probe";

/// The name of the first condition of the probe's entry.
const CONDITION: &str = "is-the-probe";

/// The API server needs some time besides that for the webhook.
const MARGIN: Duration = Duration::from_secs(5);

/// What is proven if the probe comes back: where and with which authorities the API server called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    pub(super) backend: Backend,
    pub(super) ca_bundle: CaBundle,
}

/// What came of a probe.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Probed {
    /// A replica answered.
    Reached,
    /// The API server called and got no answer of ours, for this reason.
    Unreachable(String),
    /// The API server did not call.
    Unmatched,
    /// There is no telling, for this reason.
    Failed(String),
}

/// Whether this is the condition by which an entry can match the probe alone.
#[must_use]
pub fn is_probe_condition(condition: &MatchCondition) -> bool {
    condition.expression == expression()
}

fn expression() -> String {
    format!("object.metadata.?name.orValue('') == '{PROBE_NAME}' && request.?dryRun.orValue(false)")
}

/// Whether an entry is the probe's.
pub(super) fn is_entry(entry: &ValidatingWebhook) -> bool {
    entry.name == name()
}

fn name() -> String {
    format!("probe.{NAME_SUFFIX}")
}

/// The entry that matches the probe, and nothing else, in our own namespace.
pub(super) fn entry(namespace: &str, options: &WebhookOptions) -> ValidatingWebhook {
    let target = Target {
        backend: options.backend.clone(),
        ca_bundle: options.ca_bundle.clone(),
    };
    let mark = target.mark();
    let only_ours = LabelSelector {
        match_expressions: Some(vec![LabelSelectorRequirement {
            key: NAMESPACE_LABEL.to_owned(),
            operator: "In".to_owned(),
            values: Some(vec![namespace.to_owned()]),
        }]),
        match_labels: None,
    };
    let condition = |name: &str, expression| MatchCondition {
        name: name.to_owned(),
        expression,
    };
    ValidatingWebhook {
        name: name(),
        admission_review_versions: vec!["v1".to_owned()],
        client_config: options.backend.client_config(&options.ca_bundle),
        failure_policy: Some(FailurePolicy::Fail.name().to_owned()),
        match_conditions: Some(vec![
            condition(CONDITION, expression()),
            condition(
                "is-of-this-address",
                format!("object.metadata.?annotations[?'{ANNOTATION}'].orValue('') == '{mark}'"),
            ),
        ]),
        match_policy: Some("Equivalent".to_owned()),
        namespace_selector: Some(only_ours),
        object_selector: Some(LabelSelector::default()),
        rules: Some(vec![RuleWithOperations {
            api_groups: Some(vec![GROUP.to_owned()]),
            api_versions: Some(vec!["*".to_owned()]),
            operations: Some(vec!["CREATE".to_owned()]),
            resources: Some(resources().map(str::to_owned).collect()),
            scope: Some("*".to_owned()),
        }]),
        side_effects: "None".to_owned(),
        timeout_seconds: Some(options.timeout_seconds),
    }
}

fn resources() -> impl Iterator<Item = &'static str> {
    ECS_OPERATION.kinds.iter().map(|kind| kind.resource)
}

/// Sends the probe; `patience` is how long the API server waits for us.
pub(super) async fn send(
    client: &Client,
    namespace: &str,
    target: &Target,
    patience: Duration,
) -> Probed {
    let request = match request(namespace, &target.mark()) {
        Ok(request) => request,
        Err(error) => return Probed::Failed(error.to_string()),
    };
    match tokio::time::timeout(patience + MARGIN, client.request::<Value>(request)).await {
        Ok(Ok(_)) => Probed::Unmatched,
        Ok(Err(kube::Error::Api(status))) => Probed::of_refusal(status.code, &status.message),
        Ok(Err(error)) => Probed::Failed(message_line(error)),
        Err(_) => Probed::Failed("the API server did not answer in time".to_owned()),
    }
}

fn request(namespace: &str, mark: &str) -> Result<Request<Vec<u8>>, hyper::http::Error> {
    let object = json!({
        "apiVersion": API_VERSION,
        "kind": "EcsOperation",
        "metadata": {"name": PROBE_NAME, "namespace": namespace, "annotations": {ANNOTATION: mark}},
        // It asks for nothing that costs anything, should it ever be made.
        "spec": {"action": "DescribeInstances"},
    });
    let resource = resources().next().unwrap_or_default();
    Request::post(format!(
        "/apis/{API_VERSION}/namespaces/{namespace}/{resource}?dryRun=All"
    ))
    .header("content-type", "application/json")
    .body(object.to_string().into_bytes())
}

// === impl Target ===

impl Target {
    /// Whether the proof of this one holds for the other: the same address, and an authority in common.
    ///
    /// An authority that comes or goes while another one stays is a rotation, which is arranged so that every
    /// certificate served is trusted all the time. To ask for another proof then would leave a gap each time.
    pub(super) fn vouches_for(&self, other: &Self) -> bool {
        self.backend == other.backend && self.ca_bundle.overlaps(&other.ca_bundle)
    }

    /// A short text that differs for every other target.
    fn mark(&self) -> String {
        let mut text = format!("{:?}\n", self.backend).into_bytes();
        text.extend_from_slice(self.ca_bundle.as_pem());
        let digest = digest::digest(&digest::SHA256, &text);
        let mut mark = String::new();
        for byte in digest.as_ref().iter().take(10) {
            // Writing to a String can't fail.
            let _ = write!(mark, "{byte:02x}");
        }
        mark
    }
}

// === impl Probed ===

impl Probed {
    fn of_refusal(code: u16, message: &str) -> Self {
        if code == 403 && message.ends_with(PROBE_ANSWER) {
            return Self::Reached;
        }
        let called = format!("failed calling webhook \"{}\": ", name());
        match message.split_once(&called) {
            Some((_, reason)) => Self::Unreachable(message_line(
                reason
                    .strip_prefix("failed to call webhook: ")
                    .unwrap_or(reason),
            )),
            None => Self::Failed(message_line(message)),
        }
    }

    /// As it is counted.
    pub(super) fn outcome(&self) -> ProbeOutcome {
        match self {
            Self::Reached => ProbeOutcome::Reached,
            Self::Unreachable(_) => ProbeOutcome::Unreachable,
            Self::Unmatched => ProbeOutcome::Unmatched,
            Self::Failed(_) => ProbeOutcome::Failed,
        }
    }

    /// Why nothing is proven; none = it is.
    pub(super) fn problem(&self) -> Option<String> {
        match self {
            Self::Reached => None,
            Self::Unreachable(reason) => Some(format!(
                "reviews don't reach arrears: the API server says: {reason}"
            )),
            Self::Unmatched => Some(
                "reviews don't reach arrears: the API server has not taken its entries in"
                    .to_owned(),
            ),
            Self::Failed(reason) => Some(format!(
                "there is no telling whether reviews reach arrears: {reason}"
            )),
        }
    }
}
