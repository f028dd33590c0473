//! The first certificates, with as many processes as like to make them, and the rights that takes.

use std::collections::BTreeSet;
use std::time::Duration;

use arrears::cluster::Lifetimes;
use tokio::sync::watch;

use super::site::{Site, count, heard, text};
use crate::plane::wait::until;

const SHORT: Lifetimes = Lifetimes {
    certificate: Duration::from_secs(30),
    authority: Duration::from_secs(300),
};
const LONG: Lifetimes = Lifetimes {
    certificate: Duration::from_secs(3600),
    authority: Duration::from_secs(36_000),
};

#[tokio::test]
async fn however_many_leaders_start_together_there_is_one_authority() {
    let site = Site::new("certificates-once").await;
    let mut leaders = Vec::new();
    for _ in 0..8 {
        leaders.push(site.leader(LONG).await);
    }
    let (mut pair, _replica) = site.replica().await;
    let pair = heard(&mut pair, |_| true).await;
    let trusted = String::from_utf8(pair.authorities.clone()).unwrap();
    assert_eq!(count(&trusted), 1);
    for leader in &mut leaders {
        let said = heard(&mut leader.bundle, |_| true).await;
        assert_eq!(said.as_pem(), trusted);
    }
    let secrets = site.secrets().await;
    let authority = secrets.get("arrears-ca").await.unwrap();
    assert_eq!(text(&authority, "ca.crt").unwrap(), trusted);
    assert_eq!(text(&authority, "former.crt"), None);
    assert_eq!(authority.type_.as_deref(), Some("Opaque"));
    let certificate = secrets.get("arrears-tls").await.unwrap();
    assert_eq!(text(&certificate, "ca.crt").unwrap(), trusted);
    assert_eq!(certificate.type_.as_deref(), Some("kubernetes.io/tls"));
    assert_eq!(
        text(&certificate, "tls.crt").unwrap().as_bytes(),
        pair.certificate
    );

    // Those who came later find all in order and write nothing.
    let versions = async || {
        let mut versions = Vec::new();
        for name in ["arrears-ca", "arrears-tls"] {
            versions.push(secrets.get(name).await.unwrap().metadata.resource_version);
        }
        versions
    };
    let before = versions().await;
    let mut late = site.leader(LONG).await;
    let said = heard(&mut late.bundle, |_| true).await;
    assert_eq!(said.as_pem(), trusted);
    assert_eq!(versions().await, before);
}

#[tokio::test]
async fn the_rights_are_enough_and_every_one_of_them_is_used() {
    let site = Site::new("certificates-rights").await;
    let leader = site.leader(SHORT).await;
    let (mut pair, _replica) = site.replica().await;
    let first = heard(&mut pair, |_| true).await;
    // Something to mend, so that something is replaced.
    drop(leader);
    site.spoil("arrears-ca", "ca.key", "hello").await;
    let mut leader = site.leader(SHORT).await;
    let in_force = watch::Sender::new(None);
    leader.register(&in_force, Duration::ZERO);
    heard(&mut pair, |pair| *pair != first).await;

    let wanted = BTreeSet::from([
        "create arrears-ca",
        "create arrears-tls",
        "get arrears-ca",
        "get arrears-tls",
        "list arrears-tls",
        "update arrears-ca",
        "update arrears-tls",
        "watch arrears-tls",
    ]);
    until("all rights to be used", async || {
        let used = site.done_to_secrets();
        match used.iter().map(String::as_str).eq(wanted.iter().copied()) {
            true => Ok(()),
            false => Err(format!("{used:#?}")),
        }
    })
    .await;
}
