//! The Secrets that accounts name, read one by one: a right to all of them would be too much.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, Client};
use serde_json::json;
use tokio::time::timeout;
use tracing::{info, warn};

use super::super::cause::innermost;
use crate::{
    api::SecretRef,
    config::{Arrival, ObjectName, Objects},
};

/// For one Secret.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads Secrets of one namespace.
#[derive(Debug)]
pub(super) struct Secrets {
    api: Api<Secret>,
    namespace: String,
    /// What the accounts named when they were read last.
    known: BTreeSet<ObjectName>,
    /// What was told of the Secrets that can't be had.
    told: BTreeMap<(String, String), String>,
}

impl Secrets {
    pub(super) fn of(client: Client, namespace: &str) -> Self {
        Self {
            api: Api::namespaced(client, namespace),
            namespace: namespace.to_owned(),
            known: BTreeSet::new(),
            told: BTreeMap::new(),
        }
    }

    /// Whether the accounts name other Secrets than when they were read last.
    pub(super) fn are_others(&self, objects: &Objects) -> bool {
        let named: BTreeSet<_> = objects.secrets().iter().map(object_name).collect();
        named != self.known
    }

    /// Reads what the accounts name now. A Secret that can't be read stays as it was last read.
    pub(super) async fn read(&mut self, objects: &mut Objects, now: jiff::Timestamp) {
        let meant = objects.secrets();
        let names: BTreeSet<_> = meant.iter().map(object_name).collect();
        objects.retain("Secret", |name| names.contains(name));
        self.known = names;
        self.told.retain(|(namespace, name), _| {
            let mut meant = meant.iter();
            meant.any(|meant| meant.namespace == *namespace && meant.name == *name)
        });
        for secret in &meant {
            match self.read_one(secret).await {
                Ok(Some(found)) => {
                    self.is_read(secret);
                    let json = json!({
                        "apiVersion": "v1",
                        "kind": "Secret",
                        "metadata": {"namespace": secret.namespace, "name": secret.name},
                        "data": found.data,
                    });
                    let json = json.to_string();
                    objects.put(object_name(secret), json.as_bytes(), Arrival::Written, now);
                }
                Ok(None) => {
                    objects.remove(&object_name(secret));
                    self.is_missing(secret, "there is no such Secret; create it");
                }
                Err(reason) => self.is_missing(secret, &reason),
            }
        }
    }

    async fn read_one(&self, secret: &SecretRef) -> Result<Option<Secret>, String> {
        if secret.namespace != self.namespace {
            return Err(format!(
                "only Secrets of namespace {} are read; put it there",
                self.namespace
            ));
        }
        match timeout(PATIENCE, self.api.get_opt(&secret.name)).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(kube::Error::Api(status))) if status.code == 403 => Err(format!(
                "{}; name it where the rights are given: arrears manifests rbac --credential-secret {}",
                status.message, secret.name
            )),
            Ok(Err(error)) => Err(innermost(&error)),
            Err(_) => Err("the API server did not answer in time".to_owned()),
        }
    }

    fn is_read(&mut self, secret: &SecretRef) {
        let SecretRef { namespace, name } = secret;
        if self.told.remove(&key(secret)).is_some() {
            info!(namespace, name, "a Secret with access keys can be read");
        }
    }

    fn is_missing(&mut self, secret: &SecretRef, reason: &str) {
        let SecretRef { namespace, name } = secret;
        let told = self.told.insert(key(secret), reason.to_owned());
        if told.as_deref() != Some(reason) {
            warn!(
                namespace,
                name, reason, "a Secret with access keys can't be read"
            );
        }
    }
}

fn key(secret: &SecretRef) -> (String, String) {
    (secret.namespace.clone(), secret.name.clone())
}

fn object_name(secret: &SecretRef) -> ObjectName {
    ObjectName {
        kind: "Secret",
        namespace: Some(secret.namespace.clone()),
        name: secret.name.clone(),
    }
}
