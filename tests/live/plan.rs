//! How a scene differs from the usual one, and where its account's keys are.

use std::{path::Path, sync::Arc, time::Duration};

use arrears::{
    clock::Clock,
    ecs::{Environment, Setting, Times},
    telemetry::Metrics,
};
use serde_json::{Value, json};

use super::double::Cloud;

pub(crate) const ACCESS_KEY: &str = "LTAItestkey";
pub(crate) const SECRET: &str = "thesecretofthetests";
pub(crate) const HANGZHOU: &str = "cn-hangzhou";

/// How a scene differs from the usual one.
pub(crate) struct Plan<'p> {
    pub(crate) regions: &'p [&'p str],
    /// The policy's `unknown`.
    pub(crate) unknown: &'p str,
    /// For one try of a call.
    pub(crate) attempt: Duration,
    /// Makes the place from which the account's keys are.
    pub(crate) keys: &'p (dyn Fn(&Ground<'_>) -> Keyed + Send + Sync),
}

/// What there is before a scene begins.
pub(crate) struct Ground<'g> {
    pub(crate) cloud: &'g Cloud,
    /// The process's home directory.
    pub(crate) home: &'g Path,
    /// The directory of the configuration.
    pub(crate) config: &'g Path,
}

/// What is said of an account's keys.
pub(crate) struct Keyed {
    /// To the process.
    pub(crate) variables: Vec<(&'static str, String)>,
    /// In `spec.credentials`.
    pub(crate) credentials: Value,
}

impl Default for Plan<'_> {
    fn default() -> Self {
        Self {
            regions: &[HANGZHOU],
            unknown: "Warn",
            attempt: Duration::from_secs(2),
            keys: &own_key,
        }
    }
}

/// The access key of the account itself, in variables.
pub(crate) fn own_key(_: &Ground<'_>) -> Keyed {
    Keyed {
        variables: vec![
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET.to_owned()),
        ],
        credentials: json!({}),
    }
}

/// What clients with that access key are made with.
pub(crate) fn setting(clock: Clock) -> Setting {
    Setting {
        environment: Environment::of([
            ("ALIBABA_CLOUD_ACCESS_KEY_ID", ACCESS_KEY),
            ("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET),
        ]),
        times: Times::default(),
        metrics: Arc::new(Metrics::new()),
        clock,
    }
}
