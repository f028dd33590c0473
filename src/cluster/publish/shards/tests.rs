use std::{collections::BTreeMap, sync::Arc};

use proptest::prelude::*;

use super::*;
use crate::{
    clock::Time,
    cluster::publish::{mark::Mark, objects},
    lock::{Builder, Source, Split},
};

/// The names and JSON of one listing's objects, by their place in the set.
type Set = Vec<(String, Vec<u8>)>;

struct Fixed;

impl Time for Fixed {
    fn now(&self) -> Timestamp {
        at(60)
    }

    fn sleep(&self, _: std::time::Duration) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
        unreachable!("nothing waits")
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn key() -> RegionKey {
    RegionKey {
        account: "prod".parse().unwrap(),
        region: "cn-hangzhou".parse().unwrap(),
    }
}

fn reader() -> Shards {
    Shards::new(Clock::new(Fixed))
}

/// Ids that are named after the time, so that a mixture would show.
fn set(second: i64, ids: usize, limit: usize) -> Set {
    let RegionKey { account, region } = key();
    let mut builder = Builder::new(account, region, Source::Ecs).observed_at(at(second));
    for id in 0..ids {
        let disks = None::<[&str; 0]>;
        let id = format!("i-{second}-{id}");
        builder.instance(&id, ["financial"], disks).unwrap();
    }
    let split = Split::new(&builder.finish().unwrap(), at(second), limit);
    let mark = Mark {
        observed_at: at(second),
        count: split.count(),
        fingerprint: split.fingerprint().to_owned(),
    };
    let object = |index| {
        let piece = split.piece(index).unwrap();
        let json = objects::document(&key(), index, &mark, "financial,security", piece).unwrap();
        (mark::name(&key(), index), json.get().as_bytes().to_vec())
    };
    (0..split.count()).map(object).collect()
}

fn ids(listed: &Listed) -> Vec<String> {
    let ids = listed
        .snapshot
        .instances()
        .map(|entry| entry.id().to_owned());
    ids.collect()
}

fn feed(reader: &mut Shards, (name, json): &(String, Vec<u8>)) -> Option<Listed> {
    let given = reader.apply(name, json).unwrap();
    given.map(|(of, listed)| {
        assert_eq!(of, key());
        listed
    })
}

fn all(reader: &mut Shards, set: &Set) -> Vec<Listed> {
    set.iter()
        .filter_map(|object| feed(reader, object))
        .collect()
}

#[test]
fn a_set_is_given_out_with_its_last_object_and_says_what_it_was_made_for() {
    let mut reader = reader();
    let set = set(0, 9, 150);
    assert!(2 < set.len());
    for object in set.iter().skip(1).rev() {
        assert!(feed(&mut reader, object).is_none());
    }
    let listed = feed(&mut reader, &set[0]).unwrap();
    assert_eq!(listed.observed_at, at(0));
    assert_eq!(*listed.listed_for, ["financial", "security"]);
    assert_eq!(ids(&listed).len(), 9);
    assert_eq!(reader.in_force().count(), 1);
}

#[test]
fn what_is_known_is_not_given_out_again() {
    let mut reader = reader();
    let set = set(0, 9, 150);
    assert_eq!(all(&mut reader, &set).len(), 1);
    assert_eq!(all(&mut reader, &set).len(), 0);
    assert!(reader.regions[&key()].newer.is_empty());
}

#[test]
fn half_of_a_newer_set_leaves_the_last_one_in_force() {
    let mut reader = reader();
    let (old, new) = (set(0, 9, 150), set(30, 9, 150));
    all(&mut reader, &old);
    assert_eq!(all(&mut reader, &new[1..].to_vec()).len(), 0);
    let in_force: Vec<_> = reader.in_force().map(|(_, listed)| ids(listed)).collect();
    assert!(in_force[0].iter().all(|id| id.starts_with("i-0-")));
    let given = all(&mut reader, &new[..1].to_vec());
    assert!(ids(&given[0]).iter().all(|id| id.starts_with("i-30-")));
    // It never goes back.
    assert_eq!(all(&mut reader, &old).len(), 0);
}

#[test]
fn a_set_that_shrinks_or_grows_is_read_with_old_objects_still_there() {
    let mut reader = reader();
    for (second, ids_there) in [(0, 9), (10, 1), (20, 20), (30, 0)] {
        let set = set(second, ids_there, 150);
        let given = all(&mut reader, &set);
        assert_eq!(given.len(), 1);
        assert_eq!(ids(&given[0]).len(), ids_there);
    }
}

#[test]
fn sets_of_one_time_that_are_cut_differently_do_not_mix() {
    let mut reader = reader();
    let (one, other) = (set(0, 9, 175), set(0, 9, 210));
    assert_eq!((one.len(), other.len()), (2, 2));
    assert_ne!(one[0].1, other[0].1);
    assert!(feed(&mut reader, &one[1]).is_none());
    assert!(feed(&mut reader, &other[0]).is_none());
    assert_eq!(all(&mut reader, &one).len(), 1);
}

#[test]
fn an_object_that_can_not_be_read_is_named_and_keeps_none_from_being_read() {
    let mut reader = reader();
    let good = set(0, 9, 150);
    let text = String::from_utf8(good[0].1.clone()).unwrap();
    for (garbage, says) in [
        ("", "EOF"),
        ("[]", "invalid"),
        ("{}", "metadata"),
        (
            &text.replace("\"account\":\"prod\"", "\"account\":\"dev\""),
            "is not called dev.cn-hangzhou",
        ),
        (
            &text.replace("\"index\":0", "\"index\":1"),
            "is not called prod.cn-hangzhou.1",
        ),
        (
            &text.replace("\"index\":0", "\"index\":70000"),
            "is not called",
        ),
        (&text.replace("\"reasons\"", "\"reason\""), "reason"),
        (
            &text.replace("lock-reasons", "lock-seasons"),
            "lock-reasons is missing",
        ),
        (
            &text.replace(&at(0).to_string(), &at(200).to_string()),
            "ahead",
        ),
        (
            &text.replace("prod.cn-hangzhou\"", "prod\""),
            "calls itself",
        ),
    ] {
        let error = reader
            .apply("prod.cn-hangzhou", garbage.as_bytes())
            .unwrap_err();
        assert_eq!(error.name, "prod.cn-hangzhou");
        assert!(error.to_string().contains(says), "{error}");
    }
    assert!(reader.places.is_empty() && reader.regions.is_empty());
    assert_eq!(all(&mut reader, &good).len(), 1);
    reader.apply("prod.cn-hangzhou", b"{}").unwrap_err();
    assert_eq!(reader.in_force().count(), 1);
    assert_eq!(all(&mut reader, &set(1, 9, 150)).len(), 1);
}

#[test]
fn an_object_of_somebody_else_is_passed_over() {
    let mut reader = reader();
    let set = set(0, 1, 1000);
    let text = String::from_utf8(set[0].1.clone()).unwrap();
    let own = text.replace("\"app.kubernetes.io/managed-by\":\"arrears\"", "");
    assert!(reader.apply(&set[0].0, own.as_bytes()).unwrap().is_none());
    assert_eq!(all(&mut reader, &set).len(), 1);
    reader.apply(&set[0].0, own.as_bytes()).unwrap();
    assert_eq!(reader.in_force().count(), 0);
}

#[test]
fn a_region_is_forgotten_with_its_last_object() {
    let mut reader = reader();
    let set = set(0, 9, 150);
    all(&mut reader, &set);
    reader.delete("prod.cn-hangzhou.999");
    reader.retain(|name| name == set[1].0);
    assert_eq!(reader.in_force().count(), 1);
    reader.delete(&set[1].0);
    assert!(reader.places.is_empty() && reader.regions.is_empty());
}

#[test]
fn what_is_in_force_anyway_is_not_read_again() {
    let mut reader = reader();
    let (old, new) = (set(0, 9, 150), set(30, 9, 150));
    let listed = all(&mut reader, &old).remove(0);
    let facts = |second| Facts {
        observed_at: at(second),
        listed_for: Some(Arc::clone(&listed.listed_for)),
        ..Facts::listed(listed.snapshot.clone(), at(second))
    };
    assert!(feed(&mut reader, &new[1]).is_none());
    reader.know([(key(), facts(20))]);
    assert_eq!(reader.regions[&key()].newer.len(), 1);
    reader.know([(key(), facts(30))]);
    assert!(reader.regions[&key()].newer.is_empty());
    assert_eq!(all(&mut reader, &new).len(), 0);
    assert_eq!(all(&mut reader, &set(31, 9, 150)).len(), 1);
    // An older one takes nothing away.
    reader.know([(key(), facts(30))]);
    assert_eq!(reader.in_force().next().unwrap().1.observed_at, at(31));
}

#[test]
fn what_is_in_force_without_an_object_is_forgotten_when_it_is_no_more() {
    let mut reader = reader();
    let listed = all(&mut super::tests::reader(), &set(0, 9, 150)).remove(0);
    reader.know([(key(), Facts::listed(listed.snapshot, at(0)))]);
    assert_eq!(reader.in_force().count(), 1);
    reader.know([]);
    assert!(reader.regions.is_empty());
}

/// What two writers do to the objects of one region.
#[derive(Clone, Debug)]
enum Write {
    /// One of the objects of one of the sets.
    Object(usize, usize),
    Delete(usize),
    Garbage(usize),
}

fn writes() -> impl Strategy<Value = Vec<Write>> {
    let write = prop_oneof![
        12 => (0..3_usize, 0..6_usize).prop_map(|(set, index)| Write::Object(set, index)),
        1 => (0..6_usize).prop_map(Write::Delete),
        1 => (0..6_usize).prop_map(Write::Garbage),
    ];
    prop::collection::vec(write, 0..60)
}

proptest! {
    #[test]
    fn whatever_writers_do_only_whole_sets_come_out_and_in_order(
        sizes in prop::array::uniform3(0..14_usize),
        writes in writes(),
    ) {
        let mut sets: Vec<Set> = Vec::new();
        for (second, ids) in [0, 20, 40].into_iter().zip(sizes) {
            sets.push(set(second, ids, 150));
        }
        let mut reader = reader();
        // What is at the API server: by name, of which set.
        let mut there: BTreeMap<String, Option<usize>> = BTreeMap::new();
        let mut last: Option<i64> = None;
        let name = |index: usize| mark::name(&key(), u32::try_from(index).unwrap());
        for write in writes {
            let given = match write {
                Write::Object(of, index) => {
                    let objects = &sets[of];
                    let (name, json) = &objects[index % objects.len()];
                    there.insert(name.clone(), Some(of));
                    reader.apply(name, json).unwrap()
                }
                Write::Delete(index) => {
                    there.remove(&name(index));
                    reader.delete(&name(index));
                    None
                }
                Write::Garbage(index) => {
                    there.insert(name(index), None);
                    reader.apply(&name(index), b"{\"metadata\":{}}").unwrap_err();
                    None
                }
            };
            if reader.in_force().next().is_none() {
                last = None;
            }
            let whole = (0..3).rev().find(|of| sets[*of].iter().all(|(name, _)| there.get(name) == Some(&Some(*of))));
            match given {
                Some((_, listed)) => {
                    let of = usize::try_from((listed.observed_at - at(0)).get_seconds() / 20).unwrap();
                    prop_assert_eq!(Some(of), whole);
                    let second = i64::try_from(of).unwrap() * 20;
                    prop_assert_eq!(ids(&listed), (0..sizes[of]).map(|id| format!("i-{second}-{id}")).collect::<Vec<_>>());
                    prop_assert!(last.is_none_or(|last| last < second));
                    last = Some(second);
                }
                None => {
                    // What is whole is in force, or something newer is.
                    if let Some(of) = whole {
                        prop_assert!(last.is_some_and(|last| i64::try_from(of).unwrap() * 20 <= last));
                    }
                }
            }
            let newer: usize = reader.regions.values().map(|region| region.newer.len()).sum();
            prop_assert!(newer <= there.len());
        }
    }
}
