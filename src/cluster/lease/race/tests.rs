//! What one replica decides, told as what it sees and when.

use super::*;

const DURATION: Duration = Duration::from_secs(15);

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn held_by(holder: &str, renewed: &str) -> Record {
    Record {
        uid: Some("u".to_owned()),
        holder: Some(holder.to_owned()),
        duration: Some(DURATION),
        acquired: Some("t0".to_owned()),
        renewed: Some(renewed.to_owned()),
        transitions: 4,
    }
}

fn free() -> Record {
    Record {
        holder: None,
        ..held_by("", "t9")
    }
}

fn wait(holder: &str, until: Instant) -> Action {
    Action::Wait {
        holder: holder.to_owned(),
        until,
    }
}

fn lapsed(holder: &str) -> Action {
    Action::Take(Reason::Lapsed(holder.to_owned()))
}

/// A replica called `a` that has already seen a lease of `b`, and when.
fn rival_seen() -> (Race, Instant) {
    let mut race = Race::new("a", DURATION);
    let now = Instant::now();
    let seen = race.observe(Some(&held_by("b", "t1")), now);
    assert_eq!(seen, wait("b", now + DURATION));
    (race, now)
}

#[test]
fn what_nobody_holds_is_taken_at_once() {
    let now = Instant::now();
    let mut race = Race::new("a", DURATION);
    assert_eq!(race.observe(None, now), Action::Take(Reason::Absent));
    assert_eq!(race.observe(Some(&free()), now), Action::Take(Reason::Free));
    assert_eq!(
        race.observe(Some(&Record::default()), now),
        Action::Take(Reason::Free)
    );
}

#[test]
fn a_holder_lapses_its_duration_after_its_last_change_was_seen() {
    let (mut race, start) = rival_seen();
    let unchanged = held_by("b", "t1");
    let just_before = start + DURATION - Duration::from_millis(1);
    assert_eq!(
        race.observe(Some(&unchanged), just_before),
        wait("b", start + DURATION)
    );
    assert_eq!(
        race.observe(Some(&unchanged), start + DURATION),
        lapsed("b")
    );
}

#[test]
fn each_change_that_is_seen_gives_the_holder_its_whole_duration_again() {
    let (mut race, start) = rival_seen();
    for round in 1..10 {
        let now = start + round * seconds(14);
        let renewed = held_by("b", &format!("t{}", 1 + round));
        assert_eq!(race.observe(Some(&renewed), now), wait("b", now + DURATION));
    }
}

#[test]
fn what_the_holder_says_about_the_time_is_never_believed() {
    for renewed in ["1970-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "", "soon"] {
        let mut race = Race::new("a", DURATION);
        let now = Instant::now();
        let record = held_by("b", renewed);
        assert_eq!(race.observe(Some(&record), now), wait("b", now + DURATION));
        assert_eq!(race.observe(Some(&record), now + DURATION), lapsed("b"));
    }
}

#[test]
fn a_holder_is_waited_for_by_the_duration_it_gives_and_else_by_ours() {
    for (given, expected) in [
        (Some(seconds(60)), seconds(60)),
        (Some(seconds(1)), seconds(1)),
        (None, DURATION),
    ] {
        let mut race = Race::new("a", DURATION);
        let now = Instant::now();
        let record = Record {
            duration: given,
            ..held_by("b", "t1")
        };
        assert_eq!(race.observe(Some(&record), now), wait("b", now + expected));
        assert_eq!(race.observe(Some(&record), now + expected), lapsed("b"));
    }
}

#[test]
fn another_holder_another_object_and_another_count_are_changes() {
    let other_holder = held_by("c", "t1");
    let other_object = Record {
        uid: Some("v".to_owned()),
        ..held_by("b", "t1")
    };
    let other_count = Record {
        transitions: 5,
        ..held_by("b", "t1")
    };
    for record in [other_holder, other_object, other_count] {
        let (mut race, start) = rival_seen();
        let now = start + DURATION;
        let holder = record.holder.clone().unwrap();
        assert_eq!(
            race.observe(Some(&record), now),
            wait(&holder, now + DURATION)
        );
    }
}

#[test]
fn a_deleted_lease_does_not_end_the_term_of_the_one_that_was_seen_to_hold_it() {
    let (mut race, start) = rival_seen();
    assert_eq!(
        race.observe(None, start + seconds(14)),
        wait("b", start + DURATION)
    );
    assert_eq!(
        race.observe(None, start + DURATION),
        Action::Take(Reason::Absent)
    );
}

#[test]
fn a_lease_that_was_given_back_is_taken_at_once() {
    let (mut race, start) = rival_seen();
    assert_eq!(
        race.observe(Some(&free()), start + seconds(1)),
        Action::Take(Reason::Free)
    );
    assert_eq!(
        race.observe(None, start + seconds(1)),
        Action::Take(Reason::Absent)
    );
}

#[test]
fn a_process_that_begins_takes_its_own_lease_back_at_once() {
    let mut race = Race::new("a", DURATION);
    let own = held_by("a", "t1");
    assert_eq!(
        race.observe(Some(&own), Instant::now()),
        Action::Take(Reason::Ours)
    );
    assert!(race.is_ours(&own));
}

#[test]
fn a_claim_whose_answer_never_came_is_known_again() {
    let (mut race, start) = rival_seen();
    let claim = race.claim(Some(&held_by("b", "t1")), 15, "t7".to_owned());
    let applied = Record {
        acquired: Some(claim.time),
        ..held_by("a", "t7")
    };
    assert!(race.is_ours(&applied));
    assert_eq!(
        race.observe(Some(&applied), start),
        Action::Take(Reason::Ours)
    );
}

#[test]
fn another_process_of_the_same_identity_is_another() {
    let mut race = Race::new("a", DURATION);
    let now = Instant::now();
    race.observe(None, now);
    race.claim(None, 15, "t7".to_owned());
    race.won();
    let twin = held_by("a", "t1");
    assert!(!race.is_ours(&twin));
    assert_eq!(race.observe(Some(&twin), now), wait("a", now + DURATION));
}

#[test]
fn what_was_known_of_a_rival_before_a_term_says_nothing_after_it() {
    let (mut race, start) = rival_seen();
    race.claim(Some(&held_by("b", "t1")), 15, "t7".to_owned());
    race.won();
    // The very same record, as a restored backup brings it.
    let now = start + seconds(100);
    let restored = held_by("b", "t1");
    assert_eq!(
        race.observe(Some(&restored), now),
        wait("b", now + DURATION)
    );
}

#[test]
fn each_change_of_holder_is_counted_and_nothing_else() {
    let mut race = Race::new("a", DURATION);
    let mut count = |found: Option<&Record>| race.claim(found, 15, "t".to_owned()).transitions;
    assert_eq!(count(None), 0);
    assert_eq!(count(Some(&held_by("b", "t1"))), 5);
    assert_eq!(count(Some(&free())), 5);
    assert_eq!(count(Some(&held_by("a", "t1"))), 4);
    let full = Record {
        transitions: i32::MAX,
        ..free()
    };
    assert_eq!(count(Some(&full)), i32::MAX);
}
