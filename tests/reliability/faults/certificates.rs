//! Certificates that hardly live, and authorities that live hardly longer.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::replicas::{Settings, USUAL};
use crate::row::Row;
use crate::stage::{Stage, perform};

const ROTATIONS: usize = 5;
const LIMIT: Duration = Duration::from_secs(120);

const SHORT: Settings = Settings {
    certificate_lifetime: "15s",
    authority_lifetime: "60s",
    ..USUAL
};

#[test]
fn certificates_rotated_five_times() {
    perform(&SHORT, async |stage: &mut Stage| {
        let begin = Instant::now();
        let (mut leaves, mut authorities) = (BTreeSet::new(), BTreeSet::new());
        let outcomes = stage
            .under_load(async |stage| {
                while leaves.len() <= ROTATIONS && begin.elapsed() < LIMIT {
                    leaves.insert(stage.installed.leaf().await);
                    authorities.insert(stage.installed.authorities().await);
                    sleep(Duration::from_millis(200)).await;
                }
            })
            .await;
        let mut row = Row::new("certificate rotated 5 times", outcomes);
        row.note(format!(
            "{} certificates, {} bundles in {:.0?}",
            leaves.len(),
            authorities.len(),
            begin.elapsed()
        ));
        row.demand(
            ROTATIONS < leaves.len(),
            format!("only {} certificates", leaves.len()),
        );
        row.close();
    });
}
