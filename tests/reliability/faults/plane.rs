//! The control plane itself goes away and comes back.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

#[test]
fn api_server_restarted() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut away = (Instant::now(), Instant::now());
        let outcomes = stage
            .under_load(async |stage| {
                away.0 = Instant::now();
                stage.plane.restart_api_server().await;
                away.1 = Instant::now();
                sleep(Duration::from_secs(4)).await;
            })
            .await;
        // One that has just begun knows of nobody's rights yet.
        stage.news_of_refusals();
        let mut row = Row::new("API server restarted", outcomes);
        row.excuse_api_server(away, "not taken by the API server until it is ready");
        row.close();
    });
}

#[test]
fn etcd_held_for_ten_seconds() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut away = (Instant::now(), Instant::now());
        let outcomes = stage
            .under_load(async |stage| {
                away.0 = Instant::now();
                stage.plane.pause_etcd().await;
                sleep(Duration::from_secs(10)).await;
                stage.plane.resume_etcd().await;
                away.1 = Instant::now();
                sleep(Duration::from_secs(2)).await;
            })
            .await;
        let mut row = Row::new("etcd held for 10 s", outcomes);
        row.excuse_api_server(
            away,
            "let through by the webhook, and not answered by etcd in time",
        );
        row.close();
    });
}
