//! Listings from the objects that they were published as.
//!
//! Guarantees: a listing is given out when all objects of its set are there at the same time, and only if it began
//! later than the one given out last; objects of two sets never make a listing, and a set that is half replaced leaves
//! the last whole one in force. An object that can't be read is told of and keeps no other from being read. Holds the
//! listings in force and what is there of newer sets, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Deserialize;

use super::mark::{self, LISTING, LOCK_REASONS, MANAGED_BY};
use crate::{
    api::{AccountName, RegionId},
    clock::Clock,
    ecs::Listed,
    lock::{Facts, Part, RegionKey, Snapshot},
};

/// The published objects as they come, and the listings that they make.
///
/// A set of a million ids takes seconds to be put together: feed this where nobody waits.
#[derive(Debug)]
pub struct Shards {
    clock: Clock,
    regions: BTreeMap<RegionKey, Region>,
    /// Where each object belongs, by name.
    places: BTreeMap<String, (RegionKey, u32)>,
}

/// A published object that can't be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("LockSnapshot {name}: {problem}")]
pub struct Unreadable {
    /// Its name.
    pub name: String,
    /// What is wrong with it, in one line.
    pub problem: String,
}

#[derive(Debug, Default)]
struct Region {
    in_force: Option<Listed>,
    /// All its objects that are there.
    present: BTreeSet<u32>,
    /// Those of sets that are newer than what is in force.
    newer: BTreeMap<u32, (Set, Part)>,
}

/// What tells one set from another.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Set {
    observed_at: Timestamp,
    count: u32,
    listing: String,
    reasons: String,
}

impl Shards {
    /// Nothing is there yet. The clock tells what can't have been listed yet.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            regions: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    /// Takes an object as it is now, in JSON, and gives the listing that it makes whole, if it does.
    ///
    /// # Errors
    /// It can't be read. Then it counts as not there.
    pub fn apply(
        &mut self,
        name: &str,
        json: &[u8],
    ) -> Result<Option<(RegionKey, Listed)>, Unreadable> {
        let unreadable = |problem: String| Unreadable {
            name: name.to_owned(),
            problem,
        };
        let taken = self.take(name, json);
        if !matches!(taken, Ok(Taken::There(_))) {
            self.delete(name);
        }
        match taken.map_err(unreadable)? {
            Taken::Foreign => Ok(None),
            Taken::There(key) => {
                let whole = self.regions.get_mut(&key).map(Region::join);
                let listed = whole.transpose().map_err(unreadable)?.flatten();
                Ok(listed.map(|listed| (key, listed)))
            }
        }
    }

    /// Takes note that an object is not there any more.
    ///
    /// What is in force is forgotten with the last object of its region.
    pub fn delete(&mut self, name: &str) {
        let Some((key, index)) = self.places.remove(name) else {
            return;
        };
        if let Some(region) = self.regions.get_mut(&key) {
            region.present.remove(&index);
            region.newer.remove(&index);
            if region.present.is_empty() {
                self.regions.remove(&key);
            }
        }
    }

    /// Takes note that no other objects are there than these: after a watch had to begin anew.
    pub fn retain(&mut self, is_there: impl Fn(&str) -> bool) {
        let gone: Vec<String> = self
            .places
            .keys()
            .filter(|name| !is_there(name))
            .cloned()
            .collect();
        for name in gone {
            self.delete(&name);
        }
    }

    /// Takes note of what is in force anyway, as [`Board::listings`](crate::ecs::Board::listings) tells it: the leader
    /// need not read again what it has published itself, nor hold it twice.
    pub fn know(&mut self, listings: impl IntoIterator<Item = (RegionKey, Facts)>) {
        self.regions.retain(|_, region| !region.present.is_empty());
        for (key, facts) in listings {
            let region = self.regions.entry(key).or_default();
            let is_news = region
                .in_force
                .as_ref()
                .is_none_or(|listed| listed.observed_at < facts.observed_at);
            if is_news {
                region
                    .newer
                    .retain(|_, (set, _)| facts.observed_at < set.observed_at);
                region.in_force = Some(Listed {
                    snapshot: facts.snapshot,
                    observed_at: facts.observed_at,
                    listed_for: facts.listed_for.unwrap_or_default(),
                });
            }
        }
    }

    /// The listing that was given out last of each region: for a board that did not ask for the region then.
    pub fn in_force(&self) -> impl Iterator<Item = (&RegionKey, &Listed)> {
        let regions = self.regions.iter();
        regions.filter_map(|(key, region)| Some((key, region.in_force.as_ref()?)))
    }

    fn take(&mut self, name: &str, json: &[u8]) -> Result<Taken, String> {
        let head: Head = serde_json::from_slice(json).map_err(|error| error.to_string())?;
        let Head { metadata, spec } = head;
        let (label, value) = MANAGED_BY;
        if metadata
            .labels
            .get(label)
            .is_none_or(|found| found != value)
        {
            return Ok(Taken::Foreign);
        }
        if metadata.name != name {
            return Err(format!("calls itself {:?}", metadata.name));
        }
        let reasons = metadata.annotations.get(LOCK_REASONS).cloned();
        let reasons = reasons.ok_or_else(|| format!("the annotation {LOCK_REASONS} is missing"))?;
        let listing = metadata.annotations.get(LISTING).cloned();
        let key = RegionKey {
            account: spec.account,
            region: spec.region,
        };
        let index = spec.shard.unwrap_or_default().index;
        if mark::index(&key, name) != Some(index) {
            return Err(format!("is not called {}", mark::name(&key, index)));
        }
        let in_force = self
            .regions
            .get(&key)
            .and_then(|region| region.in_force.as_ref())
            .map(|listed| listed.observed_at);
        let news = match in_force {
            // Most of what comes: somebody else's copy of what is known. Its ids need not be read.
            Some(in_force) if spec.observed_at <= in_force => None,
            _ => {
                let part = Part::from_json(json).map_err(|error| error.message().to_owned())?;
                part.check_not_ahead(self.clock.now())
                    .map_err(|error| error.message().to_owned())?;
                let set = Set {
                    observed_at: spec.observed_at,
                    count: part.shard().count,
                    listing: listing.unwrap_or_default(),
                    reasons,
                };
                Some((set, part))
            }
        };
        self.places.insert(name.to_owned(), (key.clone(), index));
        let region = self.regions.entry(key.clone()).or_default();
        region.present.insert(index);
        match news {
            Some(news) => region.newer.insert(index, news),
            None => region.newer.remove(&index),
        };
        Ok(Taken::There(key))
    }
}

enum Taken {
    /// Not one of ours.
    Foreign,
    /// It is there, in this region.
    There(RegionKey),
}

impl Region {
    /// The newest set that is whole, if it was not before.
    fn join(&mut self) -> Result<Option<Listed>, String> {
        let Some(set) = self.whole().cloned() else {
            return Ok(None);
        };
        let mut parts = Vec::new();
        // Older ones can't come into force any more, and these are used up.
        self.newer = std::mem::take(&mut self.newer)
            .into_iter()
            .filter_map(|(index, (of, part))| {
                if of == set {
                    parts.push(part);
                    return None;
                }
                (set.observed_at < of.observed_at).then_some((index, (of, part)))
            })
            .collect();
        let snapshot = Snapshot::join_all(parts).map_err(|error| error.message().to_owned())?;
        let reasons = set.reasons.split(',').filter(|reason| !reason.is_empty());
        let listed = Listed {
            snapshot,
            observed_at: set.observed_at,
            listed_for: reasons.map(str::to_owned).collect(),
        };
        self.in_force = Some(listed.clone());
        Ok(Some(listed))
    }

    fn whole(&self) -> Option<&Set> {
        // Shard 0 belongs to every set.
        let (set, _) = self.newer.get(&0)?;
        let is_there = |index| self.newer.get(&index).is_some_and(|(of, _)| of == set);
        (0..set.count).all(is_there).then_some(set)
    }
}

/// What is read of an object before its ids are.
#[derive(Deserialize)]
struct Head {
    metadata: Metadata,
    spec: Spec,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    account: AccountName,
    region: RegionId,
    observed_at: Timestamp,
    shard: Option<Place>,
}

#[derive(Clone, Copy, Default, Deserialize)]
struct Place {
    index: u32,
}

#[cfg(test)]
mod tests;
