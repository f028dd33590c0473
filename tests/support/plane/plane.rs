//! A real control plane (etcd, kube-apiserver, kubectl) for the tests of one binary, who share it.
//!
//! `#[path = "support/plane/plane.rs"] mod plane;` brings it in; [`Plane::shared`] starts it on first use.
//! What a test may rely on: the plane is ready, the foreign kinds are installed, each [`User`] has a client
//! and a kubectl context, and every process ends with the test binary however that ends (see [`guard`]).
//! What it must not rely on: being alone. [`Tenant`] is the part of the plane that a test has for itself.

#![allow(
    dead_code,
    reason = "each test binary that includes this module uses its own part of it"
)]

pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod call;
pub(crate) mod crds;
pub(crate) mod guard;
pub(crate) mod kubectl;
pub(crate) mod plain;
pub(crate) mod power;
pub(crate) mod process;
pub(crate) mod product;
pub(crate) mod programs;
pub(crate) mod registration;
pub(crate) mod stand_in;
mod start;
pub(crate) mod tenant;
pub(crate) mod users;
pub(crate) mod wait;

use std::path::{Path, PathBuf};

use kube::Client;
use kube::config::{Config, KubeConfigOptions, Kubeconfig};
use tokio::sync::{Mutex, OnceCell};

use self::process::Process;
use self::programs::Programs;
use self::tenant::Tenant;
use self::users::User;

/// A running etcd and kube-apiserver.
pub(crate) struct Plane {
    programs: Programs,
    folder: PathBuf,
    /// etcd and kube-apiserver.
    processes: Mutex<[Process; 2]>,
}

static SHARED: OnceCell<Result<Plane, String>> = OnceCell::const_new();

impl Plane {
    /// The plane of this test binary; the first caller starts it.
    ///
    /// A plane that can't be had fails every test with the same text: what is missing and how to get it.
    pub(crate) async fn shared() -> &'static Self {
        match SHARED.get_or_init(start::start).await {
            Ok(plane) => plane,
            Err(reason) => panic!("no control plane to test against: {reason}"),
        }
    }

    /// A plane of its own, whose API server gets these arguments besides.
    pub(crate) async fn with(arguments: &[String]) -> Self {
        start::start_with(arguments)
            .await
            .unwrap_or_else(|reason| panic!("no control plane to test against: {reason}"))
    }

    /// A client that acts as `user`.
    ///
    /// A client lives and dies with the runtime of the test that made it, so none is shared. It does not retry:
    /// an answer of 503 is something to look at here.
    pub(crate) async fn client(&self, user: User) -> Client {
        client(&self.folder, user)
            .await
            .expect("the plane's own kubeconfig makes a client")
    }

    /// The part of the plane for the test called `name`: a namespace of that name, and a label for webhooks to select by.
    pub(crate) async fn tenant(&'static self, name: &'static str) -> Tenant {
        Tenant::settle(self, name).await
    }

    /// The kubeconfig with one context for each user, the administrator's being the current one.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        kubeconfig(&self.folder)
    }

    /// The folder for files of tests that should go when the plane goes.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

fn kubeconfig(folder: &Path) -> PathBuf {
    folder.join("kubeconfig")
}

async fn client(folder: &Path, user: User) -> Result<Client, String> {
    let options = KubeConfigOptions {
        context: Some(user.context.to_owned()),
        ..KubeConfigOptions::default()
    };
    let text = Kubeconfig::read_from(kubeconfig(folder)).map_err(|error| error.to_string())?;
    let mut config = Config::from_custom_kubeconfig(text, &options)
        .await
        .map_err(|error| error.to_string())?;
    config.default_retry = false;
    config.proxy_url = None;
    Client::try_from(config).map_err(|error| error.to_string())
}
