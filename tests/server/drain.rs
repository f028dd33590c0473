//! The way out: lame duck, drain, deadline, second signal.

use std::time::Duration;

use arrears::server::{Ending, signals};
use rustix::process::{Signal, getpid, kill_process};

use super::{
    client::{post, within},
    fixture::{Running, start},
};

/// Waits until the server has heard that it is to stop.
async fn unready(running: &Running) {
    within(async { while running.get("/readyz").await.status != 503 {} }).await;
}

#[tokio::test]
async fn a_lame_duck_answers_everybody_and_tells_them_not_to_come_back() {
    let mut running = start(|config| config.times.lame_duck = Duration::from_secs(600)).await;
    let mut pooled = running.connect().await;
    assert!(!pooled.review("{}").await.closes());
    assert_eq!(running.get("/readyz").await.status, 200);

    running.stop();
    unready(&running).await;
    let report = running.get("/readyz?verbose").await.body;
    assert!(report.contains("[-]draining: "), "{report}");
    assert_eq!(running.get("/livez").await.status, 200);
    let reply = pooled.review("{}").await;
    assert_eq!((reply.status, reply.closes()), (200, true));
    pooled.closed().await;
    // Who comes now, because it has not heard yet, is answered as well.
    let mut late = running.connect().await;
    let reply = late.review("{}").await;
    assert_eq!((reply.status, reply.closes()), (200, true));
    late.closed().await;
    running.abort();
    assert_eq!(running.ended().await, Ending::Aborted);
}

#[tokio::test]
async fn who_said_nothing_to_the_lame_duck_is_let_go_in_order_at_its_end() {
    let mut running = start(|config| config.times.lame_duck = Duration::from_millis(300)).await;
    let mut used = running.connect().await;
    assert_eq!(used.review("{}").await.status, 200);
    let mut unused = running.connect().await;
    running.stop();
    used.closed().await;
    unused.closed().await;
    drop((used, unused));
    assert_eq!(running.ended().await, Ending::Drained);
}

#[tokio::test]
async fn a_review_that_is_in_flight_at_the_end_is_answered() {
    let mut running = start(|_| {}).await;
    let mut client = running.connect().await;
    client.send(post("wait")).await;
    running.wait_for_waiting(1).await;
    let mut resting = running.connect().await;
    running.stop();
    // Closed as soon as connections are asked to end, which the one in flight outlives.
    resting.closed().await;
    drop(resting);
    running.reviewer.gate.add_permits(1);
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.closes()), (200, true));
    client.closed().await;
    drop(client);
    assert_eq!(running.ended().await, Ending::Drained);
}

#[tokio::test]
async fn a_review_that_never_ends_is_cut_at_the_deadline() {
    let mut running = start(|config| config.times.drain = Duration::from_millis(200)).await;
    let mut client = running.connect().await;
    client.send(post("wait")).await;
    running.wait_for_waiting(1).await;
    running.stop();
    assert_eq!(running.ended().await, Ending::Cut(1));
    client.cut().await;
}

#[tokio::test]
async fn a_second_signal_ends_it_at_once() {
    let mut running = start(|config| {
        config.times.lame_duck = Duration::from_secs(600);
        config.times.drain = Duration::from_secs(600);
    })
    .await;
    let mut client = running.connect().await;
    client.send(post("wait")).await;
    running.wait_for_waiting(1).await;
    running.stop();
    unready(&running).await;
    running.abort();
    assert_eq!(running.ended().await, Ending::Aborted);
    client.cut().await;
}

#[tokio::test]
async fn the_first_signal_stops_and_the_second_aborts() {
    let (stop, abort) = signals().unwrap();
    let (mut stop, mut abort) = (Box::pin(stop), Box::pin(abort));
    kill_process(getpid(), Signal::TERM).unwrap();
    within(async {
        tokio::select! {
            () = &mut abort => panic!("one signal was taken for two"),
            () = &mut stop => {}
        }
    })
    .await;
    kill_process(getpid(), Signal::INT).unwrap();
    within(abort).await;
}
