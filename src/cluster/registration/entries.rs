//! What stands in the object against what should stand there.

use std::collections::BTreeSet;

use k8s_openapi::api::admissionregistration::v1::{
    ValidatingWebhook, ValidatingWebhookConfiguration,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use serde_json::Value;

use super::{
    configuration::{Backend, CaBundle, FailurePolicy},
    probe::Target,
};
use crate::{cluster::field_manager, kinds::registration::NAME_SUFFIX};

/// The entries of an object.
pub(super) fn of(object: &ValidatingWebhookConfiguration) -> &[ValidatingWebhook] {
    object.webhooks.as_deref().unwrap_or_default()
}

/// Whether an entry is named as ours are.
pub(super) fn is_ours(entry: &ValidatingWebhook) -> bool {
    entry
        .name
        .strip_suffix(NAME_SUFFIX)
        .is_some_and(|rest| rest.ends_with('.'))
}

/// What is other than wanted, in words: entry and field. Entries that are not ours are left out.
pub(super) fn differences(live: &[ValidatingWebhook], wanted: &[ValidatingWebhook]) -> Vec<String> {
    let named = |name: &str| live.iter().find(|entry| entry.name == name);
    let mut differences = Vec::new();
    for entry in wanted {
        match named(&entry.name) {
            Some(live) => differences.extend(
                fields_that_differ(live, entry)
                    .into_iter()
                    .map(|field| format!("{}: {field}", entry.name)),
            ),
            None => differences.push(format!("{} is missing", entry.name)),
        }
    }
    let unwanted = leftovers(live, wanted).map(|entry| format!("{} is too many", entry.name));
    differences.extend(unwanted);
    differences
}

/// The entries of ours that should be there no more.
fn leftovers<'a>(
    live: &'a [ValidatingWebhook],
    wanted: &'a [ValidatingWebhook],
) -> impl Iterator<Item = &'a ValidatingWebhook> {
    let is_wanted = |entry: &ValidatingWebhook| wanted.iter().any(|known| known.name == entry.name);
    live.iter()
        .filter(move |entry| is_ours(entry) && !is_wanted(entry))
}

fn fields_that_differ(live: &ValidatingWebhook, wanted: &ValidatingWebhook) -> Vec<String> {
    let (live, wanted) = (fields(live), fields(wanted));
    let keys = live.keys().chain(wanted.keys());
    let mut keys: Vec<&String> = keys
        .filter(|key| live.get(*key) != wanted.get(*key))
        .collect();
    keys.sort_unstable();
    keys.dedup();
    keys.into_iter().cloned().collect()
}

/// The fields as they are compared: an API server fills in selectors that select everything.
fn fields(entry: &ValidatingWebhook) -> serde_json::Map<String, Value> {
    let mut entry = entry.clone();
    for selector in [&mut entry.namespace_selector, &mut entry.object_selector] {
        if selector.as_ref() == Some(&LabelSelector::default()) {
            *selector = None;
        }
    }
    match serde_json::to_value(&entry) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) | Err(_) => serde_json::Map::new(),
    }
}

/// Whether we have applied something to the object: without that, whoever owns the entries could take them away.
pub(super) fn is_owned(object: &ValidatingWebhookConfiguration) -> bool {
    let managers = object.metadata.managed_fields.iter().flatten();
    managers
        .filter(|entry| entry.operation.as_deref() == Some("Apply"))
        .any(|entry| entry.manager.as_deref() == Some(field_manager::REGISTRATION))
}

/// Whoever else has changed something since the object was as in `before`, as far as the object tells: who only takes
/// something away leaves no trace in it.
pub(super) fn editors(
    before: &ValidatingWebhookConfiguration,
    object: &ValidatingWebhookConfiguration,
) -> Option<String> {
    let known: Vec<_> = before.metadata.managed_fields.iter().flatten().collect();
    let managers: BTreeSet<&str> = object
        .metadata
        .managed_fields
        .iter()
        .flatten()
        .filter(|entry| !known.contains(entry))
        .filter_map(|entry| entry.manager.as_deref())
        .filter(|manager| *manager != field_manager::REGISTRATION)
        .collect();
    let managers: Vec<&str> = managers.into_iter().collect();
    (!managers.is_empty()).then(|| managers.join(", "))
}

/// What the entries are proven for, where a leader before us has found the proof: one of ours says `Fail`.
pub(super) fn proven_target(
    object: &ValidatingWebhookConfiguration,
    backend: &Backend,
) -> Option<Target> {
    of(object)
        .iter()
        .filter(|entry| is_ours(entry) && !super::probe::is_entry(entry))
        .filter(|entry| entry.failure_policy.as_deref() == Some(FailurePolicy::Fail.name()))
        .find_map(|entry| {
            let pem = entry.client_config.ca_bundle.clone()?.0;
            let ca_bundle = CaBundle::from_pem(pem).ok()?;
            let is_same = backend.client_config(&ca_bundle) == entry.client_config;
            is_same.then(|| Target {
                backend: backend.clone(),
                ca_bundle,
            })
        })
}
