//! A namespace with an installation in it, and processes that may do in it what the installation's role allows.

use std::collections::BTreeSet;
use std::fs;
use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use arrears::clock::Clock;
use arrears::cluster::{Applied, Bundle, Certificates, Lifetimes, PemPair, follow};
use arrears::cluster::{Installation, Term};
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use kube::{Api, Client};
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::plane::Plane;
use crate::plane::tenant::Tenant;
use crate::plane::users::ADMIN;

const PATIENCE: Duration = Duration::from_secs(60);
const RBAC: &str = "rbac.authorization.k8s.io";

/// An installation in a namespace of its own.
pub(crate) struct Site {
    pub(crate) installation: Installation,
    pub(crate) plane: &'static Plane,
    tenant: Tenant,
}

impl Site {
    /// The site in the namespace `name`.
    pub(crate) async fn new(name: &'static str) -> Self {
        let plane = Plane::shared().await;
        let tenant = plane.tenant(name).await;
        let secrets = ["arrears-ca", "arrears-tls"];
        let rules = json!([
            {"apiGroups": [""], "resources": ["secrets"], "verbs": ["create"]},
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": secrets, "verbs": ["get", "update"]},
            {"apiGroups": [""], "resources": ["secrets"], "resourceNames": ["arrears-tls"], "verbs": ["list", "watch"]},
        ]);
        let role = json!({
            "apiVersion": format!("{RBAC}/v1"), "kind": "Role", "metadata": {"name": "arrears"}, "rules": rules,
        });
        let binding = json!({
            "apiVersion": format!("{RBAC}/v1"), "kind": "RoleBinding", "metadata": {"name": "arrears"},
            "roleRef": {"apiGroup": RBAC, "kind": "Role", "name": "arrears"},
            "subjects": [{"kind": "ServiceAccount", "name": "arrears", "namespace": name}],
        });
        tenant.accepts(role).await;
        tenant.accepts(binding).await;
        Self {
            installation: Installation {
                namespace: name.to_owned(),
                name: "arrears".to_owned(),
                identity: "arrears-0".to_owned(),
            },
            plane,
            tenant,
        }
    }

    /// The user as which the processes of the site act.
    pub(crate) fn account(&self) -> String {
        format!(
            "system:serviceaccount:{}:arrears",
            self.installation.namespace
        )
    }

    /// A client with the rights of the site's ServiceAccount and no others.
    pub(crate) async fn client(&self) -> Client {
        let text = Kubeconfig::read_from(self.plane.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(text, &options)
            .await
            .unwrap();
        config.auth_info.impersonate = Some(self.account());
        config.default_retry = false;
        config.proxy_url = None;
        Client::try_from(config).unwrap()
    }

    /// The site's Secrets, with all rights.
    pub(crate) async fn secrets(&self) -> Api<Secret> {
        let client = self.plane.client(ADMIN).await;
        Api::namespaced(client, &self.installation.namespace)
    }

    /// Creates an object in the site's namespace.
    pub(crate) async fn create(&self, object: Value) {
        self.tenant.accepts(object).await;
    }

    /// Puts something into a field of a Secret, whatever version of it is stored.
    pub(crate) async fn spoil(&self, name: &str, field: &str, text: &str) {
        let secrets = self.secrets().await;
        let patch = json!({"stringData": {field: text}});
        secrets
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .unwrap();
    }

    /// What the processes of the site have done and were allowed to do, each as a verb and a name.
    pub(crate) fn done_to_secrets(&self) -> BTreeSet<String> {
        let log = fs::read_to_string(self.plane.folder().join("audit.log")).unwrap();
        // The last line may be half written.
        let events = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let ours = events.filter(|event| event["impersonatedUser"]["username"] == *self.account());
        ours.map(|event| {
            assert_eq!(event["objectRef"]["resource"], "secrets", "{event}");
            let decision = &event["annotations"]["authorization.k8s.io/decision"];
            assert_eq!(decision, "allow", "{event}");
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            format!(
                "{} {}",
                text(&event["verb"]),
                text(&event["objectRef"]["name"])
            )
        })
        .collect()
    }

    /// A process that believes that it leads.
    pub(crate) async fn leader(&self, lifetimes: Lifetimes) -> Leader {
        let client = self.client().await;
        let certificates =
            Certificates::new(client, &self.installation, lifetimes, Clock::system());
        let (said, bundle) = watch::channel(None);
        let (applied, learned) = watch::channel(None);
        let mut tasks = JoinSet::new();
        tasks.spawn(
            async move { match certificates.keep(Term::unlimited(), said, learned).await {} },
        );
        Leader {
            bundle,
            applied,
            tasks,
        }
    }

    /// What a replica has to show, followed for as long as the second value lives.
    pub(crate) async fn replica(&self) -> (watch::Receiver<Option<Arc<PemPair>>>, JoinSet<()>) {
        let client = self.client().await;
        let (pair, following) = follow(client, &self.installation, Clock::system());
        let mut tasks = JoinSet::new();
        tasks.spawn(async move { match following.await {} });
        (pair, tasks)
    }
}

/// A process that believes that it leads; it ends when this is dropped.
pub(crate) struct Leader {
    /// What it says is to be trusted.
    pub(crate) bundle: watch::Receiver<Option<Bundle>>,
    applied: watch::Sender<Option<Applied>>,
    tasks: JoinSet<()>,
}

impl Leader {
    /// Plays the registration: all that the leader says is stored at once, and known to API servers `lag` later.
    pub(crate) fn register(&mut self, in_force: &watch::Sender<Option<Bundle>>, lag: Duration) {
        let (mut bundle, applied) = (self.bundle.clone(), self.applied.clone());
        bundle.mark_changed();
        let in_force = in_force.clone();
        self.tasks.spawn(async move {
            while bundle.changed().await.is_ok() {
                let said = bundle.borrow_and_update().clone();
                let Some(said) = said else { continue };
                applied.send_replace(Some(Applied {
                    bundle: said.clone(),
                    at: Instant::now(),
                }));
                sleep(lag).await;
                in_force.send_replace(Some(said));
            }
            // The leader ended.
            pending::<()>().await;
        });
    }
}

/// Waits until what is told meets `wanted`.
pub(crate) async fn heard<T: Clone>(
    receiver: &mut watch::Receiver<Option<T>>,
    mut wanted: impl FnMut(&T) -> bool,
) -> T {
    let heard = receiver.wait_for(|told| told.as_ref().is_some_and(&mut wanted));
    let heard = timeout(PATIENCE, heard).await.expect("in time");
    heard.expect("somebody tells").clone().unwrap()
}

/// How many certificates are in a PEM text.
pub(crate) fn count(pem: &str) -> usize {
    pem.matches("-----BEGIN CERTIFICATE-----").count()
}

/// The text in a field of a Secret.
pub(crate) fn text(secret: &Secret, field: &str) -> Option<String> {
    let data = secret.data.as_ref()?.get(field)?;
    Some(String::from_utf8(data.0.clone()).unwrap())
}
