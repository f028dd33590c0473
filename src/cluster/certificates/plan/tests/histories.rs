//! Leaders that come and go, Secrets that are lost or put back, registrations that come late: whatever the history,
//! nothing is shown that an API server would not accept.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

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
