//! The `ValidatingWebhookConfiguration`, made from the registration tables.
//!
//! Guarantees: what the API server would refuse (a URL with a query, a bundle without certificates) is refused here
//! with a reason, and a private key never gets into the object.

use std::collections::BTreeSet;

use crate::api::{OperationBinding, is_dns_label};
use crate::kinds::registration::{Registration, RegistrationError, registrations};
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, RuleWithOperations, ServiceReference, ValidatingWebhook,
    ValidatingWebhookConfiguration, WebhookClientConfig,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{
    LabelSelector, LabelSelectorRequirement, ObjectMeta,
};
use rustls_pki_types::pem::{PemObject as _, SectionKind};

/// The only path that reviews are answered at.
const PATH: &str = "/validate";

const HTTPS: u16 = 443;

/// The label that every namespace carries with its own name.
pub const NAMESPACE_LABEL: &str = "kubernetes.io/metadata.name";

/// What is needed to register the webhook.
#[derive(Clone, Debug)]
pub struct WebhookOptions {
    /// Where the API server finds us.
    pub backend: Backend,
    /// The certificates it shall trust.
    pub ca_bundle: CaBundle,
    /// What it does when we can't be asked.
    pub failure_policy: FailurePolicy,
    /// How long it waits for an answer, 1 to 30.
    pub timeout_seconds: i32,
}

/// Where the API server finds us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// By address.
    Url(String),
    /// Through a Service.
    Service {
        /// The Service's namespace.
        namespace: String,
        /// The Service's name.
        name: String,
        /// The Service's port.
        port: u16,
    },
}

/// Certificates that the API server shall trust, as PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaBundle {
    pem: Vec<u8>,
    certificates: BTreeSet<Vec<u8>>,
}

/// What the API server does when we can't be asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum FailurePolicy {
    /// It refuses the request.
    #[default]
    #[value(name = "Fail", alias = "fail")]
    Fail,
    /// It lets the request through, unreviewed.
    #[value(name = "Ignore", alias = "ignore")]
    Ignore,
}

/// The configuration that registers us for the built-in kinds and for those of the bindings.
///
/// # Errors
///
/// Names the first binding that can't be registered.
pub fn webhook_configuration(
    options: WebhookOptions,
    bindings: &[OperationBinding],
) -> Result<ValidatingWebhookConfiguration, RegistrationError> {
    let webhooks = entries(registrations(bindings)?, &options);
    Ok(ValidatingWebhookConfiguration {
        metadata: ObjectMeta {
            name: Some("arrears".to_owned()),
            labels: Some([("app.kubernetes.io/name".to_owned(), "arrears".to_owned())].into()),
            ..ObjectMeta::default()
        },
        webhooks: Some(webhooks),
    })
}

/// The entries of these registrations, with every field that the API server would otherwise fill in.
pub(super) fn entries(
    registrations: Vec<Registration>,
    options: &WebhookOptions,
) -> Vec<ValidatingWebhook> {
    registrations
        .into_iter()
        .map(|registration| entry(registration, options))
        .collect()
}

fn entry(registration: Registration, options: &WebhookOptions) -> ValidatingWebhook {
    let Registration {
        name,
        groups,
        resources,
        operations,
        conditions,
    } = registration;
    let conditions: Vec<MatchCondition> = conditions
        .into_iter()
        .map(|condition| MatchCondition {
            name: condition.name.to_owned(),
            expression: condition.expression.to_owned(),
        })
        .collect();
    ValidatingWebhook {
        name,
        admission_review_versions: vec!["v1".to_owned()],
        client_config: options.backend.client_config(&options.ca_bundle),
        failure_policy: Some(options.failure_policy.name().to_owned()),
        match_conditions: (!conditions.is_empty()).then_some(conditions),
        match_policy: Some("Equivalent".to_owned()),
        namespace_selector: options.backend.namespace_selector(),
        // Said, so that nobody else's takes its place.
        object_selector: Some(LabelSelector::default()),
        rules: Some(vec![RuleWithOperations {
            api_groups: Some(groups),
            api_versions: Some(vec!["*".to_owned()]),
            operations: Some(operations.iter().map(ToString::to_string).collect()),
            resources: Some(resources),
            scope: Some("*".to_owned()),
        }]),
        side_effects: "None".to_owned(),
        timeout_seconds: Some(options.timeout_seconds),
    }
}

// === impl Backend ===

impl Backend {
    /// Reads `https://HOST[:PORT][/PATH]`; without a path it is the one that reviews are answered at.
    ///
    /// # Errors
    ///
    /// Says what the API server would not take.
    pub fn from_url(text: &str) -> Result<Self, String> {
        let uri: hyper::Uri = text.parse().map_err(|error| format!("{error}"))?;
        if uri.scheme_str() != Some("https") {
            return Err("expected https://HOST[:PORT][/PATH]".to_owned());
        }
        let authority = uri
            .authority()
            .map(hyper::http::uri::Authority::as_str)
            .unwrap_or_default();
        if uri.host().unwrap_or_default().is_empty() || authority.contains('@') {
            return Err("expected a host without a user name".to_owned());
        }
        if uri.query().is_some() || text.contains('#') {
            return Err("the API server takes no query and no fragment".to_owned());
        }
        let path = match uri.path() {
            "" | "/" => PATH,
            path => path,
        };
        Ok(Self::Url(format!("https://{authority}{path}")))
    }

    /// Reads `NAMESPACE/NAME[:PORT]`; without a port it is 443.
    ///
    /// # Errors
    ///
    /// When one of the names is not that of such an object, or the port is none.
    pub fn from_service(text: &str) -> Result<Self, String> {
        let (service, port) = match text.split_once(':') {
            Some((service, port)) => (service, port.parse().ok().filter(|port| 0 < *port)),
            None => (text, Some(HTTPS)),
        };
        match (service.split_once('/'), port) {
            (Some((namespace, name)), Some(port))
                if is_dns_label(namespace) && is_dns_label(name) =>
            {
                Ok(Self::Service {
                    namespace: namespace.to_owned(),
                    name: name.to_owned(),
                    port,
                })
            }
            _ => Err("expected NAMESPACE/NAME[:PORT], such as arrears-system/arrears".to_owned()),
        }
    }

    pub(super) fn client_config(&self, ca_bundle: &CaBundle) -> WebhookClientConfig {
        let (url, service) = match self {
            Self::Url(url) => (Some(url.clone()), None),
            Self::Service {
                namespace,
                name,
                port,
            } => (
                None,
                Some(ServiceReference {
                    namespace: namespace.clone(),
                    name: name.clone(),
                    path: Some(PATH.to_owned()),
                    port: Some(i32::from(*port)),
                }),
            ),
        };
        WebhookClientConfig {
            ca_bundle: Some(ByteString(ca_bundle.pem.clone())),
            service,
            url,
        }
    }

    /// Leaves out our own namespace: what we need to come back must never wait for us.
    fn namespace_selector(&self) -> Option<LabelSelector> {
        match self {
            Self::Url(_) => None,
            Self::Service { namespace, .. } => Some(LabelSelector {
                match_expressions: Some(vec![LabelSelectorRequirement {
                    key: NAMESPACE_LABEL.to_owned(),
                    operator: "NotIn".to_owned(),
                    values: Some(vec![namespace.clone()]),
                }]),
                match_labels: None,
            }),
        }
    }
}

// === impl CaBundle ===

impl CaBundle {
    /// Takes PEM that holds at least one certificate and nothing else.
    ///
    /// # Errors
    ///
    /// When there is no certificate, something that is none, or anything besides: a key must never be published here.
    pub fn from_pem(pem: Vec<u8>) -> anyhow::Result<Self> {
        let mut certificates = BTreeSet::new();
        for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(&pem) {
            let (kind, der) = section.map_err(|error| anyhow::anyhow!("not PEM: {error}"))?;
            anyhow::ensure!(
                kind == SectionKind::Certificate,
                "only certificates belong into a CA bundle, this file also holds something else ({kind:?})"
            );
            anyhow::ensure!(
                x509_parser::parse_x509_certificate(&der).is_ok(),
                "certificate {} can't be read",
                certificates.len() + 1
            );
            certificates.insert(der);
        }
        anyhow::ensure!(!certificates.is_empty(), "no certificate in PEM form found");
        Ok(Self { pem, certificates })
    }

    /// The PEM.
    pub(super) fn as_pem(&self) -> &[u8] {
        &self.pem
    }

    /// Whether a certificate of one is in the other, so that what the one trusts the other may trust as well.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        !self.certificates.is_disjoint(&other.certificates)
    }
}

// === impl FailurePolicy ===

impl FailurePolicy {
    /// As the API server spells it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Fail => "Fail",
            Self::Ignore => "Ignore",
        }
    }
}

#[cfg(test)]
mod tests;
