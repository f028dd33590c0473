//! The calls that an SDK is made to make, and the table of what it made of the answers.

use std::time::Duration;

use jiff::SignedDuration;

use super::driver::{Driver, Item, Job, Outcome};
use crate::double::{Call, Cloud, Denial, Fault, Locks};

const INSTANCES: &str = "DescribeInstances";
const DISKS: &str = "DescribeDisks";
const ATTRIBUTE: &str = "DescribeInstanceAttribute";

/// A call, and how the cloud is then.
struct Case {
    name: &'static str,
    /// Prepares the cloud and changes the call.
    prepare: fn(&Cloud, &mut Job),
    actions: &'static [&'static str],
}

/// A request that was sent, with the secret that it was signed with.
pub(super) struct Captured {
    pub(super) call: Call,
    pub(super) secret: String,
}

const CASES: &[Case] = &[
    everywhere("ok", |_, _| {}),
    lists("filtered", |_, job| set(job, "LockReason", "financial")),
    lists("by ids", |_, job| {
        set(job, "InstanceIds", r#"["i-1","i-3","i-9"]"#);
        set(job, "DiskIds", r#"["d-1","d-9"]"#);
    }),
    lists("no such ids", |_, job| {
        set(job, "InstanceIds", "[]");
        set(job, "DiskIds", "[]");
    }),
    lists("paged", |cloud, job| {
        cloud.region("cn-hangzhou").pay_all().lock_many(25, 25);
        set(job, "LockReason", "financial");
        set(job, "MaxResults", "10");
    }),
    lists("dry run", |_, job| set(job, "DryRun", "true")),
    everywhere("temporary keys", lend),
    everywhere("expired token", |cloud, job| {
        lend(cloud, job);
        cloud.expire_sessions();
    }),
    everywhere("no token", |cloud, job| {
        lend(cloud, job);
        job.token.clear();
    }),
    everywhere("bad signature", |_, job| job.secret = "WRONG".to_owned()),
    everywhere("unknown key", |_, job| job.key = "NOBODY".to_owned()),
    everywhere("inactive key", |cloud, _| cloud.set_active("AKID", false)),
    everywhere("clock 20 min off", |cloud, _| {
        cloud.set_ahead(SignedDuration::from_mins(20));
    }),
    everywhere("forbidden", |cloud, job| {
        _ = cloud.first_account().deny(&job.action, Denial::Forbidden);
    }),
    lists("forbidden, before 2025-12", |cloud, job| {
        _ = cloud.first_account().deny(&job.action, Denial::EmptyList);
    }),
    everywhere("throttled", |cloud, _| {
        _ = cloud.fault(Fault::throttled(None));
    }),
    everywhere("throttled, rate limit told", |cloud, _| {
        _ = cloud.fault(Fault::throttled(Some(Duration::from_millis(2500))));
    }),
    everywhere("throttled, wait told", |cloud, _| {
        _ = cloud.fault(Fault::throttled_with("x-acs-retry-after", "2500"));
    }),
    everywhere("internal error", |cloud, _| {
        _ = cloud.fault(Fault::server_error());
    }),
    everywhere("unavailable", |cloud, _| {
        _ = cloud.fault(Fault::unavailable());
    }),
    lists("unknown region", |_, job| {
        set(job, "RegionId", "cn-nowhere");
    }),
    lists("unknown lock reason", |_, job| {
        set(job, "LockReason", "overdue");
    }),
    lists("ids of no form", |_, job| {
        set(job, "InstanceIds", "i-1");
        set(job, "DiskIds", "d-1");
    }),
    of(&[DISKS, ATTRIBUTE], "unknown instance", |_, job| {
        set(job, "InstanceId", "i-9");
    }),
];

const fn everywhere(name: &'static str, prepare: fn(&Cloud, &mut Job)) -> Case {
    of(&[INSTANCES, DISKS, ATTRIBUTE], name, prepare)
}

const fn lists(name: &'static str, prepare: fn(&Cloud, &mut Job)) -> Case {
    of(&[INSTANCES, DISKS], name, prepare)
}

const fn of(
    actions: &'static [&'static str],
    name: &'static str,
    prepare: fn(&Cloud, &mut Job),
) -> Case {
    Case {
        name,
        prepare,
        actions,
    }
}

/// Runs every case for every action that has it.
pub(super) fn run(driver: &mut Driver) -> (String, Vec<Captured>) {
    let mut table = String::new();
    let mut captured = Vec::new();
    for action in [INSTANCES, DISKS, ATTRIBUTE] {
        for case in CASES.iter().filter(|case| case.actions.contains(&action)) {
            let cloud = cloud();
            let mut job = job(&cloud, action);
            (case.prepare)(&cloud, &mut job);
            let outcome = driver.ask(&job);
            table += &format!("{action:26}{:27}{}\n", case.name, told(&outcome));

            let calls = cloud.all_calls();
            assert_eq!(calls.len(), outcome.pages.max(1), "{action}, {}", case.name);
            captured.extend(calls.into_iter().map(|call| Captured {
                call,
                secret: job.secret.clone(),
            }));
        }
    }
    (table, captured)
}

fn cloud() -> Cloud {
    let cloud = Cloud::start();
    cloud.account("AKID", "SECRET");
    let region = cloud.region("cn-hangzhou");
    region
        .lock_instance("i-1", ["financial", "security"])
        .instance("i-2");
    region
        .set_instance("i-3", Locks::Null)
        .set_instance("i-4", Locks::Missing);
    region.lock_disk("d-1", ["financial"]).attach("d-1", "i-1");
    region.disk("d-2").attach("d-2", "i-1").attach("d-2", "i-2");
    cloud
}

fn job(cloud: &Cloud, action: &str) -> Job {
    let parameters: &[(&str, &str)] = match action {
        INSTANCES => &[("RegionId", "cn-hangzhou"), ("MaxResults", "100")],
        DISKS => &[("RegionId", "cn-hangzhou"), ("MaxResults", "500")],
        _ => &[("InstanceId", "i-1")],
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Job {
        endpoint: cloud.endpoint().replace("http://", ""),
        key: "AKID".to_owned(),
        secret: "SECRET".to_owned(),
        token: String::new(),
        action: action.to_owned(),
        parameters: parameters.iter().map(owned).collect(),
    }
}

/// Sets a parameter, if the action has it: each has its own id filter, and an SDK's request has no other.
fn set(job: &mut Job, name: &str, value: &str) {
    let is_of_another = match job.action.as_str() {
        INSTANCES => ["DiskIds", "InstanceId"].contains(&name),
        _ => name == "InstanceIds",
    };
    if !is_of_another {
        job.parameters.insert(name.to_owned(), value.to_owned());
    }
}

/// The call is made with temporary keys.
fn lend(cloud: &Cloud, job: &mut Job) {
    let expires = cloud.now() + SignedDuration::from_hours(1);
    let keys = cloud.first_account().temporary_keys(expires);
    (job.key, job.secret, job.token) = (keys.id, keys.secret, keys.token);
}

fn told(outcome: &Outcome) -> String {
    if let Some(error) = &outcome.error {
        assert!(!error.request_id.is_empty(), "{error:?}");
        let mut told = format!("{} error {} {}", error.kind, error.status, error.code);
        if !error.auth_action.is_empty() {
            told += &format!(", lacks {}", error.auth_action);
        }
        if let Some(wait) = error.retry_after {
            told += &format!(", wait {wait}");
        }
        return told;
    }
    let items = outcome.items.as_deref().unwrap_or_default();
    match items.len() {
        0 => "nothing".to_owned(),
        many if 10 < many => format!("{many} items in {} pages", outcome.pages),
        _ => items.iter().map(one).collect::<Vec<_>>().join(" "),
    }
}

fn one(item: &Item) -> String {
    let mut told = item.id.clone();
    let locks = item.locks.as_deref().unwrap_or_default();
    if !locks.is_empty() {
        told += &format!("[{}]", locks.join(","));
    }
    let instances = item.instances.as_deref().unwrap_or_default();
    if !instances.is_empty() {
        told += &format!("@{}", instances.join(","));
    }
    told
}
