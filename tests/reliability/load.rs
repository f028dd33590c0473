//! Creations at a steady rate, whatever becomes of those before: a slow answer keeps no other one waiting.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::Request;
use kube::Client;
use kube::client::Body;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::asks::{Ask, asks};
use crate::outcome::{Answer, Outcome, judge};

/// Nobody is waited for longer.
const PATIENCE: Duration = Duration::from_secs(30);

/// Creations under way.
pub(crate) struct Load {
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    stop: watch::Sender<bool>,
    sending: JoinHandle<()>,
}

impl Load {
    /// Begins to send so many a second.
    pub(crate) fn begin(client: Client, each_second: u32) -> Self {
        let outcomes = Arc::default();
        let (stop, stopped) = watch::channel(false);
        let at_once = u32::try_from(asks().len()).unwrap();
        let pause = Duration::from_secs(1) * at_once / each_second;
        let sending = tokio::spawn(send(client, pause, Arc::clone(&outcomes), stopped));
        Self {
            outcomes,
            stop,
            sending,
        }
    }

    /// Sends no more, waits for what is under way, and tells what came of everything.
    pub(crate) async fn end(self) -> Vec<Outcome> {
        self.stop.send_replace(true);
        self.sending.await.unwrap();
        let mut outcomes = std::mem::take(&mut *self.outcomes.lock().unwrap());
        outcomes.sort_by_key(|outcome| outcome.begin);
        outcomes
    }
}

async fn send(
    client: Client,
    pause: Duration,
    outcomes: Arc<Mutex<Vec<Outcome>>>,
    mut stopped: watch::Receiver<bool>,
) {
    let asks = asks();
    let mut ticks = interval(pause);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    loop {
        let due = tokio::select! {
            due = ticks.tick() => due.into_std(),
            _ = stopped.wait_for(|stopped| *stopped) => break,
        };
        while under_way.try_join_next().is_some() {}
        // All at once: one after the other they would share one connection, and with it one replica.
        for ask in &asks {
            let (client, ask, outcomes) = (client.clone(), ask.clone(), Arc::clone(&outcomes));
            under_way.spawn(async move {
                let outcome = create(&client, &ask, due).await;
                outcomes.lock().unwrap().push(outcome);
            });
        }
    }
    under_way.join_all().await;
}

/// Sends one creation as a dry run.
pub(crate) async fn create(client: &Client, ask: &Ask, due: Instant) -> Outcome {
    let answer = timeout(PATIENCE, post(client, ask)).await;
    let answer = answer.unwrap_or_else(|_| Err(format!("no answer in {PATIENCE:?}")));
    Outcome {
        begin: due,
        took: due.elapsed(),
        result: judge(ask.right, answer),
    }
}

async fn post(client: &Client, ask: &Ask) -> Result<Answer, String> {
    let request = Request::post(&ask.path)
        .header("content-type", "application/json")
        .body(Body::from(ask.body.clone().into_bytes()))
        .map_err(|error| error.to_string())?;
    let response = client.send(request).await.map_err(|error| chain(&error))?;
    let (head, body) = response.into_parts();
    let body = body.collect_bytes().await.map_err(|error| chain(&error))?;
    let warnings = head.headers.get_all("warning").iter();
    Ok(Answer {
        code: head.status.as_u16(),
        body: serde_json::from_slice(&body)
            .unwrap_or_else(|_| json!({"message": String::from_utf8_lossy(&body)})),
        warnings: warnings
            .map(|value| {
                let text = String::from_utf8_lossy(value.as_bytes());
                text.trim_start_matches("299 - \"")
                    .trim_end_matches('"')
                    .to_owned()
            })
            .collect(),
    })
}

/// An error with its causes.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
