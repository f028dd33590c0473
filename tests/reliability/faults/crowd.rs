//! Peers that take up room: connections on which nothing is asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Resource, getrlimit, setrlimit};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::installed::{NAME, NAMESPACE};
use crate::plane::wait::until;
use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

const CONNECTIONS: usize = 2_000;

#[test]
fn two_thousand_idle_connections_to_each_replica() {
    perform(&USUAL, async |stage: &mut Stage| {
        may_open(5 * CONNECTIONS as u64);
        let connector = connector(&stage.installed.authorities().await);
        let begin = Instant::now();
        let outcomes = stage
            .under_load(async |stage| {
                let mut idle = Vec::new();
                for replica in &stage.replicas.running {
                    idle.extend(connect(&connector, replica.webhook).await);
                    until("the connections to be counted", async || {
                        let counted = replica.metric("arrears_connections ").await;
                        match counted {
                            Some(count) if CONNECTIONS as f64 <= count => Ok(()),
                            other => Err(format!("{other:?}")),
                        }
                    })
                    .await;
                }
                sleep(Duration::from_secs(4)).await;
                drop(idle);
                sleep(Duration::from_secs(1)).await;
            })
            .await;
        let mut row = Row::new("2,000 idle connections to each replica", outcomes);
        row.note(format!("TLS done on each, {:.0?} in all", begin.elapsed()));
        row.close();
    });
}

/// As many connections as that on which TLS is agreed upon and nothing else ever comes.
async fn connect(
    connector: &TlsConnector,
    address: std::net::SocketAddr,
) -> Vec<TlsStream<TcpStream>> {
    let name = ServerName::try_from(format!("{NAME}.{NAMESPACE}.svc")).unwrap();
    let mut connecting = JoinSet::new();
    let mut connected = Vec::new();
    for _ in 0..CONNECTIONS {
        let (connector, name) = (connector.clone(), name.clone());
        connecting.spawn(async move {
            let stream = TcpStream::connect(address).await.unwrap();
            connector.connect(name, stream).await.unwrap()
        });
        // Handshakes are work: they are not to be the fault.
        if 16 <= connecting.len() {
            connected.extend(
                connecting
                    .join_next()
                    .await
                    .map(std::result::Result::unwrap),
            );
        }
    }
    connected.extend(connecting.join_all().await);
    connected
}

fn connector(authorities: &[u8]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authorities) {
        roots.add(certificate.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

/// This process needs a file for each connection, too.
fn may_open(files: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit
        .maximum
        .map_or(Some(files), |most| Some(files.min(most)));
    setrlimit(Resource::Nofile, limit).unwrap();
}
