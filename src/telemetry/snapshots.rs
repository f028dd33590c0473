//! The gauges of lock facts, computed when somebody asks.
//!
//! An age that is written down now and then is wrong whenever the writer is stuck, which is exactly when it matters;
//! so the owner of the facts gives a closure, and each scrape calls it.

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::Duration,
};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric},
    metrics::{MetricType, gauge::ConstGauge},
};

/// What a scrape learns of one account and region.
#[derive(Clone, Debug, PartialEq)]
pub struct SnapshotFacts {
    /// The account.
    pub account: String,
    /// The region.
    pub region: String,
    /// How old the facts are; none = they were never known.
    pub age: Option<Duration>,
    /// Whether verdicts may rest on them.
    pub usable: bool,
    /// How many instances are locked.
    pub locked_instances: usize,
    /// How many disks are locked.
    pub locked_disks: usize,
}

type Source = Box<dyn Fn() -> Vec<SnapshotFacts> + Send + Sync>;

/// Where the closure is put once the facts have an owner.
#[derive(Clone, Default)]
pub(super) struct SnapshotGauges(Arc<OnceLock<Source>>);

impl SnapshotGauges {
    /// Takes `source` for good; false = there was one already.
    pub(super) fn source(&self, source: Source) -> bool {
        self.0.set(source).is_ok()
    }
}

impl fmt::Debug for SnapshotGauges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SnapshotGauges")
    }
}

impl Collector for SnapshotGauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let facts = match self.0.get() {
            Some(source) => source(),
            None => return Ok(()),
        };

        let mut locked = encoder.encode_descriptor(
            "locked_targets",
            "Instances and disks that are locked, by account and region.",
            None,
            MetricType::Gauge,
        )?;
        for fact in &facts {
            for (target, count) in [
                ("instance", fact.locked_instances),
                ("disk", fact.locked_disks),
            ] {
                let [account, region] = labels_of(fact);
                let labels = [account, region, ("target", target)];
                ConstGauge::new(count).encode(locked.encode_family(&labels)?)?;
            }
        }

        let mut age = encoder.encode_descriptor(
            "snapshot_age_seconds",
            "Age of the lock facts of an account and region.",
            None,
            MetricType::Gauge,
        )?;
        for fact in &facts {
            if let Some(known) = fact.age {
                ConstGauge::new(known.as_secs_f64())
                    .encode(age.encode_family(&labels_of(fact))?)?;
            }
        }

        let mut usable = encoder.encode_descriptor(
            "snapshot_usable",
            "Whether verdicts may rest on the lock facts of an account and region.",
            None,
            MetricType::Gauge,
        )?;
        for fact in &facts {
            ConstGauge::new(i64::from(fact.usable))
                .encode(usable.encode_family(&labels_of(fact))?)?;
        }
        Ok(())
    }
}

fn labels_of(fact: &SnapshotFacts) -> [(&'static str, &str); 2] {
    [("account", &fact.account), ("region", &fact.region)]
}
