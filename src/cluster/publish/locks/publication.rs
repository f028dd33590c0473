//! One region's listing as objects, written as far as that is needed; and objects that are of no region.

use std::{collections::BTreeSet, time::Duration};

use jiff::Timestamp;

use crate::{
    cluster::{
        Term,
        publish::{
            call::Failure,
            mark::{self, Mark},
            objects::{self, Objects, Present, Set},
        },
    },
    lock::{Facts, RegionKey, Split, elapsed},
};

/// What the entries of one object may take, so that with all the rest of it a request to etcd stays below 1.5 MiB, and
/// the document below a million bytes.
const LIMIT: usize = 960_000;

/// Dated further ahead than clocks differ: nothing that we wrote.
const AHEAD: Duration = Duration::from_secs(60);

/// What there is to do about one region.
#[derive(Debug)]
pub(super) struct Task<'t> {
    pub(super) objects: &'t Objects,
    pub(super) term: &'t Term,
    pub(super) key: RegionKey,
    pub(super) facts: Facts,
    /// What was there when it was last looked at or written.
    pub(super) published: Option<Set>,
    /// How old the published listing may become if nothing else has changed.
    pub(super) half: Duration,
    pub(super) now: Timestamp,
}

/// What is there now.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) set: Set,
}

impl Task<'_> {
    /// Writes the listing if that is needed.
    pub(super) async fn run(self) -> Result<Published, Failure> {
        let (snapshot, observed_at) = (self.facts.snapshot.clone(), self.facts.observed_at);
        let split = in_background(move || Split::new(&snapshot, observed_at, LIMIT)).await?;
        let set = Set {
            mark: Some(Mark {
                observed_at,
                count: split.count(),
                fingerprint: split.fingerprint().to_owned(),
            }),
            reasons: self.reasons(),
        };
        if let Some(there) = &self.published
            && !self.is_needed(there, &set)
        {
            return Ok(Published { set: there.clone() });
        }
        let present = self.objects.list().await?;
        match objects::whole(&present, &self.key) {
            Some(there) if !self.is_needed(&there, &set) => return Ok(Published { set: there }),
            _ => {}
        }
        self.write(split, &set, &present).await?;
        Ok(Published { set })
    }

    /// The reasons that the listing was made for, as an annotation has them.
    fn reasons(&self) -> String {
        let reasons = self.facts.listed_for.as_deref().unwrap_or_default();
        reasons.join(",")
    }

    /// Whether this set is to take the place of the one that is there.
    fn is_needed(&self, there: &Set, set: &Set) -> bool {
        let (Some(old), Some(new)) = (&there.mark, &set.mark) else {
            return true;
        };
        if AHEAD < elapsed(self.now, old.observed_at) {
            return true;
        }
        if new.observed_at <= old.observed_at {
            return false;
        }
        let is_alike = old.fingerprint == new.fingerprint
            && old.count == new.count
            && there.reasons == set.reasons;
        !is_alike || self.half <= elapsed(old.observed_at, self.now)
    }

    async fn write(&self, split: Split, set: &Set, present: &Present) -> Result<(), Failure> {
        let foreign =
            objects::of_region(present, &self.key).find(|(_, _, there)| there.set().is_none());
        if let Some((_, name, _)) = foreign {
            return Err(Failure::Foreign(name.to_owned()));
        }
        let Some(mark) = &set.mark else {
            return Ok(());
        };
        let count = split.count();
        let split = std::sync::Arc::new(split);
        // A reader that knows shard 0 has to wait for no other any more.
        for index in (0..count).rev() {
            let object = {
                let (split, key) = (std::sync::Arc::clone(&split), self.key.clone());
                let (mark, reasons) = (mark.clone(), set.reasons.clone());
                in_background(move || {
                    let piece = split.piece(index)?;
                    objects::document(&key, index, &mark, &reasons, piece).ok()
                })
                .await?
            };
            let object =
                object.ok_or_else(|| Failure::Other(format!("there is no shard {index}")))?;
            let name = mark::name(&self.key, index);
            self.objects.apply(self.term, &name, object).await?;
        }
        for (index, name, there) in objects::of_region(present, &self.key) {
            if count <= index {
                self.objects.delete(self.term, name, there).await?;
            }
        }
        Ok(())
    }
}

/// Deletes what is ours and of none of these regions.
pub(super) async fn sweep(
    objects: &Objects,
    term: &Term,
    keys: &BTreeSet<RegionKey>,
) -> Result<(), Failure> {
    let present = objects.list().await?;
    let wanted: BTreeSet<&str> = keys
        .iter()
        .flat_map(|key| objects::of_region(&present, key))
        .map(|(_, name, _)| name)
        .collect();
    for (name, there) in &present {
        if !wanted.contains(name.as_str()) {
            objects.delete(term, name, there).await?;
        }
    }
    Ok(())
}

/// Computes where nobody waits.
async fn in_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|broken| {
        Failure::Other(format!("putting the listing together broke off: {broken}"))
    })
}
