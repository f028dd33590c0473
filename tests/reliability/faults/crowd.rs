//! Peers that take up room: connections on which nothing is asked.

use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_rustls::TlsConnector;

use crate::installed::{NAME, NAMESPACE};
use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

const CONNECTIONS: usize = 2_000;
