//! The registration of a webhook: what `arrears manifests webhook` writes, for whichever server plays it.
//!
//! It names a Service, as in a cluster; one of type ExternalName leads back to this machine.

use std::process::Command;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use crate::{process::Process, site::Site};

/// The entry that the creates match.
pub(crate) const ENTRY: &str = "crossplane.ecs.arrears.dev";

/// The namespace of the Service, and the name of both; they make the host name in the site's certificate.
pub(crate) const NAME: &str = "arrears";

/// The registration of this server.
pub(crate) fn of(process: &Process, site: &Site) -> anyhow::Result<Value> {
    let service = format!("{NAME}/{NAME}:{}", process.address.port());
    let output = Command::new(env!("CARGO_BIN_EXE_arrears"))
        .args(["manifests", "webhook", "--service", &service])
        .arg("--ca-bundle")
        .arg(site.tls_cert())
        .arg("--config")
        .arg(site.config())
        .output()?;
    ensure!(
        output.status.success(),
        "arrears manifests webhook: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(serde_saphyr::from_slice(&output.stdout)?)
}

/// The entry that the creates match.
pub(crate) fn entry(registration: &Value) -> anyhow::Result<&Value> {
    let entries = registration.get("webhooks").and_then(Value::as_array);
    entries
        .into_iter()
        .flatten()
        .find(|entry| entry.get("name") == Some(&json!(ENTRY)))
        .context("no entry for Crossplane's objects")
}

/// The Service.
pub(crate) fn service() -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAME},
        "spec": {"type": "ExternalName", "externalName": "localhost"},
    })
}
