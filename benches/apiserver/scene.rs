//! The scene of a run: a control plane, both servers, and the one setting that is in force.

use std::{
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use hyper::Request;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    body::{self, Body},
    client::{Client, Connection},
    counts,
    plane::{Plane, product::definitions, users::ADMIN},
    policy,
    process::{self, Process, Program},
    registration,
    setting::Setting,
    site::{Site, SnapshotFormat},
    usage::{self, CpuTimes},
};

const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(20);

const NAMESPACES: &str = "/api/v1/namespaces";
const SNAPSHOTS: &str = "/apis/arrears.dev/v1alpha1/locksnapshots";
const WEBHOOKS: &str = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const POLICIES: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies";
const BINDINGS: &str = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings";

/// Everything that runs.
pub(crate) struct Scene {
    /// The caller of the API server.
    pub(crate) client: Client,
    objects: kube::Client,
    observer: Connection,
    denied: Body,
    api_server: u32,
    arrears: Process,
    floor: Process,
    site: Site,
    current: Setting,
}

impl Scene {
    /// Starts it all; no setting is in force yet.
    pub(crate) async fn start(locked_ids: u64) -> anyhow::Result<Self> {
        let plane = Plane::shared().await;
        plane.install_crds(&definitions()).await;
        let client = Client::of(&plane.kubeconfig())?;
        let site = Site::new(locked_ids, SnapshotFormat::Json)?;
        let scene = Self {
            observer: client.connect().await?,
            client,
            objects: plane.client(ADMIN).await,
            denied: Body::denied(),
            api_server: usage::process_of(plane.folder(), "kube-apiserver")?,
            arrears: Program::Arrears.start(&site)?,
            floor: Program::Floor.start(&site)?,
            site,
            current: Setting::Nothing,
        };
        for name in [body::NAMESPACE, registration::NAME] {
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            scene.create(NAMESPACES, &namespace).await?;
        }
        let services = format!("{NAMESPACES}/{}/services", registration::NAME);
        scene.create(&services, &registration::service()).await?;
        scene.create(SNAPSHOTS, &scene.snapshot()?).await?;
        Ok(scene)
    }

    /// Puts this setting in force, in the place of the one before; returns once it is.
    pub(crate) async fn enter(&mut self, setting: Setting) -> anyhow::Result<()> {
        if setting != self.current {
            for (collection, object) in self.objects_of(self.current)? {
                self.delete(collection, &object).await?;
            }
            for (collection, object) in self.objects_of(setting)? {
                self.create(collection, &object).await?;
            }
            self.current = setting;
        }
        let began = Instant::now();
        loop {
            let seen = self.prove().await;
            self.arrears.check_alive()?;
            self.floor.check_alive()?;
            match seen {
                Ok(()) => return Ok(()),
                Err(error) if PATIENCE < began.elapsed() => {
                    return Err(error.context(format!("waited for {setting:?}")));
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// The setting in force answers as only it does to a create that is to be denied.
    pub(crate) async fn prove(&mut self) -> anyhow::Result<()> {
        let before = self.reviews().await?;
        let answer = self.observer.create(&self.denied).await?;
        let reviews = self.reviews().await? - before;
        ensure!(
            self.current.answers_so(&answer) && reviews == self.current.reviews(1),
            "{:?} answers {} after {reviews} reviews: {}",
            self.current,
            answer.code,
            String::from_utf8_lossy(&answer.body)
        );
        Ok(())
    }

    /// The denial of the setting in force, as a user reads it.
    pub(crate) async fn denial(&mut self) -> anyhow::Result<(u16, String)> {
        let answer = self.observer.create(&self.denied).await?;
        let status: Value = serde_json::from_slice(&answer.body)?;
        let message = status.get("message").and_then(Value::as_str);
        Ok((answer.code, message.unwrap_or_default().to_owned()))
    }

    /// How many reviews the API server has sent so far.
    pub(crate) async fn reviews(&mut self) -> anyhow::Result<u64> {
        counts::reviews(&mut self.observer).await
    }

    /// What the processes have used so far.
    pub(crate) fn cpu_times(&self) -> anyhow::Result<CpuTimes> {
        let webhook = match self.current {
            Setting::Arrears => self.arrears.cpu_time()?,
            Setting::Floor => self.floor.cpu_time()?,
            Setting::Nothing | Setting::Policy => Duration::ZERO,
        };
        Ok(CpuTimes {
            api_server: process::cpu_time_of(self.api_server)?,
            webhook,
            client: process::cpu_time_of(std::process::id())?,
            machine: usage::machine()?,
        })
    }

    fn objects_of(&self, setting: Setting) -> anyhow::Result<Vec<(&'static str, Value)>> {
        Ok(match setting {
            Setting::Nothing => Vec::new(),
            Setting::Arrears => vec![(WEBHOOKS, registration::of(&self.arrears, &self.site)?)],
            Setting::Floor => vec![(WEBHOOKS, registration::of(&self.floor, &self.site)?)],
            Setting::Policy => {
                let registration = registration::of(&self.arrears, &self.site)?;
                let snapshot = self.snapshot()?;
                let [policy, binding] = policy::objects(&registration, name_of(&snapshot)?)?;
                vec![(POLICIES, policy), (BINDINGS, binding)]
            }
        })
    }

    /// The listing of the account that owes money: the webhook's file, and the policy's parameter.
    fn snapshot(&self) -> anyhow::Result<Value> {
        let file = fs::read(self.site.config().join("prod.json"))?;
        let mut snapshot: Value = serde_json::from_slice(&file)?;
        // Only a file may leave it out.
        let spec = snapshot.get_mut("spec").and_then(Value::as_object_mut);
        let now = json!(Timestamp::now());
        spec.context("a snapshot without spec")?
            .insert("observedAt".to_owned(), now);
        Ok(snapshot)
    }

    async fn create(&self, collection: &str, object: &Value) -> anyhow::Result<()> {
        let name = name_of(object)?;
        let request = Request::post(collection)
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())?;
        let created = self.objects.request::<Value>(request).await;
        created.with_context(|| format!("creating {collection}/{name}"))?;
        Ok(())
    }

    async fn delete(&self, collection: &str, object: &Value) -> anyhow::Result<()> {
        let path = format!("{collection}/{}", name_of(object)?);
        let request = Request::delete(&path).body(Vec::new())?;
        let deleted = self.objects.request::<Value>(request).await;
        deleted.with_context(|| format!("deleting {path}"))?;
        Ok(())
    }
}

fn name_of(object: &Value) -> anyhow::Result<&str> {
    let name = object.pointer("/metadata/name").and_then(Value::as_str);
    name.context("an object without a name")
}
