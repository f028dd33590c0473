//! The two ports: the webhook's, over TLS, and the administrator's, over plain HTTP.
//!
//! What this room guarantees: no peer can make it hold more than its configured share of connections, reviews or
//! memory; no slow or silent peer keeps another one waiting; the API server never loses a connection that it is about
//! to reuse, neither to an idle time-out nor to a shutdown; a bug in the reviewer costs one request. What it must
//! never do: look into a review. That is the [`Reviewer`]'s.

mod accept;
mod admin;
mod alarm;
mod body;
mod closing;
mod connection;
mod deadline;
mod open_files;
mod quota;
mod refusal;
mod reviewer;
mod signals;
mod socket;
mod timeout;
mod tls;
mod validate;

use std::{
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use bytes::Bytes;
use hyper::StatusCode;
use tokio::{net::TcpListener, sync::Semaphore, task::JoinSet, time};

use self::{
    accept::{accept, report},
    admin::Admin,
    closing::Closing,
    connection::{Door, serve},
    validate::Webhook,
};
use crate::telemetry::{Health, Metrics};

pub use signals::signals;
pub use tls::{Error as TlsError, Tls};

/// The name of the readiness check that the server itself sets.
const CHECK: &str = "listener";

/// The administrator's port serves a kubelet and a scraper or two.
const MAX_ADMIN_CONNECTIONS: usize = 64;

/// What answers the bodies posted to `/validate`.
pub trait Reviewer: Send + Sync + 'static {
    /// Answers one review body; `timeout` is what the caller's `?timeout=` states.
    fn review(&self, body: Bytes, timeout: Option<Duration>)
    -> impl Future<Output = Answer> + Send;
}

/// What a [`Reviewer`] answers with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: StatusCode,
    /// JSON.
    pub body: Bytes,
}

/// Where to listen, how much to take on, and how long to wait for what.
#[derive(Clone, Debug)]
pub struct Config {
    /// The webhook port.
    pub listen: SocketAddr,
    /// The administrator's port; none = not served.
    pub admin_listen: Option<SocketAddr>,
    /// How much to take on.
    pub limits: Limits,
    /// How long to wait.
    pub times: Times,
}

/// How much the webhook port takes on.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at once; further ones wait to be accepted.
    pub connections: usize,
    /// Reviews at once; further ones are asked to come back in a second.
    pub in_flight: usize,
    /// Bytes in one body. The API server takes 3 MiB for an object, and a review carries two and an envelope.
    pub body: usize,
    /// Bytes in all bodies together.
    pub bodies: usize,
    /// Bytes in the head of a request, and in what is read ahead on a connection; at least 8 KiB.
    pub head: usize,
}

/// How long the server waits for what.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    /// For a TLS handshake to end.
    pub handshake: Duration,
    /// For the next request on a connection. Above 90 s, at which client-go gives up an idle connection by itself:
    /// whoever closes first must not be the server, because client-go doesn't repeat a POST.
    pub idle: Duration,
    /// For the head of a request, from its first byte.
    pub head: Duration,
    /// For a body, from the end of its head.
    pub body: Duration,
    /// For a peer to read the last answer and close, before the connection is cut.
    pub linger: Duration,
    /// For clients to be told on every answer not to come back, before anything is closed.
    pub lame_duck: Duration,
    /// For what is still running after that.
    pub drain: Duration,
    /// Between two looks at the certificate's files.
    pub tls_poll: Duration,
    /// Between two full readings of the certificate's files.
    pub tls_reread: Duration,
}

/// A server whose ports are bound, and which answers nothing yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    admin: Option<TcpListener>,
    local_addr: SocketAddr,
    admin_addr: Option<SocketAddr>,
    tls: Tls,
    config: Config,
    metrics: Arc<Metrics>,
    health: Health,
}

/// How a server that was told to stop came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Every request was answered and every connection closed.
    Drained,
    /// Time ran out, and this many connections were cut.
    Cut(usize),
    /// It was told a second time.
    Aborted,
}

/// Why a server can't be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address is taken, not this machine's, or needs a right that the process lacks.
    #[error("can't listen on {address}: {source}; {flag} chooses another address")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// The flag that sets it.
        flag: &'static str,
        /// Why.
        source: io::Error,
    },
    /// Certificate, key or authorities are unusable.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

// === impl Config ===

impl Config {
    /// The defaults, on the addresses given.
    #[must_use]
    pub fn new(listen: SocketAddr, admin_listen: Option<SocketAddr>) -> Self {
        Self {
            listen,
            admin_listen,
            limits: Limits::default(),
            times: Times::default(),
        }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4096,
            in_flight: 512,
            body: 7 * 1024 * 1024,
            bodies: 64 * 1024 * 1024,
            head: 64 * 1024,
        }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            idle: Duration::from_secs(120),
            head: Duration::from_secs(20),
            body: Duration::from_secs(10),
            linger: Duration::from_secs(2),
            lame_duck: Duration::from_secs(10),
            drain: Duration::from_secs(15),
            tls_poll: Duration::from_secs(1),
            tls_reread: Duration::from_secs(60),
        }
    }
}

// === impl Server ===

impl Server {
    /// Binds the ports; from now on a client that connects waits instead of being refused.
    ///
    /// # Errors
    /// When an address can't be bound.
    pub async fn bind(
        config: Config,
        tls: Tls,
        metrics: Arc<Metrics>,
        health: Health,
    ) -> Result<Self, Error> {
        health.set(CHECK, Err("not serving yet".to_owned()));
        open_files::raise_limit(
            config
                .limits
                .connections
                .saturating_add(MAX_ADMIN_CONNECTIONS),
        );
        let (listener, local_addr) = bind(config.listen, "--listen").await?;
        let (admin, admin_addr) = match config.admin_listen {
            Some(address) => {
                let (listener, address) = bind(address, "--admin-listen").await?;
                (Some(listener), Some(address))
            }
            None => (None, None),
        };
        Ok(Self {
            listener,
            admin,
            local_addr,
            admin_addr,
            tls,
            config,
            metrics,
            health,
        })
    }

    /// The address of the webhook port.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// The address of the administrator's port.
    #[must_use]
    pub fn admin_addr(&self) -> Option<SocketAddr> {
        self.admin_addr
    }

    /// Serves until `stop` resolves and everything is drained, or `abort` resolves.
    ///
    /// From `stop` on `/readyz` says no, for [`Times::lame_duck`] everything is answered as before but with
    /// `Connection: close`, then what is idle is closed, and what is not has [`Times::drain`] to end.
    ///
    /// # Errors
    /// When TLS can't be set up.
    pub async fn run<R: Reviewer>(
        self,
        reviewer: Arc<R>,
        stop: impl Future<Output = ()>,
        abort: impl Future<Output = ()>,
    ) -> Result<Ending, Error> {
        let Self {
            listener,
            admin,
            tls,
            config,
            metrics,
            health,
            ..
        } = self;
        let door = Door::tls(tls.acceptor()?, config.limits, config.times);
        let webhook = Arc::new(Webhook::new(reviewer, config.limits, Arc::clone(&metrics)));
        let times = config.times;

        let follow = tls.follow(times.tls_poll, times.tls_reread, &health, &metrics);
        let administer = administer(admin, &config, &metrics, &health);
        let answer = answer(listener, door, webhook, &config, &metrics, &health, stop);
        tokio::select! {
            biased;
            () = abort => Ok(Ending::Aborted),
            ending = answer => Ok(ending),
            never = follow => match never {},
            never = administer => match never {},
        }
    }
}

async fn bind(address: SocketAddr, flag: &'static str) -> Result<(TcpListener, SocketAddr), Error> {
    let failed = |source| Error::Bind {
        address,
        flag,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// Serves the webhook port to its end.
async fn answer<R: Reviewer>(
    listener: TcpListener,
    door: Door,
    webhook: Arc<Webhook<R>>,
    config: &Config,
    metrics: &Arc<Metrics>,
    health: &Health,
    stop: impl Future<Output = ()>,
) -> Ending {
    let closing = Arc::new(Closing::default());
    let most = config.limits.connections.clamp(1, Semaphore::MAX_PERMITS);
    let slots = Arc::new(Semaphore::new(most));
    let mut tasks = JoinSet::new();
    health.set(CHECK, Ok(()));
    {
        let connect = |stream| {
            let (door, webhook) = (door.clone(), Arc::clone(&webhook));
            let (closing, metrics) = (Arc::clone(&closing), Arc::clone(metrics));
            async move {
                let _counted = Counted::new(&metrics);
                serve(stream, &door, webhook.as_ref(), &closing).await;
            }
        };
        let accepting = accept(&listener, &slots, &mut tasks, connect);
        let mut accepting = std::pin::pin!(accepting);
        tokio::select! {
            never = &mut accepting => match never {},
            () = stop => {}
        }
        tracing::info!(lame_duck = ?config.times.lame_duck, "told to stop");
        health.drain();
        webhook.draining.store(true, Ordering::Relaxed);
        tokio::select! {
            never = &mut accepting => match never {},
            () = time::sleep(config.times.lame_duck) => {}
        }
    }
    drop(listener);
    closing.begin();
    let drained = time::timeout(config.times.drain, async {
        while let Some(ended) = tasks.join_next().await {
            report(ended);
        }
    });
    match drained.await {
        Ok(()) => Ending::Drained,
        Err(_) => Ending::Cut(tasks.len()),
    }
}

/// Serves the administrator's port for as long as it is polled.
async fn administer(
    listener: Option<TcpListener>,
    config: &Config,
    metrics: &Arc<Metrics>,
    health: &Health,
) -> Infallible {
    let listener = match listener {
        Some(listener) => listener,
        None => return std::future::pending().await,
    };
    let door = Door::plain(config.limits, config.times);
    let admin = Arc::new(Admin::new(Arc::clone(metrics), health.clone()));
    let closing = Arc::new(Closing::default());
    let slots = Arc::new(Semaphore::new(MAX_ADMIN_CONNECTIONS));
    let mut tasks = JoinSet::new();
    let connect = |stream| {
        let (door, admin, closing) = (door.clone(), Arc::clone(&admin), Arc::clone(&closing));
        async move { serve(stream, &door, admin.as_ref(), &closing).await }
    };
    accept(&listener, &slots, &mut tasks, connect).await
}

/// A connection that the gauge counts for as long as this lives.
struct Counted<'a>(&'a Metrics);

impl<'a> Counted<'a> {
    fn new(metrics: &'a Metrics) -> Self {
        metrics.connection_opened();
        Self(metrics)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.0.connection_closed();
    }
}
