use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::{
    config::{Configuration, Polled},
    decision::Policy,
    lock::{Answer, Builder, Locks, Regions, Source, View},
};

fn key() -> RegionKey {
    RegionKey {
        account: "prod".parse().unwrap(),
        region: "cn-hangzhou".parse().unwrap(),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn configuration(lock_reasons: &[&str]) -> Configuration {
    let policy = Policy {
        lock_reasons: lock_reasons.iter().map(ToString::to_string).collect(),
        ..Policy::default()
    };
    let regions = Regions::from([(key(), None)]);
    let polled = Polled {
        name: "prod".to_owned(),
        spec: serde_json::from_str(r#"{"regions": ["cn-hangzhou"]}"#).unwrap(),
        secret: None,
        regions: vec![key()],
    };
    Configuration {
        basis: Basis {
            locks: View::build(&regions, &policy.lock_reasons),
            policy: policy.into(),
            ..Basis::default()
        },
        polled: vec![polled],
    }
}

fn board() -> Board {
    Board::new(configuration(&["financial"]))
}

/// A listing for `financial` that began so many seconds ago on.
fn list(board: &Board, second: i64, fill: impl FnOnce(&mut Builder)) -> bool {
    let mut builder = Builder::new(key().account, key().region, Source::Ecs);
    fill(&mut builder);
    let listed = Listed {
        snapshot: builder.finish().unwrap(),
        observed_at: at(second),
        listed_for: Arc::from(["financial".to_owned()]),
    };
    board.list(&key(), listed)
}

fn instance(builder: &mut Builder, id: &str) {
    let disks = None::<[&str; 0]>;
    builder.instance(id, ["financial"], disks).unwrap();
}

fn disk(builder: &mut Builder, id: &str) {
    builder.disk(id, ["financial"], [""; 0]).unwrap();
}

fn said(second: i64, reasons: &[&str]) -> Confirmation {
    Confirmation {
        asked_at: at(second),
        reasons: reasons.iter().map(ToString::to_string).collect(),
        instances: Vec::new(),
    }
}

fn see<T>(board: &Board, look: impl FnOnce(&Locks) -> T) -> T {
    let basis = board.basis().load();
    let region = basis.locks.region("prod", "cn-hangzhou").unwrap();
    look(region.locks().unwrap())
}

#[test]
fn a_listing_replaces_the_last_one_as_a_whole() {
    let board = board();
    assert!(list(&board, 0, |builder| instance(builder, "i-1")));
    assert!(list(&board, 30, |builder| instance(builder, "i-2")));
    assert!(see(&board, |locks| !locks.instance("i-1")
        && locks.instance("i-2")));
    assert_eq!(see(&board, Locks::instance_count), 1);
}

#[test]
fn an_answer_counts_against_the_listing_that_began_before_it_was_asked_for() {
    let board = board();
    list(&board, 0, |builder| instance(builder, "i-1"));
    let ask = |second, reasons: &[&str]| {
        let answers = [("i-1".to_owned(), said(second, reasons))];
        board.confirm(&key(), TargetKind::Instance, answers);
        see(&board, |locks| locks.instance("i-1"))
    };
    assert!(!ask(10, &[]), "it is paid");
    list(&board, 30, |builder| instance(builder, "i-1"));
    assert!(
        see(&board, |locks| locks.instance("i-1")),
        "it is locked anew"
    );
    assert!(ask(20, &[]), "that was before");
    assert!(!ask(40, &[]));
    list(&board, 35, |builder| instance(builder, "i-1"));
    assert!(
        !see(&board, |locks| locks.instance("i-1")),
        "asked while it was listed"
    );
}

#[test]
fn where_a_disk_is_attached_is_remembered_until_a_listing_has_the_disk() {
    let board = board();
    list(&board, 0, |builder| instance(builder, "i-1"));
    let answers = ["d-1", "d-2"].map(|id| (id.to_owned(), said(10, &[])));
    board.confirm(&key(), TargetKind::Disk, answers);
    list(&board, 30, |builder| {
        instance(builder, "i-1");
        disk(builder, "d-2");
    });
    let is_known = |locks: &Locks| locks.instance_of_disk("d-1") == Answer::NotLocked;
    assert!(see(&board, is_known));
    assert!(see(&board, |locks| locks.disk("d-2")));
}

#[test]
fn what_was_known_outlives_another_configuration_and_goes_with_its_region() {
    let board = board();
    list(&board, 0, |builder| instance(builder, "i-1"));
    board.configure(configuration(&["financial"]));
    assert!(see(&board, |locks| locks.instance("i-1") && locks.is_whole()));
    board.configure(Configuration {
        polled: Vec::new(),
        ..configuration(&["financial"])
    });
    board.configure(configuration(&["financial"]));
    let basis = board.basis().load();
    let region = basis.locks.region("prod", "cn-hangzhou").unwrap();
    assert!(region.locks().is_none());
}

#[test]
fn a_listing_for_fewer_reasons_than_the_policy_names_does_not_show_what_is_free() {
    let board = board();
    list(&board, 0, |builder| instance(builder, "i-1"));
    board.configure(configuration(&["Financial", "security"]));
    assert!(see(&board, |locks| locks.instance("i-1") && !locks.is_whole()));
    board.configure(configuration(&["FINANCIAL"]));
    assert!(see(&board, Locks::is_whole));
}

#[test]
fn a_listing_that_loses_all_of_one_kind_is_told_from_one_that_loses_some() {
    let board = board();
    let listing = |fill: fn(&mut Builder)| {
        let mut builder = Builder::new(key().account, key().region, Source::Ecs);
        fill(&mut builder);
        builder.finish().unwrap()
    };
    let (nothing, only_disks) = (listing(|_| {}), listing(|builder| disk(builder, "d-1")));
    assert!(!board.loses_a_side(&key(), &nothing), "nothing was known");
    list(&board, 0, |builder| {
        instance(builder, "i-1");
        disk(builder, "d-1");
        disk(builder, "d-2");
    });
    assert!(board.loses_a_side(&key(), &nothing));
    assert!(board.loses_a_side(&key(), &only_disks));
    let both = listing(|builder| {
        instance(builder, "i-2");
        disk(builder, "d-2");
    });
    assert!(!board.loses_a_side(&key(), &both));
}

#[test]
fn a_listing_from_elsewhere_counts_only_if_it_began_later() {
    let board = board();
    let mut changed = board.changed();
    assert!(list(&board, 10, |builder| instance(builder, "i-1")));
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    for second in [10, 9] {
        assert!(list(&board, second, |_| {}), "the region is asked for");
        assert!(see(&board, |locks| locks.instance("i-1")));
    }
    assert!(!changed.has_changed().unwrap());
    assert!(list(&board, 11, |_| {}));
    assert!(!see(&board, |locks| locks.instance("i-1")));
}

#[test]
fn a_listing_of_this_process_counts_even_if_its_clock_was_set_back() {
    let board = board();
    list(&board, 10, |builder| instance(builder, "i-1"));
    let builder = Builder::new(key().account, key().region, Source::Ecs);
    let listed = Listed {
        snapshot: builder.finish().unwrap(),
        observed_at: at(0),
        listed_for: Arc::from(["financial".to_owned()]),
    };
    assert!(board.renew(&key(), listed, Timestamp::MIN));
    assert!(!see(&board, |locks| locks.instance("i-1")));
}

#[test]
fn what_was_listed_can_be_looked_at() {
    let board = board();
    assert!(board.listings().is_empty());
    list(&board, 0, |builder| instance(builder, "i-1"));
    let [(of, facts)] = <[_; 1]>::try_from(board.listings()).unwrap();
    assert_eq!((of, facts.observed_at), (key(), at(0)));
}
