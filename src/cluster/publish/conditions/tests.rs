use super::*;
use crate::lock::{Builder, Facts, Regions, Source};

const HANGZHOU: &str = "cn-hangzhou";
const BEIJING: &str = "cn-beijing";

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

struct Scene {
    regions: Vec<RegionId>,
    listed: Regions,
    troubles: BTreeMap<RegionKey, Trouble>,
    problem: Option<&'static str>,
    now: Timestamp,
}

fn key(region: &str) -> RegionKey {
    RegionKey {
        account: "prod".parse().unwrap(),
        region: region.parse().unwrap(),
    }
}

impl Scene {
    fn of(regions: &[&str]) -> Self {
        Self {
            regions: regions
                .iter()
                .map(|region| region.parse().unwrap())
                .collect(),
            listed: regions.iter().map(|region| (key(region), None)).collect(),
            troubles: BTreeMap::new(),
            problem: None,
            now: at(0),
        }
    }

    fn listed(mut self, region: &str, instances: usize, disks: usize) -> Self {
        let RegionKey { account, region } = key(region);
        let mut builder = Builder::new(account, region.clone(), Source::Ecs);
        for id in 0..instances {
            let none = None::<[&str; 0]>;
            builder
                .instance(&format!("i-{id}"), ["financial"], none)
                .unwrap();
        }
        for id in 0..disks {
            builder
                .disk(&format!("d-{id}"), ["Financial"], [""; 0])
                .unwrap();
        }
        let facts = Facts {
            listed_for: Some(["financial".to_owned()].into()),
            ..Facts::listed(builder.finish().unwrap(), at(0))
        };
        self.listed.insert(key(region.as_str()), Some(facts));
        self
    }

    fn troubled(mut self, region: &str, passes: bool) -> Self {
        let trouble = Trouble {
            reason: "NoPermission",
            text: "may not; allow it".to_owned(),
            passes,
        };
        self.troubles.insert(key(region), trouble);
        self
    }

    fn at(mut self, second: i64) -> Self {
        self.now = at(second);
        self
    }

    fn status(&self, before: &EcsAccountStatus) -> EcsAccountStatus {
        let policy = Policy::default();
        let account = Account {
            name: &"prod".parse().unwrap(),
            regions: &self.regions,
            problem: self.problem,
            generation: Some(3),
            locks: &View::build(&self.listed, &policy.lock_reasons),
            troubles: &self.troubles,
            policy: &policy,
            now: self.now,
        };
        account.status(before)
    }

    fn says(&self) -> [String; 3] {
        let status = self.status(&EcsAccountStatus::default());
        [READY, OVERDUE, STALE].map(|type_| {
            let condition = find(&status, type_).unwrap();
            let Condition {
                status,
                reason,
                message,
                ..
            } = condition;
            format!("{status} {reason}: {message}")
        })
    }
}

#[test]
fn an_account_with_nothing_locked_is_ready_and_not_overdue() {
    let scene = Scene::of(&[HANGZHOU]).listed(HANGZHOU, 0, 0);
    assert_eq!(
        scene.says(),
        [
            "True Listed: every region is listed",
            "False NothingLocked: nothing is locked for financial",
            "False Fresh: what is known is fresh",
        ]
    );
    let status = scene.status(&EcsAccountStatus::default());
    assert!(
        status
            .conditions
            .iter()
            .all(|condition| condition.observed_generation == Some(3))
    );
    let region = &status.regions[0];
    assert_eq!((region.locked_instances, region.locked_disks), (0, 0));
    assert_eq!(
        (region.observed_at, region.last_error.as_deref()),
        (Some(at(0)), None)
    );
}

#[test]
fn what_is_locked_is_counted_by_region() {
    let scene = Scene::of(&[HANGZHOU, BEIJING])
        .listed(HANGZHOU, 2, 1)
        .listed(BEIJING, 0, 1);
    let [_, overdue, _] = scene.says();
    assert_eq!(
        overdue,
        "True Locked: locked for financial: 1 disk in cn-beijing; 2 instances and 1 disk in cn-hangzhou"
    );
}

#[test]
fn a_region_that_was_never_listed_makes_it_unknown_unless_something_is_locked_elsewhere() {
    let scene = Scene::of(&[HANGZHOU, BEIJING]).listed(HANGZHOU, 0, 0);
    assert_eq!(
        scene.says(),
        [
            "False NotListed: cn-beijing: not listed yet",
            "Unknown NotListed: what is locked is not known in cn-beijing",
            "Unknown NotListed: never listed: cn-beijing",
        ]
    );
    let [_, overdue, _] = scene.listed(HANGZHOU, 1, 0).says();
    assert_eq!(
        overdue,
        "True Locked: locked for financial: 1 instance in cn-hangzhou"
    );
}

#[test]
fn facts_grow_old_and_expire() {
    let scene = Scene::of(&[HANGZHOU]).listed(HANGZHOU, 1, 0);
    let [_, overdue, stale] = scene.at(121).says();
    assert!(overdue.starts_with("True Locked"), "{overdue}");
    assert_eq!(
        stale,
        "True Old: what is known is no longer fresh in cn-hangzhou"
    );
    let [ready, overdue, stale] = Scene::of(&[HANGZHOU])
        .listed(HANGZHOU, 1, 0)
        .at(3601)
        .says();
    assert_eq!(ready, "True Listed: every region is listed");
    assert_eq!(
        overdue,
        "Unknown Expired: what is locked is not known in cn-hangzhou"
    );
    assert_eq!(
        stale,
        "True Expired: what is known is too old to be used in cn-hangzhou"
    );
}

#[test]
fn trouble_is_told_with_its_remedy_and_what_passes_only_once_facts_are_old() {
    let scene = Scene::of(&[HANGZHOU])
        .listed(HANGZHOU, 0, 0)
        .troubled(HANGZHOU, false);
    let [ready, ..] = scene.says();
    assert_eq!(ready, "False NoPermission: cn-hangzhou: may not; allow it");
    let scene = scene.troubled(HANGZHOU, true);
    let [ready, ..] = scene.says();
    assert!(ready.starts_with("True"), "{ready}");
    let status = scene.status(&EcsAccountStatus::default());
    assert_eq!(
        status.regions[0].last_error.as_deref(),
        Some("may not; allow it")
    );
    let [ready, ..] = scene.at(121).says();
    assert!(ready.starts_with("False NoPermission"), "{ready}");
}

#[test]
fn an_object_that_is_wrong_or_empty_says_so() {
    let mut scene = Scene::of(&[]);
    let [ready, overdue, stale] = scene.says();
    assert!(ready.starts_with("False NoRegions"), "{ready}");
    assert!(overdue.starts_with("Unknown") && stale.starts_with("Unknown"));
    scene.problem = Some("spec.pollInterval: must be longer than 0s");
    let [ready, ..] = scene.says();
    assert_eq!(
        ready,
        "False Invalid: spec.pollInterval: must be longer than 0s"
    );
}

#[test]
fn the_time_of_a_condition_is_that_of_its_last_turn() {
    let free = Scene::of(&[HANGZHOU]).listed(HANGZHOU, 0, 0);
    let first = free.status(&EcsAccountStatus::default());
    let again = Scene::of(&[HANGZHOU])
        .listed(HANGZHOU, 0, 0)
        .at(60)
        .status(&first);
    assert!(is_there(&first, &again) && !has_turned(&first, &again));
    let locked = Scene::of(&[HANGZHOU])
        .listed(HANGZHOU, 1, 0)
        .at(90)
        .status(&again);
    assert!(has_turned(&again, &locked));
    let time =
        |status: &EcsAccountStatus, type_| find(status, type_).unwrap().last_transition_time.0;
    assert_eq!(time(&locked, OVERDUE), at(90));
    assert_eq!(time(&locked, READY), at(0));
    let more = Scene::of(&[HANGZHOU])
        .listed(HANGZHOU, 2, 0)
        .at(95)
        .status(&locked);
    assert!(!is_there(&locked, &more) && !has_turned(&locked, &more));
    assert_eq!(time(&more, OVERDUE), at(90));
}

#[test]
fn of_many_regions_the_first_are_named() {
    let names: Vec<String> = (0..20).map(|number| format!("cn-x{number:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let [ready, ..] = Scene::of(&names).says();
    assert!(ready.ends_with("; and 12 more"), "{ready}");
}
