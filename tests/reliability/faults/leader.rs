//! The leader is lost: another one takes over, and the one that was lost does not lead on.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use crate::plane::wait::until;
use crate::replicas::{Apart, USUAL};
use crate::row::Row;
use crate::stage::{Stage, perform};
use crate::wire::State;

/// The lease, the time in which those who wait look at it again, and a busy machine.
const TAKE_OVER: Duration = Duration::from_secs(8);

/// Waits until another replica than this leads alone; tells how long that took.
async fn another_leads(stage: &Stage, than: usize, since: Instant) -> Duration {
    until("another leader", async || {
        let place = stage.replicas.find_leader().await?;
        match stage.replicas.running[place].id == than {
            true => Err("it leads still".to_owned()),
            false => Ok(()),
        }
    })
    .await;
    since.elapsed()
}

/// Closes the row of a leader that was lost with `most` connections standing, and whose place was taken after `took`.
fn close(mut row: Row, lost: (Instant, Instant), most: usize, reason: &str, took: Duration) {
    row.excuse_failures(lost, most, reason);
    row.demand(0 < most, "nobody was connected to it");
    row.note(format!("another led after {:.1} s", took.as_secs_f64()));
    row.demand(took < TAKE_OVER, format!("another led only after {took:?}"));
    row.close();
}

#[test]
fn leader_killed() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut took = Duration::ZERO;
        let mut lost = (Instant::now(), Instant::now());
        let mut most = 0;
        let outcomes = stage
            .under_load(async |stage| {
                sleep(Duration::from_secs(1)).await;
                let place = stage.replicas.leader().await;
                let id = stage.replicas.running[place].id;
                let (standing, ever) = stage.balancer.connections(id);
                lost.0 = Instant::now();
                stage.replicas.running[place].kill();
                until("the Service to notice", async || {
                    match stage.balancer.is_ready(id) {
                        true => Err("not yet".to_owned()),
                        false => Ok(()),
                    }
                })
                .await;
                lost.1 = Instant::now();
                most = standing + stage.balancer.connections(id).1 - ever;
                stage.replicas.running[place].gone().await;
                stage.replicas.forget_ended();
                // What a Deployment does.
                stage
                    .replicas
                    .start_one(&stage.installed, Apart::default())
                    .await;
                took = another_leads(stage, id, lost.0).await;
                stage.replicas.until_ready().await;
                sleep(Duration::from_secs(1)).await;
            })
            .await;
        let row = Row::new("leader killed (SIGKILL)", outcomes);
        let reason =
            "on a connection to the replica when it was killed, or before the Service noticed";
        close(row, lost, most, reason, took);
    });
}

#[test]
fn leader_frozen_past_its_lease() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut took = Duration::ZERO;
        let mut frozen = (Instant::now(), Instant::now());
        let mut most = 0;
        let outcomes = stage
            .under_load(async |stage| {
                sleep(Duration::from_secs(1)).await;
                let place = stage.replicas.leader().await;
                let id = stage.replicas.running[place].id;
                let (standing, ever) = stage.balancer.connections(id);
                frozen.0 = Instant::now();
                stage.replicas.running[place].freeze();
                took = another_leads(stage, id, frozen.0).await;
                most = standing + stage.balancer.connections(id).1 - ever;
                sleep(Duration::from_secs(1)).await;
                stage.replicas.running[place].thaw();
                frozen.1 = Instant::now();
                // At once, and for good.
                let one_leads = async || {
                    let place = stage.replicas.find_leader().await?;
                    match stage.replicas.running[place].id == id {
                        true => Err("the one that was frozen leads on".to_owned()),
                        false => Ok(()),
                    }
                };
                until("a single leader", one_leads).await;
                stage.replicas.until_ready().await;
                sleep(Duration::from_secs(2)).await;
            })
            .await;
        let row = Row::new("leader frozen past its lease (SIGSTOP)", outcomes);
        let reason =
            "on a connection to the replica when it was frozen, or before the Service noticed";
        close(row, frozen, most, reason, took);
    });
}

/// Nobody can tell the API server's clients that the leader can't reach it, but its lease.
#[test]
fn leader_cut_off_from_the_api_server() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut took = Duration::ZERO;
        let outcomes = stage
            .under_load(async |stage| {
                let place = stage.replicas.leader().await;
                let id = stage.replicas.running[place].id;
                let cut = Instant::now();
                stage.replicas.running[place].wire.set(State::Cut);
                took = another_leads(stage, id, cut).await;
                sleep(Duration::from_secs(3)).await;
                stage.replicas.running[place].wire.set(State::Whole);
                stage.replicas.until_ready().await;
                sleep(Duration::from_secs(1)).await;
            })
            .await;
        let mut row = Row::new("leader cut off from the API server", outcomes);
        row.note(format!("another led after {:.1} s", took.as_secs_f64()));
        row.demand(took < TAKE_OVER, format!("another led only after {took:?}"));
        row.close();
    });
}

/// With nobody who can lead, everyone answers by what is known.
#[test]
fn all_replicas_cut_off_from_the_api_server() {
    perform(&USUAL, async |stage: &mut Stage| {
        let outcomes = stage
            .under_load(async |stage| {
                let cut = |state| {
                    let replicas = stage.replicas.running.iter();
                    replicas.for_each(|replica| replica.wire.set(state));
                };
                cut(State::Cut);
                sleep(Duration::from_secs(8)).await;
                let leaders = stage.replicas.find_leader().await;
                assert!(
                    leaders.is_err(),
                    "a lease can't be held without the API server"
                );
                cut(State::Whole);
                stage.replicas.leader().await;
                sleep(Duration::from_secs(1)).await;
            })
            .await;
        Row::new("all replicas cut off from the API server for 8 s", outcomes).close();
    });
}
