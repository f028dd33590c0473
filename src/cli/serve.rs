//! `arrears serve`: the webhook.

mod live;
mod reload;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use anyhow::Context;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tracing::info;

use self::{live::Live, reload::Reload};
use crate::{
    admission::Handler,
    api::GoDuration,
    config::{Configuration, Directory},
    decision::Basis,
    server::{self, Ending, Server, Tls},
    telemetry::{Health, Metrics, SnapshotFacts},
};

/// Options of `arrears serve`.
#[derive(Debug, clap::Args)]
pub(super) struct Serve {
    /// Directory of configuration files: EcsAccount, OverduePolicy, LockSnapshot, OperationBinding, Namespace
    #[arg(long, value_name = "DIR", env = "ARREARS_CONFIG")]
    config: PathBuf,

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
    #[arg(long, value_name = "FILE", env = "ARREARS_TLS_CERT")]
    tls_cert: PathBuf,

    /// Private key of the webhook port, PEM; followed as it changes
    #[arg(long, value_name = "FILE", env = "ARREARS_TLS_KEY")]
    tls_key: PathBuf,

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
        let served = runtime.block_on(self.serve());
        // Waits for no thread that is stuck in a file system.
        runtime.shutdown_background();
        served
    }

    async fn serve(self) -> anyhow::Result<ExitCode> {
        let (stop, abort) = server::signals().context("signals can't be handled")?;
        // Taken over before anything else, because a hangup kills a process that does not listen for it.
        let hangup = signal(SignalKind::hangup()).context("signals can't be handled")?;
        let mut stop = std::pin::pin!(stop);
        info!(directory = %self.config.display(), "reading the configuration");
        // The port opens only once there is something to decide by: no answer rests on facts not yet loaded.
        let (directory, configuration) = tokio::select! {
            opened = open(self.config.clone()) => opened?,
            () = &mut stop => {
                info!("told to stop before there was anything to serve");
                return Ok(ExitCode::SUCCESS);
            }
        };
        log_basis(&directory, &configuration.basis);
        let metrics = Arc::new(Metrics::new());
        let health = Health::default();
        let live = Live::new(configuration, Arc::clone(&metrics), health.clone())?;
        let basis = Arc::clone(live.board.basis());
        let observed = Arc::clone(&basis);
        metrics.observe_snapshots(move || snapshot_facts(&observed.load(), Timestamp::now()));

        let mut tls = Tls::from_files(&self.tls_cert, &self.tls_key)?;
        if let Some(client_ca) = &self.client_ca {
            tls = tls.require_clients_of(client_ca, &self.client_names)?;
        }
        let server = Server::bind(
            self.server_config(),
            tls,
            Arc::clone(&metrics),
            health.clone(),
        )
        .await?;
        info!(
            webhook = %server.local_addr(),
            admin = server.admin_addr().map(tracing::field::display),
            "listening"
        );
        let handler = Handler::new(basis, Arc::clone(&metrics), Timestamp::now);
        let handler = Arc::new(handler.confirming(live.confirmer.clone()));
        let reload = Reload::new(directory, live, metrics, health);
        let ending = tokio::select! {
            ending = server.run(handler, stop, abort) => ending?,
            () = reload.run(hangup) => Ending::Aborted,
        };
        info!(?ending, "stopped");
        Ok(match ending {
            Ending::Drained | Ending::Cut(_) => ExitCode::SUCCESS,
            Ending::Aborted => ExitCode::from(2),
        })
    }

    fn server_config(&self) -> server::Config {
        let mut config = server::Config::new(self.listen, Some(self.admin_listen));
        config.limits.connections = self.max_connections;
        config.limits.in_flight = self.max_in_flight;
        config.times.lame_duck = self.lame_duck.as_duration();
        config
    }
}

/// Reads the configuration on a thread that serves nobody.
async fn open(path: PathBuf) -> anyhow::Result<(Directory, Configuration)> {
    let opened = tokio::task::spawn_blocking(move || Directory::open(&path, Timestamp::now()));
    let opened = opened.await.context("reading the configuration broke")?;
    Ok(opened?)
}

fn log_basis(directory: &Directory, basis: &Basis) {
    info!(
        files = directory.file_count(),
        accounts = basis.accounts.iter().count(),
        rules = basis.policy.rules.len(),
        edition = basis.policy.edition.name(),
        "configuration in force"
    );
}

/// What is known of each account and region, for the metrics.
fn snapshot_facts(basis: &Basis, now: Timestamp) -> Vec<SnapshotFacts> {
    let regions = basis.locks.accounts().iter().flat_map(|account| {
        account
            .regions()
            .iter()
            .map(move |region| (account, region))
    });
    regions
        .map(|(account, region)| {
            let locks = region.locks();
            SnapshotFacts {
                account: account.name().as_str().to_owned(),
                region: region.id().as_str().to_owned(),
                age: locks.map(|locks| locks.elapsed(now)),
                usable: region.usable(now, &basis.policy.freshness).is_ok(),
                locked_instances: locks.map_or(0, crate::lock::Locks::instance_count),
                locked_disks: locks.map_or(0, crate::lock::Locks::disk_count),
            }
        })
        .collect()
}
