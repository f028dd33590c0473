//! Why regions can't be listed, for whoever shows it.
//!
//! Guarantees: a region's trouble is there from when it was told of until the region is listed, or asked for no more;
//! no text holds a secret; the text stays the same for as long as it is the same trouble.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::{Error, error::Class};
use crate::lock::RegionKey;

/// Why a region can't be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The kind of trouble in one word of camel case, as in a condition's `reason`.
    pub reason: &'static str,
    /// What happened and what to do about it, in one line.
    pub text: String,
    /// Whether it is likely to pass without anybody doing something.
    pub passes: bool,
}

/// The troubles of all regions; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Troubles(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    regions: Mutex<BTreeMap<RegionKey, Trouble>>,
    changed: watch::Sender<()>,
}

impl Trouble {
    pub(super) fn of(error: &Error, text: String) -> Self {
        let (reason, passes) = match error.class {
            Class::Throttled { .. } => ("Throttled", true),
            Class::NoPermission => ("NoPermission", false),
            Class::BadCredentials => ("BadCredentials", false),
            Class::NoCredentials => ("NoCredentials", false),
            Class::ExpiredToken => ("ExpiredToken", false),
            Class::ClockSkew => ("ClockSkew", false),
            Class::UnknownRegion => ("UnknownRegion", false),
            Class::Rejected => ("Rejected", false),
            Class::Server => ("ServerError", true),
            Class::Network => ("Unreachable", true),
            Class::Timeout => ("Timeout", true),
            Class::Malformed => ("UnreadableAnswer", false),
        };
        Self {
            reason,
            text,
            passes,
        }
    }
}

impl Troubles {
    /// The trouble of each region that has one.
    #[must_use]
    pub fn all(&self) -> BTreeMap<RegionKey, Trouble> {
        self.regions().clone()
    }

    /// Says when there is trouble or an end of it; not every single time, but the last.
    #[must_use]
    pub fn changed(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    pub(super) fn set(&self, key: &RegionKey, trouble: Trouble) {
        self.regions().insert(key.clone(), trouble);
        self.0.changed.send_replace(());
    }

    pub(super) fn clear(&self, key: &RegionKey) {
        if self.regions().remove(key).is_some() {
            self.0.changed.send_replace(());
        }
    }

    fn regions(&self) -> MutexGuard<'_, BTreeMap<RegionKey, Trouble>> {
        let regions = &self.0.regions;
        regions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
