//! Certificates that hardly live, and authorities that live hardly longer.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio::time::sleep;

use crate::installed::secret;
use crate::plane::wait::until;
use crate::replicas::{Settings, USUAL};
use crate::row::Row;
use crate::stage::{Stage, perform};

const ROTATIONS: usize = 5;

/// The authority alone, with its successor, and the successor alone or with its own.
const BUNDLES: usize = 3;

const LIMIT: Duration = Duration::from_secs(120);

const SHORT: Settings = Settings {
    certificate_lifetime: "15s",
    authority_lifetime: "60s",
    ..USUAL
};

#[test]
fn certificates_rotated_five_times() {
    perform(&SHORT, async |stage: &mut Stage| {
        // Those that there are live for years: with them gone, everything begins anew, and lives shortly.
        let outcomes = stage
            .under_load(async |stage| {
                let before = stage.installed.leaf().await;
                for name in ["ca", "tls"] {
                    stage.installed.delete(&secret(name)).await;
                }
                until("a certificate of a new authority", async || {
                    match stage.installed.leaf().await {
                        leaf if leaf.is_empty() || leaf == before => Err("not yet".to_owned()),
                        _ => Ok(()),
                    }
                })
                .await;
                sleep(Duration::from_secs(3)).await;
            })
            .await;
        Row::new("both Secrets of certificates deleted", outcomes).close();

        let begin = Instant::now();
        let (mut leaves, mut bundles) = (BTreeSet::new(), BTreeSet::new());
        let outcomes = stage
            .under_load(async |stage| {
                let is_enough = |leaves: &BTreeSet<_>, bundles: &BTreeSet<_>| {
                    ROTATIONS < leaves.len() && BUNDLES <= bundles.len()
                };
                while !is_enough(&leaves, &bundles) && begin.elapsed() < LIMIT {
                    leaves.insert(stage.installed.leaf().await);
                    bundles.insert(stage.installed.authorities().await);
                    sleep(Duration::from_millis(200)).await;
                }
            })
            .await;
        let mut row = Row::new("certificates rotated", outcomes);
        row.note(format!(
            "{} times, {} bundles of authorities, in {:.0?}",
            leaves.len() - 1,
            bundles.len(),
            begin.elapsed()
        ));
        row.demand(
            ROTATIONS < leaves.len(),
            "the certificate was not rotated often enough",
        );
        row.demand(BUNDLES <= bundles.len(), "the authority was not rotated");
        row.close();

        // What lives shortly gives way to what lives long.
        let begin = Instant::now();
        let mut is_over = false;
        let outcomes = stage
            .under_load(async |stage| {
                stage.replicas.settle(&USUAL, &stage.installed).await;
                while !is_over && begin.elapsed() < LIMIT {
                    is_over = lives_long(&stage.installed.leaf().await);
                    sleep(Duration::from_millis(200)).await;
                }
                sleep(Duration::from_secs(3)).await;
            })
            .await;
        let mut row = Row::new(
            "lifetimes made longer by rolling out other settings",
            outcomes,
        );
        row.note(format!(
            "a certificate of a lasting authority after {:.0?}",
            begin.elapsed()
        ));
        row.demand(is_over, "the certificate still lives shortly");
        row.close();
    });
}

/// Whether a certificate is good for a day.
fn lives_long(pem: &[u8]) -> bool {
    let leaf = CertificateDer::from_pem_slice(pem).unwrap();
    let (_, leaf) = x509_parser::parse_x509_certificate(&leaf).unwrap();
    let left = leaf.validity().time_to_expiration();
    left.is_some_and(|left| 86_400 < left.whole_seconds())
}
