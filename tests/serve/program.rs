//! The running program: what it logs, what it answers, and how it ends.

use std::{
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustls::ClientConfig;
use serde_json::{Value, json};

use super::{
    client::{Client, Reply, client_config},
    files::Files,
};

/// Whoever waits this long has failed.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program, which ends with this value at the latest.
pub(crate) struct Program {
    pub(crate) files: Files,
    pub(crate) webhook: SocketAddr,
    pub(crate) admin: SocketAddr,
    child: Child,
    log: mpsc::Receiver<Value>,
    client: Arc<ClientConfig>,
}

/// The answer to a review.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) name: String,
    pub(crate) code: Option<u64>,
    pub(crate) message: String,
    pub(crate) closes: bool,
}

/// The program on free ports, from the directory of `files`.
pub(crate) fn command(files: &Files) -> Command {
    command_at(files, "127.0.0.1:0", "127.0.0.1:0")
}

/// The program on these ports.
pub(crate) fn command_at(files: &Files, listen: &str, admin_listen: &str) -> Command {
    let mut command = bare(files);
    command.args([
        "--config",
        "conf",
        "--tls-cert",
        "tls.crt",
        "--tls-key",
        "tls.key",
    ]);
    command.args(["--listen", listen, "--admin-listen", admin_listen]);
    command
}

/// `arrears serve` with nothing in its environment.
pub(crate) fn bare(files: &Files) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_arrears"));
    command
        .arg("serve")
        .env_clear()
        .current_dir(files.path("."))
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// A request to start an instance.
pub(crate) fn review(instance: &str) -> String {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "0d7d2c5e-0000-4000-8000-000000000001",
            "kind": {"group": "arrears.dev", "version": "v1alpha1", "kind": "EcsOperation"},
            "resource": {"group": "arrears.dev", "version": "v1alpha1", "resource": "ecsoperations"},
            "name": "start", "namespace": "shop", "operation": "CREATE",
            "userInfo": {"username": "admin"},
            "object": {
                "apiVersion": "arrears.dev/v1alpha1", "kind": "EcsOperation",
                "metadata": {"name": "start", "namespace": "shop"},
                "spec": {"action": "StartInstance", "account": "prod", "regionId": "cn-hangzhou", "instanceIds": [instance]},
            },
        },
    })
    .to_string()
}

impl Program {
    /// Starts the program and waits until it listens.
    pub(crate) fn start(files: Files, flags: &[&str]) -> Self {
        let mut command = command(&files);
        command.args(flags);
        Self::run(files, command)
    }

    /// Waits until what `command` starts listens.
    pub(crate) fn run(files: Files, command: Command) -> Self {
        let mut program = Self::spawn(files, command);
        let listening = program.await_log("listening");
        let address = |name: &str| listening[name].as_str().unwrap().parse().unwrap();
        (program.webhook, program.admin) = (address("webhook"), address("admin"));
        program
    }

    /// Starts the program.
    pub(crate) fn spawn(files: Files, mut command: Command) -> Self {
        let mut child = command.args(["--log-format", "json"]).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = mpsc::channel();
        thread::spawn(move || {
            for line in stderr.lines() {
                let line = line.unwrap();
                let line = serde_json::from_str(&line).unwrap_or_else(|_| json!({"raw": line}));
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        Self {
            client: client_config(&files.authority, &["http/1.1"], None),
            files,
            webhook: nowhere,
            admin: nowhere,
            child,
            log,
        }
    }

    /// Waits for the next log line with this message.
    pub(crate) fn await_log(&self, message: &str) -> Value {
        let mut seen = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) if line["message"] == message => return line,
                Ok(line) => seen.push(line),
                Err(error) => panic!("no {message:?}: {error} after {seen:#?}"),
            }
        }
    }

    /// Every log line until the program's end.
    pub(crate) fn rest_of_log(&self) -> Vec<Value> {
        self.log.iter().collect()
    }

    /// Asks to start an instance.
    pub(crate) async fn ask(&self, instance: &str) -> Verdict {
        self.try_ask(instance).await.expect("an answer")
    }

    /// As [`Self::ask`], where there may be nobody to ask.
    pub(crate) async fn try_ask(&self, instance: &str) -> Option<Verdict> {
        let client = Client::connect(self.webhook, Arc::clone(&self.client)).await;
        let reply = client.ok()?.review(&review(instance)).await;
        Some(Verdict::of(&reply))
    }

    /// What the administrator's port has at `target`.
    pub(crate) async fn get(&self, target: &str) -> Reply {
        let mut client = Client::plain(self.admin).await;
        client
            .send(format!("GET {target} HTTP/1.1\r\nHost: x\r\n\r\n"))
            .await;
        client.reply().await
    }

    /// The value of a metric.
    pub(crate) async fn metric(&self, series: &str) -> String {
        let page = self.get("/metrics").await.body;
        let line = page.lines().find_map(|line| line.strip_prefix(series));
        line.unwrap_or_else(|| panic!("no {series} in\n{page}"))
            .trim()
            .to_owned()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, name: &str) {
        let process = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &process]).status();
        assert!(sent.unwrap().success());
    }

    /// The most memory that the program has had, in KiB.
    pub(crate) fn peak_memory(&self) -> u64 {
        let path = format!("/proc/{}/status", self.child.id());
        let status = std::fs::read_to_string(path).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let number = line.unwrap().trim().split(' ').next().unwrap();
        number.parse().unwrap()
    }

    /// Fails if the program has ended by itself.
    pub(crate) fn lives(&mut self) {
        if let Some(status) = self.child.try_wait().unwrap() {
            panic!("ended with {status}: {:#?}", self.rest_of_log());
        }
    }

    /// Waits for the program to end.
    pub(crate) fn end(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

// === impl Verdict ===

impl Verdict {
    fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.body);
        let body: Value = serde_json::from_str(&reply.body).unwrap();
        let response = &body["response"];
        let verdict = &response["auditAnnotations"]["verdict"];
        Self {
            name: verdict.as_str().unwrap_or_default().to_owned(),
            code: response["status"]["code"].as_u64(),
            message: response["status"]["message"]
                .as_str()
                .or(response["warnings"][0].as_str())
                .unwrap_or_default()
                .to_owned(),
            closes: reply.closes(),
        }
    }

    pub(crate) fn is(&self, name: &str, code: Option<u64>) -> bool {
        self.name == name && self.code == code
    }
}
