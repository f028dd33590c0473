//! Whatever is done to the Secrets, they are mended, nothing bad is ever shown, and what was trusted stays so.

use std::collections::BTreeMap;
use std::time::Duration;

use arrears::cluster::{Bundle, Lifetimes, PemPair};
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;
use kube::Api;
use kube::api::{DeleteParams, PostParams};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use serde_json::json;
use tokio::sync::watch;

use super::site::{Site, count, heard, text};

const LIFETIMES: Lifetimes = Lifetimes {
    certificate: Duration::from_secs(30),
    authority: Duration::from_secs(300),
};

/// A certificate that an authority of somebody else's has issued.
struct Strange {
    authority: String,
    certificate: String,
    key: String,
}

impl Strange {
    fn new(names: &[String]) -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(names).unwrap();
        let certificate = certificate.signed_by(&key, &issuer).unwrap();
        Self {
            authority: issuer.pem(),
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }
}

#[tokio::test]
async fn a_spoilt_certificate_is_issued_anew_and_nobody_else_is_trusted_for_it() {
    let site = Site::new("certificates-spoilt").await;
    let mut leader = site.leader(LIFETIMES).await;
    let in_force = watch::Sender::new(None);
    leader.register(&in_force, Duration::ZERO);
    let (mut pairs, _replica) = site.replica().await;
    let mut pair = heard(&mut pairs, |_| true).await;
    let trusted: Bundle = heard(&mut leader.bundle, |_| true).await;
    let secrets = site.secrets().await;

    let names = site.installation.dns_names();
    let strange = Strange::new(&names);
    let spoilt: [&[(&str, &str)]; 7] = [
        &[("tls.crt", "hello")],
        &[("tls.key", &strange.key)],
        &[("tls.crt", ""), ("tls.key", ""), ("ca.crt", "")],
        &[
            ("tls.crt", &strange.certificate),
            ("tls.key", &strange.key),
            ("ca.crt", trusted.as_pem()),
        ],
        &[("ca.crt", &strange.authority)],
        // All of it fits together, but nobody was told to trust it; a replica can't know.
        &[
            ("tls.crt", &strange.certificate),
            ("tls.key", &strange.key),
            ("ca.crt", &strange.authority),
        ],
        &[("ca.crt", "hello"), ("tls.key", "hello")],
    ];
    for fields in spoilt {
        let mut secret = secrets.get("arrears-tls").await.unwrap();
        for (field, text) in fields {
            let bytes = ByteString(text.as_bytes().to_vec());
            secret
                .data
                .as_mut()
                .unwrap()
                .insert((*field).to_owned(), bytes);
        }
        secrets
            .replace("arrears-tls", &PostParams::default(), &secret)
            .await
            .unwrap();
        let is_strange = |next: &PemPair| next.certificate == strange.certificate.as_bytes();
        let next = heard(&mut pairs, |next| *next != pair && !is_strange(next)).await;
        assert_ne!(next.certificate, pair.certificate, "{fields:?}");
        assert_eq!(next.authorities, trusted.as_pem().as_bytes());
        pair = next;
    }

    delete(&secrets, "arrears-tls").await;
    let next = heard(&mut pairs, |next| *next != pair).await;
    assert_eq!(next.authorities, trusted.as_pem().as_bytes());
    assert_eq!(leader.bundle.borrow().as_ref(), Some(&trusted));
}

#[tokio::test]
async fn when_an_authority_is_lost_it_is_trusted_until_another_one_is() {
    let site = Site::new("certificates-lost").await;
    let in_force = watch::Sender::new(None);
    let mut leader = site.leader(LIFETIMES).await;
    leader.register(&in_force, Duration::ZERO);
    let (mut pairs, _replica) = site.replica().await;
    let mut pair = heard(&mut pairs, |_| true).await;
    let mut trusted: Bundle = heard(&mut leader.bundle, |_| true).await;
    let secrets = site.secrets().await;

    for (round, with_memory) in [(2, true), (3, false), (4, true), (5, false)] {
        match round {
            2 | 3 => {
                delete(&secrets, "arrears-ca").await;
            }
            _ => site.spoil("arrears-ca", "ca.key", "hello").await,
        }
        if !with_memory {
            leader = site.leader(LIFETIMES).await;
            leader.register(&in_force, Duration::ZERO);
        }
        // The new authority comes to those that were trusted before, and only then something is issued.
        let both = heard(&mut leader.bundle, |bundle| *bundle != trusted).await;
        assert_eq!(count(both.as_pem()), round);
        for known in certificates(trusted.as_pem()) {
            assert!(both.as_pem().contains(&known));
        }
        let is_new = |authorities: &[u8]| authorities == both.as_pem().as_bytes();
        pair = heard(&mut pairs, |next| is_new(&next.authorities)).await;
        let secret = secrets.get("arrears-ca").await.unwrap();
        let issuing = text(&secret, "ca.crt").unwrap();
        assert!(!trusted.as_pem().contains(&issuing));
        trusted = both;
    }
    assert_eq!(
        count(&String::from_utf8(pair.authorities.clone()).unwrap()),
        5
    );
}

#[tokio::test]
async fn what_stood_there_before_is_made_use_of() {
    let site = Site::new("certificates-before").await;
    for (name, kind) in [
        ("arrears-ca", "kubernetes.io/tls"),
        ("arrears-tls", "Opaque"),
    ] {
        site.create(json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": kind,
            "metadata": {"name": name, "annotations": {"example.org/owner": "jo"}},
            "stringData": {"tls.crt": "hello", "tls.key": "world", "mine": "yes"},
        }))
        .await;
    }
    let mut leader = site.leader(LIFETIMES).await;
    let (mut pairs, _replica) = site.replica().await;
    let pair = heard(&mut pairs, |_| true).await;
    let trusted = heard(&mut leader.bundle, |_| true).await;
    assert_eq!(pair.authorities, trusted.as_pem().as_bytes());
    let secrets = site.secrets().await;
    for (name, kind) in [
        ("arrears-ca", "kubernetes.io/tls"),
        ("arrears-tls", "Opaque"),
    ] {
        let secret = secrets.get(name).await.unwrap();
        assert_eq!(secret.type_.as_deref(), Some(kind));
        assert_eq!(text(&secret, "mine").as_deref(), Some("yes"));
        let annotations: BTreeMap<_, _> = secret.metadata.annotations.clone().unwrap();
        assert_eq!(annotations["example.org/owner"], "jo");
    }
}

#[tokio::test]
async fn a_replica_keeps_what_it_has_while_there_is_nothing_good() {
    let site = Site::new("certificates-kept").await;
    let leader = site.leader(LIFETIMES).await;
    let (mut pairs, _replica) = site.replica().await;
    let first = heard(&mut pairs, |_| true).await;
    drop(leader);
    let secrets = site.secrets().await;
    let good = secrets.get("arrears-tls").await.unwrap();
    // It has seen what came before something good when it has seen that.
    site.spoil("arrears-tls", "tls.key", "hello").await;
    delete(&secrets, "arrears-tls").await;
    let mut again = Secret {
        metadata: good.metadata.clone(),
        ..good.clone()
    };
    again.metadata.resource_version = None;
    again.metadata.uid = None;
    let first_key = text(&good, "tls.crt").unwrap();
    let data = again.data.as_mut().unwrap();
    let doubled = first_key.clone() + "\n" + &first_key;
    data.insert("tls.crt".to_owned(), ByteString(doubled.into_bytes()));
    secrets
        .create(&PostParams::default(), &again)
        .await
        .unwrap();
    let mut seen = Vec::new();
    heard(&mut pairs, |next| {
        seen.push(next.clone());
        next.certificate != first.certificate
    })
    .await;
    assert_eq!(seen.iter().filter(|next| **next != first).count(), 1);
}

fn certificates(pem: &str) -> Vec<String> {
    let end = "-----END CERTIFICATE-----\n";
    pem.split_inclusive(end).map(str::to_owned).collect()
}

async fn delete(secrets: &Api<Secret>, name: &str) {
    secrets
        .delete(name, &DeleteParams::default())
        .await
        .unwrap();
}
