mod histories;

use super::*;

const START: i64 = 1_800_000_000;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

fn lifetimes(certificate: u64, authority: u64) -> Lifetimes {
    Lifetimes {
        certificate: Duration::from_secs(certificate),
        authority: Duration::from_secs(authority),
    }
}

/// The step at a moment, for an authority made at 0 that lives 1000 s and certificates of 100 s.
fn step(authorities: Authorities, leaf: Option<Leaf>, told: Told, second: i64) -> Step {
    State::new(authorities, leaf, &[], &[], at(second)).plan(told, lifetimes(100, 1000), at(second))
}

fn known(id: u8, made: i64) -> Known {
    Known {
        id: [id; 32],
        validity: Validity::of_authority(lifetimes(100, 1000), at(made)),
    }
}

fn leaf(issuer: Known, issued: i64) -> Option<Leaf> {
    Some(Leaf {
        by: issuer.id,
        validity: Validity::of_leaf(issuer, lifetimes(100, 1000), at(issued)),
    })
}

fn issuing(known: Known) -> Authorities {
    Authorities {
        issuing: Some(known),
        ..Authorities::default()
    }
}

const TOLD: Told = Told {
    issuing: Some(Duration::from_secs(10)),
    next: Some(Duration::from_secs(10)),
};

#[test]
fn out_of_nothing_comes_an_authority_and_then_a_certificate() {
    assert_eq!(
        step(Authorities::default(), None, Told::default(), 0),
        Step::Found
    );
    let one = known(1, 0);
    assert_eq!(step(issuing(one), None, Told::default(), 0), Step::Issue);
    assert!(matches!(
        step(issuing(one), leaf(one, 0), Told::default(), 0),
        Step::Wait(_)
    ));
}

#[test]
fn a_certificate_is_renewed_when_two_thirds_of_its_life_are_over() {
    let one = known(1, 0);
    // It lives from -10 to 100.
    assert_eq!(
        step(issuing(one), leaf(one, 0), TOLD, 53),
        Step::Wait(Duration::from_secs(10))
    );
    assert_eq!(step(issuing(one), leaf(one, 0), TOLD, 63), Step::Issue);
}

#[test]
fn a_shorter_lifetime_applies_to_what_has_been_issued_already() {
    let one = known(1, 0);
    let now = at(10);
    let state = State::new(issuing(one), leaf(one, 0), &[], &[], now);
    assert!(matches!(
        state.plan(TOLD, lifetimes(30, 1000), now),
        Step::Wait(_)
    ));
    let now = at(15);
    let state = State::new(issuing(one), leaf(one, 0), &[], &[], now);
    assert_eq!(state.plan(TOLD, lifetimes(30, 1000), now), Step::Issue);
}

#[test]
fn a_new_authority_is_trusted_before_it_issues() {
    let (one, two) = (known(1, 0), known(2, 640));
    // It lives from -100 to 1000: a third of that is left.
    assert!(matches!(
        step(issuing(one), leaf(one, 600), TOLD, 632),
        Step::Wait(_)
    ));
    assert_eq!(step(issuing(one), leaf(one, 600), TOLD, 634), Step::Prepare);
    let both = Authorities {
        next: Some(two),
        ..issuing(one)
    };
    let told = |next| Told { next, ..TOLD };
    for (next, wait) in [(None, 10), (Some(4), 6)] {
        let told = told(next.map(Duration::from_secs));
        let waited = step(both.clone(), leaf(one, 600), told, 640);
        assert_eq!(waited, Step::Wait(Duration::from_secs(wait)));
    }
    assert_eq!(step(both.clone(), leaf(one, 600), TOLD, 640), Step::Promote);
    let after = both.after(Step::Promote, None, at(640));
    assert_eq!((after.issuing, after.next), (Some(two), None));
    assert_eq!(after.former, [one]);
    assert_eq!(after.trusted(at(640)), both.trusted(at(640)));
    assert_eq!(step(after, leaf(one, 600), TOLD, 640), Step::Issue);
}

#[test]
fn an_old_authority_is_trusted_until_its_end() {
    let (one, two) = (known(1, 0), known(2, 640));
    let authorities = Authorities {
        former: vec![one],
        ..issuing(two)
    };
    assert_eq!(authorities.trusted(at(990)), [one, two]);
    assert!(matches!(
        step(authorities.clone(), leaf(two, 950), TOLD, 990),
        Step::Wait(_)
    ));
    assert_eq!(
        step(authorities.clone(), leaf(two, 950), TOLD, 1000),
        Step::Forget
    );
    let after = authorities.after(Step::Forget, None, at(1000));
    assert_eq!(after, issuing(two));
}

#[test]
fn nothing_outlives_its_issuer_and_what_can_not_be_prolonged_is_not_renewed_for_ever() {
    let one = known(1, 0);
    let last = leaf(one, 950).unwrap();
    assert_eq!(last.validity.not_after, one.validity.not_after);
    let both = Authorities {
        next: Some(known(2, 640)),
        ..issuing(one)
    };
    // API servers were never told of the next one.
    let step_at = |second| step(both.clone(), Some(last), Told::default(), second);
    assert!(matches!(step_at(990), Step::Wait(_)));
    // There is nothing left to protect.
    assert_eq!(
        step(both.clone(), None, Told::default(), 1000),
        Step::Promote
    );
}

#[test]
fn an_authority_that_lost_its_key_is_trusted_while_another_one_is_made_known() {
    let one = known(1, 0);
    let state = State::new(Authorities::default(), leaf(one, 0), &[one], &[], at(5));
    let plan = |state: &State, told, second| state.plan(told, lifetimes(100, 1000), at(second));
    assert_eq!(plan(&state, Told::default(), 5), Step::Prepare);
    let two = known(2, 5);
    let after = state.authorities.after(Step::Prepare, Some(two), at(5));
    assert_eq!(after.trusted(at(5)), [one, two]);
    let state = State::new(after, leaf(one, 0), &[one], &[], at(6));
    assert!(matches!(plan(&state, Told::default(), 6), Step::Wait(_)));
    assert_eq!(plan(&state, TOLD, 15), Step::Promote);
    // Without a certificate it is not waited for ever.
    let state = State::new(state.authorities, None, &[], &[], at(6));
    assert!(matches!(plan(&state, Told::default(), 64), Step::Wait(_)));
    assert_eq!(plan(&state, Told::default(), 65), Step::Promote);
}

#[test]
fn no_more_than_eight_authorities_of_the_past_are_trusted() {
    let witnesses: Vec<Known> = (1..=20).map(|id| known(id, i64::from(id))).collect();
    let state = State::new(issuing(known(30, 0)), None, &[], &witnesses, at(21));
    assert_eq!(state.authorities.former.len(), MOST_FORMER);
    assert_eq!(
        state.plan(TOLD, lifetimes(100, 1000), at(21)),
        Step::Remember
    );
    let stored = state.authorities.after(Step::Remember, None, at(21));
    let state = State::new(stored, None, &[], &witnesses, at(21));
    assert_ne!(
        state.plan(TOLD, lifetimes(100, 1000), at(21)),
        Step::Remember
    );
}

#[test]
fn who_brings_a_certificate_does_not_say_whom_to_trust() {
    let (one, stranger) = (known(1, 0), known(2, 0));
    let now = at(5);
    let state = State::new(issuing(one), leaf(stranger, 0), &[one, stranger], &[], now);
    assert_eq!(state.authorities, issuing(one));
    assert_eq!(state.plan(TOLD, lifetimes(100, 1000), now), Step::Issue);
    // It is a matter of which leader looks whether this one was trusted before.
    let state = State::new(issuing(one), leaf(stranger, 0), &[], &[stranger], now);
    assert_eq!(state.authorities.former, [stranger]);
}
