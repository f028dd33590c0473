//! The cloud fails: what was known stays in force, and nothing that it says by mistake is believed.

use std::time::Duration;

use tokio::time::sleep;

use crate::double::{Cloud, Denial, Fault};
use crate::replicas::USUAL;
use crate::row::Row;
use crate::stage::{Stage, perform};

/// Several listings of every account.
const LONG: Duration = Duration::from_secs(8);

/// A fault of the cloud for a while; it has to have been met.
fn during(fault: &'static str, begin: impl FnOnce(&Cloud), was_met: impl FnOnce(&Cloud) -> usize) {
    perform(&USUAL, async |stage: &mut Stage| {
        let outcomes = stage
            .under_load(async |stage| {
                begin(&stage.cloud);
                sleep(LONG).await;
            })
            .await;
        let met = was_met(&stage.cloud);
        let mut row = Row::new(fault, outcomes);
        row.demand(0 < met, "the fault met no call");
        row.note(format!("met {met} calls"));
        row.close();
    });
}

/// Calls that were answered otherwise than well.
fn refused(cloud: &Cloud) -> usize {
    let calls = cloud.all_calls();
    let is_refused = |status: u16| 400 <= status;
    calls
        .iter()
        .filter(|call| {
            call.answer
                .as_ref()
                .is_some_and(|(status, _)| is_refused(*status))
        })
        .count()
}

#[test]
fn ecs_throttles_every_call() {
    let begin = |cloud: &Cloud| {
        cloud.forget_calls();
        cloud.fault(Fault::throttled(None));
    };
    during("ECS throttles every call", begin, refused);
}

#[test]
fn ecs_lies_with_empty_lists() {
    let begin = |cloud: &Cloud| {
        cloud.forget_calls();
        for action in ["DescribeInstances", "DescribeDisks"] {
            cloud.first_account().deny(action, Denial::EmptyList);
        }
    };
    during("ECS lies with empty lists", begin, Cloud::total);
}

#[test]
fn ecs_is_down() {
    perform(&USUAL, async |stage: &mut Stage| {
        let outcomes = stage
            .under_load(async |stage| {
                stage.cloud.close();
                stage.cloud.forget_calls();
                sleep(LONG).await;
            })
            .await;
        let mut row = Row::new("ECS is down", outcomes);
        row.demand(stage.cloud.total() == 0, "the cloud was not down");
        row.close();
    });
}
