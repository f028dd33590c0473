//! The configuration as objects of a cluster, which come and go one by one.
//!
//! As with files, what is in force was valid as a whole, and an object that breaks keeps its last good content. Unlike
//! a file, an object that is broken from the start keeps nobody from starting: it is told of and passed over.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;

use super::{
    directory::Refresh,
    error::{Notice, Problem},
    item::{Item, Kind},
    piece::{Content, Dating, Piece},
    stamp::Digest,
    whole::Whole,
};
use crate::{
    api::{OperationBinding, SecretRef},
    lock::RegionKey,
    manifest,
};

/// What an object is called; messages name it so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObjectName {
    /// Its kind.
    pub kind: &'static str,
    /// Its namespace, if it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// How an object came to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It was written just now.
    Written,
    /// It was found, and may have been there for long. What does not say how old it is counts from its creation.
    Found(Option<Timestamp>),
}

/// All objects of the configuration.
#[derive(Debug)]
pub struct Objects {
    objects: BTreeMap<ObjectName, Object>,
    whole: Whole,
    /// There is something that is not in force yet, be it that there are no objects.
    is_pending: bool,
}

#[derive(Debug, Default)]
struct Object {
    piece: Piece,
    digest: Option<Digest>,
}

impl Default for Objects {
    fn default() -> Self {
        Self {
            objects: BTreeMap::new(),
            whole: Whole::default(),
            is_pending: true,
        }
    }
}

impl Objects {
    /// Takes an object as JSON; what says nothing about the configuration, such as its status, should be left out.
    pub fn put(&mut self, name: ObjectName, json: &[u8], arrival: Arrival, now: Timestamp) {
        let digest = Some(Digest::of(json));
        let source = name.to_string();
        let object = self.objects.entry(name).or_default();
        if object.digest == digest {
            return;
        }
        object.digest = digest;
        object.piece.since = object.piece.since.or(match arrival {
            Arrival::Written => Some(now),
            Arrival::Found(created) => created,
        });
        self.is_pending |= object.piece.take(read(&source, json, arrival, now));
    }

    /// The object is gone.
    pub fn remove(&mut self, name: &ObjectName) {
        self.is_pending |= self.objects.remove(name).is_some();
    }

    /// Only these of a kind are left.
    pub fn retain(&mut self, kind: &str, is_left: impl Fn(&ObjectName) -> bool) {
        let before = self.objects.len();
        self.objects
            .retain(|name, _| name.kind != kind || is_left(name));
        self.is_pending |= self.objects.len() != before;
    }

    /// Puts in force what has changed since the last time.
    pub fn refresh(&mut self) -> Refresh {
        if !std::mem::take(&mut self.is_pending) {
            return Refresh::Unchanged;
        }
        self.forget_listings();
        let objects = self.objects.iter_mut();
        let mut pieces: Vec<_> = objects
            .map(|(name, object)| (name.to_string(), &mut object.piece))
            .collect();
        match self.whole.put_together(&mut pieces) {
            Some(configuration) => Refresh::Changed(Box::new(configuration)),
            None => Refresh::Refused,
        }
    }

    /// What there is to say of what is in force.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        let objects = self.objects.iter();
        let pieces = objects.map(|(name, object)| (name.to_string(), &object.piece));
        self.whole.notices(pieces)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.objects.len()
    }

    /// The bindings in force.
    #[must_use]
    pub fn bindings(&self) -> Vec<OperationBinding> {
        self.in_force().filter_map(Item::binding).cloned().collect()
    }

    /// The Secrets that the accounts in force name.
    #[must_use]
    pub fn secrets(&self) -> Vec<SecretRef> {
        let accounts = self.in_force().filter_map(|item| match &item.kind {
            Kind::Account(account) => account.object.spec.credentials.secret_ref.clone(),
            _ => None,
        });
        accounts.collect()
    }

    fn in_force(&self) -> impl Iterator<Item = &Item> {
        let pieces = self.objects.values().map(|object| &object.piece);
        pieces.flat_map(|piece| piece.in_force.items.iter())
    }

    /// Forgets listings whose object is gone, unless the region is still to be known about: then the last one ages.
    fn forget_listings(&mut self) {
        let objects = &self.objects;
        self.whole.listings.retain(|key, _| {
            let pieces = objects.values().map(|object| &object.piece);
            let mut items =
                pieces.flat_map(|piece| piece.latest.items.iter().chain(&*piece.in_force.items));
            items.any(|item| is_about(item, key))
        });
    }
}

fn is_about(item: &Item, key: &RegionKey) -> bool {
    match &item.kind {
        Kind::Account(account) => account.regions.contains(key),
        Kind::Locks(part) => *part.account() == key.account && *part.region() == key.region,
        Kind::Policy(_) | Kind::Binding(_) | Kind::Namespace(..) | Kind::Secret(_) => false,
    }
}

fn read(
    source: &str,
    json: &[u8],
    arrival: Arrival,
    now: Timestamp,
) -> Result<Content, Vec<Problem>> {
    let mut items = Vec::new();
    for document in manifest::documents(source, json) {
        let document = document.map_err(|error| vec![unplaced(error.into())])?;
        // Dates count from receipt, so that none can be ahead.
        let item = Item::read(&document, Timestamp::MAX)
            .map_err(|problems| problems.into_iter().map(unplaced).collect::<Vec<_>>())?;
        items.extend(item.map(|mut item| {
            item.place.line = None;
            item
        }));
    }
    let time = match arrival {
        Arrival::Written => now,
        Arrival::Found(created) => {
            let dated = items.iter().find_map(|item| match &item.kind {
                Kind::Locks(part) => part.observed_at(),
                _ => None,
            });
            dated.or(created).map_or(now, |time| time.min(now))
        }
    };
    Ok(Content {
        items: items.into(),
        time,
        dating: Dating::Receipt,
    })
}

/// An object has no lines that anybody could look at.
fn unplaced(problem: Problem) -> Problem {
    Problem {
        place: None,
        ..problem
    }
}

// === impl ObjectName ===

impl fmt::Display for ObjectName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            kind,
            namespace,
            name,
        } = self;
        match namespace {
            Some(namespace) => write!(formatter, "{kind} {namespace}/{name}"),
            None => write!(formatter, "{kind} {name}"),
        }
    }
}

#[cfg(test)]
mod tests;
