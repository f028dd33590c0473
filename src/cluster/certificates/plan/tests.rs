use std::collections::BTreeMap;

use proptest::prelude::*;

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

/// What can happen to it, and when leaders look.
#[derive(Clone, Copy, Debug)]
enum Event {
    /// The leader looks and takes one step.
    Look,
    /// The leader looks, takes one step, and ends; another one takes over, who remembers nothing.
    Succession,
    /// The leader ends, and another one takes over, who remembers nothing.
    Crash,
    /// The registration is written with the bundle of the leader's last look.
    Apply,
    /// The Secret with the authorities is lost, when there is nothing else under way.
    LoseAuthorities,
    /// The Secret with the certificate is lost, when there is nothing else under way.
    LoseCertificate,
    /// The Secret with the authorities becomes what it was a while ago, when there is nothing else under way.
    RestoreAuthorities,
    /// So many seconds pass.
    Pass(i64),
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let event = prop_oneof![
        12 => Just(Event::Look),
        1 => Just(Event::Succession),
        1 => Just(Event::Crash),
        8 => Just(Event::Apply),
        1 => Just(Event::LoseAuthorities),
        1 => Just(Event::LoseCertificate),
        1 => Just(Event::RestoreAuthorities),
        12 => (1_i64..6).prop_map(Event::Pass),
        1 => (20_i64..90).prop_map(Event::Pass),
    ];
    prop::collection::vec(event, 1..400)
}

/// An installation with everything that is remembered anywhere.
struct World {
    lifetimes: Lifetimes,
    now: i64,
    made: u8,
    authorities: Authorities,
    backup: Authorities,
    /// The stored certificate, and the authorities that are stored with it.
    certificate: Option<(Leaf, Vec<Known>)>,
    /// Every certificate ever issued: a replica without a connection shows one until it expires.
    issued: Vec<Leaf>,
    /// What the leader said last, which it remembers.
    said: Vec<Known>,
    /// What it learned to be applied, and when.
    applied: Option<(Vec<Known>, i64)>,
    /// What is stored in the registration, by the second from which every API server knows it.
    registrations: BTreeMap<i64, Vec<Known>>,
    last: Option<Step>,
    /// No leader has seen yet that the store was put back to an earlier day.
    restored: bool,
}

impl World {
    fn new(lifetimes: Lifetimes) -> Self {
        Self {
            lifetimes,
            now: 0,
            made: 0,
            authorities: Authorities::default(),
            backup: Authorities::default(),
            certificate: None,
            issued: Vec::new(),
            said: Vec::new(),
            applied: None,
            registrations: BTreeMap::new(),
            last: None,
            restored: false,
        }
    }

    fn state(&self) -> State {
        let now = at(self.now);
        let certificate = self.certificate.as_ref();
        // What has expired proves nothing.
        let certificate = certificate.filter(|(leaf, _)| leaf.validity.lasts(now));
        let brought = certificate.map_or(&[][..], |(_, brought)| brought.as_slice());
        let leaf = certificate.map(|(leaf, _)| *leaf);
        State::new(self.authorities.clone(), leaf, brought, &self.said, now)
    }

    fn told(&self, state: &State) -> Told {
        let since = |known: Option<Known>| {
            let (bundle, since) = self.applied.as_ref()?;
            let told = bundle.contains(&known?);
            told.then(|| Duration::from_secs(u64::try_from(self.now - since).unwrap()))
        };
        Told {
            issuing: since(state.authorities.issuing),
            next: since(state.authorities.next),
        }
    }

    fn forget(&mut self) {
        self.said.clear();
        self.applied = None;
        self.last = None;
    }

    fn look(&mut self) {
        let now = at(self.now);
        self.restored = false;
        let state = self.state();
        self.said = state.authorities.trusted(now);
        let step = state.plan(self.told(&state), self.lifetimes, now);
        self.last = Some(step);
        let made = match step {
            Step::Found | Step::Prepare => {
                self.made += 1;
                Some(Known {
                    id: [self.made; 32],
                    validity: Validity::of_authority(self.lifetimes, now),
                })
            }
            _ => None,
        };
        match step {
            Step::Wait(_) => {}
            Step::Issue => {
                let issuing = state.authorities.issuing.unwrap();
                let leaf = Leaf {
                    by: issuing.id,
                    validity: Validity::of_leaf(issuing, self.lifetimes, now),
                };
                self.issued.push(leaf);
                self.certificate = Some((leaf, state.authorities.trusted(now)));
            }
            _ => {
                let after = state.authorities.after(step, made, now);
                self.backup = std::mem::replace(&mut self.authorities, after);
            }
        }
    }

    /// Nothing is under way that two faults at once could hit.
    fn is_at_rest(&self) -> bool {
        let Authorities { issuing, next, .. } = &self.authorities;
        let by = self.certificate.as_ref().map(|(leaf, _)| leaf.by);
        matches!(self.last, Some(Step::Wait(_)))
            && next.is_none()
            && issuing.is_some()
            && by == issuing.map(|issuing| issuing.id)
            && self
                .applied
                .as_ref()
                .is_some_and(|(bundle, _)| *bundle == self.said)
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Look => self.look(),
            Event::Succession => {
                self.look();
                self.forget();
            }
            // What was put back from another day can't be told from what has always been there.
            Event::Crash if self.restored => {}
            Event::Crash => self.forget(),
            Event::Apply if self.said.is_empty() => {}
            Event::Apply => {
                // API servers hear of it at last when it is taken to be settled.
                let settle = i64::try_from(settle(self.lifetimes).as_secs()).unwrap();
                self.registrations
                    .insert(self.now + settle, self.said.clone());
                self.applied = Some((self.said.clone(), self.now));
            }
            Event::LoseAuthorities if self.is_at_rest() => {
                self.authorities = Authorities::default();
                self.last = None;
            }
            Event::LoseCertificate if self.is_at_rest() => {
                self.certificate = None;
                self.last = None;
            }
            Event::RestoreAuthorities if self.is_at_rest() => {
                self.authorities = self.backup.clone();
                self.last = None;
                self.restored = true;
            }
            Event::LoseAuthorities | Event::LoseCertificate | Event::RestoreAuthorities => {}
            Event::Pass(seconds) => {
                for _ in 0..seconds {
                    self.now += 1;
                    self.check();
                }
            }
        }
        self.check();
    }

    /// Every API server, whether it knows the last registration or still the one before, accepts all that may be shown.
    fn check(&self) {
        let settled = self.registrations.range(..=self.now).next_back();
        let unsettled = self.registrations.range(self.now + 1..);
        let in_force: Vec<_> = settled.into_iter().chain(unsettled).collect();
        let now = at(self.now);
        let living = || self.issued.iter().filter(|leaf| leaf.validity.lasts(now));
        for (_, bundle) in in_force {
            let chains = |leaf: &&Leaf| bundle.iter().any(|known| known.id == leaf.by);
            // When the leader was away until all had expired there is nothing left to be careful of.
            if living().any(|leaf| chains(&leaf)) {
                let stranger = living().find(|leaf| !chains(leaf));
                assert_eq!(stranger, None, "at {}, {bundle:?}", self.now);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_may_be_shown_chains_to_every_bundle_in_force(
        certificate in 20_u64..200,
        times in 4_u64..9,
        events in events(),
    ) {
        let mut world = World::new(lifetimes(certificate, certificate * times));
        for event in events {
            world.happen(event);
        }
    }

    /// What a leader that looks each second achieves, whatever the lifetimes.
    #[test]
    fn with_a_leader_there_is_always_a_certificate_and_authorities_follow_each_other(
        certificate in 10_u64..100,
        times in 4_u64..9,
        delay in 0_i64..5,
    ) {
        let lifetimes = lifetimes(certificate, certificate * times);
        let mut world = World::new(lifetimes);
        let end = i64::try_from(certificate * times * 4).unwrap();
        while world.now < end {
            let looked = (0..8).any(|_| {
                world.look();
                matches!(world.last, Some(Step::Wait(_)))
            });
            prop_assert!(looked, "{:?}", world.last);
            if world.now % (delay + 1) == 0 && world.applied.as_ref().is_none_or(|(bundle, _)| *bundle != world.said) {
                world.happen(Event::Apply);
            }
            let (leaf, _) = world.certificate.as_ref().unwrap();
            let left = leaf.validity.not_after - START - world.now;
            prop_assert!(i64::try_from(certificate / 4).unwrap() <= left, "{left} s are left");
            prop_assert!(world.said.len() <= 3, "{:?}", world.said);
            world.happen(Event::Pass(1));
        }
        // Each lives for between a half and two thirds of its life before the next one issues.
        prop_assert!((4..=9).contains(&world.made), "{} authorities", world.made);
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
