//! Whether this replica leads.

use prometheus_client::{metrics::gauge::Gauge, registry::Registry};

/// The gauge; 0 until a term begins.
#[derive(Debug, Default)]
pub(super) struct Leader(Gauge);

/// A term of this replica as the leader; its end is recorded when this is dropped.
#[derive(Debug)]
pub struct Leading(Gauge);

impl Leader {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "leader",
            "Whether this replica is the one that asks ECS and publishes",
            self.0.clone(),
        );
    }

    pub(super) fn begin(&self) -> Leading {
        self.0.set(1);
        Leading(self.0.clone())
    }
}

impl Drop for Leading {
    fn drop(&mut self) {
        self.0.set(0);
    }
}
