//! One complete listing of what is locked in one region.
//!
//! Guarantees: it has every page or it does not exist; what ECS lists as locked is locked unless the same answer shows
//! that it is not. Must never run for ever, nor hold more than so many ids, whatever the pages say.

use std::{collections::HashSet, sync::Arc};

use jiff::Timestamp;

use super::{
    Client, Clients, Error,
    client::Patience,
    error::Class,
    limiter::Priority,
    wire::{Locks, Page, Query},
};
use crate::{
    lock::{Builder, ErrorKind, RegionKey, Snapshot, Source},
    telemetry::EcsAction,
};

/// Twice what is promised to fit.
const MOST_IDS: usize = 2_000_000;

/// So many pages in a row may bring nothing new: what moves between pages while they are read comes twice.
const MOST_BARREN_PAGES: usize = 16;

/// A complete listing; cheap to clone.
#[derive(Clone, Debug)]
pub struct Listed {
    /// What is locked.
    pub snapshot: Snapshot,
    /// When the listing began.
    pub observed_at: Timestamp,
    /// The reasons that it was made for.
    pub listed_for: Arc<[String]>,
}

/// Lists a region's instances and disks that are locked for one of these reasons.
pub(super) async fn list(
    client: &Client,
    key: &RegionKey,
    reasons: &[String],
    clients: &Clients,
) -> Result<Listed, Error> {
    let observed_at = clients.clock().now();
    let mut listing = Listing {
        key,
        all_reasons: reasons,
        builder: Builder::new(key.account.clone(), key.region.clone(), Source::Ecs)
            .observed_at(observed_at),
        ids: 0,
        patience: clients.times().page.with(Priority::Poll),
    };
    for reason in reasons {
        listing.instances(client, reason).await?;
    }
    for reason in reasons {
        listing.disks(client, reason).await?;
    }
    let Listing { builder, .. } = listing;
    // A million ids take a while to put in order.
    let snapshot = tokio::task::spawn_blocking(|| builder.finish()).await;
    let snapshot = snapshot
        .map_err(|_| {
            malformed(
                key,
                EcsAction::DescribeInstances,
                "the listing broke off".to_owned(),
            )
        })?
        .map_err(|error| malformed(key, EcsAction::DescribeInstances, error.to_string()))?;
    Ok(Listed {
        snapshot,
        observed_at,
        listed_for: reasons.into(),
    })
}

struct Listing<'a> {
    key: &'a RegionKey,
    all_reasons: &'a [String],
    builder: Builder,
    ids: usize,
    patience: Patience,
}

impl Listing<'_> {
    async fn instances(&mut self, client: &Client, reason: &str) -> Result<(), Error> {
        let mut walk = Walk::default();
        loop {
            let query = Query::Locked {
                reason,
                next_token: walk.token.as_deref(),
            };
            let page = client
                .instances(&self.key.region, query, self.patience)
                .await?;
            let Page { items, next_token } = page;
            let before = self.ids;
            for instance in &items {
                let added = match self.reasons(&instance.locks, reason) {
                    Some(reasons) => {
                        // Which disks it has is not in this answer.
                        let disks = None::<[&str; 0]>;
                        self.builder.instance(&instance.id, reasons, disks)
                    }
                    None => Ok(()),
                };
                self.count(EcsAction::DescribeInstances, added)?;
            }
            if !self.turn(&mut walk, before, next_token, EcsAction::DescribeInstances)? {
                return Ok(());
            }
        }
    }

    async fn disks(&mut self, client: &Client, reason: &str) -> Result<(), Error> {
        let mut walk = Walk::default();
        loop {
            let query = Query::Locked {
                reason,
                next_token: walk.token.as_deref(),
            };
            let page = match client.disks(&self.key.region, query, self.patience).await {
                // Not every reason for which an instance can be locked is one for disks.
                Err(error) if error.is_unknown_reason() && !is_financial(reason) => return Ok(()),
                page => page?,
            };
            let Page { items, next_token } = page;
            let before = self.ids;
            for disk in &items {
                let added = match self.reasons(&disk.locks, reason) {
                    Some(reasons) => self.builder.disk(&disk.id, reasons, &disk.instances),
                    None => Ok(()),
                };
                self.count(EcsAction::DescribeDisks, added)?;
            }
            if !self.turn(&mut walk, before, next_token, EcsAction::DescribeDisks)? {
                return Ok(());
            }
        }
    }

    /// Why something in a listing of what is locked for `asked` is locked; none where the answer shows that it is not.
    ///
    /// Then it is left out, for it may come again: locked for another reason, or on the page that it has moved to.
    fn reasons<'l>(&self, locks: &'l Locks, asked: &'l str) -> Option<Vec<&'l str>> {
        match locks {
            Locks::Listed(reasons) => {
                let is_locked = reasons.iter().any(|reason| {
                    let mut all = self.all_reasons.iter();
                    all.any(|named| named.eq_ignore_ascii_case(reason))
                });
                is_locked.then(|| reasons.iter().map(String::as_str).collect())
            }
            // The answer does not say, but this is what was asked for.
            Locks::Absent => Some(vec![asked]),
        }
    }

    /// An id that came before is no news: it has moved from one page to the next.
    fn count(
        &mut self,
        action: EcsAction,
        added: Result<(), crate::lock::Error>,
    ) -> Result<(), Error> {
        match added {
            Ok(()) => {
                self.ids += 1;
                Ok(())
            }
            Err(error) if error.kind() == ErrorKind::Duplicate => Ok(()),
            Err(error) => Err(malformed(self.key, action, error.to_string())),
        }
    }

    /// Goes on to the next page; tells whether there is one.
    fn turn(
        &self,
        walk: &mut Walk,
        before: usize,
        next_token: Option<String>,
        action: EcsAction,
    ) -> Result<bool, Error> {
        if MOST_IDS < self.ids {
            let problem = format!("the listing has more than {MOST_IDS} ids");
            return Err(malformed(self.key, action, problem));
        }
        walk.turn(self.ids - before, next_token)
            .map_err(|problem| malformed(self.key, action, problem.to_owned()))
    }
}

/// The way from page to page.
#[derive(Debug, Default)]
struct Walk {
    token: Option<String>,
    seen: HashSet<String>,
    barren: usize,
}

impl Walk {
    fn turn(&mut self, news: usize, next_token: Option<String>) -> Result<bool, &'static str> {
        let Some(token) = next_token else {
            return Ok(false);
        };
        if !self.seen.insert(token.clone()) {
            return Err("the listing came to the same page twice");
        }
        self.barren = if news == 0 { self.barren + 1 } else { 0 };
        if MOST_BARREN_PAGES < self.barren {
            return Err("the listing does not end: page after page brings nothing new");
        }
        self.token = Some(token);
        Ok(true)
    }
}

fn is_financial(reason: &str) -> bool {
    reason.eq_ignore_ascii_case("financial")
}

fn malformed(key: &RegionKey, action: EcsAction, message: String) -> Error {
    Error::own(Class::Malformed, action, &key.region, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(walk: &mut Walk, news: usize, token: &str) -> Result<bool, &'static str> {
        walk.turn(news, Some(token.to_owned()))
    }

    #[test]
    fn a_walk_ends_where_there_is_no_next_page() {
        let mut walk = Walk::default();
        assert_eq!(turn(&mut walk, 1, "a"), Ok(true));
        assert_eq!(walk.token.as_deref(), Some("a"));
        assert_eq!(walk.turn(0, None), Ok(false));
    }

    #[test]
    fn a_walk_in_a_circle_is_given_up() {
        let mut walk = Walk::default();
        assert_eq!(turn(&mut walk, 1, "a"), Ok(true));
        assert_eq!(turn(&mut walk, 1, "b"), Ok(true));
        assert!(turn(&mut walk, 1, "a").is_err());
    }

    #[test]
    fn a_walk_without_news_is_given_up() {
        let mut walk = Walk::default();
        for page in 0..MOST_BARREN_PAGES {
            assert_eq!(turn(&mut walk, 0, &page.to_string()), Ok(true));
        }
        let mut hopeful = Walk {
            barren: walk.barren,
            ..Walk::default()
        };
        assert_eq!(turn(&mut hopeful, 1, "news"), Ok(true));
        assert!(turn(&mut walk, 0, "last").is_err());
    }

    #[test]
    fn what_is_listed_as_locked_is_locked_unless_the_answer_shows_otherwise() {
        let key = RegionKey {
            account: "prod".parse().unwrap(),
            region: "cn-hangzhou".parse().unwrap(),
        };
        let all_reasons = ["financial".to_owned(), "security".to_owned()];
        let listing = Listing {
            key: &key,
            all_reasons: &all_reasons,
            builder: Builder::new(key.account.clone(), key.region.clone(), Source::Ecs),
            ids: 0,
            patience: crate::ecs::Times::default().page.with(Priority::Poll),
        };
        let listed =
            |reasons: &[&str]| Locks::Listed(reasons.iter().map(ToString::to_string).collect());
        let reasons = |locks: &Locks| {
            let reasons = listing.reasons(locks, "financial")?;
            Some(reasons.join(" "))
        };
        assert_eq!(reasons(&Locks::Absent).as_deref(), Some("financial"));
        assert_eq!(reasons(&listed(&[])), None);
        assert_eq!(reasons(&listed(&["Recycling"])), None);
        assert_eq!(
            reasons(&listed(&["Security", "x"])).as_deref(),
            Some("Security x")
        );
    }
}
