//! Accounts, regions, ages and reasons as the decision sees them.

use std::time::Duration;

use jiff::Timestamp;

use super::{
    Age, Answer, Builder, Confirmation, Confirmed, Facts, Freshness, Locks, RegionKey, Regions,
    Snapshot, Source, Unusable, View,
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
    Some(Facts::listed(snapshot, at(0)))
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

/// A listing of which `i-1` and `i-2` are locked, `d-1` is locked and on `i-1`, and of which these were asked for later.
fn asked_since(asked: impl FnOnce(&mut Confirmed)) -> View {
    let mut facts = facts(|builder| {
        builder
            .instance("i-1", ["financial"], None::<[&str; 0]>)
            .unwrap();
        builder
            .instance("i-2", ["financial"], None::<[&str; 0]>)
            .unwrap();
        builder.disk("d-1", ["financial"], ["i-1"]).unwrap();
    });
    if let Some(facts) = &mut facts {
        asked(&mut facts.confirmed);
    }
    let regions = Regions::from([(key("prod", "cn-hangzhou"), facts)]);
    View::build(&regions, &financial())
}

fn said(reasons: &[&str], instances: &[&str]) -> Confirmation {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    Confirmation {
        asked_at: at(60),
        reasons: texts(reasons),
        instances: texts(instances),
    }
}

fn locks(view: &View) -> &Locks {
    let region = view.region("prod", "cn-hangzhou").unwrap();
    region.locks().unwrap()
}

#[test]
fn an_answer_goes_before_the_listing_and_is_younger() {
    let view = asked_since(|asked| {
        asked.instance("i-1", said(&[], &[]));
        asked.instance("i-2", said(&["Financial"], &[]));
        asked.instance("i-3", said(&["security"], &[]));
    });
    let locks = locks(&view);
    assert!(!locks.instance("i-1") && locks.instance("i-2") && !locks.instance("i-3"));
    assert_eq!(locks.instance_count(), 1);
    assert_eq!(locks.any_instance(), Some("i-2"));
    assert_eq!(locks.locked_instances().collect::<Vec<_>>(), ["i-2"]);
    let now = at(90);
    assert_eq!(locks.instance_elapsed("i-2", now), Duration::from_secs(30));
    assert_eq!(locks.instance_elapsed("i-9", now), Duration::from_secs(90));
    assert_eq!(locks.disk_elapsed("d-1", now), Duration::from_secs(90));
    // The disk's lock is as it was, and so is where it is attached, but the instance is free.
    assert_eq!(locks.disk_of_instance("i-1"), Some("d-1"));
    assert_eq!(locks.instance_of_disk("d-1"), Answer::NotLocked);
}

#[test]
fn when_all_is_paid_nothing_is_locked_and_nothing_unknown() {
    let view = asked_since(|asked| {
        asked.instance("i-1", said(&[], &[]));
        asked.instance("i-2", said(&[], &[]));
        asked.disk("d-1", said(&[], &["i-1"]));
    });
    let locks = locks(&view);
    assert_eq!((locks.instance_count(), locks.disk_count()), (0, 0));
    assert_eq!((locks.any_instance(), locks.any_disk()), (None, None));
    assert_eq!(locks.disk_of_instance("i-1"), None);
    assert_eq!(locks.instance_of_disk("d-other"), Answer::NotLocked);
}

#[test]
fn where_a_disk_is_attached_is_known_once_it_was_asked_for() {
    let view = asked_since(|asked| {
        asked.disk("d-2", said(&[], &["i-9", "i-2"]));
        asked.disk("d-3", said(&["financial"], &["i-3"]));
        asked.disk("d-4", said(&[], &[]));
    });
    let locks = locks(&view);
    assert_eq!(locks.instance_of_disk("d-2"), Answer::Locked("i-2"));
    assert_eq!(locks.instance_of_disk("d-3"), Answer::NotLocked);
    assert_eq!(locks.instance_of_disk("d-4"), Answer::NotLocked);
    assert_eq!(locks.instance_of_disk("d-5"), Answer::Unknown);
    assert_eq!(locks.disk_of_instance("i-3"), Some("d-3"));
    assert_eq!(locks.disk_count(), 2);
    assert_eq!(locks.any_disk(), Some("d-3"));
}

#[test]
fn one_region_can_take_other_facts() {
    let regions = Regions::from([
        (key("prod", "cn-beijing"), None),
        (key("prod", "cn-hangzhou"), None),
    ]);
    let mut view = View::build(&regions, &financial());
    let listed = facts(|builder| builder.disk("d-1", ["financial"], [""; 0]).unwrap());
    view.put(
        &key("prod", "cn-hangzhou"),
        listed.clone().unwrap(),
        &financial(),
    );
    view.put(&key("prod", "cn-shanghai"), listed.unwrap(), &financial());
    assert!(locks(&view).disk("d-1"));
    let is_live = |region| view.region("prod", region).unwrap().is_live();
    assert!(is_live("cn-hangzhou") && !is_live("cn-beijing"));
    assert!(view.region("prod", "cn-beijing").unwrap().locks().is_none());
    assert!(view.region("prod", "cn-shanghai").is_none());
}
