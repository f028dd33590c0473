//! Bodies: their limit, their budget, their time, and that they arrive whole.

use std::time::Duration;

use tokio::task::JoinSet;

use super::{
    client::{NAME, post, within},
    fixture::start,
};

const MIB: usize = 1024 * 1024;

fn head(length: usize) -> String {
    format!(
        "POST /validate HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
}

fn chunked_head() -> String {
    format!(
        "POST /validate HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
}

fn chunk(bytes: &str) -> String {
    format!("{:x}\r\n{bytes}\r\n", bytes.len())
}

/// What the reviewer of these tests says of `body`.
fn described(body: &str) -> String {
    let sum = body.bytes().map(u64::from).sum::<u64>();
    format!(r#"{{"length":{},"sum":{sum},"#, body.len())
}

#[tokio::test]
async fn a_body_arrives_whole_however_it_is_cut() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    let pattern = |length: usize| {
        "abcdefghijk"
            .chars()
            .cycle()
            .take(length)
            .collect::<String>()
    };
    for length in [
        0,
        1,
        8 * 1024,
        16 * 1024,
        16 * 1024 + 1,
        300_000,
        MIB,
        7 * MIB,
    ] {
        let body = pattern(length);
        let reply = client.review(&body).await;
        assert_eq!(reply.status, 200, "{length}");
        assert!(
            reply.body.starts_with(&described(&body)),
            "{length}: {}",
            reply.body
        );
    }
    // In two writes, and in chunks of one byte and of many.
    let body = pattern(1000);
    let (one, other) = body.split_at(400);
    client.send(head(1000)).await;
    client.send(one).await;
    client.send(other).await;
    assert!(client.reply().await.body.starts_with(&described(&body)));
    let body = pattern(100_001);
    let (one, rest) = body.split_at(1);
    let (many, last) = rest.split_at(70_000);
    client.send(chunked_head()).await;
    for piece in [one, many, last] {
        client.send(chunk(piece)).await;
    }
    client.send("0\r\n\r\n").await;
    assert!(client.reply().await.body.starts_with(&described(&body)));
    client.send(format!("{}0\r\n\r\n", chunked_head())).await;
    assert!(client.reply().await.body.starts_with(&described("")));
}

#[tokio::test]
async fn a_body_over_the_limit_gets_413_before_it_is_sent() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    client.send(head(7 * MIB + 1)).await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.closes()), (413, true));
    assert_eq!(reply.error(), "the body is larger than a review can be");
    client.closed().await;
}

#[tokio::test]
async fn senders_of_bodies_over_the_limit_read_413_and_others_are_answered() {
    let running = start(|_| {}).await;
    let mut senders = JoinSet::new();
    for index in 0..8 {
        let mut client = running.connect().await;
        senders.spawn(async move {
            let body = "x".repeat(8 * MIB);
            match index % 2 {
                0 => client.send(post(&body)).await,
                _ => {
                    client.send(chunked_head()).await;
                    client.send(chunk(&body)).await;
                }
            }
            let reply = client.reply().await;
            assert_eq!((reply.status, reply.closes()), (413, true));
        });
    }
    for _ in 0..20 {
        running.answers().await;
    }
    while let Some(sent) = senders.join_next().await {
        sent.unwrap();
    }
    running.answers().await;
}

#[tokio::test]
async fn a_body_that_comes_too_slowly_gets_408() {
    let running = start(|config| config.times.body = Duration::from_millis(200)).await;
    for start in [head(100), format!("{}0123", head(100)), chunked_head()] {
        let mut client = running.connect().await;
        client.send(start).await;
        let reply = client.reply().await;
        assert_eq!((reply.status, reply.closes()), (408, true));
        assert_eq!(reply.error(), "the body did not arrive in time");
        client.closed().await;
    }
    running.answers().await;
}

#[tokio::test]
async fn a_thousand_slow_bodies_keep_nobody_waiting() {
    let running = start(|config| config.times.body = Duration::from_secs(600)).await;
    let mut slow = Vec::new();
    for _ in 0..1000 {
        let mut client = running.connect().await;
        // Announcing much takes nothing from the others.
        client.send(format!("{}0123", head(7 * MIB))).await;
        slow.push(client);
    }
    running.answers().await;
    drop(slow);
}

#[tokio::test]
async fn a_body_that_breaks_off_gets_400_or_nothing() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    client
        .send(format!("{}not a chunk size\r\n", chunked_head()))
        .await;
    let reply = client.reply().await;
    assert_eq!((reply.status, reply.closes()), (400, true));
    let mut gone = running.connect().await;
    gone.send(format!("{}0123", head(100))).await;
    drop(gone);
    running.answers().await;
}

#[tokio::test]
async fn bodies_over_their_common_budget_get_503_and_ordinary_ones_find_room() {
    // Three quarters for large bodies: one of 2 MiB, not two.
    let running = start(|config| config.limits.bodies = 4 * MIB).await;
    let mut first = running.connect().await;
    let part = "x".repeat(2 * MIB);
    first.send(format!("{}{part}", head(2 * MIB + 1))).await;
    let mut second = running.connect().await;
    let reply = within(async {
        loop {
            // Until the server has read what the first one sent.
            let reply = second.review(&part).await;
            if reply.status != 200 {
                return reply;
            }
        }
    })
    .await;
    assert_eq!((reply.status, reply.closes()), (503, true));
    assert_eq!(reply.header("retry-after"), Some("1"));
    for _ in 0..10 {
        running.answers().await;
    }
    first.send("x").await;
    assert_eq!(first.reply().await.status, 200);
    // What the first one held is free again.
    assert_eq!(running.connect().await.review(&part).await.status, 200);
}
