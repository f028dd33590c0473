//! `arrears serve`: the webhook.

mod cluster;
mod files;
mod live;
mod reload;
mod telling;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context as _;
use tracing::info;

use self::cluster::Cluster;
use crate::{
    api::GoDuration,
    decision::Basis,
    server::{self, Ending, Server, Tls},
    telemetry::{Health, Metrics},
};

/// Options of `arrears serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Directory of configuration files: EcsAccount, OverduePolicy, LockSnapshot, OperationBinding, Namespace
    #[arg(
        long,
        value_name = "DIR",
        env = "ARREARS_CONFIG",
        required_unless_present = "cluster",
        conflicts_with = "cluster"
    )]
    config: Option<PathBuf>,

    #[command(flatten)]
    cluster: Cluster,

    /// Address of the webhook port (TLS)
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8443",
        env = "ARREARS_LISTEN"
    )]
    listen: SocketAddr,

    /// Address of the admin port (plain HTTP: /livez, /readyz, /metrics)
    #[arg(
        long,
        value_name = "ADDRESS",
        default_value = "0.0.0.0:8080",
        env = "ARREARS_ADMIN_LISTEN"
    )]
    admin_listen: SocketAddr,

    /// Certificate chain of the webhook port, PEM; followed as it changes
    #[arg(
        long,
        value_name = "FILE",
        env = "ARREARS_TLS_CERT",
        requires = "tls_key",
        required_unless_present = "cluster"
    )]
    tls_cert: Option<PathBuf>,

    /// Private key of the webhook port, PEM; followed as it changes
    #[arg(
        long,
        value_name = "FILE",
        env = "ARREARS_TLS_KEY",
        requires = "tls_cert",
        required_unless_present = "cluster"
    )]
    tls_key: Option<PathBuf>,

    /// Demand a client certificate issued by an authority in this file, PEM
    #[arg(long, value_name = "FILE", env = "ARREARS_CLIENT_CA")]
    client_ca: Option<PathBuf>,

    /// Of those, serve only clients with this common name or DNS name; several may be given
    #[arg(
        long = "client-name",
        value_name = "NAME",
        env = "ARREARS_CLIENT_NAMES",
        value_delimiter = ',',
        requires = "client_ca"
    )]
    client_names: Vec<String>,

    /// On SIGTERM, how long to go on answering while telling every client not to come back
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10s",
        env = "ARREARS_LAME_DUCK"
    )]
    lame_duck: GoDuration,

    /// Connections at once; further ones are not accepted until one is free
    #[arg(long, value_name = "N", default_value_t = server::Limits::default().connections, env = "ARREARS_MAX_CONNECTIONS", value_parser = at_least_one)]
    max_connections: usize,

    /// Reviews at once; further ones are asked to come back in a second
    #[arg(long, value_name = "N", default_value_t = server::Limits::default().in_flight, env = "ARREARS_MAX_IN_FLIGHT", value_parser = at_least_one)]
    max_in_flight: usize,
}

fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err("expected a whole number of at least 1".to_owned()),
        Ok(number) => Ok(number),
    }
}

impl Serve {
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()
            .context("the runtime can't be started")?;
        let served = runtime.block_on(async {
            match &self.config {
                Some(directory) => files::serve(&self, directory).await,
                None => cluster::serve(&self).await,
            }
        });
        // Waits for no thread that is stuck in a file system.
        runtime.shutdown_background();
        served
    }

    /// The certificate and key in files, if they are there and not in a Secret.
    fn tls_of_files(&self) -> anyhow::Result<Option<Tls>> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(certificate), Some(key)) => Ok(Some(Tls::from_files(certificate, key)?)),
            (_, _) => Ok(None),
        }
    }

    /// Opens the ports.
    async fn bind(
        &self,
        mut tls: Tls,
        metrics: &Arc<Metrics>,
        health: &Health,
    ) -> anyhow::Result<Server> {
        if let Some(client_ca) = &self.client_ca {
            tls = tls.require_clients_of(client_ca, &self.client_names)?;
        }
        let mut config = server::Config::new(self.listen, Some(self.admin_listen));
        config.limits.connections = self.max_connections;
        config.limits.in_flight = self.max_in_flight;
        config.times.lame_duck = self.lame_duck.as_duration();
        let server = Server::bind(config, tls, Arc::clone(metrics), health.clone()).await?;
        info!(
            webhook = %server.local_addr(),
            admin = server.admin_addr().map(tracing::field::display),
            "listening"
        );
        Ok(server)
    }
}

/// What the process says of its end.
fn ended(ending: Ending) -> ExitCode {
    info!(?ending, "stopped");
    match ending {
        Ending::Drained | Ending::Cut(_) => ExitCode::SUCCESS,
        Ending::Aborted => ExitCode::from(2),
    }
}

fn log_basis(pieces: usize, basis: &Basis) {
    info!(
        pieces,
        accounts = basis.accounts.iter().count(),
        rules = basis.policy.rules.len(),
        edition = basis.policy.edition.name(),
        "configuration in force"
    );
}
