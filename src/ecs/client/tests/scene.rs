//! A client, the service that it asks, and the keys that it asks with.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Mutex, atomic::AtomicUsize, atomic::Ordering},
};

use serde_json::json;

use super::{
    super::*,
    service::{Act, Service},
};
use crate::ecs::{credentials::keys::Keys, http::Http, manual_clock::Manual};

pub(super) struct Scene {
    pub(super) client: Client,
    pub(super) service: Service,
    pub(super) region: RegionId,
    pub(super) manual: Manual,
    pub(super) ring: Arc<Ring>,
    metrics: Arc<Metrics>,
}

impl Scene {
    /// A service that does what the script says, asked as fast as one likes.
    pub(super) async fn new(script: impl Fn(usize) -> Act + Send + 'static) -> Self {
        Self::with(script, Ring::of([keys(0)])).await
    }

    pub(super) async fn with(script: impl Fn(usize) -> Act + Send + 'static, ring: Ring) -> Self {
        let rate = Rate {
            per_second: 1000,
            burst: 1000,
        };
        Self::made(script, ring, rate).await
    }

    pub(super) async fn paced(script: impl Fn(usize) -> Act + Send + 'static, rate: Rate) -> Self {
        Self::made(script, Ring::of([keys(0)]), rate).await
    }

    async fn made(script: impl Fn(usize) -> Act + Send + 'static, ring: Ring, rate: Rate) -> Self {
        let service = Service::start(script).await;
        let spec = json!({
            "regions": ["cn-hangzhou"],
            "endpoints": {"cn-hangzhou": service.endpoint()},
        });
        let (metrics, manual) = (Arc::new(Metrics::new()), Manual::hurried());
        let ring = Arc::new(ring);
        let client = Client::with(
            "prod",
            &serde_json::from_value(spec).unwrap(),
            Arc::clone(&ring) as Arc<dyn Keyring>,
            Http::direct().unwrap(),
            rate,
            Arc::clone(&metrics),
            manual.clock(),
        );
        Self {
            client: client.unwrap(),
            service,
            region: "cn-hangzhou".parse().unwrap(),
            manual,
            ring,
            metrics,
        }
    }

    pub(super) async fn instances(&self, query: Query<'_>) -> Result<Page<Instance>, Error> {
        self.client.instances(&self.region, query, patience()).await
    }

    pub(super) async fn disks(&self, query: Query<'_>) -> Result<Page<Disk>, Error> {
        self.client.disks(&self.region, query, patience()).await
    }

    pub(super) async fn instance(&self, id: &str) -> Result<Instance, Error> {
        self.client
            .instance_attribute(&self.region, id, patience())
            .await
    }

    /// How many requests ended so.
    pub(super) fn counted(&self, action: &str, outcome: &str) -> usize {
        let name =
            format!(r#"arrears_ecs_requests_total{{action="{action}",outcome="{outcome}"}} "#);
        let page = self.metrics.render();
        let mut counts = page.lines().filter_map(|line| line.strip_prefix(&name));
        counts.next().unwrap().parse().unwrap()
    }
}

/// Keys one after the other: those that are rejected give way to the next, the last ones stay.
#[derive(Debug)]
pub(super) struct Ring {
    keys: Mutex<VecDeque<Arc<Keys>>>,
    rejected: AtomicUsize,
}

impl Ring {
    pub(super) fn of(keys: impl IntoIterator<Item = Keys>) -> Self {
        Self {
            keys: Mutex::new(keys.into_iter().map(Arc::new).collect()),
            rejected: AtomicUsize::new(0),
        }
    }

    pub(super) fn rejected(&self) -> usize {
        self.rejected.load(Ordering::Relaxed)
    }
}

impl Keyring for Ring {
    fn keys(&self) -> Pin<Box<dyn Future<Output = Result<Arc<Keys>, String>> + Send + '_>> {
        let first = self.keys.lock().unwrap().front().cloned();
        let keys = first.ok_or_else(|| "the ring is empty".to_owned());
        Box::pin(std::future::ready(keys))
    }

    fn reject(&self, _: &Keys) {
        self.rejected.fetch_add(1, Ordering::Relaxed);
        let mut keys = self.keys.lock().unwrap();
        if 1 < keys.len() {
            keys.pop_front();
        }
    }
}

/// The keys of this number.
pub(super) fn keys(number: usize) -> Keys {
    Keys {
        access_key_id: format!("the-id-{number}"),
        access_key_secret: format!("the-secret-{number}").into(),
        security_token: Some(format!("the-token-{number}").into()),
        expires_at: None,
    }
}

/// More than any test needs.
pub(super) fn patience() -> Patience {
    within(Duration::from_secs(30))
}

pub(super) fn within(total: Duration) -> Patience {
    Patience {
        total,
        attempt: Duration::from_secs(30),
        priority: Priority::Poll,
    }
}

pub(super) fn an_empty_page() -> String {
    json!({"Instances": {"Instance": []}, "NextToken": ""}).to_string()
}

pub(super) fn ok(body: String) -> Act {
    Act::Answer(200, "", body)
}

pub(super) fn refusal(status: u16, code: &str) -> Act {
    let body = json!({"Code": code, "Message": "m", "RequestId": "R-1"});
    Act::Answer(status, "", body.to_string())
}

pub(super) fn throttled(headers: &'static str) -> Act {
    let body = json!({"Code": "Throttling.User", "Message": "m"});
    Act::Answer(400, headers, body.to_string())
}

/// Whether there was a pause between the attempts.
pub(super) fn rested(scene: &Scene) -> bool {
    let slept = scene.manual.slept();
    slept.len() == 1 && Duration::from_millis(100) <= slept[0]
}
