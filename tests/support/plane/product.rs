//! The product itself: `arrears serve` on loopback, and what its other commands make for the API server.
//!
//! A started product listens: nothing has to be waited for. Its certificate is from an authority of its own, its
//! registration is the one that `arrears manifests webhook` writes for its address, authority and configuration.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::authority::{Authority, Identity};
use super::guard::Guarded;
use super::wait::within;

const BINARY: &str = env!("CARGO_BIN_EXE_arrears");
const START_LIMIT: Duration = Duration::from_secs(30);

/// A running `arrears serve`.
pub(crate) struct Product {
    /// Where reviews are answered.
    pub(crate) url: String,
    /// The address of its admin port.
    pub(crate) admin: String,
    /// The authority behind its certificate, in PEM.
    pub(crate) authority: String,
    folder: PathBuf,
    process: Guarded,
}

impl Product {
    /// Starts it on a configuration directory with these files, as (name, text).
    pub(crate) async fn start(files: &[(&str, &str)]) -> Self {
        let authority = Authority::new();
        Self::start_as(&authority.identity(), &authority, files, &[]).await
    }

    /// The same with a certificate and more arguments of the test's own.
    pub(crate) async fn start_as(
        identity: &Identity,
        authority: &Authority,
        files: &[(&str, &str)],
        more: &[String],
    ) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("arrears-product-")
            .tempdir()
            .unwrap()
            .keep();
        fs::create_dir(folder.join("config")).unwrap();
        for (name, text) in files {
            fs::write(folder.join("config").join(name), text).unwrap();
        }
        for (name, text) in [
            ("ca.crt", &authority.pem()),
            ("tls.crt", &identity.certificate),
            ("tls.key", &identity.key),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
        let log = folder.join("log");
        let mut process = {
            let arguments = [arguments(&folder), more.to_vec()].concat();
            Guarded::start(Path::new("env"), arguments, &folder, log.clone()).unwrap()
        };
        let listening = within(START_LIMIT, async || match process.ended() {
            Some(last_words) => Ok(Err(last_words)),
            None => addresses(&log).map(Ok),
        });
        let [address, admin] = listening.await.flatten().unwrap_or_else(|reason| {
            // The guard removes the folder only of what it has to end.
            _ = fs::remove_dir_all(&folder);
            panic!("arrears did not start: {reason}")
        });
        Self {
            url: format!("https://{address}/validate"),
            admin,
            authority: authority.pem(),
            folder,
            process,
        }
    }

    /// The `ValidatingWebhookConfiguration` that its own command writes for its address.
    pub(crate) fn registration(&self) -> Value {
        self.registration_at(&["--url", &self.url])
    }

    /// The same for another way to it: by `--service`, say.
    pub(crate) fn registration_at(&self, way: &[&str]) -> Value {
        let file = |name: &str| self.folder.join(name).display().to_string();
        let (authority, config) = (file("ca.crt"), file("config"));
        let files = ["--ca-bundle", &authority, "--config", &config];
        let text = manifests(&[&["webhook"], way, &files].concat());
        let [configuration] = <[Value; 1]>::try_from(documents(&text)).expect("one document");
        configuration
    }

    /// Puts another text in the place of a file of its configuration, in one step as a kubelet does.
    pub(crate) fn reconfigure(&self, name: &str, text: &str) {
        let draft = self.folder.join("draft");
        fs::write(&draft, text).unwrap();
        fs::rename(&draft, self.folder.join("config").join(name)).unwrap();
    }

    /// Ends it; when this returns, nobody listens any more.
    pub(crate) async fn stop(self) {
        tokio::task::spawn_blocking(|| self.process.end())
            .await
            .unwrap()
            .unwrap();
    }
}

/// The definitions of our kinds, as `arrears manifests crds` writes them.
pub(crate) fn definitions() -> Vec<Value> {
    documents(&manifests(&["crds"]))
}

fn manifests(arguments: &[&str]) -> String {
    let output = Command::new(BINARY)
        .arg("manifests")
        .args(arguments)
        .output()
        .unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "arrears manifests {arguments:?}: {complaint}"
    );
    String::from_utf8(output.stdout).unwrap()
}

/// YAML documents as JSON.
pub(crate) fn documents(yaml: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// The log level of whoever runs the tests must not hide the line that tells the port.
fn arguments(folder: &Path) -> Vec<String> {
    let file = |name: &str| folder.join(name).display().to_string();
    [
        "--unset=RUST_LOG",
        BINARY,
        "--log-format=json",
        "serve",
        "--listen=127.0.0.1:0",
        "--admin-listen=127.0.0.1:0",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([
        format!("--config={}", file("config")),
        format!("--tls-cert={}", file("tls.crt")),
        format!("--tls-key={}", file("tls.key")),
    ])
    .collect()
}

/// The addresses of the webhook port and the admin port, from the log line that tells them.
fn addresses(log: &Path) -> Result<[String; 2], String> {
    let text = fs::read_to_string(log).map_err(|error| error.to_string())?;
    let mut lines = text
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let line = lines
        .find(|line| line["message"] == "listening")
        .ok_or_else(|| format!("no line says that it listens:\n{text}"))?;
    let address = |port: &str| line[port].as_str().map(str::to_owned);
    match (address("webhook"), address("admin")) {
        (Some(webhook), Some(admin)) => Ok([webhook, admin]),
        _ => Err(format!("it does not say where: {line}")),
    }
}
