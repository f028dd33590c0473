//! `helm uninstall` under load: nothing is ever blocked, and nothing comes back.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;

use crate::installed::{registration, rendered};
use crate::outcome::Result;
use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

/// The order in which Helm deletes what the chart renders; the definitions stay.
const ORDER: [&str; 10] = [
    "ValidatingWebhookConfiguration",
    "Service",
    "Deployment",
    "RoleBinding",
    "Role",
    "ClusterRoleBinding",
    "ClusterRole",
    "ServiceAccount",
    "PodDisruptionBudget",
    "NetworkPolicy",
];

#[test]
fn uninstalled_under_load() {
    perform(&USUAL, async |stage: &mut Stage| {
        let mut gone = Instant::now();
        let mut outcomes = stage
            .under_load(async |stage| {
                sleep(Duration::from_secs(1)).await;
                gone = Instant::now();
                let mut objects = rendered(stage.balancer.port());
                objects.retain(|object| object["kind"] != "CustomResourceDefinition");
                let is_known = |object: &Value| ORDER.iter().any(|kind| object["kind"] == *kind);
                assert!(objects.iter().all(is_known), "{objects:?}");
                for kind in ORDER {
                    if kind == "Deployment" {
                        // Its pods are told to end, and Helm goes on.
                        stage
                            .replicas
                            .running
                            .iter()
                            .for_each(crate::replica::Replica::terminate);
                    }
                    for object in objects.iter().filter(|object| object["kind"] == kind) {
                        stage.installed.delete(object).await;
                    }
                }
                for replica in &mut stage.replicas.running {
                    replica.gone().await;
                }
                sleep(Duration::from_secs(1)).await;
            })
            .await;
        let came_back = stage.installed.stored(&registration()).await;
        // Nobody denies any more: from here on, that is right.
        for outcome in &mut outcomes {
            let is_after = gone <= outcome.begin + outcome.took;
            if is_after && outcome.result == Result::Wrong("accepted".to_owned()) {
                outcome.result = Result::Right;
            }
        }
        // Without their rights they were refused, as they should be.
        stage.news_of_refusals();
        // It is installed anew for the next test.
        stage.installed.restore(&stage.cloud).await;
        let mut row = Row::new("uninstalled, in Helm's order", outcomes);
        row.demand(came_back.is_none(), "the registration came back");
        row.close();
    });
}
