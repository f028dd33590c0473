//! What to do next about authorities and the certificate, from what there is (pure).
//!
//! What it guarantees, if its steps are taken: every certificate that may still be shown was issued by an authority
//! that API servers have been told to trust. Hence the order: a new authority is trusted before it issues, and an old
//! one is trusted until everything it has issued has expired, which is at its own end at the latest, because nothing
//! it issues outlives it. All of it is decided from what is stored, so that any leader can go on where another ended.

use std::time::Duration;

use jiff::Timestamp;

use super::Lifetimes;

/// What a certificate is known by: the SHA-256 of it.
pub(super) type Fingerprint = [u8; 32];

/// How long API servers are given to hear of a bundle that has been stored: they watch.
const SETTLE: Duration = Duration::from_secs(10);

/// How long it is waited for API servers to be told while there is no certificate to show.
const PATIENCE: Duration = Duration::from_secs(60);

/// How far back certificates are dated, for clocks that are behind.
const BACKDATE: Duration = Duration::from_secs(300);

/// More authorities of the past are never trusted: the bundle stands in every entry of the registration.
const MOST_FORMER: usize = 8;

/// From when to when, in seconds since 1970, as certificates say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Validity {
    pub(super) not_before: i64,
    pub(super) not_after: i64,
}

/// An authority.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Known {
    pub(super) id: Fingerprint,
    pub(super) validity: Validity,
}

/// The certificate that replicas are given to show, if it is in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leaf {
    /// The authority that issued it, as far as it says itself.
    pub(super) by: Fingerprint,
    pub(super) validity: Validity,
}

/// The authorities as they are stored.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Authorities {
    /// The one that issues; its key is stored with it.
    pub(super) issuing: Option<Known>,
    /// The one that will issue as soon as it is trusted; its key is stored with it.
    pub(super) next: Option<Known>,
    /// Those that issued once. Their keys are gone.
    pub(super) former: Vec<Known>,
}

/// For how long API servers have been told to trust which authority; `None` = not at all, as far as is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) issuing: Option<Duration>,
    pub(super) next: Option<Duration>,
}

/// Everything that the next step depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub(super) authorities: Authorities,
    /// The certificate, if its authority is one of those.
    pub(super) leaf: Option<Leaf>,
    /// There is more in `authorities` than is stored.
    unsaved: bool,
}

/// What to do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Make the first authority, which issues at once: there is nothing that anyone trusts.
    Found,
    /// Make the authority that is to issue next.
    Prepare,
    /// Store what is known of former authorities.
    Remember,
    /// Let the next authority issue.
    Promote,
    /// Issue a certificate.
    Issue,
    /// Trust no longer what has expired.
    Forget,
    /// Nothing until so much time has passed, or something has changed.
    Wait(Duration),
}

// === impl Validity ===

impl Validity {
    /// Of an authority made now.
    pub(super) fn of_authority(lifetimes: Lifetimes, now: Timestamp) -> Self {
        Self::from(lifetimes.authority, now)
    }

    /// Of a certificate issued now: nothing outlives its issuer.
    pub(super) fn of_leaf(issuer: Known, lifetimes: Lifetimes, now: Timestamp) -> Self {
        let Self {
            not_before,
            not_after,
        } = Self::from(lifetimes.certificate, now);
        Self {
            not_before,
            not_after: not_after.min(issuer.validity.not_after),
        }
    }

    fn from(life: Duration, now: Timestamp) -> Self {
        let now = now.as_second();
        Self {
            not_before: now.saturating_sub(seconds(backdate(life))),
            not_after: now.saturating_add(seconds(life)),
        }
    }

    /// Whether it can be used now, and a moment longer.
    fn lasts(self, now: Timestamp) -> bool {
        now.as_second().saturating_add(1) < self.not_after
    }

    fn length(self) -> i64 {
        self.not_after.saturating_sub(self.not_before)
    }
}

/// Far enough for clocks that are behind, and a small part of a short life.
fn backdate(life: Duration) -> Duration {
    BACKDATE.min(life / 10)
}

fn seconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_secs()).unwrap_or(i64::MAX)
}

// === impl Authorities ===

impl Authorities {
    /// Every one of them.
    pub(super) fn all(&self) -> impl Iterator<Item = &Known> {
        self.issuing.iter().chain(&self.next).chain(&self.former)
    }

    /// Those to be trusted, in an order that does not depend on which of them issues.
    pub(super) fn trusted(&self, now: Timestamp) -> Vec<Known> {
        let mut trusted: Vec<Known> = self
            .all()
            .filter(|known| known.validity.lasts(now))
            .copied()
            .collect();
        trusted.sort_by_key(|known| (known.validity.not_after, known.id));
        trusted
    }

    /// What is to be stored when `step` is taken; `made` is the authority that it makes, if it makes one.
    pub(super) fn after(&self, step: Step, made: Option<Known>, now: Timestamp) -> Self {
        let mut after = self.clone();
        match step {
            Step::Found => after.issuing = made,
            Step::Prepare => after.next = made,
            Step::Promote => {
                after.former.extend(after.issuing.take());
                after.issuing = after.next.take();
            }
            Step::Remember | Step::Issue | Step::Forget | Step::Wait(_) => {}
        }
        after.former.retain(|known| known.validity.lasts(now));
        after
            .former
            .sort_by_key(|known| std::cmp::Reverse((known.validity.not_after, known.id)));
        after.former.truncate(MOST_FORMER);
        after
    }
}

// === impl State ===

impl State {
    /// Puts together what is stored and what else is known: `remembered` are authorities that API servers have been told
    /// to trust, `brought` those that came with the certificate. The latter count when no authority is left that could
    /// issue, and only then: whoever can write a certificate does not thereby say whom to trust.
    pub(super) fn new(
        stored: Authorities,
        leaf: Option<Leaf>,
        brought: &[Known],
        remembered: &[Known],
        now: Timestamp,
    ) -> Self {
        let mut authorities = stored;
        let is_lost = authorities.issuing.is_none() && authorities.next.is_none();
        let brought = brought.iter().filter(|_| is_lost && leaf.is_some());
        let mut unsaved = false;
        for witness in remembered.iter().chain(brought) {
            let is_new = authorities.all().all(|known| known.id != witness.id);
            if is_new && witness.validity.lasts(now) && authorities.former.len() < MOST_FORMER {
                authorities.former.push(*witness);
                unsaved = true;
            }
        }
        Self {
            leaf: leaf.filter(|leaf| authorities.all().any(|known| known.id == leaf.by)),
            authorities,
            unsaved,
        }
    }

    /// The next step.
    pub(super) fn plan(&self, told: Told, lifetimes: Lifetimes, now: Timestamp) -> Step {
        let Authorities {
            issuing,
            next,
            former,
        } = &self.authorities;
        let bridged = former.iter().any(|known| known.validity.lasts(now));
        // Without a certificate in the store there may still be one in a replica's memory.
        let trusted = |known: &Known, told: Option<Duration>| {
            told.is_some_and(|told| settle(lifetimes) <= told)
                || !bridged
                || (self.leaf.is_none() && PATIENCE <= age(known, lifetimes, now))
        };

        match (issuing, next) {
            (None, None) if !bridged => return Step::Found,
            (None, None) => return Step::Prepare,
            (_, _) if self.unsaved => return Step::Remember,
            // A store that was put back to an earlier day: this authority issues already.
            (_, Some(next)) if self.leaf.is_some_and(|leaf| leaf.by == next.id) => {
                return Step::Promote;
            }
            _ => {}
        }
        let issuing = match issuing {
            Some(issuing) if issuing.validity.lasts(now) => issuing,
            _ => {
                return match next {
                    None => Step::Prepare,
                    Some(next) if trusted(next, told.next) => Step::Promote,
                    Some(_) => Step::Wait(until_settled(told.next, lifetimes)),
                };
            }
        };

        let wanted = Validity::of_leaf(*issuing, lifetimes, now);
        match self.leaf {
            None if trusted(issuing, told.issuing) => return Step::Issue,
            Some(leaf) if leaf.by != issuing.id && trusted(issuing, told.issuing) => {
                return Step::Issue;
            }
            Some(leaf)
                if leaf.by == issuing.id
                    && renewal(leaf, lifetimes) <= now.as_second()
                    && (leaf.validity.not_after < wanted.not_after
                        || wanted.not_after < issuing.validity.not_after) =>
            {
                return Step::Issue;
            }
            _ => {}
        }
        let settled = |told: Duration| settle(lifetimes) <= told;
        match next {
            Some(_) if told.next.is_some_and(settled) => return Step::Promote,
            None if rotation(*issuing, lifetimes) <= now.as_second() => return Step::Prepare,
            _ => {}
        }
        if former.iter().any(|known| !known.validity.lasts(now)) {
            return Step::Forget;
        }
        Step::Wait(self.pause(*issuing, told, lifetimes, now))
    }

    /// How long nothing will have to be done if nothing changes.
    fn pause(&self, issuing: Known, told: Told, lifetimes: Lifetimes, now: Timestamp) -> Duration {
        let until = |second: i64| {
            let left = second.saturating_sub(now.as_second());
            Duration::from_secs(u64::try_from(left).unwrap_or_default().max(1))
        };
        let of_leaf = match self.leaf {
            Some(leaf) if leaf.by == issuing.id => until(renewal(leaf, lifetimes)),
            _ => until_settled(told.issuing, lifetimes),
        };
        let of_authority = match self.authorities.next {
            Some(_) => until_settled(told.next, lifetimes),
            None => until(rotation(issuing, lifetimes)),
        };
        let ends = self.authorities.former.iter();
        let ends = ends.map(|known| until(known.validity.not_after));
        ends.chain([of_leaf, of_authority]).min().unwrap_or(of_leaf)
    }
}

/// How long after a bundle has been stored every API server is taken to know it.
fn settle(lifetimes: Lifetimes) -> Duration {
    SETTLE.min(lifetimes.certificate / 10)
}

fn until_settled(told: Option<Duration>, lifetimes: Lifetimes) -> Duration {
    // Whoever has told nothing yet will be heard on a channel.
    settle(lifetimes).saturating_sub(told.unwrap_or_default())
}

/// How long ago an authority was made.
fn age(known: &Known, lifetimes: Lifetimes, now: Timestamp) -> Duration {
    let made = known.validity.not_before + seconds(backdate(lifetimes.authority));
    Duration::from_secs(u64::try_from(now.as_second().saturating_sub(made)).unwrap_or_default())
}

/// When a certificate is to be renewed: when two thirds of its life are over, or of the life it would be given now.
fn renewal(leaf: Leaf, lifetimes: Lifetimes) -> i64 {
    let Validity { not_before, .. } = leaf.validity;
    let life = seconds(lifetimes.certificate + backdate(lifetimes.certificate));
    not_before.saturating_add(leaf.validity.length().min(life).saturating_mul(2) / 3)
}

/// When an authority's successor is to be made: while certificates can still live out their lives twice, and at the
/// latest with a third of its own life left; never before the half of it, whatever the lifetimes.
fn rotation(issuing: Known, lifetimes: Lifetimes) -> i64 {
    let life = issuing.validity.length();
    let rest = (life / 3)
        .max(seconds(lifetimes.certificate).saturating_mul(2))
        .min(life / 2);
    issuing.validity.not_after.saturating_sub(rest)
}

#[cfg(test)]
mod tests;
