//! Whether reviews reach arrears, asked by somebody who does not lead: by the probe's entry as it is registered.

use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingWebhook, ValidatingWebhookConfiguration,
};
use kube::{Api, Client, api::ListParams};

use super::{
    configuration::{Backend, CaBundle},
    entries,
    probe::{self, Target},
};
use crate::cluster::Installation;

/// Each answer of the API server is waited for as long as this, besides the time that it gives the webhook.
const PATIENCE: Duration = Duration::from_secs(5);

/// The port of a Service where the registration names none.
const HTTPS: i32 = 443;

/// Why reviews are not known to reach arrears.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotReached {
    /// There is no registration of this name.
    #[error("there is no ValidatingWebhookConfiguration {0}")]
    Absent(String),
    /// No leader has written into it yet.
    #[error(
        "the ValidatingWebhookConfiguration {0} has no entry of arrears: no replica leads, or it can't write"
    )]
    Empty(String),
    /// A probe was sent, and did not arrive.
    #[error("{0}")]
    Lost(String),
}

/// Sends a probe through the API server, as the leader does.
///
/// # Errors
///
/// The outer error is for what could not be asked, the inner one for the answer no.
pub async fn reach(
    client: &Client,
    installation: &Installation,
) -> Result<Result<(), NotReached>, kube::Error> {
    let name = installation.webhook();
    // To read it by `get` would be one right more than a replica has.
    let only = ListParams::default().fields(&format!("metadata.name={name}"));
    let registrations = Api::<ValidatingWebhookConfiguration>::all(client.clone());
    let found = registrations.list(&only).await?.items;
    let Some(object) = found.first() else {
        return Ok(Err(NotReached::Absent(name.to_owned())));
    };
    let entry = entries::of(object)
        .iter()
        .find(|entry| probe::is_entry(entry));
    let Some((entry, target)) = entry.and_then(|entry| Some((entry, target(entry)?))) else {
        return Ok(Err(NotReached::Empty(name.to_owned())));
    };
    let seconds = entry
        .timeout_seconds
        .and_then(|seconds| seconds.try_into().ok());
    let patience = PATIENCE + Duration::from_secs(seconds.unwrap_or_default());
    let probed = probe::send(client, &installation.namespace, &target, patience).await;
    Ok(probed
        .problem()
        .map_or(Ok(()), |problem| Err(NotReached::Lost(problem))))
}

/// Where and with which authorities an entry has the API server call.
fn target(entry: &ValidatingWebhook) -> Option<Target> {
    let call = &entry.client_config;
    let backend = match (&call.service, &call.url) {
        (Some(service), _) => Backend::Service {
            namespace: service.namespace.clone(),
            name: service.name.clone(),
            port: service.port.unwrap_or(HTTPS).try_into().ok()?,
        },
        (None, url) => Backend::Url(url.clone()?),
    };
    let ca_bundle = CaBundle::from_pem(call.ca_bundle.clone()?.0).ok()?;
    Some(Target { backend, ca_bundle })
}
