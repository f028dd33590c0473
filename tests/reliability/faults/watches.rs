//! Connections to the API server that never last.

use std::time::Duration;

use tokio::time::sleep;

use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};
use crate::wire::State;

#[test]
fn watches_closed_every_second() {
    perform(&USUAL, async |stage: &mut Stage| {
        let outcomes = stage
            .under_load(async |stage| {
                for replica in &stage.replicas.running {
                    replica.wire.set(State::CutAfter(Duration::from_secs(1)));
                }
                sleep(Duration::from_secs(10)).await;
                stage.replicas.until_ready().await;
                for replica in &stage.replicas.running {
                    replica.wire.set(State::Whole);
                }
            })
            .await;
        Row::new(
            "every connection to the API server closed after a second",
            outcomes,
        )
        .close();
    });
}
