use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

fn status(conditions: &[(&str, &str, &str)]) -> EcsAccountStatus {
    let conditions = conditions.iter().map(|(type_, status, reason)| Condition {
        last_transition_time: Time(at(0)),
        message: "for a reason".to_owned(),
        observed_generation: None,
        reason: (*reason).to_owned(),
        status: (*status).to_owned(),
        type_: (*type_).to_owned(),
    });
    EcsAccountStatus {
        conditions: conditions.collect(),
        regions: Vec::new(),
    }
}

fn told(before: &[(&str, &str, &str)], after: &[(&str, &str, &str)]) -> Vec<String> {
    let after = status(after);
    let news = news(&status(before), &after);
    news.iter()
        .map(|news| format!("{} {}", news.type_, news.reason))
        .collect()
}

#[test]
fn an_account_that_becomes_overdue_or_is_settled_is_told_of_once() {
    let locked = (OVERDUE, "True", "Locked");
    let free = (OVERDUE, "False", "NothingLocked");
    let unknown = (OVERDUE, "Unknown", "Expired");
    for (before, after, expected) in [
        (None, locked, vec!["Warning Overdue"]),
        (Some(free), locked, vec!["Warning Overdue"]),
        (Some(unknown), locked, vec!["Warning Overdue"]),
        (Some(locked), locked, vec![]),
        (Some(locked), free, vec!["Normal Settled"]),
        (Some(locked), unknown, vec![]),
        (None, free, vec![]),
        (Some(free), free, vec![]),
        (Some(unknown), free, vec![]),
    ] {
        let before: Vec<_> = before.into_iter().collect();
        assert_eq!(told(&before, &[after]), expected, "{before:?} {after:?}");
    }
}

#[test]
fn an_account_that_can_not_be_listed_is_told_of_for_each_reason() {
    let denied = (READY, "False", "NoPermission");
    assert_eq!(told(&[], &[denied]), ["Warning NoPermission"]);
    assert_eq!(
        told(&[(READY, "True", "Listed")], &[denied]),
        ["Warning NoPermission"]
    );
    assert_eq!(
        told(&[(READY, "False", "NotListed")], &[denied]),
        ["Warning NoPermission"]
    );
    assert_eq!(told(&[denied], &[denied]), [""; 0]);
    assert_eq!(
        told(&[denied], &[(READY, "False", "Unreachable")]),
        ["Warning Unreachable"]
    );
    assert_eq!(told(&[denied], &[(READY, "True", "Listed")]), [""; 0]);
    assert_eq!(told(&[], &[(READY, "False", "NotListed")]), [""; 0]);
}

#[test]
fn one_account_can_not_flood_the_api_server() {
    let mut budget = Budget {
        left: BURST,
        filled_at: at(0),
    };
    let taken = |budget: &mut Budget, second| (0..100).filter(|_| budget.take(at(second))).count();
    assert_eq!(taken(&mut budget, 0), 5);
    assert_eq!(taken(&mut budget, 59), 0);
    assert_eq!(taken(&mut budget, 60), 1);
    assert_eq!(taken(&mut budget, 180), 2);
    assert_eq!(taken(&mut budget, 100_000), 5);
    // A clock that is set back.
    assert_eq!(taken(&mut budget, 0), 0);
}
