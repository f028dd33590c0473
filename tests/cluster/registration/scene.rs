//! One installation: its namespace, its Service, its object as the chart has it, and a leader.

use std::sync::Arc;

use arrears::{
    api::OperationBinding,
    cluster::{
        Applied, Bundle, FailurePolicy, Installation, Registration, RegistrationSettings, Term,
    },
    telemetry::{Health, Metrics},
};
use k8s_openapi::api::admissionregistration::v1::ValidatingWebhookConfiguration;
use kube::{
    Api, Client,
    api::{DeleteParams, ListParams},
    config::{Config, KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::{
    sync::{Mutex, MutexGuard, OnceCell, watch},
    task::JoinSet,
};

use super::served::{Authority, Served, free_port};
use crate::plane::{
    Plane,
    call::{Call, apply, create, delete, merge},
    product::{definitions, documents},
    tenant::Tenant,
    users::ADMIN,
    wait::until,
};

/// Entries are for everybody's objects, so that one test's would judge those of another.
static ALONE: Mutex<()> = Mutex::const_new(());

pub(crate) struct Scene {
    pub(crate) tenant: Tenant,
    pub(crate) name: &'static str,
    pub(crate) port: u16,
    pub(crate) authority: Authority,
    pub(crate) served: Option<Served>,
    _alone: MutexGuard<'static, ()>,
}

/// A leader that keeps the registration until it is dropped.
pub(crate) struct Leader {
    pub(crate) bundle: watch::Sender<Option<Bundle>>,
    pub(crate) bindings: watch::Sender<Arc<[OperationBinding]>>,
    pub(crate) applied: watch::Receiver<Option<Applied>>,
    pub(crate) health: Health,
    pub(crate) metrics: Arc<Metrics>,
    _leading: JoinSet<()>,
}

pub(crate) async fn plane() -> &'static Plane {
    static INSTALLED: OnceCell<()> = OnceCell::const_new();
    let plane = Plane::shared().await;
    INSTALLED
        .get_or_init(|| async { plane.install_crds(&definitions()).await })
        .await;
    plane
}

/// What a test that failed has left behind.
async fn remove_leftovers() {
    let client = plane().await.client(ADMIN).await;
    let objects: Api<ValidatingWebhookConfiguration> = Api::all(client);
    for object in objects.list(&ListParams::default()).await.unwrap() {
        let name = object.metadata.name.unwrap();
        if name.starts_with("reg-") {
            objects
                .delete(&name, &DeleteParams::default())
                .await
                .unwrap();
        }
    }
}

impl Scene {
    /// An installation of this name, in a namespace of the same name, that nobody serves yet.
    pub(crate) async fn new(name: &'static str) -> Self {
        let alone = ALONE.lock().await;
        let tenant = plane().await.tenant(name).await;
        remove_leftovers().await;
        let port = free_port().await;
        // The API server goes where such a Service points, and still asks for the Service's own name.
        let service = json!({
            "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        });
        tenant.accepts(service).await;
        for object in documents(
            &arrears(
                &["manifests", "rbac", "--name", name, "--namespace", name],
                "",
            )
            .1,
        ) {
            tenant.accepts(apply(object)).await;
        }
        Self {
            tenant,
            name,
            port,
            authority: Authority::new(),
            served: None,
            _alone: alone,
        }
    }

    /// The object as the chart renders it.
    pub(crate) fn chart(&self) -> Value {
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": self.name, "labels": {"app.kubernetes.io/name": "arrears"}},
        })
    }

    /// Installs the object; it has no entries then.
    pub(crate) async fn install(&self) {
        self.tenant.accepts(self.chart()).await;
    }

    pub(crate) async fn serve(&mut self) {
        let name = self.dns_name();
        let served = Served::start(self.port, &self.authority, &name, self.name).await;
        self.served = Some(served);
    }

    /// The name that the API server asks for.
    pub(crate) fn dns_name(&self) -> String {
        format!("{0}.{0}.svc", self.name)
    }

    /// A leader that was told to have our own authority trusted.
    pub(crate) async fn lead(&self) -> Leader {
        self.lead_with(&[&self.authority], FailurePolicy::Fail)
            .await
    }

    pub(crate) async fn lead_with(
        &self,
        authorities: &[&Authority],
        failure_policy: FailurePolicy,
    ) -> Leader {
        let (bundle, trusted) = watch::channel(Some(Authority::bundle(authorities)));
        let (bindings, bound) = watch::channel(Arc::from([]));
        let (told, applied) = watch::channel(None);
        let (health, metrics) = (Health::default(), Arc::new(Metrics::new()));
        let installation = Installation {
            namespace: self.name.to_owned(),
            name: self.name.to_owned(),
            identity: "replica-0".to_owned(),
        };
        let settings = RegistrationSettings {
            service_port: self.port,
            failure_policy,
            timeout_seconds: 3,
        };
        let registration = Registration::new(
            self.account().await,
            &installation,
            settings,
            health.clone(),
            Arc::clone(&metrics),
        );
        let mut leading = JoinSet::new();
        leading.spawn(async move {
            registration
                .keep(Term::unlimited(), trusted, bound, told)
                .await;
        });
        Leader {
            bundle,
            bindings,
            applied,
            health,
            metrics,
            _leading: leading,
        }
    }

    /// A client with the rights of the installation's own ServiceAccount, and no others.
    async fn account(&self) -> Client {
        let file = Kubeconfig::read_from(plane().await.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(file, &options)
            .await
            .unwrap();
        config.auth_info.impersonate = Some(self.user());
        config.default_retry = false;
        config.proxy_url = None;
        Client::try_from(config).unwrap()
    }

    /// The ServiceAccount, as the API server calls it.
    pub(crate) fn user(&self) -> String {
        format!("system:serviceaccount:{0}:{0}", self.name)
    }

    /// The object as it is stored; `null` when it is not.
    pub(crate) async fn stored(&self) -> Value {
        self.tenant.stored(&self.chart()).await
    }

    /// The entries as they are stored, without the probe's, once they are as wanted.
    pub(crate) async fn entries(&self, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        until("entries as wanted", async || {
            let entries = self.all_entries().await;
            let entries: Vec<Value> = entries
                .into_iter()
                .filter(|entry| entry["name"] != "probe.ecs.arrears.dev")
                .collect();
            match wanted(&entries) {
                true => Ok(entries),
                false => Err(json!(entries).to_string()),
            }
        })
        .await
    }

    pub(crate) async fn all_entries(&self) -> Vec<Value> {
        let stored = self.stored().await;
        stored["webhooks"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until all entries say so.
    pub(crate) async fn until_all(&self, policy: &str) -> Vec<Value> {
        self.entries(|entries| {
            4 <= entries.len() && entries.iter().all(|entry| entry["failurePolicy"] == policy)
        })
        .await
    }

    /// Somebody else changes the object.
    pub(crate) async fn meddle(&self, patch: Value) {
        let call: Call = merge(&self.chart(), patch).manager("meddler");
        self.tenant.accepts(call).await;
    }

    pub(crate) async fn uninstall(&self) {
        self.tenant.accepts(delete(&self.chart())).await;
    }

    /// Takes the object away, and stops serving only when no API server calls any more.
    pub(crate) async fn end(mut self) {
        if !self.stored().await.is_null() {
            self.uninstall().await;
        }
        if let Some(served) = self.served.take() {
            until("the entries to be out of force", async || {
                let before = served.reviews();
                self.tenant
                    .accepts(create(operation("elsewhere", "i-bp1paid")).dry_run())
                    .await;
                match served.reviews() == before {
                    true => Ok(()),
                    false => Err("still asked".to_owned()),
                }
            })
            .await;
        }
    }
}

impl Leader {
    /// Waits until the health checks tell of this.
    pub(crate) async fn tells(&self, text: &str) -> String {
        until(text, async || {
            let report = self.health.report().text;
            match report.contains(text) {
                true => Ok(report),
                false => Err(report),
            }
        })
        .await
    }

    /// The value of a metric.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let page = self.metrics.render();
        let line = page
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.expect("there is such a metric").parse().unwrap()
    }
}

/// A request to start an instance, in the namespace `default`.
pub(crate) fn operation(name: &str, instance: &str) -> Value {
    json!({
        "apiVersion": "arrears.dev/v1alpha1", "kind": "EcsOperation",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"action": "StartInstance", "account": "prod", "regionId": "cn-hangzhou", "instanceIds": [instance]},
    })
}

/// Runs a command of the program on this standard input: its exit code and what it prints.
pub(crate) fn arrears(arguments: &[&str], stdin: &str) -> (i32, String) {
    let output = assert_cmd::Command::cargo_bin("arrears")
        .unwrap()
        .args(arguments)
        .write_stdin(stdin)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}
