//! The chart's release: its objects through kubectl, and its pods as processes of this machine.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::Command;
use std::{fs, time::Duration};

use serde_json::{Value, json};

use crate::chart::{Container, NAMESPACE, RELEASE, container, object, render, test_container};
use crate::plane::Plane;
use crate::plane::wait::within;
use crate::pod::Pod;

const PATIENCE: Duration = Duration::from_secs(60);

/// The release on the plane.
pub(crate) struct Release {
    plane: &'static Plane,
    pub(crate) objects: Vec<Value>,
    container: Container,
    folder: tempfile::TempDir,
    /// Where the API server finds the Service.
    port: u16,
}

impl Release {
    /// Applies what the chart renders with these values, as `helm install` would.
    pub(crate) async fn install(plane: &'static Plane, values: &[(&str, &str)]) -> Self {
        let port = free_port();
        let service_port = port.to_string();
        let mut values = values.to_vec();
        values.push(("service.port", &service_port));
        let objects = render(&values);
        let release = Self {
            container: container(&objects),
            objects,
            plane,
            folder: tempfile::tempdir().unwrap(),
            port,
        };
        release
            .apply(
                &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}),
            )
            .await;
        let (definitions, others): (Vec<_>, Vec<_>) = release
            .objects
            .iter()
            .partition(|object| object["kind"] == "CustomResourceDefinition");
        for definition in definitions {
            release.apply(definition).await;
        }
        release.established().await;
        let is_hook =
            |object: &Value| object["metadata"]["annotations"]["helm.sh/hook"].is_string();
        for object in others.into_iter().filter(|object| !is_hook(object)) {
            match (&object["kind"], &object["metadata"]["name"]) {
                (kind, name) if kind == "Service" && name == RELEASE => {
                    release.apply(&release.reachable()).await
                }
                _ => release.apply(object).await,
            }
        }
        release
    }

    /// Starts a pod; the first one is where the Service leads.
    pub(crate) async fn pod(&self, name: &str, place: Place) -> Pod {
        let mut env = self.container.env(name);
        let port = match place {
            Place::BehindTheService => self.port,
            Place::Aside => free_port(),
        };
        env.insert("ARREARS_LISTEN".to_owned(), format!("127.0.0.1:{port}"));
        env.insert(
            "ARREARS_ADMIN_LISTEN".to_owned(),
            format!("127.0.0.1:{}", free_port()),
        );
        env.insert(
            "KUBECONFIG".to_owned(),
            self.kubeconfig().await.display().to_string(),
        );
        env.insert("NO_PROXY".to_owned(), "*".to_owned());
        self.start(name, &env)
    }

    /// Runs what the pod of `helm test` runs, for as long at most: its exit code, and what it says.
    pub(crate) async fn test(&self, patience: &str) -> (Option<i32>, String) {
        let container = test_container(&self.objects);
        let mut command = Command::new(env!("CARGO_BIN_EXE_arrears"));
        command
            .args(&container.args)
            .args(["--patience", patience])
            .env_clear()
            .envs(container.env("arrears-test"))
            .env("KUBECONFIG", self.kubeconfig().await)
            .env("NO_PROXY", "*");
        let output = tokio::task::spawn_blocking(move || command.output()).await;
        let output = output.unwrap().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    }

    /// An object as the API server has it; `null` when it has none.
    pub(crate) async fn get(&self, arguments: &[&str]) -> Value {
        let all = [&["get", "-o", "json", "--ignore-not-found"], arguments].concat();
        let text = self.plane.kubectl(&all, "").await.text();
        serde_json::from_str(&text).unwrap_or_default()
    }

    /// Applies an object; the test fails where that is refused.
    pub(crate) async fn apply(&self, object: &Value) {
        let arguments = ["apply", "--server-side", "--field-manager=helm", "-f", "-"];
        self.plane
            .kubectl(&arguments, &object.to_string())
            .await
            .text();
    }

    /// What becomes of `kubectl apply`: what it prints, or why it is refused.
    pub(crate) async fn try_apply(&self, object: &Value) -> Result<String, String> {
        let output = self
            .plane
            .kubectl(&["apply", "-f", "-"], &object.to_string())
            .await;
        match output.code {
            0 => Ok(output.stdout),
            _ => Err(output.stderr),
        }
    }

    /// Deletes an object.
    pub(crate) async fn delete(&self, arguments: &[&str]) {
        self.plane
            .kubectl(&[&["delete"], arguments].concat(), "")
            .await
            .text();
    }

    /// Waits until the registration has entries and each has this failure policy, but for the probe's.
    pub(crate) async fn registered(&self, failure_policy: &str) {
        let seen = within(PATIENCE, async || {
            let registration = self.get(&["validatingwebhookconfiguration", RELEASE]).await;
            let entries = registration["webhooks"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let entries: Vec<_> = entries
                .iter()
                .filter(|entry| entry["name"] != "probe.ecs.arrears.dev")
                .collect();
            let is_so = |entry: &&Value| entry["failurePolicy"] == *failure_policy;
            match !entries.is_empty() && entries.iter().all(is_so) {
                true => Ok(()),
                false => Err(registration.to_string()),
            }
        });
        if let Err(last) = seen.await {
            panic!("not registered with {failure_policy}: {last}");
        }
    }

    fn start(&self, name: &str, env: &BTreeMap<String, String>) -> Pod {
        Pod::start(self.folder.path(), name, &self.container.args, env)
    }

    /// The Service with the one difference that a machine without a network of Services needs.
    fn reachable(&self) -> Value {
        let mut service = object(&self.objects, "Service", RELEASE).clone();
        service["spec"] = json!({
            "type": "ExternalName",
            "externalName": "localhost",
            "ports": [{"port": self.port}],
        });
        service
    }

    /// A kubeconfig with a token of the ServiceAccount, as a pod has one.
    async fn kubeconfig(&self) -> PathBuf {
        let account = container_account(&self.objects);
        let token = self
            .plane
            .kubectl(&["create", "token", "-n", NAMESPACE, &account], "")
            .await
            .text();
        let text = fs::read_to_string(self.plane.kubeconfig()).unwrap();
        let mut kubeconfig: Value = serde_json::from_str(&text).unwrap();
        kubeconfig["users"] = json!([{"name": "pod", "user": {"token": token.trim()}}]);
        kubeconfig["contexts"] =
            json!([{"name": "pod", "context": {"cluster": "plane", "user": "pod"}}]);
        kubeconfig["current-context"] = json!("pod");
        let path = self.folder.path().join("kubeconfig");
        fs::write(&path, kubeconfig.to_string()).unwrap();
        path
    }

    async fn established(&self) {
        let arguments = [
            "wait",
            "--for=condition=Established",
            "--timeout=30s",
            "crd",
            "--all",
        ];
        self.plane.kubectl(&arguments, "").await.text();
    }
}

/// Whether the Service leads to a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    BehindTheService,
    Aside,
}

fn container_account(objects: &[Value]) -> String {
    let mut deployments = objects
        .iter()
        .filter(|object| object["kind"] == "Deployment");
    let deployment = deployments.next().expect("a Deployment is rendered");
    let name = deployment["spec"]["template"]["spec"]["serviceAccountName"].as_str();
    name.unwrap().to_owned()
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    listener.local_addr().unwrap().port()
}
