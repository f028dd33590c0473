//! What every replica does: it follows the Secret with the certificate that it is to show.
//!
//! Guarantees: what is handed on is proven; what can't be used is told once and changes nothing; a Secret that is gone,
//! an API server that is gone and a watch that has gone deaf leave the last good pair in force.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use futures_util::StreamExt as _;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api,
    runtime::{
        WatchStreamExt as _,
        watcher::{self, Event, watcher},
    },
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until, timeout},
};

use super::{pair::PemPair, plan::Leaf};
use crate::{clock::Clock, cluster::Installation};

/// At least so often the Secret is read whatever the watch says.
const READ: Duration = Duration::from_secs(60);

/// For one reading.
const PATIENCE: Duration = Duration::from_secs(5);

/// Follows the certificate of `installation`: what to show appears on the receiver for as long as the future is polled.
pub fn follow(
    client: kube::Client,
    installation: &Installation,
    clock: Clock,
) -> (
    watch::Receiver<Option<Arc<PemPair>>>,
    impl Future<Output = Infallible> + Send + 'static,
) {
    let (sender, receiver) = watch::channel(None);
    let follower = Follower {
        secrets: Api::namespaced(client, &installation.namespace),
        name: installation.certificate_secret(),
        names: installation.dns_names().to_vec(),
        clock,
        sender,
        leaf: None,
        last_reason: None,
    };
    (receiver, follower.run())
}

struct Follower {
    secrets: Api<Secret>,
    name: String,
    names: Vec<String>,
    clock: Clock,
    sender: watch::Sender<Option<Arc<PemPair>>>,
    /// What is known of the pair that was handed on last.
    leaf: Option<Leaf>,
    last_reason: Option<String>,
}

impl Follower {
    async fn run(mut self) -> Infallible {
        // A list or watch that is limited to one name is what a role can allow for that name alone.
        let only = watcher::Config::default().fields(&format!("metadata.name={}", self.name));
        let events = watcher(self.secrets.clone(), only).default_backoff();
        let mut events = pin!(events);
        let mut read_at = Instant::now() + self.until_read();
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(Ok(Event::Apply(secret) | Event::InitApply(secret))) => self.take(&secret),
                    Some(Ok(Event::Delete(_))) => self.keep("it was deleted".to_owned()),
                    Some(Ok(Event::Init | Event::InitDone)) => {}
                    Some(Err(error)) => self.keep(format!("it can't be watched: {error}")),
                    // The stream has no end of its own; if it had one, the readings would go on.
                    None => sleep_until(read_at).await,
                },
                () = sleep_until(read_at) => {
                    self.read().await;
                    read_at = Instant::now() + self.until_read();
                }
            }
            // Whatever becomes of the watch, the readings go on; a pair that lives shortly brings them forward.
            read_at = read_at.min(Instant::now() + self.until_read());
        }
    }

    async fn read(&mut self) {
        match timeout(PATIENCE, self.secrets.get_opt(&self.name)).await {
            Ok(Ok(Some(secret))) => self.take(&secret),
            Ok(Ok(None)) => self.keep("there is none".to_owned()),
            Ok(Err(error)) => self.keep(format!("it can't be read: {error}")),
            Err(_) => self.keep(format!("it can't be read: no answer in {PATIENCE:?}")),
        }
    }

    /// Hands on what the Secret holds, if it is new and good.
    fn take(&mut self, secret: &Secret) {
        let now = self.clock.now();
        let proven = PemPair::of(secret).and_then(|pair| {
            let leaf = pair.prove(&self.names, &pair.authorities(), now)?;
            Ok((pair, leaf))
        });
        match proven {
            Ok((pair, leaf)) => {
                if self.last_reason.take().is_some() {
                    tracing::info!(secret = self.name, "the certificate can be used again");
                }
                self.leaf = Some(leaf);
                self.sender.send_if_modified(|current| {
                    let changed = current.as_deref() != Some(&pair);
                    if changed {
                        *current = Some(Arc::new(pair));
                    }
                    changed
                });
            }
            Err(reason) => self.keep(reason),
        }
    }

    /// Tells once why the Secret is of no use.
    fn keep(&mut self, reason: String) {
        if self.last_reason.as_ref() == Some(&reason) {
            return;
        }
        let kept = self.sender.borrow().is_some();
        tracing::warn!(secret = self.name, %reason, kept, "no new certificate to show");
        self.last_reason = Some(reason);
    }

    /// Sooner when the pair in force has not long to live, or when there is none.
    fn until_read(&self) -> Duration {
        let left = match self.leaf {
            Some(leaf) => leaf
                .validity
                .not_after
                .saturating_sub(self.clock.now().as_second()),
            None => 0,
        };
        let left = Duration::from_secs(u64::try_from(left).unwrap_or_default());
        (left / 8).clamp(Duration::from_secs(1), READ)
    }
}
