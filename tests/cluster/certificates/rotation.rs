//! Certificates and authorities follow each other every few seconds while somebody calls without a pause.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use arrears::clock::Clock;
use arrears::cluster::{Bundle, Lifetimes};
use arrears::server::{Answer, Config, Reviewer, Server, Tls};
use arrears::telemetry::{Health, Metrics};
use bytes::Bytes;
use hyper::StatusCode;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::caller::Caller;
use super::site::{Site, heard, text};

/// What can be had from machines that do much else: a third of a certificate's life has to do for everything.
const SHORT: Lifetimes = Lifetimes {
    certificate: Duration::from_secs(8),
    authority: Duration::from_secs(32),
};

/// How far behind API servers are; below the 0.8 s that is waited with these lifetimes.
const LAG: Duration = Duration::from_millis(400);

/// Accepts whatever it is.
struct Content;

impl Reviewer for Content {
    async fn review(&self, _body: Bytes, _timeout: Option<Duration>) -> Answer {
        Answer {
            status: StatusCode::OK,
            body: Bytes::from_static(b"{}"),
        }
    }
}

/// Serves what a replica is given to show.
async fn serve(site: &Site, tasks: &mut JoinSet<()>) -> (SocketAddr, Arc<Metrics>) {
    let (mut pair, following) = site.replica().await;
    let first = heard(&mut pair, |_| true).await;
    let tls = Tls::from_feed(&first, pair, Clock::system()).unwrap();
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    let metrics = Arc::new(Metrics::new());
    let config = Config::new(any, None);
    let server = Server::bind(config, tls, Arc::clone(&metrics), Health::default())
        .await
        .unwrap();
    let address = server.local_addr();
    tasks.spawn(async move {
        let _following = following;
        let never = std::future::pending;
        server
            .run(Arc::new(Content), never(), never())
            .await
            .unwrap();
    });
    (address, metrics)
}

#[tokio::test]
async fn through_three_authorities_no_caller_is_turned_away_and_no_connection_is_lost() {
    let site = Site::new("certificates-rotation").await;
    let in_force = watch::Sender::new(None);
    let mut told = in_force.subscribe();
    // Both believe that they lead, as one does that was frozen.
    let mut leaders = [site.leader(SHORT).await, site.leader(SHORT).await];
    for leader in &mut leaders {
        leader.register(&in_force, LAG);
    }
    let mut tasks = JoinSet::new();
    let (address, metrics) = serve(&site, &mut tasks).await;
    let first: Bundle = heard(&mut told, |_| true).await;
    let [name, ..] = site.installation.dns_names();

    let mut standing = Caller::connect(address, &name, &first).await.unwrap();
    let (mut shown, mut authorities) = (vec![standing.shown.clone()], Vec::new());
    let secrets = site.secrets().await;
    let mut calls = 0;
    let mut successions = 0;
    while authorities.len() < 3 || shown.len() < 6 {
        let bundle = in_force.borrow().clone().unwrap();
        match Caller::connect(address, &name, &bundle).await {
            Ok(mut caller) => {
                caller.review().await.unwrap();
                if shown.last() != Some(&caller.shown) {
                    shown.push(caller.shown);
                    // Whose it is stands in the Secret, which is a step ahead at the most.
                    let secret = secrets.get("arrears-ca").await.unwrap();
                    let issuing = text(&secret, "ca.crt").unwrap();
                    if authorities.last() != Some(&issuing) {
                        authorities.push(issuing);
                    }
                }
            }
            Err(reason) => panic!(
                "after {calls} calls, {} certificates and {} authorities: {reason}\n{}",
                shown.len(),
                authorities.len(),
                bundle.as_pem()
            ),
        }
        standing.review().await.unwrap();
        calls += 1;
        if authorities.len() == 2 && successions == 0 {
            // One of them ends and another one begins, with nothing in its memory.
            successions += 1;
            leaders[0] = site.leader(SHORT).await;
            leaders[0].register(&in_force, LAG);
        }
        sleep(Duration::from_millis(20)).await;
    }
    assert!(100 < calls, "only {calls} calls");
    let page = metrics.render();
    let ends = |name: &str| {
        let line = page.lines().find(|line| line.starts_with(name)).unwrap();
        line.split(' ').nth(1).unwrap().parse::<i64>().unwrap()
    };
    let certificate = ends("arrears_tls_certificate_not_after_seconds ");
    let authority = ends("arrears_tls_authority_not_after_seconds{} ");
    assert!(certificate < authority, "{certificate} {authority}");
}
