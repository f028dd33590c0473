//! When a call is tried again.

use std::{sync::Arc, time::Duration};

use backon::{BackoffBuilder as _, ExponentialBuilder};
use reqwest::Url;
use secrecy::ExposeSecret;
use tokio::time::Instant;
use tracing::debug;

use super::{
    Client, Patience,
    call::{Call, Told},
};
use crate::ecs::{
    credentials::keys::Keys,
    error::{Class, Error},
};

/// Before a second attempt; doubled each time, and as much again left to chance.
const FIRST_PAUSE: Duration = Duration::from_millis(100);

/// Between later attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// The vendor asks for this between calls that were throttled.
const AFTER_THROTTLING: Duration = Duration::from_secs(1);

/// So often a throttled call is tried again whatever is left of the budget: the pauses before it are the cure.
const RETRIES_AFTER_THROTTLING: u32 = 2;

/// However much patience there is.
const MOST_RETRIES: usize = 5;

/// How far a call has come.
#[derive(Debug)]
pub(super) struct Progress {
    deadline: Instant,
    stage: &'static str,
    last: Option<Error>,
}

/// What an error asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cure {
    /// Another attempt may do.
    Again,
    /// Other keys may do.
    OtherKeys,
    /// Nothing that a program can do.
    None,
}

impl Client {
    pub(super) async fn attempts<T>(
        &self,
        call: &Call<'_>,
        endpoint: &Url,
        patience: Patience,
        read: impl Fn(&Told<'_>) -> Result<T, Error>,
        progress: &mut Progress,
    ) -> Result<T, Error> {
        self.budget.earn();
        let mut pauses = ExponentialBuilder::new()
            .with_min_delay(FIRST_PAUSE)
            .with_max_delay(LONGEST_PAUSE)
            .with_max_times(MOST_RETRIES)
            .with_jitter()
            .with_jitter_seed(self.nonces.seed())
            .build();
        let mut rejected: Option<Arc<Keys>> = None;
        let mut throttled = 0;
        loop {
            progress.stage = "waiting for credentials";
            let keys = self.keyring.keys().await;
            let keys = keys.map_err(|problem| call.no_credentials(problem))?;
            match (&rejected, &progress.last) {
                (Some(rejected), Some(error)) if is_same(rejected, &keys) => {
                    return Err(error.clone());
                }
                _ => {}
            }
            progress.stage = "waiting for its turn: the account is asked as often as it may be";
            self.limiter.acquire(patience.priority).await;
            progress.stage = "waiting for an answer";
            let attempt = self.attempt(call, endpoint, &keys, patience.attempt, &read);
            let error = match attempt.await {
                Ok(facts) => return Ok(facts),
                Err(error) => error,
            };
            if let Class::Throttled { .. } = error.class {
                self.throttles.count(call.region);
            }
            match cure(&error) {
                Cure::None => return Err(error),
                Cure::OtherKeys => {
                    self.keyring.reject(&keys);
                    if rejected.replace(keys).is_some() {
                        return Err(error);
                    }
                    debug!(account = self.account, %error, "ECS is asked again with other keys");
                }
                Cure::Again => {
                    let pause = pauses.next().map(|pause| pause_after(&error, pause));
                    let Some(pause) = pause.filter(|&pause| progress.has_time(pause)) else {
                        return Err(error);
                    };
                    if let Class::Throttled { .. } = error.class {
                        throttled += 1;
                    }
                    let is_free = (1..=RETRIES_AFTER_THROTTLING).contains(&throttled);
                    if !is_free && !self.budget.spend() {
                        return Err(error);
                    }
                    debug!(account = self.account, %error, ?pause, "ECS is asked again");
                    progress.stage = "pausing";
                    self.clock.sleep(pause).await;
                }
            }
            progress.last = Some(error);
        }
    }
}

// === impl Progress ===

impl Progress {
    pub(super) fn new(deadline: Instant) -> Self {
        Self {
            deadline,
            stage: "beginning",
            last: None,
        }
    }

    /// The error of a call that has used up its patience: what it met before says more than that.
    pub(super) fn out_of_time(self, call: &Call<'_>, patience: Patience) -> Error {
        let Self { stage, last, .. } = self;
        last.unwrap_or_else(|| {
            let problem = format!("{:?} have passed, still {stage}", patience.total);
            call.error(Class::Timeout, problem)
        })
    }

    /// Whether there will be time for something after a pause.
    fn has_time(&self, pause: Duration) -> bool {
        pause < self.deadline.saturating_duration_since(Instant::now())
    }
}

fn cure(error: &Error) -> Cure {
    match error.class {
        Class::Throttled { .. } | Class::Server | Class::Network | Class::Timeout => Cure::Again,
        // By chance: the next attempt has another one.
        Class::Rejected if error.has_code("SignatureNonceUsed") => Cure::Again,
        // Keys that are no temporary ones may have been replaced, too.
        Class::ExpiredToken | Class::BadCredentials => Cure::OtherKeys,
        Class::NoPermission
        | Class::NoCredentials
        | Class::ClockSkew
        | Class::UnknownRegion
        | Class::Rejected
        | Class::Malformed => Cure::None,
    }
}

fn pause_after(error: &Error, pause: Duration) -> Duration {
    match error.class {
        Class::Throttled { retry_after } => pause + retry_after.unwrap_or(AFTER_THROTTLING),
        _ => pause,
    }
}

/// Whether asking with one instead of the other would be no different.
fn is_same(one: &Keys, other: &Keys) -> bool {
    parts(one) == parts(other)
}

fn parts(keys: &Keys) -> (&str, &str, Option<&str>) {
    let token = keys.security_token.as_ref();
    (
        &keys.access_key_id,
        keys.access_key_secret.expose_secret(),
        token.map(ExposeSecret::expose_secret),
    )
}
