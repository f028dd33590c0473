//! The time that all replicas share: the API server's at the start, and from then on this process' steady clock.
//!
//! Guarantees: a wrong clock of one machine, or one that is set while the process runs, changes no age.

use std::{pin::Pin, time::Duration};

use hyper::{Request, header::DATE};
use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use kube::{Client, client::Body};
use tokio::time::{Instant, sleep, timeout};
use tracing::{info, warn};

use super::cause::innermost;
use crate::clock::{Clock, Time};

/// For the one question that the time takes.
const PATIENCE: Duration = Duration::from_secs(5);

/// Between two attempts to reach an API server that can't be reached yet.
const RETRY: Duration = Duration::from_secs(1);

/// A `Date` is cut to whole seconds: on the average it says half a second too little.
const HALF_OF_A_SECOND: Duration = Duration::from_millis(500);

/// A difference that somebody should mend.
const REMARKABLE: Duration = Duration::from_secs(5);

/// A time that was true at one instant.
#[derive(Clone, Copy, Debug)]
struct Anchored {
    time: Timestamp,
    at: Instant,
}

/// Asks the API server for the time until it says it.
pub async fn server_clock(client: &Client) -> Clock {
    let mut is_told = false;
    loop {
        match ask(client).await {
            Ok(anchored) => {
                let own = Timestamp::now();
                let ahead = own.duration_since(anchored.now());
                match ahead.unsigned_abs() {
                    difference if REMARKABLE < difference => warn!(
                        server = %anchored.now(), own = %own,
                        "this machine's clock differs from the API server's, which counts; set it right"
                    ),
                    _ => info!(server = %anchored.now(), "took the time from the API server"),
                }
                return Clock::new(anchored);
            }
            Err(reason) if !is_told => {
                is_told = true;
                warn!(
                    reason,
                    "the API server can't be asked yet; waiting until it can"
                );
            }
            Err(_) => {}
        }
        sleep(RETRY).await;
    }
}

async fn ask(client: &Client) -> Result<Anchored, String> {
    let request = Request::get("/version")
        .body(Body::empty())
        .map_err(|error| error.to_string())?;
    let sent = Instant::now();
    let response = timeout(PATIENCE, client.send(request))
        .await
        .map_err(|_| "no answer in time".to_owned())?
        .map_err(|error| innermost(&error))?;
    let at = sent + sent.elapsed() / 2;
    let date = response.headers().get(DATE);
    let date = date.and_then(|date| date.to_str().ok());
    let time = date
        .and_then(parse)
        .ok_or("the answer does not say its date")?;
    let time = time
        .checked_add(HALF_OF_A_SECOND)
        .map_err(|error| error.to_string())?;
    Ok(Anchored { time, at })
}

/// Reads an HTTP date.
fn parse(date: &str) -> Option<Timestamp> {
    rfc2822::DateTimeParser::new().parse_timestamp(date).ok()
}

impl Time for Anchored {
    fn now(&self) -> Timestamp {
        let since = SignedDuration::try_from(self.at.elapsed()).unwrap_or(SignedDuration::MAX);
        self.time.saturating_add(since).unwrap_or(Timestamp::MAX)
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(sleep(duration))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_http_date_is_read() {
        let expected = "1994-11-06T08:49:37Z".parse().unwrap();
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT"), Some(expected));
        assert_eq!(parse("yesterday"), None);
    }

    #[tokio::test]
    async fn time_goes_on_from_the_anchor_whatever_the_machine_says() {
        let time: Timestamp = "2001-01-01T00:00:00Z".parse().unwrap();
        let at = Instant::now() - Duration::from_secs(90);
        let passed = Clock::new(Anchored { time, at }).now().duration_since(time);
        assert!((90..95).contains(&passed.as_secs()), "{passed}");
    }
}
