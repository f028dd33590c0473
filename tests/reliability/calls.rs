//! However many replicas there are, the cloud is polled as if there were one.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use crate::cloud::accounts;
use crate::double::Cloud;
use crate::installed::NAMESPACE;
use crate::replicas::{Settings, USUAL};
use crate::stage::{Stage, perform};

/// How often each account is listed, and for how long it is counted.
const INTERVAL: Duration = Duration::from_millis(500);
const COUNTED: Duration = Duration::from_secs(6);

/// Pages of listings, and no confirmations.
fn listings(cloud: &Cloud) -> usize {
    let calls = cloud.all_calls();
    calls
        .iter()
        .filter(|call| call.parameters.contains_key("LockReason"))
        .count()
}

#[test]
fn one_two_and_five_replicas_poll_the_cloud_alike() {
    let mut counts = Vec::new();
    for count in [1, 2, 5] {
        let settings = Settings { count, ..USUAL };
        perform(&settings, async |stage: &mut Stage| {
            for mut account in accounts(&stage.cloud, NAMESPACE) {
                account["spec"]["pollInterval"] = json!(format!("{}ms", INTERVAL.as_millis()));
                stage.installed.apply(&account).await;
            }
            sleep(Duration::from_secs(2)).await;
            stage.cloud.forget_calls();
            sleep(COUNTED).await;
            counts.push((count, listings(&stage.cloud)));
        });
    }
    let an_hour = |calls: usize| calls as f64 * 3600.0 / COUNTED.as_secs_f64();
    for (count, calls) in &counts {
        println!(
            "| {count} replicas | {calls} calls in {COUNTED:?} | {:.0} an hour |",
            an_hour(*calls)
        );
    }
    // Two accounts of one region each, two calls for a listing; a tenth of each interval is left to chance.
    let expected = 4.0 * COUNTED.as_secs_f64() / INTERVAL.as_secs_f64();
    for (count, calls) in counts {
        let share = calls as f64 / expected;
        assert!(
            (0.8..1.2).contains(&share),
            "{count} replicas: {calls} calls, expected {expected}"
        );
    }
}
