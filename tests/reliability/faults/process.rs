//! Replicas come and go.

use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

const ROUNDS: usize = 5;

#[test]
fn all_replicas_restarted_in_turn_five_times() {
    perform(&USUAL, async |stage: &mut Stage| {
        let outcomes = stage
            .under_load(async |stage| {
                for _ in 0..ROUNDS {
                    stage.replicas.roll(&stage.installed).await;
                }
            })
            .await;
        Row::new("all replicas restarted in turn, 5 times", outcomes).close();
    });
}
