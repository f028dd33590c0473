//! `arrears serve --cluster`: what decisions rest on comes from the API server, and replicas share the work.

mod follow;
mod lead;

use std::{fs, num::NonZeroU32, path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use anyhow::Context as _;
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::{JoinError, JoinSet},
    time::timeout,
};
use tracing::{error, info};

use self::{
    follow::Follow,
    lead::{Issuer, Lead},
};
use super::Serve;
use crate::{
    admission::Handler,
    api::GoDuration,
    clock::Clock,
    cluster::{
        self, FailurePolicy, Installation, Lease, Lifetimes, PemPair, RegistrationSettings, Watch,
        follow as follow_certificate, server_clock,
    },
    ecs::Setting,
    server::{self, Ending, Server, Tls},
    telemetry::{Health, Metrics},
};

/// Where a pod finds its namespace.
const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

/// Giving back the lease takes two seconds at most.
const FAREWELL: Duration = Duration::from_secs(3);

/// The namespace where nobody says another.
const DEFAULT_NAMESPACE: &str = "arrears-system";

/// Options of `arrears serve --cluster`.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "In a cluster")]
pub(super) struct Cluster {
    /// Take the configuration from the API server: EcsAccount, OverduePolicy, LockSnapshot, OperationBinding, Namespace
    #[arg(long, env = "ARREARS_CLUSTER")]
    cluster: bool,

    /// Namespace of the installation [default: that of the pod, else arrears-system]
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "ARREARS_NAMESPACE",
        requires = "cluster"
    )]
    namespace: Option<String>,

    /// Name of the installation's Service, Lease and ValidatingWebhookConfiguration
    #[arg(
        long,
        value_name = "NAME",
        default_value = "arrears",
        env = "ARREARS_NAME"
    )]
    name: String,

    /// Name of this replica, that of its pod [default: the host's name]
    #[arg(
        long,
        value_name = "NAME",
        env = "ARREARS_IDENTITY",
        requires = "cluster"
    )]
    identity: Option<String>,

    /// Port of the Service
    #[arg(
        long,
        value_name = "PORT",
        default_value_t = 443,
        env = "ARREARS_SERVICE_PORT"
    )]
    service_port: u16,

    /// Authorities behind --tls-cert, PEM; without these three the leader makes certificates itself
    #[arg(
        long,
        value_name = "FILE",
        env = "ARREARS_CA_BUNDLE",
        requires = "cluster",
        requires = "tls_cert"
    )]
    ca_bundle: Option<PathBuf>,

    /// How long a certificate made here is valid
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "720h",
        env = "ARREARS_CERTIFICATE_LIFETIME"
    )]
    certificate_lifetime: GoDuration,

    /// How long an authority made here is valid
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "8760h",
        env = "ARREARS_AUTHORITY_LIFETIME"
    )]
    authority_lifetime: GoDuration,

    /// What the API server does when no replica can be asked, once a review was seen to arrive; until then Ignore
    #[arg(long, value_enum, default_value_t, env = "ARREARS_FAILURE_POLICY")]
    failure_policy: FailurePolicy,

    /// How long the API server waits for an answer, in whole seconds
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "3s",
        env = "ARREARS_WEBHOOK_TIMEOUT"
    )]
    webhook_timeout: GoDuration,

    /// How long after its last sign of life another replica takes over from the leader
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "15s",
        env = "ARREARS_LEASE_DURATION"
    )]
    lease_duration: GoDuration,

    /// How many replicas share the calls that an account allows
    #[arg(long, value_name = "N", default_value_t = 1, env = "ARREARS_REPLICAS", value_parser = clap::value_parser!(u32).range(1..))]
    replicas: u32,
}

/// Serves until it is told to stop.
pub(super) async fn serve(arguments: &Serve) -> anyhow::Result<ExitCode> {
    let (stop, abort) = server::signals().context("signals can't be handled")?;
    let (resign, _) = server::signals().context("signals can't be handled")?;
    // Taken over before anything else, because a hangup kills a process that does not listen for it.
    let hangup = signal(SignalKind::hangup()).context("signals can't be handled")?;
    let mut stop = std::pin::pin!(stop);
    anyhow::ensure!(
        arguments.tls_cert.is_none() || arguments.cluster.ca_bundle.is_some(),
        "--tls-cert: with --cluster, --ca-bundle has to say whose certificate it is, or the API server would not trust it"
    );
    let settings = arguments.cluster.settings()?;
    let metrics = Arc::new(Metrics::new());
    let health = Health::default();
    let mut tasks = Tasks::default();
    let begun = begin(
        arguments, &settings, &metrics, &health, hangup, resign, &mut tasks,
    );
    // The port opens only once there is something to decide by, and a certificate.
    let (server, handler) = tokio::select! {
        begun = begun => begun?,
        () = &mut stop => {
            info!("told to stop before there was anything to serve");
            tasks.give_back().await;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let serving = server.run(handler, stop, abort);
    let ending = tokio::select! {
        ending = serving => ending?,
        error = tasks.broken() => {
            error!(%error, "a part of the process broke; it ends, to be started again");
            Ending::Aborted
        }
    };
    if ending != Ending::Aborted {
        tasks.give_back().await;
    }
    Ok(super::ended(ending))
}

/// What goes on beside answering.
#[derive(Default)]
struct Tasks {
    lease: JoinSet<()>,
    others: JoinSet<()>,
}

impl Tasks {
    /// Waits for a task that breaks; one that has ended has done its work.
    async fn broken(&mut self) -> JoinError {
        loop {
            let ended = tokio::select! {
                Some(ended) = self.lease.join_next() => ended,
                Some(ended) = self.others.join_next() => ended,
                else => std::future::pending().await,
            };
            if let Err(error) = ended {
                return error;
            }
        }
    }

    /// Waits until the lease is given back, if this replica holds it; who was told to stop has resigned.
    async fn give_back(&mut self) {
        let _gone = timeout(FAREWELL, self.lease.join_next()).await;
    }
}

/// Begins everything that goes on beside answering, and opens the ports.
async fn begin(
    arguments: &Serve,
    settings: &Settings,
    metrics: &Arc<Metrics>,
    health: &Health,
    hangup: Signal,
    resign: impl Future<Output = ()> + Send + 'static,
    tasks: &mut Tasks,
) -> anyhow::Result<(Server, Arc<Handler>)> {
    let Settings { installation, .. } = settings;
    let client = cluster::client().await?;
    // A pool of its own: connections that died with a watch must not cost a renewal its time.
    let client_of_lease = cluster::client().await?;
    let clock = server_clock(&client).await;
    info!(
        namespace = installation.namespace,
        name = installation.name,
        identity = installation.identity,
        "reading the configuration from the API server"
    );
    let watch = Watch::start(&client, installation, clock.clone()).await;
    let setting = Setting {
        clock: clock.clone(),
        ..Setting::of_process(Arc::clone(metrics))
    };
    let follow = Follow::start(watch, setting, settings.replicas, metrics, health).await?;
    let live = Arc::clone(follow.live());
    let lead = Lead {
        client: client.clone(),
        installation: installation.clone(),
        clock: clock.clone(),
        live: Arc::clone(&live),
        bindings: follow.bindings(),
        complaints: follow.complaints(),
        registration: settings.registration,
        certificates: settings.certificates.clone(),
        metrics: Arc::clone(metrics),
        health: health.clone(),
    };
    // Putting a large listing in order must keep no review waiting.
    match live.background() {
        Some(background) => tasks.others.spawn_on(follow.run(hangup), &background),
        None => tasks.others.spawn(follow.run(hangup)),
    };
    let lease = Lease::new(
        client_of_lease,
        installation,
        settings.lease_duration,
        Arc::clone(metrics),
    );
    tasks
        .lease
        .spawn(lease.run(resign, move |term| lead.clone().work(term)));

    let tls = match arguments.tls_of_files()? {
        Some(tls) => tls,
        None => {
            let (pairs, following) =
                follow_certificate(client.clone(), installation, clock.clone());
            tasks.others.spawn(async move { match following.await {} });
            first_tls(pairs, &clock).await?
        }
    };
    let server = arguments.bind(tls, metrics, health).await?;
    let basis = Arc::clone(live.board.basis());
    let handler = Handler::new(basis, Arc::clone(metrics), move || clock.now())
        .probed_in(installation.namespace.clone())
        .confirming(live.confirmer.clone());
    Ok((server, Arc::new(handler)))
}

/// Waits for the certificate that the leader makes, which may be this replica.
async fn first_tls(
    mut pairs: watch::Receiver<Option<Arc<PemPair>>>,
    clock: &Clock,
) -> anyhow::Result<Tls> {
    loop {
        let pair = pairs.borrow_and_update().clone();
        if let Some(pair) = pair {
            return Ok(Tls::from_feed(&pair, pairs, clock.clone())?);
        }
        pairs
            .changed()
            .await
            .context("the certificate is no longer followed")?;
    }
}

/// The options in their types.
struct Settings {
    installation: Installation,
    registration: RegistrationSettings,
    certificates: Issuer,
    lease_duration: Duration,
    replicas: NonZeroU32,
}

impl Cluster {
    fn settings(&self) -> anyhow::Result<Settings> {
        let namespace = match &self.namespace {
            Some(namespace) => namespace.clone(),
            None => fs::read_to_string(NAMESPACE_FILE).map_or_else(
                |_| DEFAULT_NAMESPACE.to_owned(),
                |text| text.trim().to_owned(),
            ),
        };
        let identity = match &self.identity {
            Some(identity) => identity.clone(),
            None => rustix::system::uname()
                .nodename()
                .to_string_lossy()
                .into_owned(),
        };
        anyhow::ensure!(
            !identity.is_empty(),
            "a replica needs a name of its own: give it one by --identity"
        );
        let timeout = self.webhook_timeout.as_duration();
        let timeout_seconds = i32::try_from(timeout.as_secs()).unwrap_or(i32::MAX);
        anyhow::ensure!(
            (1..=30).contains(&timeout_seconds) && timeout.subsec_nanos() == 0,
            "--webhook-timeout: expected 1s to 30s, in whole seconds"
        );
        let lease_duration = self.lease_duration.as_duration();
        anyhow::ensure!(
            Lease::DURATIONS.contains(&lease_duration),
            "--lease-duration: expected {:?} to {:?}",
            Lease::DURATIONS.start(),
            Lease::DURATIONS.end()
        );
        let certificates = match &self.ca_bundle {
            Some(file) => Issuer::Elsewhere(file.clone()),
            None => {
                let lifetimes = Lifetimes {
                    certificate: self.certificate_lifetime.as_duration(),
                    authority: self.authority_lifetime.as_duration(),
                };
                if let Err(reason) = lifetimes.check() {
                    anyhow::bail!("--certificate-lifetime, --authority-lifetime: {reason}");
                }
                Issuer::Leader(lifetimes)
            }
        };
        Ok(Settings {
            installation: Installation {
                namespace,
                name: self.name.clone(),
                identity,
            },
            registration: RegistrationSettings {
                service_port: self.service_port,
                failure_policy: self.failure_policy,
                timeout_seconds,
            },
            certificates,
            lease_duration,
            replicas: NonZeroU32::new(self.replicas).unwrap_or(NonZeroU32::MIN),
        })
    }
}
