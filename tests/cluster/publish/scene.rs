//! A cloud, an API server without anybody's objects, and what a replica reads there.
//!
//! Objects of cluster scope are everybody's, and a publisher deletes what it does not know: one scene at a time.

use std::{collections::BTreeMap, time::Duration};

use arrears::{clock::Clock, cluster::Shards, ecs::Listed, lock::RegionKey};
use hyper::Request;
use kube::{
    Client,
    client::Body,
    config::{Config, KubeConfigOptions, Kubeconfig},
};
use serde_json::{Value, json};
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    double::Cloud,
    plane::{
        Plane,
        product::definitions,
        users::ADMIN,
        wait::{until, within},
    },
};

pub(crate) const HANGZHOU: &str = "cn-hangzhou";
pub(crate) const BEIJING: &str = "cn-beijing";

const LOCKS: &str = "/apis/arrears.dev/v1alpha1/locksnapshots";
const ACCOUNTS: &str = "/apis/arrears.dev/v1alpha1/ecsaccounts";
const EVENTS: &str = "/apis/events.k8s.io/v1/namespaces/default/events";

static ALONE: Mutex<()> = Mutex::const_new(());

pub(crate) struct Scene {
    pub(crate) cloud: Cloud,
    pub(crate) admin: Client,
    pub(crate) plane: &'static Plane,
    _alone: MutexGuard<'static, ()>,
}

impl Scene {
    pub(crate) async fn begin() -> Self {
        let alone = ALONE.lock().await;
        let plane = Plane::shared().await;
        plane.install_crds(&definitions()).await;
        let admin = plane.client(ADMIN).await;
        let cloud = Cloud::start();
        let account = cloud.account("LTAItestkey", "thesecretofthetests");
        for region in [HANGZHOU, BEIJING] {
            account.region(region);
        }
        let scene = Self {
            cloud,
            admin,
            plane,
            _alone: alone,
        };
        for path in [LOCKS, ACCOUNTS, EVENTS] {
            scene.send("DELETE", path, &json!({})).await;
        }
        until("nothing of another test", async || {
            let left = scene.locks().await.len() + scene.list(ACCOUNTS).await.len();
            match left {
                0 => Ok(()),
                left => Err(format!("{left} objects")),
            }
        })
        .await;
        scene
    }

    /// Sends something as the administrator and gives the answer, be it what it may.
    pub(crate) async fn send(&self, method: &str, path: &str, body: &Value) -> Value {
        let content_type = match method {
            "PATCH" => "application/merge-patch+json",
            _ => "application/json",
        };
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .body(Body::from(body.to_string().into_bytes()))
            .unwrap();
        let response = self.admin.send(request).await.unwrap();
        let body = response.into_body().collect_bytes().await.unwrap();
        serde_json::from_slice(&body).unwrap()
    }

    async fn list(&self, path: &str) -> Vec<Value> {
        let list = self.send("GET", path, &json!({})).await;
        list["items"].as_array().unwrap().clone()
    }

    /// Every `LockSnapshot`, by name.
    pub(crate) async fn locks(&self) -> BTreeMap<String, Value> {
        let items = self.list(LOCKS).await.into_iter().map(|mut object| {
            // Of a list they are not said.
            object["apiVersion"] = json!("arrears.dev/v1alpha1");
            object["kind"] = json!("LockSnapshot");
            let name = object["metadata"]["name"].as_str().unwrap().to_owned();
            (name, object)
        });
        items.collect()
    }

    /// Waits until a `LockSnapshot` is there.
    pub(crate) async fn until_there(&self, name: &str) {
        self.until_locks(name, "LockSnapshot").await;
    }

    /// Waits until a `LockSnapshot` is not there.
    pub(crate) async fn until_gone(&self, name: &str) {
        self.until_locks(name, "Status").await;
    }

    async fn until_locks(&self, name: &str, kind: &str) {
        // Many large objects take a busy machine a while.
        let seen = within(Duration::from_secs(180), async || {
            let path = format!("{LOCKS}/{name}");
            let found = self.send("GET", &path, &json!({})).await;
            match found["kind"] == *kind {
                true => Ok(()),
                false => Err(format!("{name} is a {}", found["kind"])),
            }
        });
        seen.await.unwrap();
    }

    pub(crate) async fn create_locks(&self, object: &Value) {
        let created = self.send("POST", LOCKS, object).await;
        assert_eq!(created["kind"], "LockSnapshot", "{created}");
    }

    /// The account's object, with its regions in the cloud of this scene.
    pub(crate) fn account(&self, regions: &[&str]) -> Value {
        let endpoints: BTreeMap<&str, String> = [HANGZHOU, BEIJING]
            .map(|region| (region, self.cloud.endpoint()))
            .into();
        json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsAccount", "metadata": {"name": "prod"},
            "spec": {"regions": regions, "endpoints": endpoints, "pollInterval": "200ms", "callsPerSecond": 1000}})
    }

    pub(crate) async fn create_account(&self, regions: &[&str]) {
        let created = self.send("POST", ACCOUNTS, &self.account(regions)).await;
        assert_eq!(created["kind"], "EcsAccount", "{created}");
    }

    /// The versions of the account and of every `LockSnapshot`.
    pub(crate) async fn versions(&self) -> Vec<String> {
        let accounts = self.list(ACCOUNTS).await;
        let objects = accounts.into_iter().chain(self.locks().await.into_values());
        let versions = objects.map(|object| object["metadata"]["resourceVersion"].to_string());
        versions.collect()
    }

    pub(crate) async fn status(&self) -> Value {
        let account = self
            .send("GET", &format!("{ACCOUNTS}/prod"), &json!({}))
            .await;
        account["status"].clone()
    }

    /// Waits until a condition of the account says this.
    pub(crate) async fn until_condition(&self, type_: &str, says: &str) -> Value {
        until("a condition", async || {
            let status = self.status().await;
            let conditions = status["conditions"].as_array().cloned().unwrap_or_default();
            let found = conditions
                .iter()
                .find(|condition| condition["type"] == *type_);
            let text = found.map_or_else(String::new, |condition| {
                let text = |name: &str| condition[name].as_str().unwrap().to_owned();
                format!("{} {}: {}", text("status"), text("reason"), text("message"))
            });
            match text.starts_with(says) {
                true => Ok(status),
                false => Err(format!("{type_} says {text:?}, not {says:?}: {status}")),
            }
        })
        .await
    }

    /// The events about the account so far, as type and reason.
    pub(crate) async fn events(&self) -> Vec<String> {
        let mut events = self.list(EVENTS).await;
        events.retain(|event| event["regarding"]["name"] == "prod");
        events.sort_by_key(|event| event["eventTime"].as_str().unwrap().to_owned());
        let told = events.iter().map(|event| {
            assert_eq!(event["regarding"]["kind"], "EcsAccount");
            assert!(event["regarding"]["uid"].is_string());
            let text = |name: &str| event[name].as_str().unwrap().to_owned();
            format!("{} {}: {}", text("type"), text("reason"), text("note"))
        });
        told.collect()
    }

    pub(crate) async fn until_event(&self, says: &str) {
        until("an event", async || {
            let events = self.events().await;
            match events.iter().any(|event| event.starts_with(says)) {
                true => Ok(()),
                false => Err(format!("{events:?}")),
            }
        })
        .await;
    }

    /// What a replica that begins now reads.
    pub(crate) async fn read(&self) -> BTreeMap<RegionKey, Listed> {
        let mut shards = Shards::new(Clock::system());
        let mut read = BTreeMap::new();
        for (name, object) in self.locks().await {
            read.extend(shards.apply(&name, object.to_string().as_bytes()).unwrap());
        }
        read
    }

    /// Waits until a replica that begins now reads exactly these locked instances of a region.
    pub(crate) async fn until_read(&self, region: &str, instances: &[&str]) -> Listed {
        until("a listing", async || {
            let read = self.read().await;
            let listed = read.get(&key(region)).ok_or("nothing is listed")?;
            let ids: Vec<_> = listed
                .snapshot
                .instances()
                .map(|entry| entry.id().to_owned())
                .collect();
            match ids == instances {
                true => Ok(listed.clone()),
                false => Err(format!("{} ids: {:?}", ids.len(), ids.first())),
            }
        })
        .await
    }

    /// A client of somebody who has no rights but those that are given to that name.
    pub(crate) async fn client_of(&self, name: &str) -> Client {
        let kubeconfig = Kubeconfig::read_from(self.plane.kubeconfig()).unwrap();
        let options = KubeConfigOptions::default();
        let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .unwrap();
        config.default_retry = false;
        config.proxy_url = None;
        config.auth_info.impersonate = Some(name.to_owned());
        Client::try_from(config).unwrap()
    }
}

pub(crate) fn key(region: &str) -> RegionKey {
    RegionKey {
        account: "prod".parse().unwrap(),
        region: region.parse().unwrap(),
    }
}
