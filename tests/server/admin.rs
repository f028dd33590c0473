//! The administrator's port.

use std::time::Duration;

use arrears::{
    server::{Config, Server, Tls},
    telemetry::{Health, Metrics},
};

use super::fixture::{issue, start};

#[tokio::test]
async fn readiness_follows_the_checks_and_tells_them() {
    let running = start(|_| {}).await;
    assert_eq!(running.get("/livez").await.body, "ok\n");
    let reply = running.get("/readyz").await;
    assert_eq!((reply.status, reply.body.as_str()), (200, "ok\n"));
    running.health.warn("config policy.yaml", "line 3: typo");
    running
        .health
        .set("locks", Err("no snapshot read yet".to_owned()));
    let expected = "[+]certificate ok\n[!]config policy.yaml: line 3: typo\n[+]listener ok\n[-]locks: no snapshot read yet\nreadyz check failed\n";
    for target in ["/readyz", "/readyz?verbose", "/readyz?verbose=1"] {
        let reply = running.get(target).await;
        assert_eq!((reply.status, reply.body.as_str()), (503, expected));
    }
    assert_eq!(running.get("/livez").await.status, 200);
    running.health.set("locks", Ok(()));
    let reply = running.get("/readyz?verbose").await;
    assert_eq!(reply.status, 200);
    assert!(reply.body.ends_with("[+]locks ok\nreadyz check passed\n"));
}

#[tokio::test]
async fn metrics_are_openmetrics_text() {
    let running = start(|_| {}).await;
    let client = running.connect().await;
    running.answers().await;
    let reply = running.get("/metrics").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.header("content-type"),
        Some("application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(
        reply
            .body
            .contains("\narrears_review_duration_seconds_count 1\n")
    );
    assert!(
        reply
            .body
            .contains("# TYPE arrears_review_duration_seconds histogram\n")
    );
    assert!(reply.body.ends_with("# EOF\n"));
    // The end of rcgen's certificates, which is in the year 4096.
    assert!(running.metric("arrears_tls_certificate_not_after_seconds") > 60e9);
    drop(client);
}

#[tokio::test]
async fn there_is_nothing_else_on_it() {
    let running = start(|_| {}).await;
    for target in ["/", "/validate", "/metrics/", "/healthz"] {
        assert_eq!(running.get(target).await.status, 404, "{target}");
    }
    let mut client = running.connect_admin().await;
    client
        .send("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        .await;
    assert_eq!(client.reply().await.status, 405);
}

#[tokio::test]
async fn silent_peers_are_given_up_and_others_answered() {
    let running = start(|config| {
        config.times.idle = Duration::from_millis(300);
        config.times.head = Duration::from_millis(300);
    })
    .await;
    let mut silent = Vec::new();
    // As many as the port takes at once; the next one waits for them to be given up.
    for _ in 0..64 {
        let mut client = running.connect_admin().await;
        client.send("GET /met").await;
        silent.push(client);
    }
    assert_eq!(running.get("/livez").await.status, 200);
    for mut client in silent {
        client.cut().await;
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_together_with_the_flag_that_changes_it() {
    let running = start(|_| {}).await;
    let issued = issue();
    let tls = || {
        Tls::from_pem(
            issued.cert.pem().as_bytes(),
            issued.signing_key.serialize_pem().as_bytes(),
        )
        .unwrap()
    };
    let any = "127.0.0.1:0".parse().unwrap();
    for (config, address, flag) in [
        (
            Config::new(running.webhook, None),
            running.webhook,
            "--listen",
        ),
        (
            Config::new(any, Some(running.admin)),
            running.admin,
            "--admin-listen",
        ),
    ] {
        let error = Server::bind(config, tls(), Metrics::new().into(), Health::default())
            .await
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with(&format!(
                "can't listen on {address}: Address already in use"
            )),
            "{error}"
        );
        assert!(
            error.ends_with(&format!("; {flag} chooses another address")),
            "{error}"
        );
    }
}
