//! Where the pair comes from, and taking over another one under way.

use std::{convert::Infallible, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};

use super::{
    Current,
    files::{Examined, PairFiles},
    pair::{self, Error, Pair},
};
use crate::{
    clock::Clock,
    cluster::PemPair,
    telemetry::{Health, Metrics, ReloadOutcome},
};

/// The name of the readiness check that this room sets.
const CHECK: &str = "certificate";

/// Where the pair comes from.
#[derive(Debug)]
pub(super) enum Source {
    /// It is what it is.
    Fixed,
    /// Files, in which another one may appear.
    Files(Box<PairFiles>),
    /// Somebody who has another one now and then.
    Feed(Feed),
}

/// Pairs as they come.
#[derive(Debug)]
pub(super) struct Feed {
    receiver: watch::Receiver<Option<Arc<PemPair>>>,
    /// The last one was not taken; it may become good by itself, as a certificate that begins soon does.
    refused: bool,
}

/// Puts what is found in force and tells of it.
pub(super) struct Follow<'a> {
    pub(super) current: &'a Current,
    pub(super) clock: Clock,
    pub(super) health: &'a Health,
    pub(super) metrics: &'a Metrics,
    pub(super) poll: Duration,
    pub(super) reread: Duration,
}

// === impl Feed ===

impl Feed {
    pub(super) fn new(receiver: watch::Receiver<Option<Arc<PemPair>>>) -> Self {
        Self {
            receiver,
            refused: false,
        }
    }

    /// The pair that came last, proven.
    fn take(&mut self, now: Timestamp) -> Examined {
        let came = self.receiver.borrow_and_update().clone();
        let examined = match came {
            None => Examined::Same,
            Some(came) => match parse(&came, now) {
                Ok(pair) => Examined::New(pair),
                Err(error) => Examined::Bad(error),
            },
        };
        self.refused = matches!(examined, Examined::Bad(_));
        examined
    }

    /// Waits for another pair, or for the time at which the last one may have become good.
    async fn next(&mut self, poll: Duration, reread: Duration, clock: &Clock) -> Examined {
        let pause = match self.refused {
            true => poll,
            false => reread,
        };
        tokio::select! {
            changed = self.receiver.changed() => match changed {
                Ok(()) => self.take(clock.now()),
                // Nobody is left to send another one.
                Err(_) => {
                    sleep(pause).await;
                    Examined::Settled
                }
            },
            () = sleep(pause) => match self.refused {
                true => self.take(clock.now()),
                false => Examined::Settled,
            },
        }
    }
}

/// The pair in a feed's message, proven to be one that a client accepts.
pub(super) fn parse(pair: &PemPair, now: Timestamp) -> Result<Pair, Error> {
    let mut parsed = Pair::parse(
        (Path::new("tls.crt of the Secret"), &pair.certificate),
        (Path::new("tls.key of the Secret"), pair.key.expose_secret()),
        now,
    )?;
    parsed.authority_ends = pair::last_end(&pair.authorities);
    Ok(parsed)
}

// === impl Follow ===

impl Follow<'_> {
    /// Follows `source` for ever.
    pub(super) async fn run(self, source: Source) -> Infallible {
        self.announce(&self.current.0.load());
        match source {
            Source::Fixed => std::future::pending().await,
            Source::Files(files) => self.files(*files).await,
            Source::Feed(feed) => self.feed(feed).await,
        }
    }

    async fn feed(&self, mut feed: Feed) -> Infallible {
        let mut last_reason = String::new();
        loop {
            let examined = feed.next(self.poll, self.reread, &self.clock).await;
            self.act(examined, &mut last_reason);
        }
    }

    async fn files(&self, mut files: PairFiles) -> Infallible {
        let mut last_read = Instant::now();
        let mut last_reason = String::new();
        loop {
            sleep(self.poll).await;
            let whole = self.reread <= last_read.elapsed();
            if whole {
                last_read = Instant::now();
            }
            let now = self.clock.now();
            // A volume that hangs must hang a thread that serves nobody.
            let looked = tokio::task::spawn_blocking(move || {
                let examined = files.examine(whole, now);
                (files, examined)
            });
            match looked.await {
                Ok((back, examined)) => {
                    files = back;
                    self.act(examined, &mut last_reason);
                }
                Err(error) => {
                    tracing::error!(%error, "the certificate is no longer followed");
                    self.health
                        .warn(CHECK, "no longer followed; restart to take over a new one");
                    return std::future::pending().await;
                }
            }
        }
    }

    fn act(&self, examined: Examined, last_reason: &mut String) {
        match examined {
            Examined::Same => {}
            Examined::Settled => {
                last_reason.clear();
                self.announce(&self.current.0.load());
            }
            Examined::New(pair) => {
                last_reason.clear();
                tracing::info!(not_after = pair.not_after, "took over a new certificate");
                self.metrics.tls_reloaded(ReloadOutcome::Ok);
                self.announce(&pair);
                self.current.0.store(Arc::new(pair));
            }
            Examined::Bad(error) => {
                let reason = error.to_string();
                if reason != *last_reason {
                    tracing::warn!(%reason, "kept the certificate in force");
                    self.metrics.tls_reloaded(ReloadOutcome::Error);
                    self.health
                        .warn(CHECK, format!("{reason} (the one before stays in force)"));
                    *last_reason = reason;
                }
            }
        }
    }

    /// Says which certificate is in force.
    fn announce(&self, pair: &Pair) {
        self.metrics.tls_certificate_ends(pair.not_after);
        if let Some(ends) = pair.authority_ends {
            self.metrics.tls_authority_ends(ends);
        }
        match pair.not_after < self.clock.now().as_second() {
            true => self
                .health
                .warn(CHECK, "the certificate in force has expired; renew it"),
            false => self.health.set(CHECK, Ok(())),
        }
    }
}
