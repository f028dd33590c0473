//! How often each region was throttled, be it that the call succeeded in the end.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use crate::api::RegionId;

/// Counts by region.
#[derive(Debug, Default)]
pub(super) struct Throttles(Mutex<BTreeMap<RegionId, u64>>);

impl Throttles {
    pub(super) fn count(&self, region: &RegionId) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(region.clone()).or_default() += 1;
    }

    pub(super) fn of(&self, region: &RegionId) -> u64 {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(region).copied().unwrap_or_default()
    }
}
