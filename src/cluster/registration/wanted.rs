//! What should stand in the object.

use std::{collections::BTreeMap, sync::Arc};

use k8s_openapi::api::admissionregistration::v1::ValidatingWebhook;

use super::{
    Registration,
    configuration::{self, FailurePolicy, WebhookOptions},
    probe::{self, Target},
};
use crate::{
    api::OperationBinding,
    kinds::registration::{built_in, possible_registrations},
};

/// The entries that should be there.
pub(super) struct Wanted {
    /// What a probe proves.
    pub(super) target: Target,
    /// The probe's own entry, those of the built-in kinds, those of the bindings.
    pub(super) entries: Vec<ValidatingWebhook>,
    /// Which bindings are left out, and why.
    pub(super) problems: Vec<String>,
}

/// What the API server would not take, as long as the bindings are these.
pub(super) struct Refused {
    pub(super) bindings: Arc<[OperationBinding]>,
    /// Why, by the names of the entries.
    reasons: BTreeMap<String, String>,
}

impl Wanted {
    /// What should be there for this target; only one that is proven may hold requests back.
    pub(super) fn new(
        registration: &Registration,
        target: Target,
        is_proven: bool,
        bindings: &[OperationBinding],
        refused: Option<&Refused>,
    ) -> Self {
        let settings = &registration.settings;
        let options = WebhookOptions {
            backend: target.backend.clone(),
            ca_bundle: target.ca_bundle.clone(),
            failure_policy: match is_proven {
                true => settings.failure_policy,
                false => FailurePolicy::Ignore,
            },
            timeout_seconds: settings.timeout_seconds,
        };
        let (registrations, errors) = possible_registrations(bindings);
        let mut entries = vec![probe::entry(&registration.installation.namespace, &options)];
        entries.extend(configuration::entries(registrations, &options));
        let mut problems: Vec<String> = errors.iter().map(ToString::to_string).collect();
        if let Some(Refused { reasons, .. }) = refused {
            entries.retain(|entry| !reasons.contains_key(&entry.name));
            problems.extend(
                reasons
                    .iter()
                    .map(|(name, reason)| format!("{name} is left out: {reason}")),
            );
        }
        Self {
            target,
            entries,
            problems,
        }
    }

    /// The entries that are there whatever the bindings are, and those of the bindings, if there are any.
    pub(super) fn split(&self) -> Option<(&[ValidatingWebhook], &[ValidatingWebhook])> {
        let own = 1 + built_in().len();
        self.entries
            .split_at_checked(own)
            .filter(|(_, bound)| !bound.is_empty())
    }
}

impl Refused {
    /// Those that were refused one by one; where no single one is to blame for `reason`, all of them.
    pub(super) fn new(
        bindings: &Arc<[OperationBinding]>,
        bound: &[ValidatingWebhook],
        mut reasons: BTreeMap<String, String>,
        reason: &str,
    ) -> Self {
        if reasons.is_empty() {
            let all = bound.iter().map(|entry| entry.name.clone());
            reasons = all.map(|name| (name, reason.to_owned())).collect();
        }
        Self {
            bindings: Arc::clone(bindings),
            reasons,
        }
    }
}
