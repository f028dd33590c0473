//! The certificates of an installation that looks after itself: an authority, the certificate that all replicas show,
//! and the renewal of both without a moment in which the API server would not accept what it is shown.
//!
//! Two Secrets hold all there is. NAME-ca: the authority that issues with its key, its successor while API servers are
//! told of it, and the certificates of former authorities. NAME-tls: what replicas show. The leader writes them
//! ([`Certificates::keep`]), everyone reads the second ([`follow`]). However many leaders there are or believe
//! themselves to be, each write is a creation or carries the version that was read, so that one of them wins and the
//! others read what it wrote. What is in the Secrets and of no use is replaced; their loss is no outage as long as
//! a replica or a leader still remembers what they held.

mod authority;
mod bundle;
mod examine;
mod follow;
mod pair;
mod plan;
mod store;

use std::{convert::Infallible, time::Duration};

use rustls_pki_types::CertificateDer;
use tokio::sync::watch;

use self::{
    authority::Authority,
    examine::{Examined, Holdings},
    plan::{Authorities, Known, State, Step, Told, Validity},
    store::{Store, Stored},
};
use super::{Installation, Term};
use crate::clock::Clock;

pub use bundle::{Applied, Bundle, Error as BundleError, bundle_of_file};
pub use follow::follow;
pub use pair::PemPair;

/// At least so often the Secrets are looked at.
const LOOK: Duration = Duration::from_secs(15);

/// Between two attempts when the API server can't be asked.
const RETRY: Duration = Duration::from_secs(2);

/// One thing leads to the next, but not for ever.
const MOST_STEPS: usize = 12;

/// How long certificates live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// What replicas show; renewed when two thirds of it are over.
    pub certificate: Duration,
    /// The authorities; replaced when a third of it is left, or two lives of what they issue.
    pub authority: Duration,
}

/// Makes, renews and replaces the certificates of an installation.
#[derive(Clone, Debug)]
pub struct Certificates {
    store: Store,
    names: Vec<String>,
    lifetimes: Lifetimes,
    clock: Clock,
}

/// What one look at the Secrets showed.
struct Look {
    stored: Stored,
    state: State,
    holdings: Holdings,
    complaints: Vec<String>,
}

// === impl Lifetimes ===

impl Lifetimes {
    /// Says why these would not do: certificates need seconds to reach everyone, and authorities must outlive them.
    ///
    /// # Errors
    /// When certificates live for less than 10 s, or authorities for less than four of their lives.
    pub fn check(&self) -> Result<(), String> {
        let Self {
            certificate,
            authority,
        } = self;
        if *certificate < Duration::from_secs(10) {
            return Err(format!(
                "certificates that live for {certificate:?} expire before everyone has them; 10 s is the least"
            ));
        }
        if *authority < certificate.saturating_mul(4) {
            return Err(format!(
                "an authority that lives for {authority:?} can't issue certificates that live for {certificate:?}; \
                 it must live at least four times as long"
            ));
        }
        Ok(())
    }
}

// === impl Certificates ===

impl Certificates {
    /// Those of `installation`, at the time that `clock` tells.
    #[must_use]
    pub fn new(
        client: kube::Client,
        installation: &Installation,
        lifetimes: Lifetimes,
        clock: Clock,
    ) -> Self {
        Self {
            store: Store::new(client, installation),
            names: installation.dns_names().to_vec(),
            lifetimes,
            clock,
        }
    }

    /// Keeps them in order for as long as it is polled, which only the leader does.
    ///
    /// Says on `bundle` whom API servers are to trust, and goes on with a new authority only when `applied` shows that
    /// they have been told of it.
    pub async fn keep(
        &self,
        term: Term,
        bundle: watch::Sender<Option<Bundle>>,
        mut applied: watch::Receiver<Option<Applied>>,
    ) -> Infallible {
        let mut told = Vec::new();
        let look = LOOK.min(self.lifetimes.certificate / 10);
        loop {
            let pause = match self.pass(&term, &bundle, &mut applied, &mut told).await {
                Ok(pause) => pause.min(look),
                Err(error) => {
                    tracing::warn!(%error, "the certificates can't be kept; what is in force stays so");
                    RETRY.min(look)
                }
            };
            let heard = async {
                match applied.changed().await {
                    Ok(()) => {}
                    Err(_) => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.clock.sleep(pause.max(Duration::from_millis(50))) => {}
                () = heard => {}
            }
        }
    }

    /// Does everything that is to be done now, and says for how long nothing will be.
    async fn pass(
        &self,
        term: &Term,
        bundle: &watch::Sender<Option<Bundle>>,
        applied: &mut watch::Receiver<Option<Applied>>,
        told: &mut Vec<String>,
    ) -> Result<Duration, store::Error> {
        for _ in 0..MOST_STEPS {
            let before = bundle.borrow().clone();
            let look = self.look(before.as_ref()).await?;
            for complaint in &look.complaints {
                if !told.contains(complaint) {
                    tracing::warn!(what = %complaint, "mending a certificate");
                }
            }
            told.clone_from(&look.complaints);
            if let Some(trusted) = look.trusted(self.clock.now()) {
                bundle::say(bundle, trusted);
            }
            let trust = look.trust(applied.borrow_and_update().as_ref());
            let now = self.clock.now();
            let step = look.state.plan(trust, self.lifetimes, now);
            if let Step::Wait(pause) = step {
                return Ok(pause);
            }
            if !term.holds() {
                return Err(store::Error::TermOver);
            }
            match self.take(step, look).await {
                Ok(()) => {}
                Err(error) if error.is_conflict() => {
                    tracing::debug!(?step, "somebody else was faster");
                }
                Err(error) => return Err(error),
            }
        }
        Ok(Duration::ZERO)
    }

    /// Reads both Secrets; what was told to be trusted before counts as known.
    async fn look(&self, before: Option<&Bundle>) -> Result<Look, store::Error> {
        let stored = self.store.read().await?;
        let now = self.clock.now();
        let Examined {
            stored: authorities,
            leaf,
            brought,
            mut holdings,
            mut complaints,
        } = Examined::new(
            stored.authority.as_ref(),
            stored.certificate.as_ref(),
            &self.names,
            now,
        );
        complaints.extend(stored.complaints());
        let before = before.map(Bundle::authorities).unwrap_or_default().iter();
        let remembered: Vec<Known> = before
            .filter_map(|certificate| holdings.witness(certificate.clone()).ok())
            .collect();
        let state = State::new(authorities, leaf, &brought, &remembered, now);
        if leaf.is_some() && state.leaf.is_none() {
            complaints.push("the certificate is of no use: its authority is a stranger".to_owned());
        }
        Ok(Look {
            stored,
            state,
            holdings,
            complaints,
        })
    }

    async fn take(&self, step: Step, look: Look) -> Result<(), store::Error> {
        let now = self.clock.now();
        let Look {
            stored,
            state,
            mut holdings,
            ..
        } = look;
        match step {
            Step::Wait(_) => Ok(()),
            Step::Issue => {
                let issuing = state.authorities.issuing.as_ref();
                let authority = issuing.and_then(|issuing| holdings.authority(issuing));
                let authority = match authority {
                    Some(authority) => authority,
                    None => return Ok(()),
                };
                let validity = Validity::of_leaf(authority.known, self.lifetimes, now);
                let issued = authority.issue(&self.names, validity)?;
                let behind = bundle_of(&state.authorities, &holdings, now);
                let behind = behind.as_ref().map(Bundle::as_pem).unwrap_or_default();
                self.store
                    .put_certificate(stored.certificate, &issued, behind)
                    .await?;
                tracing::info!(not_after = validity.not_after, "issued a certificate");
                Ok(())
            }
            Step::Found | Step::Prepare => {
                let made = Authority::make(Validity::of_authority(self.lifetimes, now))?;
                let made = holdings.hold(made);
                let after = state.authorities.after(step, Some(made), now);
                self.store
                    .put_authorities(stored.authority, holdings.fields(&after))
                    .await?;
                tracing::info!(
                    not_after = made.validity.not_after,
                    first = step == Step::Found,
                    "made an authority"
                );
                Ok(())
            }
            Step::Remember | Step::Promote | Step::Forget => {
                let after = state.authorities.after(step, None, now);
                self.store
                    .put_authorities(stored.authority, holdings.fields(&after))
                    .await?;
                let (former, step) = (after.former.len(), format!("{step:?}"));
                tracing::info!(step, former, "changed the authorities");
                Ok(())
            }
        }
    }
}

// === impl Look ===

impl Look {
    fn trusted(&self, now: jiff::Timestamp) -> Option<Bundle> {
        bundle_of(&self.state.authorities, &self.holdings, now)
    }

    /// Since when API servers have been told to trust whom.
    fn trust(&self, applied: Option<&Applied>) -> Told {
        let since = |known: &Option<Known>| {
            let applied = applied?;
            let certificate = self.holdings.certificate(known.as_ref()?)?;
            let told = applied.bundle.contains(certificate);
            told.then(|| applied.at.elapsed())
        };
        Told {
            issuing: since(&self.state.authorities.issuing),
            next: since(&self.state.authorities.next),
        }
    }
}

fn bundle_of(
    authorities: &Authorities,
    holdings: &Holdings,
    now: jiff::Timestamp,
) -> Option<Bundle> {
    let trusted = authorities.trusted(now);
    let certificates: Vec<CertificateDer<'static>> = trusted
        .iter()
        .filter_map(|known| holdings.certificate(known).cloned())
        .collect();
    Bundle::new(certificates).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_are_long_enough_for_everyone_to_follow() {
        let check = |certificate, authority| {
            let [certificate, authority] = [certificate, authority].map(Duration::from_secs);
            Lifetimes {
                certificate,
                authority,
            }
            .check()
        };
        assert_eq!(check(10, 40), Ok(()));
        assert_eq!(check(720 * 3600, 8760 * 3600), Ok(()));
        assert!(check(9, 4000).unwrap_err().contains("10 s is the least"));
        assert!(check(10, 39).unwrap_err().contains("four times as long"));
        assert!(check(u64::MAX, u64::MAX - 1).is_err());
    }
}
