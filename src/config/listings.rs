//! From documents to complete listings, one for each account and region.
//!
//! A listing that is in pieces counts only when all of them are there and of one time.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{
    assemble::Conflict,
    error::Problem,
    item::{Item, Kind},
    piece::{Content, Dating},
};
use crate::lock::{Facts, Part, RegionKey, Shard, Snapshot};

/// Complete listings by account and region.
pub(super) type Listings = BTreeMap<RegionKey, Facts>;

/// What the documents come to.
#[derive(Debug, Default)]
pub(super) struct Joined {
    pub(super) listings: Listings,
    /// Sets of shards that are not complete, or not of one time.
    pub(super) incomplete: BTreeMap<RegionKey, Problem>,
}

struct Piece<'a> {
    item: &'a Item,
    part: &'a Part,
    time: Timestamp,
    dating: Dating,
}

/// Joins the documents of all files.
pub(super) fn join(contents: &[&Content], conflicts: &mut Vec<Conflict>) -> Joined {
    let mut joined = Joined::default();
    for (key, pieces) in pieces(contents) {
        let twice = conflicts_in(&pieces);
        if !twice.is_empty() {
            conflicts.extend(twice);
            continue;
        }
        let parts: Vec<Part> = pieces.iter().map(|piece| piece.part.clone()).collect();
        match Snapshot::join(&parts) {
            Ok(snapshot) => {
                // A set that is not dated by itself is as old as its oldest piece.
                let oldest = pieces.iter().map(|piece| piece.time).min();
                let is_own = |piece: &Piece<'_>| piece.dating == Dating::Own;
                let own = snapshot.observed_at().filter(|_| pieces.iter().all(is_own));
                let observed_at = own.or(oldest).unwrap_or_default();
                let facts = Facts::listed(snapshot, observed_at);
                joined.listings.insert(key, facts);
            }
            Err(error) => {
                if let Some(first) = pieces.first() {
                    let message = format!(
                        "{}; the shards of a listing count when all are there, with one observedAt",
                        error.message()
                    );
                    let problem = first.item.place.problem(message);
                    joined.incomplete.insert(key, problem);
                }
            }
        }
    }
    joined
}

fn pieces<'a>(contents: &[&'a Content]) -> BTreeMap<RegionKey, Vec<Piece<'a>>> {
    let mut pieces: BTreeMap<RegionKey, Vec<Piece<'a>>> = BTreeMap::new();
    for content in contents {
        for item in content.items.iter() {
            if let Kind::Locks(part) = &item.kind {
                let key = RegionKey {
                    account: part.account().clone(),
                    region: part.region().clone(),
                };
                pieces.entry(key).or_default().push(Piece {
                    item,
                    part,
                    time: content.time,
                    dating: content.dating,
                });
            }
        }
    }
    pieces
}

fn conflicts_in(pieces: &[Piece<'_>]) -> Vec<Conflict> {
    let mut first_by_index: BTreeMap<u32, &Piece<'_>> = BTreeMap::new();
    let mut conflicts = Vec::new();
    for piece in pieces {
        let Shard { index, count } = piece.part.shard();
        match first_by_index.get(&index) {
            Some(first) => {
                let shard = match count {
                    1 => String::new(),
                    _ => format!("shard {index} of "),
                };
                let what = format!(
                    "{shard}the LockSnapshot of account {} and region {}",
                    piece.part.account(),
                    piece.part.region()
                );
                conflicts.push(Conflict::twice(&what, first.item, piece.item));
            }
            None => {
                first_by_index.insert(index, piece);
            }
        }
    }
    conflicts
}
