//! One account whose cloud is the double, and a webhook that asks it.

use std::{borrow::Cow, path::PathBuf, sync::Arc, time::Duration};

use arrears::{
    admission::{Handler, Reply},
    clock::Clock,
    config,
    decision::{self, Basis},
    ecs::{Board, Clients, Confirmer, Environment, Region, Setting, Times, Wait},
    kinds::{AccountRef, Asked, Ids, Inference, Operation, Subject, Target},
    matrix::calls,
    server::{self, Server, Tls},
    telemetry::{Health, Metrics},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    clock::Shifted,
    double::{self, Cloud},
    plan::{ACCESS_KEY, Ground, HANGZHOU, Plan, SECRET},
};

pub(crate) struct Scene {
    pub(crate) double: Arc<Cloud>,
    pub(crate) clock: Shifted,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) regions: tokio::sync::Mutex<Vec<Region>>,
    handler: Arc<Handler>,
    pub(crate) clients: Arc<Clients>,
    /// The process's home directory.
    pub(crate) home: PathBuf,
    url: String,
    http: reqwest::Client,
    _files: tempfile::TempDir,
    server: tokio::task::JoinHandle<()>,
}

/// What was answered to one review.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) allowed: bool,
    pub(crate) code: Option<u16>,
    pub(crate) message: String,
    pub(crate) warnings: Vec<String>,
    pub(crate) annotations: Value,
}

impl Scene {
    pub(crate) async fn begin() -> Self {
        Self::of(Plan::default()).await
    }

    pub(crate) async fn begin_in(regions: &[&str]) -> Self {
        Self::of(Plan {
            regions,
            ..Plan::default()
        })
        .await
    }

    pub(crate) async fn of(plan: Plan<'_>) -> Self {
        let clock = Shifted::default();
        let double = Arc::new(Cloud::start());
        let account = double.account(ACCESS_KEY, SECRET);
        for region in plan.regions {
            account.region(region);
        }
        let time = clock.clone();
        double.set_clock(move || time.time());
        let endpoints: Value = plan
            .regions
            .iter()
            .map(|region| ((*region).to_owned(), Value::from(double.endpoint())))
            .collect::<serde_json::Map<_, _>>()
            .into();
        let files = tempfile::tempdir().unwrap();
        let [home, directory] = ["home", "config"].map(|name| files.path().join(name));
        std::fs::create_dir(&home).unwrap();
        std::fs::create_dir(&directory).unwrap();
        let keyed = (plan.keys)(&Ground {
            cloud: &double,
            home: &home,
            config: &directory,
        });
        let account = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsAccount", "metadata": {"name": "prod"},
            "spec": {"default": true, "regions": plan.regions, "defaultRegion": plan.regions.last(), "endpoints": endpoints, "callsPerSecond": 1000,
                "credentials": keyed.credentials}});
        let policy = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "OverduePolicy", "metadata": {"name": "default"},
            "spec": {"unknown": plan.unknown}});
        std::fs::write(directory.join("account.json"), account.to_string()).unwrap();
        std::fs::write(directory.join("policy.json"), policy.to_string()).unwrap();
        let configuration = config::load(Some(&directory), &[], clock.time()).unwrap();

        let metrics = Arc::new(Metrics::new());
        let health = Health::default();
        let wait = Wait {
            total: plan.attempt * 2,
            attempt: plan.attempt,
        };
        let variables = [("HOME", home.to_str().unwrap().to_owned())].into_iter();
        let clients = Arc::new(Clients::new(Setting {
            environment: Environment::of(variables.chain(keyed.variables))
                .served_at(&double.endpoint(), &double.endpoint()),
            times: Times {
                page: wait,
                permission: wait,
                confirmation: wait,
            },
            metrics: Arc::clone(&metrics),
            clock: Clock::new(clock.clone()),
        }));
        clients.configure(&configuration.polled);
        let keys: Vec<_> = configuration
            .polled
            .iter()
            .flat_map(|account| account.regions.clone())
            .collect();
        let board = Arc::new(Board::new(configuration));
        let regions = keys.into_iter().map(|key| {
            Region::new(
                key,
                Arc::clone(&clients),
                Arc::clone(&board),
                health.clone(),
            )
        });
        let regions = tokio::sync::Mutex::new(regions.collect());
        let confirmer = Confirmer::new(
            Arc::clone(&clients),
            Arc::clone(&board),
            None,
            Arc::clone(&metrics),
        );
        let time = clock.clone();
        let handler = Handler::new(Arc::clone(board.basis()), Arc::clone(&metrics), move || {
            time.time()
        })
        .confirming(Arc::new(confirmer));
        let handler = Arc::new(handler);
        let served = Arc::clone(&handler);

        let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let tls = Tls::from_pem(
            certified.cert.pem().as_bytes(),
            certified.signing_key.serialize_pem().as_bytes(),
        )
        .unwrap();
        let listen = "127.0.0.1:0".parse().unwrap();
        let config = server::Config::new(listen, None);
        let bound = Server::bind(config, tls, Arc::clone(&metrics), health.clone());
        let bound = bound.await.unwrap();
        let port = bound.local_addr().port();
        let server = tokio::spawn(async move {
            let never = std::future::pending();
            bound
                .run(served, never, std::future::pending())
                .await
                .unwrap();
        });
        let authority = reqwest::Certificate::from_pem(certified.cert.pem().as_bytes()).unwrap();
        let http = reqwest::Client::builder()
            .tls_certs_only([authority])
            .no_proxy()
            .resolve("localhost", ([127, 0, 0, 1], port).into())
            .build()
            .unwrap();
        Self {
            double,
            clock,
            metrics,
            handler,
            regions,
            clients,
            home,
            url: format!("https://localhost:{port}/validate?timeout=10s"),
            http,
            _files: files,
            server,
        }
    }

    pub(crate) fn account(&self) -> double::Account<'_> {
        self.double.first_account()
    }

    /// The default region's cloud.
    pub(crate) fn cloud(&self) -> double::Region<'_> {
        self.cloud_in(HANGZHOU)
    }

    pub(crate) fn cloud_in(&self, region: &str) -> double::Region<'_> {
        self.double.region(region)
    }

    /// Lists every region once; all must succeed.
    pub(crate) async fn list(&self) {
        for outcome in self.try_list().await {
            outcome.unwrap();
        }
    }

    pub(crate) async fn try_list(&self) -> Vec<Result<(), arrears::ecs::Error>> {
        let mut outcomes = Vec::new();
        for region in self.regions.lock().await.iter_mut() {
            outcomes.push(region.poll().await);
        }
        outcomes
    }

    /// Puts every clock forward.
    pub(crate) fn seconds(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    pub(crate) fn minute(&self) {
        self.seconds(60);
    }

    pub(crate) async fn ask(&self, action: &str, instances: &[&str], disks: &[&str]) -> Answer {
        self.ask_in(HANGZHOU, action, instances, disks).await
    }

    pub(crate) async fn ask_in(
        &self,
        region: &str,
        action: &str,
        instances: &[&str],
        disks: &[&str],
    ) -> Answer {
        let review = review(region, action, instances, disks);
        self.send(&review).await
    }

    /// Has the creation of an object judged.
    pub(crate) async fn review(&self, object: &Value) -> Answer {
        self.send(&creation(object)).await
    }

    async fn send(&self, review: &Value) -> Answer {
        let response = self
            .http
            .post(&self.url)
            .header("content-type", "application/json")
            .body(review.to_string())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = serde_json::from_slice(&response.bytes().await.unwrap()).unwrap();
        let response = &answer["response"];
        let texts = |value: &Value| {
            let texts = value.as_array().into_iter().flatten();
            texts
                .map(|text| text.as_str().unwrap().to_owned())
                .collect()
        };
        Answer {
            allowed: response["allowed"].as_bool().unwrap(),
            code: response["status"]["code"]
                .as_u64()
                .map(|code| code.try_into().unwrap()),
            message: response["status"]["message"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            warnings: texts(&response["warnings"]),
            annotations: response["auditAnnotations"].clone(),
        }
    }

    /// Asks the server's own handler, without the way there; gives the whole answer.
    pub(crate) async fn ask_directly(&self, action: &str, instance: &str) -> String {
        let review = review(HANGZHOU, action, &[instance], &[]);
        let body = Bytes::from(review.to_string());
        match self.handler.review(body, None).await {
            Reply::Review(text) => String::from_utf8(text).unwrap(),
            Reply::BadRequest(text) => panic!("{}", String::from_utf8_lossy(&text)),
        }
    }

    pub(crate) async fn allows(&self, action: &str, instances: &[&str], disks: &[&str]) {
        let answer = self.ask(action, instances, disks).await;
        let verdict = &answer.annotations["verdict"];
        assert!(answer.allowed && verdict == "allow", "{answer:?}");
    }

    pub(crate) async fn denies(&self, action: &str, instances: &[&str], disks: &[&str]) {
        let answer = self.ask(action, instances, disks).await;
        assert!(!answer.allowed && answer.code == Some(403), "{answer:?}");
    }

    /// Waits until the metrics have this line.
    pub(crate) async fn until_counted(&self, line: &str) {
        while !self.metrics.render().lines().any(|text| text == line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(crate) fn calls(&self, action: &str) -> usize {
        self.double.count(action)
    }

    /// How many pages of listings were asked for.
    pub(crate) fn listings(&self) -> usize {
        let calls = self.double.all_calls();
        let calls = calls.iter();
        calls
            .filter(|call| call.parameters.contains_key("LockReason"))
            .count()
    }

    pub(crate) fn dry_runs(&self) -> usize {
        let calls = self.double.all_calls();
        let calls = calls.iter();
        calls
            .filter(|call| {
                call.parameters
                    .get("DryRun")
                    .is_some_and(|value| value == "true")
            })
            .count()
    }
}

/// The review of an operation that is asked for in our own words.
fn review(region: &str, action: &str, instances: &[&str], disks: &[&str]) -> Value {
    let spec =
        json!({"action": action, "regionId": region, "instanceIds": instances, "diskIds": disks});
    creation(
        &json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsOperation",
        "metadata": {"name": "ask", "namespace": "shop"}, "spec": spec}),
    )
}

/// The review of an object's creation.
fn creation(object: &Value) -> Value {
    let api_version = object["apiVersion"].as_str().unwrap();
    let (group, version) = api_version.split_once('/').unwrap();
    let kind = json!({"group": group, "version": version, "kind": object["kind"]});
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "kind": kind, "operation": "CREATE", "namespace": "shop", "name": "ask",
        "object": object}})
}

/// The verdict on starting `i-1` in Hangzhou, without a server.
pub(crate) fn decide(basis: &Basis, now: Timestamp) -> String {
    let inference = Inference::Asked(Asked {
        subject: Subject {
            account: AccountRef::Default,
            region: Some(HANGZHOU.into()),
        },
        operations: calls("StartInstance".into())
            .into_iter()
            .map(|call| Operation {
                call,
                target: Target {
                    instances: Ids::all([Cow::from("i-1")], Ids::None),
                    disks: Ids::None,
                },
                field: "spec.action".into(),
            })
            .collect(),
        note: None,
    });
    let kind = "EcsOperation.arrears.dev";
    let verdict = decision::decide(&inference, kind, None, basis, now);
    verdict.outcome().to_string()
}

impl Drop for Scene {
    fn drop(&mut self) {
        self.server.abort();
    }
}
