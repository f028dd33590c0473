//! Many peers, and peers that are slow, silent or half there.

use std::{sync::Arc, time::Duration};

use tokio::{net::TcpStream, task::JoinSet};

use super::{
    client::{Client, NAME, within},
    fixture::start,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_idle_connections_keep_nobody_waiting() {
    let running = Arc::new(start(|_| {}).await);
    let mut dialling = JoinSet::new();
    for _ in 0..8 {
        let running = Arc::clone(&running);
        dialling.spawn(async move {
            let mut idle = Vec::new();
            for _ in 0..250 {
                let mut client = running.connect().await;
                assert_eq!(client.review("{}").await.status, 200);
                idle.push(client);
            }
            idle
        });
    }
    let mut idle = Vec::new();
    while let Some(dialled) = dialling.join_next().await {
        idle.extend(dialled.unwrap());
    }
    assert_eq!(running.metric("arrears_connections"), 2000.0);
    for _ in 0..20 {
        running.answers().await;
    }
    // None of them was given up for the sake of others.
    for client in idle.iter_mut().step_by(100) {
        assert_eq!(client.review("{}").await.status, 200);
    }
}

#[tokio::test]
async fn silent_handshakes_keep_nobody_waiting_and_end_in_time() {
    let running = start(|config| config.times.handshake = Duration::from_millis(500)).await;
    let mut silent = Vec::new();
    for index in 0..300 {
        let mut client = Client::plain(running.webhook).await;
        if index % 2 == 0 {
            // The beginning of a handshake record that promises 512 bytes.
            client.send(b"\x16\x03\x01\x02\x00\x01").await;
        }
        silent.push(client);
    }
    running.answers().await;
    for client in &mut silent {
        client.cut().await;
    }
}

#[tokio::test]
async fn one_connection_too_many_waits_until_another_ends() {
    let running = start(|config| config.limits.connections = 2).await;
    let mut first = running.connect().await;
    let mut second = running.connect().await;
    assert_eq!(first.review("{}").await.status, 200);
    assert_eq!(second.review("{}").await.status, 200);
    // The kernel takes the connection; nobody answers its handshake.
    let waiting = TcpStream::connect(running.webhook).await.unwrap();
    let mut byte = [0];
    let mut third = std::pin::pin!(running.connect());
    tokio::select! {
        biased;
        _ = &mut third => panic!("a third connection was served"),
        peeked = waiting.peek(&mut byte) => panic!("a third connection was served: {peeked:?}"),
        reply = first.review("{}") => assert_eq!(reply.status, 200),
    }
    assert_eq!(running.metric("arrears_connections"), 2.0);
    drop(first);
    drop(second);
    assert_eq!(within(third).await.review("{}").await.status, 200);
}

#[tokio::test]
async fn reviews_over_the_cap_get_503_and_the_connections_close() {
    let running = start(|config| config.limits.in_flight = 2).await;
    let mut busy = Vec::new();
    for _ in 0..2 {
        let mut client = running.connect().await;
        client.send(super::client::post("wait")).await;
        busy.push(client);
    }
    running.wait_for_waiting(2).await;
    assert_eq!(running.metric("arrears_reviews_in_flight"), 2.0);
    let mut refused = running.connect().await;
    let reply = refused.review("{}").await;
    assert_eq!((reply.status, reply.closes()), (503, true));
    assert_eq!(reply.header("retry-after"), Some("1"));
    assert_eq!(
        reply.error(),
        "too much to do at the moment; try again in a second"
    );
    refused.closed().await;
    running.reviewer.gate.add_permits(2);
    for mut client in busy {
        assert_eq!(client.reply().await.status, 200);
    }
    running.answers().await;
}

#[tokio::test]
async fn a_connection_that_rests_longer_than_the_idle_time_is_closed_in_order() {
    let running = start(|config| config.times.idle = Duration::from_millis(300)).await;
    let mut used = running.connect().await;
    assert_eq!(used.review("{}").await.status, 200);
    let mut unused = running.connect().await;
    // Orderly means a TLS close_notify, without which rustls reports an error.
    used.closed().await;
    unused.closed().await;
    running.answers().await;
}

#[tokio::test]
async fn a_connection_in_use_outlives_the_idle_time() {
    let idle = Duration::from_secs(1);
    let running = start(|config| config.times.idle = idle).await;
    let mut client = running.connect().await;
    let began = std::time::Instant::now();
    while began.elapsed() < idle * 3 / 2 {
        assert_eq!(client.review("{}").await.status, 200);
    }
    // An answer may take longer than a connection may rest.
    client.send(super::client::post("wait")).await;
    running.wait_for_waiting(1).await;
    let mut rests = running.connect().await;
    rests.closed().await;
    running.reviewer.gate.add_permits(1);
    assert_eq!(client.reply().await.status, 200);
}

#[tokio::test]
async fn a_head_that_comes_too_slowly_ends_the_connection() {
    let running = start(|config| config.times.head = Duration::from_millis(300)).await;
    let mut client = running.connect().await;
    client
        .send(format!("POST /validate HTTP/1.1\r\nHost: {NAME}\r\n"))
        .await;
    client.cut().await;
    // A connection that merely rests is not meant.
    let mut resting = running.connect().await;
    let mut slow = running.connect().await;
    slow.send("POST").await;
    slow.cut().await;
    assert_eq!(resting.review("{}").await.status, 200);
}

#[tokio::test]
async fn a_peer_that_never_reads_its_answers_is_given_up() {
    let running = start(|config| {
        config.times.idle = Duration::from_millis(300);
        config.times.head = Duration::from_millis(300);
        config.times.linger = Duration::from_millis(100);
    })
    .await;
    let mut client = running.connect().await;
    // Ask until the answers fill every buffer on the way and the server stops reading; then it must give up.
    let asking = async {
        let requests = super::client::post("{}").repeat(1000);
        while client.try_send(&requests).await.is_ok() {}
    };
    within(asking).await;
    within(async {
        while running.metric("arrears_connections") != 0.0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    running.answers().await;
}
