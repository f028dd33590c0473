//! What the tasks that list regions do to the readiness of the process.

use std::{sync::Arc, time::Duration};

use arrears::{
    clock::Clock,
    config::{self, Polled},
    ecs::{Board, Clients, Fleet},
    telemetry::Health,
};
use jiff::Timestamp;
use serde_json::json;

use super::{
    double::{Cloud, Fault},
    plan::{ACCESS_KEY, HANGZHOU, SECRET, setting},
};

const BEIJING: &str = "cn-beijing";

fn configured(cloud: &Cloud, regions: &[&str], policy: &str) -> config::Configuration {
    let endpoints = [HANGZHOU, BEIJING].map(|region| (region, cloud.endpoint()));
    let account = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsAccount", "metadata": {"name": "prod"},
        "spec": {"regions": regions, "endpoints": std::collections::BTreeMap::from(endpoints), "pollInterval": "10m"}});
    let policy = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "OverduePolicy", "metadata": {"name": "default"},
        "spec": serde_json::from_str::<serde_json::Value>(policy).unwrap()});
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("account.json"), account.to_string()).unwrap();
    std::fs::write(files.path().join("policy.json"), policy.to_string()).unwrap();
    config::load(Some(files.path()), &[], Timestamp::now()).unwrap()
}

struct Process {
    clients: Arc<Clients>,
    board: Arc<Board>,
    fleet: Fleet,
    health: Health,
}

impl Process {
    fn start(configuration: config::Configuration) -> Self {
        Self::start_as(configuration, |fleet| fleet)
    }

    fn start_as(
        configuration: config::Configuration,
        differently: impl FnOnce(Fleet) -> Fleet,
    ) -> Self {
        let clients = Arc::new(Clients::new(setting(Clock::system())));
        let polled = configuration.polled.clone();
        let board = Arc::new(Board::new(configuration));
        let health = Health::default();
        let fleet = Fleet::new(Arc::clone(&clients), Arc::clone(&board), health.clone());
        let process = Self {
            clients,
            board,
            fleet: differently(fleet),
            health,
        };
        process.take_over(&polled);
        process
    }

    fn configure(&self, configuration: config::Configuration) {
        let polled = configuration.polled.clone();
        self.board.configure(configuration);
        self.take_over(&polled);
    }

    fn take_over(&self, polled: &[Polled]) {
        self.clients.configure(polled);
        self.fleet.configure(polled);
    }

    async fn until_ready(&self) {
        while !self.health.is_ready() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until a region's line says this.
    async fn until_reported(&self, line: &str) {
        while !self.health.report().text.contains(line) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

fn cloud() -> Cloud {
    let cloud = Cloud::start();
    let account = cloud.account(ACCESS_KEY, SECRET);
    account.region(HANGZHOU).lock_instance("i-1", ["financial"]);
    account.region(BEIJING);
    cloud
}

#[tokio::test]
async fn a_process_is_ready_once_each_region_of_its_start_was_asked_for_and_stays_so_with_new_ones()
{
    let cloud = cloud();
    let held = cloud.fault(Fault::hold_call().region(HANGZHOU));
    let process = Process::start(configured(&cloud, &[HANGZHOU], "{}"));
    held.until_held(1).await;
    assert!(!process.health.is_ready());
    held.lift();
    process.until_ready().await;

    let held = cloud.fault(Fault::hold_call().region(BEIJING));
    process.configure(configured(&cloud, &[HANGZHOU, BEIJING], "{}"));
    held.until_held(1).await;
    assert!(
        process.health.is_ready(),
        "{}",
        process.health.report().text
    );
    held.lift();
    process.until_reported("[+]ecs prod cn-beijing ok").await;
}

#[tokio::test]
async fn a_region_that_can_not_be_asked_keeps_nobody_from_being_ready() {
    let cloud = cloud();
    cloud.fault(Fault::forbidden().region(BEIJING));
    let process = Process::start(configured(&cloud, &[HANGZHOU, BEIJING], "{}"));
    process.until_ready().await;
    process.until_reported("[!]ecs prod cn-beijing").await;
}

#[tokio::test]
async fn a_policy_to_which_nothing_is_fresh_does_not_have_listing_follow_upon_listing() {
    let cloud = cloud();
    let policy = r#"{"freshness": {"fresh": "0s"}}"#;
    let process = Process::start(configured(&cloud, &[HANGZHOU], policy));
    process.until_ready().await;
    // Two permissions and two lists.
    let began = cloud.total();
    assert_eq!(began, 4);
    let beginning = std::time::Instant::now();
    while beginning.elapsed() < Duration::from_millis(500) {
        process.fleet.wake_stale("prod", None);
        tokio::task::yield_now().await;
    }
    assert_eq!(cloud.total(), began);
    let listed_again = cloud.until(|calls| began < calls.len());
    tokio::time::timeout(Duration::from_secs(10), listed_again)
        .await
        .unwrap();
}

#[tokio::test]
async fn who_leaves_readiness_to_others_is_ready_while_regions_are_asked_for() {
    let cloud = cloud();
    let held = cloud.fault(Fault::hold_call());
    let configuration = configured(&cloud, &[HANGZHOU], "{}");
    let process = Process::start_as(configuration, Fleet::without_readiness_check);
    held.until_held(1).await;
    assert!(
        process.health.is_ready(),
        "{}",
        process.health.report().text
    );
    held.lift();
    process.until_reported("[+]ecs prod cn-hangzhou ok").await;
}

#[tokio::test]
async fn asking_ends_with_nothing_to_ask_for_and_what_was_heard_stays_known() {
    let cloud = cloud();
    let process = Process::start(configured(&cloud, &[HANGZHOU], "{}"));
    process.until_ready().await;
    process.fleet.configure(&[]);
    let asked = cloud.total();
    process.fleet.wake_all();
    let listings = process.board.listings();
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].1.snapshot.instances().count(), 1);
    // Asking again begins with a listing of its own.
    let configuration = configured(&cloud, &[HANGZHOU], "{}");
    process.fleet.configure(&configuration.polled);
    cloud.until(|calls| asked + 4 <= calls.len()).await;
    assert_eq!(cloud.total(), asked + 4);
}

#[tokio::test]
async fn trouble_can_be_read_with_its_remedy_until_the_region_is_listed() {
    let cloud = cloud();
    let fault = cloud.fault(Fault::forbidden().region(BEIJING));
    let process = Process::start(configured(&cloud, &[HANGZHOU, BEIJING], "{}"));
    let troubles = process.fleet.troubles();
    let mut changed = troubles.changed();
    process.until_ready().await;
    changed
        .wait_for(|()| !troubles.all().is_empty())
        .await
        .unwrap();
    let [(key, trouble)] = <[_; 1]>::try_from(Vec::from_iter(troubles.all())).unwrap();
    assert_eq!(key.region.as_str(), BEIJING);
    assert_eq!((trouble.reason, trouble.passes), ("NoPermission", false));
    assert!(
        trouble.text.contains("allow ecs:DescribeInstances") && !trouble.text.contains(SECRET),
        "{}",
        trouble.text
    );
    // Each call has an id of its own: the text is that of the first.
    process.fleet.wake_all();
    let seen = cloud.total();
    cloud.until(|calls| seen < calls.len()).await;
    assert_eq!(troubles.all()[&key], trouble);
    fault.lift();
    process.fleet.wake_all();
    changed
        .wait_for(|()| troubles.all().is_empty())
        .await
        .unwrap();
}
