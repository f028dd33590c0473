//! Accounts, regions, ages and reasons as the decision sees them.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Age, Answer, Builder, Facts, Freshness, RegionKey, Regions, Snapshot, Source, Unusable, View,
};

fn key(account: &str, region: &str) -> RegionKey {
    RegionKey {
        account: account.parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn facts(fill: impl FnOnce(&mut Builder)) -> Option<Facts> {
    let mut builder = Builder::new(
        "prod".parse().unwrap(),
        "cn-hangzhou".parse().unwrap(),
        Source::Ecs,
    );
    fill(&mut builder);
    let snapshot: Snapshot = builder.finish().unwrap();
    Some(Facts {
        snapshot,
        observed_at: at(0),
    })
}

fn financial() -> Vec<String> {
    vec!["financial".to_owned()]
}

#[test]
fn accounts_and_regions_come_in_order_and_the_never_known_are_there() {
    let regions = Regions::from([
        (key("prod", "cn-hangzhou"), facts(|_| {})),
        (key("dev", "cn-shanghai"), None),
        (key("prod", "cn-beijing"), None),
    ]);
    let view = View::build(&regions, &financial());
    let names: Vec<&str> = view
        .accounts()
        .iter()
        .map(|account| account.name().as_str())
        .collect();
    assert_eq!(names, ["dev", "prod"]);
    let prod = view.account("prod").unwrap();
    let ids: Vec<&str> = prod
        .regions()
        .iter()
        .map(|region| region.id().as_str())
        .collect();
    assert_eq!(ids, ["cn-beijing", "cn-hangzhou"]);
    assert!(prod.region("cn-beijing").unwrap().locks().is_none());
    assert!(
        view.region("prod", "cn-hangzhou")
            .unwrap()
            .locks()
            .is_some()
    );
    assert!(view.account("stage").is_none() && view.region("dev", "cn-hangzhou").is_none());
}

#[test]
fn facts_are_usable_until_they_expire() {
    let regions = Regions::from([
        (key("prod", "cn-beijing"), None),
        (key("prod", "cn-hangzhou"), facts(|_| {})),
    ]);
    let view = View::build(&regions, &financial());
    let freshness = Freshness {
        fresh: Duration::from_secs(120),
        max_stale: Duration::from_secs(3600),
    };
    let known = view.region("prod", "cn-hangzhou").unwrap();
    assert_eq!(
        known.age(at(-30), &freshness),
        Some(Age::Fresh),
        "dated ahead of now"
    );
    assert_eq!(known.locks().unwrap().elapsed(at(-30)), Duration::ZERO);
    assert_eq!(known.age(at(121), &freshness), Some(Age::Stale));
    assert!(known.usable(at(3600), &freshness).is_ok());
    assert_eq!(
        known.usable(at(3601), &freshness).err(),
        Some(Unusable::Expired)
    );
    let never = view.region("prod", "cn-beijing").unwrap();
    assert_eq!(never.age(at(0), &freshness), None);
    assert_eq!(
        never.usable(at(0), &freshness).err(),
        Some(Unusable::NeverKnown)
    );
}

#[test]
fn only_the_policys_reasons_count() {
    let none: Option<[&str; 0]> = None;
    let regions = Regions::from([(
        key("prod", "cn-hangzhou"),
        facts(|builder| {
            builder.instance("i-3", ["security"], none).unwrap();
            builder
                .instance("i-2", ["security", "Financial"], Some(["d-9"]))
                .unwrap();
            builder
                .instance("i-1", ["financial"], Some(["d-9"]))
                .unwrap();
            builder.disk("d-2", ["security"], ["i-2"]).unwrap();
        }),
    )]);
    let view = View::build(&regions, &financial());
    let locks = view.region("prod", "cn-hangzhou").unwrap().locks().unwrap();
    assert!(locks.instance("i-2") && !locks.instance("i-3") && !locks.instance("d-2"));
    assert_eq!(
        locks.any_instance(),
        Some("i-1"),
        "the smallest id, not the first listed"
    );
    assert_eq!((locks.instance_count(), locks.disk_count()), (2, 0));
    assert_eq!(locks.instance_of_disk("d-9"), Answer::Locked("i-1"));
    assert_eq!(
        locks.instance_of_disk("d-8"),
        Answer::NotLocked,
        "i-3 says nothing of its disks, but is not locked"
    );
    assert_eq!(locks.disk_of_instance("i-2"), None);

    let view = View::build(&regions, &["SECURITY".to_owned()]);
    let locks = view.region("prod", "cn-hangzhou").unwrap().locks().unwrap();
    assert_eq!(locks.instance_of_disk("d-8"), Answer::Unknown);
    assert_eq!(locks.instance_of_disk("d-2"), Answer::Locked("i-2"));
    assert_eq!(locks.disk_of_instance("i-2"), Some("d-2"));
}

#[test]
fn a_locked_disk_that_names_no_instance_is_attached_to_none() {
    let none: Option<[&str; 0]> = None;
    let nowhere: [&str; 0] = [];
    let regions = Regions::from([(
        key("prod", "cn-hangzhou"),
        facts(|builder| {
            builder.instance("i-1", ["financial"], none).unwrap();
            builder.disk("d-1", ["financial"], nowhere).unwrap();
            builder.disk("d-2", ["financial"], ["i-7"]).unwrap();
        }),
    )]);
    let view = View::build(&regions, &financial());
    let locks = view.region("prod", "cn-hangzhou").unwrap().locks().unwrap();
    assert_eq!(locks.instance_of_disk("d-1"), Answer::NotLocked);
    assert_eq!(locks.instance_of_disk("d-2"), Answer::NotLocked);
    assert_eq!(locks.instance_of_disk("d-3"), Answer::Unknown);
    assert_eq!(
        locks.disk_of_instance("i-7"),
        Some("d-2"),
        "an instance that is not locked can have a locked disk"
    );
}
