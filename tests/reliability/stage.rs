//! What every test finds: a control plane, a cloud, and replicas behind a Service that answer everything right.
//!
//! The tests share it, one after the other: whatever one of them leaves behind, broken or not, the next finds whole.

use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use kube::Client;
use serde_json::Value;
use tokio::runtime::Runtime;
use tokio::sync::Mutex;

use crate::asks::asks;
use crate::balancer::Balancer;
use crate::cloud::{cloud, mend};
use crate::double::Cloud;
use crate::installed::{Installed, NAME, NAMESPACE};
use crate::load::{Load, create};
use crate::outcome::{Outcome, Result};
use crate::plane::Plane;
use crate::plane::users::ADMIN;
use crate::plane::wait::within;
use crate::replicas::{Replicas, Settings};

/// Creations a second: enough that no fault of a tenth of a second goes by unseen, on a machine of two cores.
pub(crate) const EACH_SECOND: u32 = 50;

/// Until all is well again.
const RECOVERY: Duration = Duration::from_secs(30);

/// Connections live on the runtime that made them, and the stage outlives every test.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().unwrap());

static STAGE: Mutex<Option<Stage>> = Mutex::const_new(None);

/// The stage.
pub(crate) struct Stage {
    pub(crate) plane: &'static Plane,
    pub(crate) cloud: Cloud,
    pub(crate) balancer: Arc<Balancer>,
    pub(crate) installed: Installed,
    pub(crate) replicas: Replicas,
    /// The administrator's.
    pub(crate) client: Client,
    /// Whether a test has not come to its end, or has taken away what the release consists of.
    pub(crate) is_damaged: bool,
    /// How many refusals have been told of.
    refusals: usize,
}

/// Runs a test on the stage, with replicas as in `settings`.
pub(crate) fn perform(settings: &Settings, test: impl AsyncFnOnce(&mut Stage)) {
    RUNTIME.block_on(async {
        let mut stage = STAGE.lock().await;
        let stage = match &mut *stage {
            Some(stage) => stage,
            empty => empty.insert(Stage::set().await),
        };
        stage.restore(settings).await;
        stage.is_damaged = true;
        test(stage).await;
        stage.is_damaged = false;
        assert_eq!(
            stage.news_of_refusals(),
            [""; 0],
            "the chart does not allow it"
        );
    });
}

impl Stage {
    async fn set() -> Self {
        let plane = Plane::shared().await;
        let cloud = cloud();
        let balancer = Arc::new(Balancer::start().await);
        let client = plane.client(ADMIN).await;
        let installed = Installed::install(client.clone(), &cloud, balancer.port()).await;
        let (api_server, authority) = api_server(plane);
        let replicas = Replicas::new(
            plane.folder().join("replicas"),
            api_server,
            authority.into(),
            Arc::clone(&balancer),
        );
        Self {
            plane,
            cloud,
            balancer,
            installed,
            replicas,
            client,
            is_damaged: false,
            refusals: 0,
        }
    }

    /// Makes everything whole, and waits until every creation is answered right.
    async fn restore(&mut self, settings: &Settings) {
        self.plane.resume_etcd().await;
        mend(&self.cloud);
        if self.is_damaged {
            self.installed.restore(&self.cloud).await;
        }
        self.installed.configure(&self.cloud).await;
        self.replicas.settle(settings, &self.installed).await;
        self.until_right(RECOVERY).await;
    }

    /// What the replicas have asked for since the last time without being allowed to.
    pub(crate) fn news_of_refusals(&mut self) -> Vec<String> {
        let user = format!("\"system:serviceaccount:{NAMESPACE}:{NAME}\"");
        let log = std::fs::read_to_string(self.plane.folder().join("audit.log")).unwrap();
        let refusals: Vec<_> = log
            .lines()
            .filter(|line| line.contains("/decision\":\"forbid\"") && line.contains(&user))
            .skip(self.refusals)
            .map(str::to_owned)
            .collect();
        self.refusals += refusals.len();
        refusals
    }

    /// Waits until every creation is answered right, twice in a row; tells how long that took.
    pub(crate) async fn until_right(&self, limit: Duration) -> Duration {
        let begin = std::time::Instant::now();
        let right = within(limit, async || {
            for ask in asks().iter().chain(&asks()) {
                let outcome = create(&self.client, ask, std::time::Instant::now()).await;
                if outcome.result != Result::Right {
                    return Err(format!("{}: {:?}", ask.body, outcome.result));
                }
            }
            Ok(())
        });
        if let Err(last) = right.await {
            panic!("not right after {limit:?}: {last}");
        }
        begin.elapsed()
    }

    /// Creations while something happens.
    pub(crate) async fn under_load(
        &mut self,
        happens: impl AsyncFnOnce(&mut Self),
    ) -> Vec<Outcome> {
        let load = Load::begin(self.client.clone(), EACH_SECOND);
        happens(self).await;
        load.end().await
    }
}

/// Where the API server is, and the file with its authority.
fn api_server(plane: &Plane) -> (SocketAddr, String) {
    let text = std::fs::read_to_string(plane.kubeconfig()).unwrap();
    let config: Value = serde_json::from_str(&text).unwrap();
    let cluster = &config["clusters"][0]["cluster"];
    let server = cluster["server"].as_str().unwrap();
    let address = server.strip_prefix("https://").unwrap().parse().unwrap();
    (
        address,
        cluster["certificate-authority"]
            .as_str()
            .unwrap()
            .to_owned(),
    )
}
