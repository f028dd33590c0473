//! Starting the plane: files, two processes, and the wait until the API server says that it is ready.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

use hyper::Request;
use kube::client::Body;
use rcgen::KeyPair;
use serde_json::json;
use tokio::sync::Mutex;

use super::authority::Authority;
use super::process::Process;
use super::programs::Programs;
use super::{Plane, client, crds, kubeconfig, users, wait};

const START_LIMIT: Duration = Duration::from_secs(90);
const IN_USE: &str = "address already in use";

/// Starts a plane and installs what every test needs.
pub(super) async fn start() -> Result<Plane, String> {
    start_with(&[]).await
}

/// The same with more arguments for the API server.
pub(super) async fn start_with(more: &[String]) -> Result<Plane, String> {
    let programs = tokio::task::spawn_blocking(Programs::find)
        .await
        .map_err(|error| error.to_string())??;
    let plane = boot(programs, more).await?;
    plane.allow_users().await;
    plane.install_crds(&crds::foreign()).await;
    Ok(plane)
}

/// Starts both processes, again if somebody else took a port between its choice and its use.
async fn boot(programs: Programs, more: &[String]) -> Result<Plane, String> {
    let mut attempts = 0;
    loop {
        attempts += 1;
        match processes(&programs, more).await {
            Ok((folder, processes)) => {
                return Ok(Plane {
                    programs,
                    folder,
                    processes: Mutex::new(processes),
                });
            }
            Err(reason) if attempts < 3 && reason.contains(IN_USE) => {}
            Err(reason) => return Err(reason),
        }
    }
}

async fn processes(
    programs: &Programs,
    more: &[String],
) -> Result<(std::path::PathBuf, [Process; 2]), String> {
    let folder = tempfile::Builder::new()
        .prefix("arrears-plane-")
        .tempdir()
        .map_err(|error| error.to_string())?
        .keep();
    let [etcd_port, peer_port, api_port] = free_ports().map_err(|error| error.to_string())?;
    write_files(&folder, api_port).map_err(|error| format!("{}: {error}", folder.display()))?;

    let etcd = format!("http://127.0.0.1:{etcd_port}");
    let start =
        |name: &str, arguments| Process::start(programs.path(name), arguments, folder.clone());
    let mut processes = [
        start("etcd", etcd_arguments(&folder, &etcd, peer_port))?,
        start(
            "kube-apiserver",
            [&api_server_arguments(&folder, &etcd, api_port), more].concat(),
        )?,
    ];
    until_ready(&folder, &mut processes).await?;
    Ok((folder, processes))
}

/// Waits for `/readyz`, or for the end of either process.
pub(super) async fn until_ready(folder: &Path, processes: &mut [Process; 2]) -> Result<(), String> {
    let client = client(folder, users::ADMIN).await?;
    let [etcd, api_server] = processes;
    let outcome = wait::within(START_LIMIT, async || {
        for (name, process) in [("etcd", &mut *etcd), ("kube-apiserver", &mut *api_server)] {
            if let Some(last_words) = process.ended() {
                return Ok(Err(format!("{name} ended at once: {last_words}")));
            }
        }
        let readiness = Request::get("/readyz")
            .body(Body::empty())
            .map_err(|error| error.to_string())?;
        match client.send(readiness).await {
            Ok(response) if response.status().is_success() => Ok(Ok(())),
            Ok(response) => Err(format!("/readyz answers {}", response.status())),
            Err(error) => Err(error.to_string()),
        }
    })
    .await;
    outcome.map_err(|last| format!("kube-apiserver was not ready after {START_LIMIT:?}: {last}"))?
}

fn write_files(folder: &Path, api_port: u16) -> std::io::Result<()> {
    let authority = Authority::new();
    let identity = authority.identity();
    let account_key = KeyPair::generate().map_err(std::io::Error::other)?;
    let authority_file = folder.join("ca.crt");
    let server = format!("https://127.0.0.1:{api_port}");
    // Reads are many and the system's own writes are not what a test asks about; a webhook's annotations are there at any level.
    let audit_policy = json!({
        "apiVersion": "audit.k8s.io/v1",
        "kind": "Policy",
        "omitStages": ["RequestReceived"],
        "rules": [
            {"level": "None", "users": ["system:apiserver"]},
            {"level": "None", "nonResourceURLs": ["*"]},
            {"level": "Metadata"},
        ],
    });
    for (name, text) in [
        ("ca.crt", authority.pem()),
        ("server.crt", identity.certificate),
        ("server.key", identity.key),
        ("accounts.pub", account_key.public_key_pem()),
        ("accounts.key", account_key.serialize_pem()),
        ("tokens.csv", users::token_file()),
        ("audit-policy.json", audit_policy.to_string()),
    ] {
        fs::write(folder.join(name), text)?;
    }
    let text = users::kubeconfig(&server, &authority_file.display().to_string());
    fs::write(kubeconfig(folder), text)
}

fn etcd_arguments(folder: &Path, clients: &str, peer_port: u16) -> Vec<String> {
    let data = folder.join("etcd");
    let peers = format!("http://127.0.0.1:{peer_port}");
    vec![
        format!("--data-dir={}", data.display()),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=default={peers}"),
        "--unsafe-no-fsync".to_owned(),
    ]
}

fn api_server_arguments(folder: &Path, etcd: &str, port: u16) -> Vec<String> {
    let file = |flag: &str, name: &str| format!("--{flag}={}", folder.join(name).display());
    vec![
        format!("--etcd-servers={etcd}"),
        format!("--secure-port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        "--advertise-address=127.0.0.1".to_owned(),
        file("cert-dir", "apiserver"),
        file("tls-cert-file", "server.crt"),
        file("tls-private-key-file", "server.key"),
        "--service-account-issuer=https://kubernetes.default.svc".to_owned(),
        file("service-account-key-file", "accounts.pub"),
        file("service-account-signing-key-file", "accounts.key"),
        "--authorization-mode=RBAC".to_owned(),
        file("token-auth-file", "tokens.csv"),
        "--service-cluster-ip-range=10.0.0.0/24".to_owned(),
        "--disable-admission-plugins=ServiceAccount".to_owned(),
        "--endpoint-reconciler-type=none".to_owned(),
        file("audit-policy-file", "audit-policy.json"),
        file("audit-log-path", "audit.log"),
    ]
}

/// Ports that nobody listens at; all three are held until all are known, so that they differ.
fn free_ports() -> std::io::Result<[u16; 3]> {
    let hold = || TcpListener::bind(("127.0.0.1", 0));
    let held = [hold()?, hold()?, hold()?];
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(&held) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}
