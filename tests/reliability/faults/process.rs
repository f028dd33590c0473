//! Replicas come and go, with no one to spare: each is ended before its successor is there.

use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

const ROUNDS: usize = 5;

/// An upgrade is no other thing: what the replicas before have left, be it objects, certificates or the Lease, the next
/// ones find, one after the other, while the rest answer.
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
