//! Which documents make a complete listing, and which do not.

use super::{Builder, Error, ErrorKind, Part, Snapshot, Source};

fn shard(index: u32, count: u32, observed_at: &str, instances: &str) -> Part {
    shard_of("prod", index, count, observed_at, instances)
}

fn shard_of(account: &str, index: u32, count: u32, observed_at: &str, instances: &str) -> Part {
    let name = if index == 0 {
        String::new()
    } else {
        format!(".{index}")
    };
    Part::from_yaml(&format!(
        "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {{name: {account}.cn-hangzhou{name}}}\n\
         spec: {{account: {account}, region: cn-hangzhou, observedAt: \"{observed_at}\", \
         shard: {{index: {index}, count: {count}}}, instances: {{{instances}}}}}\n"
    ))
    .unwrap()
}

const THEN: &str = "2026-11-23T10:00:00Z";
const LATER: &str = "2026-11-23T10:00:30Z";

fn refused(parts: &[Part]) -> (ErrorKind, String) {
    let error: Error = Snapshot::join(parts).unwrap_err();
    (error.kind(), error.to_string())
}

#[test]
fn a_set_counts_only_when_complete() {
    let (first, second) = (
        shard(0, 2, THEN, ""),
        shard(1, 2, THEN, "i-1: {reasons: [financial]}"),
    );
    assert_eq!(
        refused(std::slice::from_ref(&second)),
        (
            ErrorKind::Incomplete,
            "1 of the 2 shards of prod.cn-hangzhou are there".into()
        )
    );
    assert_eq!(
        Snapshot::join(&[second, first])
            .unwrap()
            .instances()
            .count(),
        1
    );
    assert_eq!(refused(&[]).0, ErrorKind::Incomplete);
}

#[test]
fn shards_of_different_times_or_counts_or_places_do_not_mix() {
    let first = shard(0, 2, THEN, "");
    let others = [
        (
            shard(1, 2, LATER, ""),
            "the shards of prod.cn-hangzhou are not all of one listing",
        ),
        (
            shard(1, 3, THEN, ""),
            "the shards of prod.cn-hangzhou are not all of one listing",
        ),
        (
            shard_of("dev", 1, 2, THEN, ""),
            "shards of two listings, prod.cn-hangzhou and dev.cn-hangzhou",
        ),
        (first.clone(), "shard 0 of prod.cn-hangzhou is there twice"),
    ];
    for (other, expected) in others {
        assert_eq!(
            refused(&[first.clone(), other]),
            (ErrorKind::Incomplete, expected.into())
        );
    }
}

#[test]
fn an_id_in_two_shards_is_an_error() {
    let parts = [
        shard(0, 2, THEN, "i-1: {reasons: []}"),
        shard(1, 2, THEN, "i-1: {reasons: [financial]}"),
    ];
    assert_eq!(
        refused(&parts),
        (ErrorKind::Duplicate, "`i-1` is listed twice".into())
    );
}

#[test]
fn a_document_may_be_a_minute_ahead_and_no_more() {
    let part = shard(0, 1, "2026-11-23T10:01:00Z", "");
    part.check_not_ahead(THEN.parse().unwrap()).unwrap();
    let error = part
        .check_not_ahead("2026-11-23T09:59:59Z".parse().unwrap())
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Ahead);
    assert_eq!(
        error.to_string(),
        "spec.observedAt: 2026-11-23T10:01:00Z is more than a minute ahead of the clock"
    );
}

#[test]
fn a_builder_refuses_an_id_twice_and_keeps_the_first() {
    let mut builder = Builder::new(
        "prod".parse().unwrap(),
        "cn-hangzhou".parse().unwrap(),
        Source::Ecs,
    );
    builder
        .instance("i-1", ["financial"], Some(["d-1"]))
        .unwrap();
    let error = builder
        .instance("i-1", ["security"], Some(["d-2"]))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Duplicate);
    assert_eq!(
        builder
            .disk("d 1", ["financial"], ["i-1"])
            .unwrap_err()
            .kind(),
        ErrorKind::Invalid
    );
    let snapshot = builder.finish().unwrap();
    let entry = snapshot.instances().next().unwrap();
    assert_eq!(entry.reasons().collect::<Vec<_>>(), ["financial"]);
    assert_eq!(entry.attached().collect::<Vec<_>>(), ["d-1"]);
    assert_eq!(snapshot.disks().count(), 0);
}
