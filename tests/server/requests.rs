//! What is answered to which request, on a connection that behaves.

use tokio::io::AsyncWriteExt as _;

use super::{
    client::{Client, NAME, client_config, post, post_to},
    fixture::start,
};

#[tokio::test]
async fn a_review_gets_what_the_reviewer_says() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    let reply = client.review("{}").await;
    assert_eq!((reply.status, reply.closes()), (200, false));
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!(
        reply.body,
        r#"{"length":2,"sum":248,"timeout":"Some(10s)"}"#
    );
    // The same connection again, with another time-out and with one that is nonsense.
    for (target, timeout) in [
        ("/validate?timeout=1m30s", "Some(90s)"),
        ("/validate?timeout=soon", "None"),
        ("/validate", "None"),
    ] {
        client.send(post_to(target, "{}")).await;
        let reply = client.reply().await;
        let expected = format!(r#"{{"length":2,"sum":248,"timeout":"{timeout}"}}"#);
        assert_eq!((reply.status, reply.body), (200, expected));
    }
    assert_eq!(running.metric("arrears_review_duration_seconds_count"), 4.0);
    assert_eq!(running.metric("arrears_reviews_in_flight"), 0.0);
}

#[tokio::test]
async fn what_is_not_a_review_is_refused_with_its_own_status() {
    let running = start(|_| {}).await;
    let json = "Content-Type: application/json\r\n";
    for (head, status, allow, error) in [
        (
            "POST / HTTP/1.1",
            404,
            None,
            "there is nothing here but /validate",
        ),
        (
            "POST /validate/ HTTP/1.1",
            404,
            None,
            "there is nothing here but /validate",
        ),
        (
            "GET /metrics HTTP/1.1",
            404,
            None,
            "there is nothing here but /validate",
        ),
        (
            "GET /livez HTTP/1.1",
            404,
            None,
            "there is nothing here but /validate",
        ),
        (
            "OPTIONS * HTTP/1.1",
            404,
            None,
            "there is nothing here but /validate",
        ),
        (
            "GET /validate HTTP/1.1",
            405,
            Some("POST"),
            "/validate takes POST only",
        ),
        (
            "PUT /validate HTTP/1.1",
            405,
            Some("POST"),
            "/validate takes POST only",
        ),
        (
            "NONSENSE /validate HTTP/1.1",
            405,
            Some("POST"),
            "/validate takes POST only",
        ),
    ] {
        let mut client = running.connect().await;
        client
            .send(format!(
                "{head}\r\nHost: x\r\n{json}Content-Length: 0\r\n\r\n"
            ))
            .await;
        let reply = client.reply().await;
        assert_eq!(
            (reply.status, reply.header("allow")),
            (status, allow),
            "{head}"
        );
        assert_eq!(reply.error(), error, "{head}");
        // Nothing was wrong with the connection.
        assert_eq!(client.review("{}").await.status, 200);
    }
}

#[tokio::test]
async fn only_json_is_taken_with_or_without_parameters() {
    let running = start(|_| {}).await;
    for (header, status) in [
        ("Content-Type: application/json\r\n", 200),
        ("content-type: application/json; charset=utf-8\r\n", 200),
        ("Content-Type: Application/JSON;q=1\r\n", 200),
        ("", 415),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/yaml\r\n", 415),
        ("Content-Type: application/json-patch+json\r\n", 415),
    ] {
        let mut client = running.connect().await;
        client
            .send(format!(
                "POST /validate HTTP/1.1\r\nHost: x\r\n{header}Content-Length: 2\r\n\r\n{{}}"
            ))
            .await;
        let reply = client.reply().await;
        assert_eq!(reply.status, status, "{header}");
        if status == 415 {
            assert_eq!(reply.error(), "the content type must be application/json");
            assert!(reply.closes());
            client.closed().await;
        }
    }
}

#[tokio::test]
async fn headers_that_are_too_large_or_too_many_get_431() {
    let running = start(|_| {}).await;
    let large = format!("X-Large: {}\r\n", "x".repeat(200 * 1024));
    let many = (0..101)
        .map(|index| format!("X-{index}: x\r\n"))
        .collect::<String>();
    for headers in [large, many] {
        let mut client = running.connect().await;
        // The server may answer before it has read all of it.
        let _ = client
            .try_send(format!("POST /validate HTTP/1.1\r\n{headers}\r\n"))
            .await;
        assert_eq!(client.reply().await.status, 431);
        client.closed().await;
    }
    running.answers().await;
}

#[tokio::test]
async fn a_panic_costs_one_request() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    let reply = client.review("panic").await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (500, "a bug in arrears; its log has the details")
    );
    assert_eq!(client.review("{}").await.status, 200);
    assert_eq!(running.metric("arrears_reviews_in_flight"), 0.0);
    running.answers().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order_and_garbage_ends_them() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    client
        .send(format!(
            "{}{}\x00\x01garbage\r\n\r\n",
            post("a"),
            post("bb")
        ))
        .await;
    for length in [1, 2] {
        let reply = client.reply().await;
        assert_eq!(reply.status, 200);
        assert!(reply.body.starts_with(&format!(r#"{{"length":{length},"#)));
    }
    assert_eq!(client.reply().await.status, 400);
    client.closed().await;
    running.answers().await;
}

#[tokio::test]
async fn an_http2_preface_ends_the_connection() {
    let running = start(|_| {}).await;
    let mut client = running.connect().await;
    client
        .send(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00")
        .await;
    client.cut().await;
    running.answers().await;
}

#[tokio::test]
async fn only_http_1_is_agreed_on() {
    let running = start(|_| {}).await;
    let authority = running.issued.cert.der();
    let both = client_config(authority, &["h2", "http/1.1"], None);
    let mut client = Client::connect(running.webhook, both).await.unwrap();
    assert_eq!(
        client.stream.get_ref().1.alpn_protocol(),
        Some(b"http/1.1".as_slice())
    );
    assert_eq!(client.review("{}").await.status, 200);
    // client-go has no use for a ticket, so none was sent before the answer.
    assert_eq!(client.stream.get_ref().1.tls13_tickets_received(), 0);
    let h2 = client_config(authority, &["h2"], None);
    assert!(Client::connect(running.webhook, h2).await.is_err());
    let none = client_config(authority, &[], None);
    let mut client = Client::connect(running.webhook, none).await.unwrap();
    assert_eq!(client.review("{}").await.status, 200);
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_told_so() {
    let running = start(|_| {}).await;
    let mut client = Client::plain(running.webhook).await;
    client
        .send("GET /validate HTTP/1.1\r\nHost: x\r\n\r\n")
        .await;
    let reply = client.reply().await;
    assert_eq!(
        (reply.status, reply.error().as_str()),
        (400, "this port speaks HTTPS; use https:")
    );
    client.stream.shutdown().await.unwrap();
    client.closed().await;
    running.answers().await;
}

#[tokio::test]
async fn who_expects_to_be_asked_is_asked_for_the_body_only_if_it_is_wanted() {
    let running = start(|limits| limits.limits.body = 1000).await;
    let head = |length: usize| {
        format!(
            "POST /validate HTTP/1.1\r\nHost: {NAME}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nExpect: 100-continue\r\n\r\n"
        )
    };
    let mut client = running.connect().await;
    client.send(head(2)).await;
    assert_eq!(client.reply().await.status, 100);
    client.send("{}").await;
    assert_eq!(client.reply().await.status, 200);
    client.send(head(1001)).await;
    assert_eq!(client.reply().await.status, 413);
}
