//! Every second call is throttled, for ten minutes: nobody starves, reviews notice nothing, and fewer calls are made.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arrears::{
    clock::{Clock, Time},
    config,
    ecs::{Board, Clients, Fleet},
    telemetry::Health,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{
    double::{Cloud, Fault},
    plan::{ACCESS_KEY, SECRET, setting},
};

/// So much faster than the machine's does this clock go.
const PACE: u32 = 60;

const REGIONS: [&str; 5] = [
    "cn-beijing",
    "cn-chengdu",
    "cn-hangzhou",
    "cn-shanghai",
    "cn-shenzhen",
];

/// Time in fast motion.
#[derive(Clone)]
struct Fast(Instant, Timestamp);

impl Fast {
    fn time(&self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.0.elapsed() * PACE).unwrap();
        self.1 + elapsed
    }
}

impl Time for Fast {
    fn now(&self) -> Timestamp {
        self.time()
    }

    fn sleep(&self, duration: Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        Box::pin(tokio::time::sleep(duration / PACE))
    }
}

/// What a fleet did in ten minutes.
struct Course {
    calls: usize,
    /// The oldest facts that a region had once it had been listed.
    oldest: SignedDuration,
    /// 99 of 100 decisions took no longer.
    p99: Duration,
}

async fn ten_minutes(fault: Option<Fault>) -> Course {
    let clock = Fast(Instant::now(), Timestamp::now());
    let cloud = Cloud::start();
    let account = cloud.account(ACCESS_KEY, SECRET);
    let endpoints = REGIONS.map(|region| {
        account.region(region).lock_instance("i-1", ["financial"]);
        (region.to_owned(), Value::from(cloud.endpoint()))
    });
    let time = clock.clone();
    cloud.set_clock(move || time.time());
    let endpoints: Value = serde_json::Map::from_iter(endpoints).into();
    let account = json!({"apiVersion": "arrears.dev/v1alpha1", "kind": "EcsAccount", "metadata": {"name": "prod"},
        "spec": {"regions": REGIONS, "endpoints": endpoints}});
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("account.json"), account.to_string()).unwrap();
    let configuration = config::load(Some(files.path()), &[], clock.time()).unwrap();
    let polled = configuration.polled.clone();
    let clients = Arc::new(Clients::new(setting(Clock::new(clock.clone()))));
    clients.configure(&polled);
    let board = Arc::new(Board::new(configuration));
    let fleet = Fleet::new(clients, Arc::clone(&board), Health::default());
    fleet.configure(&polled);
    while board.basis().load().locks.accounts()[0]
        .regions()
        .iter()
        .any(|region| region.locks().is_none())
    {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    cloud.forget_calls();
    if let Some(fault) = fault {
        cloud.fault(fault);
    }
    let end = clock.time() + SignedDuration::from_mins(10);
    let mut oldest = SignedDuration::ZERO;
    let mut decisions = Vec::new();
    while clock.time() < end {
        let basis = board.basis().load();
        let now = clock.time();
        for region in basis.locks.accounts()[0].regions() {
            let observed_at = region.locks().unwrap().observed_at();
            oldest = oldest.max(now.duration_since(observed_at));
        }
        let began = Instant::now();
        let answer = super::scene::decide(&basis, now);
        decisions.push(began.elapsed());
        assert_eq!(answer, "deny");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    decisions.sort();
    Course {
        calls: cloud.total(),
        oldest,
        p99: decisions[decisions.len() * 99 / 100],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_starves_in_a_throttle_storm() {
    let quiet = ten_minutes(None).await;
    let storm = ten_minutes(Some(Fault::throttled(None).every(2))).await;
    eprintln!(
        "quiet: {} calls, oldest {}, p99 {:?}; storm: {} calls, oldest {}, p99 {:?}",
        quiet.calls, quiet.oldest, quiet.p99, storm.calls, storm.oldest, storm.p99
    );
    // Half of the calls were for nothing, and still there were fewer of them.
    assert!(storm.calls < quiet.calls, "{} {}", storm.calls, quiet.calls);
    // Far from `maxStale`, in every region.
    assert!(
        storm.oldest < SignedDuration::from_mins(8),
        "{}",
        storm.oldest
    );
}
