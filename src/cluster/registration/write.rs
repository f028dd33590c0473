//! Writing the entries: by server-side apply, all of them each time, into the very object that was read.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{
    api::admissionregistration::v1::{ValidatingWebhook, ValidatingWebhookConfiguration},
    apimachinery::pkg::apis::meta::v1::ObjectMeta,
};
use kube::{
    Api, Client,
    api::{Patch, PatchParams},
};

use super::entries;
use crate::cluster::field_manager;

/// For one answer of the API server.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why entries were not taken.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The object is another one by now, or none.
    #[error("the object was deleted or made anew")]
    Gone,
    /// The API server finds something wrong with an entry.
    #[error("the API server refuses an entry: {0}")]
    Invalid(String),
    /// Anything else.
    #[error("{0}")]
    Failed(String),
}

/// Has the object hold these entries, and of ours no other.
pub(super) async fn write(
    client: &Client,
    object: &ValidatingWebhookConfiguration,
    wanted: &[ValidatingWebhook],
) -> Result<ValidatingWebhookConfiguration, Error> {
    match apply(client, object, wanted, false).await {
        Ok(written) if entries::differences(entries::of(&written), wanted).is_empty() => {
            Ok(written)
        }
        // What somebody else has added stays: another condition, a dropped entry of which they own a part.
        Ok(written) => replace(client, &written, wanted).await,
        // It may go together with something that somebody else has added, such as a url.
        Err(Error::Invalid(_)) => replace(client, object, wanted).await,
        Err(error) => Err(error),
    }
}

/// Which of these entries the API server refuses, and why, each tried with what comes `before` them all.
pub(super) async fn refused(
    client: &Client,
    object: &ValidatingWebhookConfiguration,
    before: &[ValidatingWebhook],
    suspects: &[ValidatingWebhook],
) -> Result<BTreeMap<String, String>, Error> {
    let mut refused = BTreeMap::new();
    for suspect in suspects {
        let mut tried = before.to_vec();
        tried.push(suspect.clone());
        match apply(client, object, &tried, true).await {
            Ok(_) => {}
            Err(Error::Invalid(reason)) => {
                refused.insert(suspect.name.clone(), reason);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(refused)
}

async fn apply(
    client: &Client,
    object: &ValidatingWebhookConfiguration,
    wanted: &[ValidatingWebhook],
    is_dry_run: bool,
) -> Result<ValidatingWebhookConfiguration, Error> {
    // The uid makes a deleted object stay deleted: to apply would make it anew.
    let wanted = holding(object, wanted.to_vec(), None);
    let mut params = PatchParams::apply(field_manager::REGISTRATION).force();
    params.dry_run = is_dry_run;
    patch(client, object, &params, &Patch::Apply(&wanted)).await
}

/// Puts these entries, and those of others, in the place of all that are there, unless the object has changed since.
async fn replace(
    client: &Client,
    object: &ValidatingWebhookConfiguration,
    wanted: &[ValidatingWebhook],
) -> Result<ValidatingWebhookConfiguration, Error> {
    let others = entries::of(object)
        .iter()
        .filter(|entry| !entries::is_ours(entry));
    let all = wanted.iter().chain(others).cloned().collect();
    let whole = holding(object, all, object.metadata.resource_version.clone());
    let params = PatchParams {
        field_manager: Some(field_manager::REGISTRATION.to_owned()),
        ..PatchParams::default()
    };
    patch(client, object, &params, &Patch::Merge(&whole)).await
}

fn holding(
    object: &ValidatingWebhookConfiguration,
    webhooks: Vec<ValidatingWebhook>,
    resource_version: Option<String>,
) -> ValidatingWebhookConfiguration {
    ValidatingWebhookConfiguration {
        metadata: ObjectMeta {
            name: object.metadata.name.clone(),
            uid: object.metadata.uid.clone(),
            resource_version,
            ..ObjectMeta::default()
        },
        webhooks: Some(webhooks),
    }
}

async fn patch(
    client: &Client,
    object: &ValidatingWebhookConfiguration,
    params: &PatchParams,
    patch: &Patch<&ValidatingWebhookConfiguration>,
) -> Result<ValidatingWebhookConfiguration, Error> {
    let objects: Api<ValidatingWebhookConfiguration> = Api::all(client.clone());
    let name = object.metadata.name.as_deref().unwrap_or_default();
    match tokio::time::timeout(PATIENCE, objects.patch(name, params, patch)).await {
        Ok(Ok(written)) => Ok(written),
        Ok(Err(kube::Error::Api(status))) => Err(match status.code {
            404 | 409 => Error::Gone,
            400 | 422 => Error::Invalid(crate::decision::message_line(&status.message)),
            _ => Error::Failed(crate::decision::message_line(&status.message)),
        }),
        Ok(Err(error)) => Err(Error::Failed(crate::decision::message_line(error))),
        Err(_) => Err(Error::Failed(
            "the API server did not answer in time".to_owned(),
        )),
    }
}
