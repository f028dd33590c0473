//! A pod's process: started as the kubelet would, and looked at through its log and its admin port.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::plane::guard::Guarded;
use crate::plane::wait::within;

const PATIENCE: Duration = Duration::from_secs(60);

/// A running process; it ends with this value.
pub(crate) struct Pod {
    log: PathBuf,
    admin: String,
    process: Guarded,
}

impl Pod {
    /// Starts the program; it need not listen yet.
    pub(crate) fn start(
        folder: &Path,
        name: &str,
        arguments: &[String],
        env: &BTreeMap<String, String>,
    ) -> Self {
        let folder = folder.join(name);
        fs::create_dir_all(&folder).unwrap();
        let log = folder.join("log");
        let variables = env.iter().map(|(name, value)| format!("{name}={value}"));
        let command = ["-i".to_owned()]
            .into_iter()
            .chain(variables)
            .chain([env!("CARGO_BIN_EXE_arrears").to_owned()])
            .chain(arguments.iter().cloned());
        let process = Guarded::start(Path::new("env"), command, &folder, log.clone()).unwrap();
        let admin = env["ARREARS_ADMIN_LISTEN"].clone();
        Self {
            log,
            admin,
            process,
        }
    }

    /// Waits until it is ready.
    pub(crate) async fn ready(&mut self) {
        let ready = within(PATIENCE, async || {
            if let Some(last_words) = self.process.ended() {
                return Ok(Err(last_words));
            }
            match self.page("/readyz?verbose").await {
                Ok((200, _)) => Ok(Ok(())),
                Ok((_, text)) => Err(text),
                Err(error) => Err(error),
            }
        });
        if let Err(reason) = ready.await.flatten() {
            panic!("not ready: {reason}\n{}", self.log());
        }
    }

    /// The number that its metrics have for a series.
    pub(crate) async fn metric(&self, series: &str) -> f64 {
        let (_, page) = self.page("/metrics").await.unwrap();
        let line = page.lines().find_map(|line| line.strip_prefix(series));
        line.map_or(0.0, |value| value.trim().parse().unwrap())
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The lines of the log with this message.
    pub(crate) fn lines(&self, message: &str) -> Vec<Value> {
        let log = self.log();
        let lines = log
            .lines()
            .filter_map(|line| serde_json::from_str(line).ok());
        lines
            .filter(|line: &Value| line["message"] == message)
            .collect()
    }

    /// Ends it without a word.
    pub(crate) async fn kill(self) {
        tokio::task::spawn_blocking(|| self.process.end())
            .await
            .unwrap()
            .unwrap();
    }

    async fn page(&self, path: &str) -> Result<(u16, String), String> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let answer = client
            .get(format!("http://{}{path}", self.admin))
            .send()
            .await;
        let answer = answer.map_err(|error| error.to_string())?;
        let status = answer.status().as_u16();
        Ok((
            status,
            answer.text().await.map_err(|error| error.to_string())?,
        ))
    }
}
