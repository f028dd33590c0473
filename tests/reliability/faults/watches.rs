//! Connections to the API server that never last.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;

use super::configuration::TAKEN;
use crate::installed::policy;
use crate::plane::wait::until;
use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};
use crate::wire::State;

#[test]
fn watches_closed_every_second() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut took = Duration::ZERO;
        let outcomes = stage
            .under_load(async |stage| {
                for replica in &stage.replicas.running {
                    replica.wire.set(State::CutAfter(Duration::from_secs(1)));
                }
                sleep(Duration::from_secs(5)).await;
                let before = stage.replicas.counts(TAKEN).await;
                stage
                    .installed
                    .apply(&policy(
                        json!([{"name": "nobody", "namespaces": ["nobody-*"], "mode": "Off"}]),
                    ))
                    .await;
                let begin = Instant::now();
                until("the change to be in force everywhere", async || {
                    let after = stage.replicas.counts(TAKEN).await;
                    match before
                        .iter()
                        .zip(&after)
                        .all(|(before, after)| before < after)
                    {
                        true => Ok(()),
                        false => Err(format!("{before:?}, then {after:?}")),
                    }
                })
                .await;
                took = begin.elapsed();
                sleep(Duration::from_secs(3)).await;
                stage.replicas.until_ready().await;
                for replica in &stage.replicas.running {
                    replica.wire.set(State::Whole);
                }
            })
            .await;
        let mut row = Row::new(
            "every connection to the API server closed after a second",
            outcomes,
        );
        row.note(format!(
            "a change in force after {:.1} s",
            took.as_secs_f64()
        ));
        row.close();
    });
}
