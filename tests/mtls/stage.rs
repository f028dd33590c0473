//! An API server with a kubeconfig for webhooks, and a product for each thing that can be in it.
//!
//! The API server reads at its start what it shows to whom, by address; so the products are there before it.

use std::fs;
use std::path::{Path, PathBuf};

use k8s_openapi::ByteString;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::OnceCell;

use crate::plane::Plane;
use crate::plane::authority::{Authority, Identity};
use crate::plane::product::{Product, definitions};
use crate::plane::tenant::Tenant;

/// The name that products expect of an API server.
pub(crate) const NAME: &str = "kube-apiserver";
/// The namespace of the Service through which a product is called.
pub(crate) const NAMESPACE: &str = "arrears-system";

const ACCOUNTS: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: EcsAccount
metadata: {name: prod}
spec: {default: true, regions: [cn-hangzhou], providerConfigs: [{name: default}]}
";

const LOCKS: &str = r"
apiVersion: arrears.dev/v1alpha1
kind: LockSnapshot
metadata: {name: prod.cn-hangzhou}
spec:
  account: prod
  region: cn-hangzhou
  source: File
  instances:
    i-bp1overdue: {reasons: [financial], disks: []}
  disks: {}
";

/// The products, each with what the API server shows to it.
pub(crate) struct Stage {
    plane: Plane,
    /// The right certificate, by its common name.
    pub(crate) known: Product,
    /// The right certificate, by a DNS name, and the product behind a Service.
    pub(crate) service: Product,
    /// A certificate of another name, to a product that takes any.
    pub(crate) any: Product,
    /// No certificate.
    pub(crate) silent: Product,
    /// A certificate of another name.
    pub(crate) renamed: Product,
    /// A certificate of the right name, and another authority.
    pub(crate) stranger: Product,
    /// The same, to a product that will be told to trust that authority too.
    pub(crate) newcomer: Product,
    /// That product's file with authorities, and the text that adds the other one.
    authorities: (PathBuf, String),
    _folder: TempDir,
}

static STAGE: OnceCell<Stage> = OnceCell::const_new();

/// The stage of this test binary; the first caller sets it up.
pub(crate) async fn stage() -> &'static Stage {
    STAGE.get_or_init(Stage::new).await
}

impl Stage {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let (ours, theirs) = (Authority::called("ours"), Authority::called("theirs"));
        let authorities = file(&folder, "clients.crt", &ours.pem());
        let growing = file(&folder, "growing.crt", &ours.pem());
        let named = [
            format!("--client-ca={}", authorities.display()),
            format!("--client-name={NAME}"),
        ];
        let start = async |more: &[String]| {
            let server = Authority::new();
            let service = format!("arrears.{NAMESPACE}.svc");
            let identity = server.identity_of("arrears", &["127.0.0.1", "localhost", &service]);
            let files = [("accounts.yaml", ACCOUNTS), ("locks.yaml", LOCKS)];
            Product::start_as(&identity, &server, &files, more).await
        };
        let known = start(&named).await;
        let service = start(&named).await;
        let any = start(&named[..1]).await;
        let silent = start(&named).await;
        let renamed = start(&named).await;
        let stranger = start(&named).await;
        let newcomer = start(&[
            format!("--client-ca={}", growing.display()),
            named[1].clone(),
        ])
        .await;

        let of_service = format!("arrears.{NAMESPACE}.svc:{}", port(&service));
        let users = [
            user(&host(&known), &ours.identity_of(NAME, &[])),
            user(&of_service, &ours.identity_of("anybody", &[NAME])),
            user(&host(&any), &ours.identity_of("anybody", &[])),
            user(
                &host(&renamed),
                &ours.identity_of("anybody", &["kube-apiserver.example"]),
            ),
            user(&host(&stranger), &theirs.identity_of(NAME, &[])),
            user(&host(&newcomer), &theirs.identity_of(NAME, &[])),
        ];
        let plane = Plane::with(&[admission_control(&folder, &users)]).await;
        plane.install_crds(&definitions()).await;
        Self {
            plane,
            known,
            service,
            any,
            silent,
            renamed,
            stranger,
            newcomer,
            authorities: (growing, ours.pem() + &theirs.pem()),
            _folder: folder,
        }
    }

    /// A tenant on this stage's plane.
    pub(crate) async fn tenant(&'static self, name: &'static str) -> Tenant {
        self.plane.tenant(name).await
    }

    /// Registers a product for the objects of a tenant.
    pub(crate) async fn register(&self, tenant: &Tenant, product: &Product) {
        tenant
            .register(product.registration(), &product.url, &product.authority)
            .await;
    }

    /// Tells the product for the newcomer to trust his authority, in one step as a kubelet does.
    pub(crate) fn welcome_newcomer(&self) {
        let (path, text) = &self.authorities;
        let draft = path.with_extension("draft");
        fs::write(&draft, text).unwrap();
        fs::rename(&draft, path).unwrap();
    }
}

/// The argument that makes the API server show certificates.
fn admission_control(folder: &TempDir, users: &[Value]) -> String {
    let kubeconfig = json!({"apiVersion": "v1", "kind": "Config", "users": users});
    let kubeconfig = file(folder, "webhooks.kubeconfig", &kubeconfig.to_string());
    let configuration = json!({
        "apiVersion": "apiserver.config.k8s.io/v1",
        "kind": "AdmissionConfiguration",
        "plugins": [{
            "name": "ValidatingAdmissionWebhook",
            "configuration": {
                "apiVersion": "apiserver.config.k8s.io/v1",
                "kind": "WebhookAdmissionConfiguration",
                "kubeConfigFile": kubeconfig,
            },
        }],
    });
    let configuration = file(folder, "admission.yaml", &configuration.to_string());
    format!(
        "--admission-control-config-file={}",
        configuration.display()
    )
}

/// What is shown to a host.
fn user(host: &str, identity: &Identity) -> Value {
    let data = |text: &str| ByteString(text.as_bytes().to_vec());
    json!({
        "name": host,
        "user": {
            "client-certificate-data": data(&identity.certificate),
            "client-key-data": data(&identity.key),
        },
    })
}

fn file(folder: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

/// Host and port of a product's webhook.
pub(crate) fn host(product: &Product) -> String {
    let rest = product.url.strip_prefix("https://").unwrap();
    Path::new(rest)
        .iter()
        .next()
        .unwrap()
        .to_str()
        .unwrap()
        .to_owned()
}

/// The port of a product's webhook.
pub(crate) fn port(product: &Product) -> String {
    host(product).rsplit(':').next().unwrap().to_owned()
}

/// How many reviews a product has answered.
pub(crate) async fn answered(product: &Product) -> usize {
    let mut stream = TcpStream::connect(&product.admin).await.unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        .await
        .unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).await.unwrap();
    assert!(page.contains("arrears_build_info"), "{page}");
    let series = page
        .lines()
        .filter(|line| line.starts_with("arrears_reviews_total{"));
    let values = series.map(|line| line.rsplit(' ').next().unwrap());
    values.map(|value| value.parse::<usize>().unwrap()).sum()
}

/// A machine of the account that owes money, which can't be bought.
pub(crate) fn purchase(name: &str) -> Value {
    json!({
        "apiVersion": "ecs.alibabacloud.m.crossplane.io/v1alpha1",
        "kind": "Instance",
        "metadata": {"name": name},
        "spec": {"forProvider": {
            "region": "cn-hangzhou", "instanceType": "ecs.g7.large", "imageId": "m-bp1image",
        }},
    })
}
