//! One replica: a process of its own that is started as the pod would start it, and what can be done to it.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;

use crate::balancer::get;
use crate::plane::guard::Guarded;
use crate::plane::process::signal;
use crate::plane::wait::{until, within};
use crate::wire::Wire;

const START_LIMIT: Duration = Duration::from_secs(30);

/// What a replica is started with.
pub(crate) struct Start {
    /// The pod's name.
    pub(crate) name: String,
    pub(crate) arguments: Vec<String>,
    pub(crate) variables: BTreeMap<String, String>,
    /// A memory control group that it begins in.
    pub(crate) group: Option<PathBuf>,
}

/// A running replica.
pub(crate) struct Replica {
    pub(crate) id: usize,
    pub(crate) name: String,
    pub(crate) webhook: SocketAddr,
    pub(crate) admin: SocketAddr,
    pub(crate) wire: Wire,
    log: PathBuf,
    process: Guarded,
}

impl Replica {
    /// Starts it in `folder`, which goes with it, and waits until it listens.
    pub(crate) async fn start(id: usize, folder: &Path, wire: Wire, start: Start) -> Self {
        let log = folder.join("log");
        let mut process =
            Guarded::start(Path::new("sh"), command(&start), folder, log.clone()).unwrap();
        let listening = within(START_LIMIT, async || match process.ended() {
            Some(last_words) => Ok(Err(last_words)),
            None => addresses(&log).map(Ok),
        });
        let [webhook, admin] = listening
            .await
            .flatten()
            .unwrap_or_else(|reason| panic!("{} did not start: {reason}", start.name));
        Self {
            id,
            name: start.name,
            webhook,
            admin,
            wire,
            log,
            process,
        }
    }

    /// Asks it to end, as a kubelet does.
    pub(crate) fn terminate(&self) {
        signal(&self.process, Signal::TERM);
    }

    /// Ends it without a word.
    pub(crate) fn kill(&self) {
        signal(&self.process, Signal::KILL);
    }

    /// Holds it still.
    pub(crate) fn freeze(&self) {
        signal(&self.process, Signal::STOP);
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        signal(&self.process, Signal::CONT);
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.process.ended().is_some()
    }

    /// Waits until it has ended.
    pub(crate) async fn gone(&mut self) {
        let name = self.name.clone();
        until(&format!("the end of {name}"), async || {
            match self.process.ended() {
                Some(_) => Ok(()),
                None => Err("it runs on".to_owned()),
            }
        })
        .await;
    }

    /// The number in the line of its metrics that begins so; none without such a line.
    pub(crate) async fn metric(&self, series: &str) -> Option<f64> {
        let page = get(self.admin, "/metrics").await?;
        let value = page.lines().find_map(|line| line.strip_prefix(series))?;
        value.trim().parse().ok()
    }

    /// Why it is not ready, in its own words.
    pub(crate) async fn readiness(&self) -> String {
        get(self.admin, "/readyz?verbose").await.unwrap_or_default()
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// The shell, so that the process is in its control group from the first moment; `env`, so that nothing of this one's
/// environment is in it.
fn command(start: &Start) -> Vec<String> {
    let enter = match &start.group {
        Some(group) => format!("echo $$ > '{}/cgroup.procs'; exec \"$@\"", group.display()),
        None => "exec \"$@\"".to_owned(),
    };
    let variables = start
        .variables
        .iter()
        .map(|(name, value)| format!("{name}={value}"));
    [
        "-c".to_owned(),
        enter,
        "sh".to_owned(),
        "env".to_owned(),
        "-i".to_owned(),
    ]
    .into_iter()
    .chain(variables)
    .chain([env!("CARGO_BIN_EXE_arrears").to_owned()])
    .chain(start.arguments.iter().cloned())
    .collect()
}

/// Where it listens, from the log line that tells it.
fn addresses(log: &Path) -> Result<[SocketAddr; 2], String> {
    let text = fs::read_to_string(log).map_err(|error| error.to_string())?;
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut listening = lines.filter(|line| line["message"] == "listening");
    let line = listening
        .next()
        .ok_or_else(|| format!("no line says that it listens:\n{text}"))?;
    let address = |name: &str| {
        let text = line[name].as_str().unwrap_or_default();
        text.parse().map_err(|error| format!("{line}: {error}"))
    };
    Ok([address("webhook")?, address("admin")?])
}
