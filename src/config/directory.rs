//! A configuration directory that is looked at again and again.
//!
//! By content, not by events: a mounted ConfigMap is replaced by swapping a symbolic link, which defeats a watch on
//! its files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    assemble::{self, Listings},
    digest::{Digest, Stamp},
    error::{Error, Problem},
    item::Item,
    read,
};
use crate::decision::Basis;

/// The state of the directory as last seen.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    files: BTreeMap<PathBuf, Seen>,
    /// Every listing that was ever good, so that none is forgotten when its file is.
    listings: Listings,
    /// What is wrong with the objects together.
    conflicts: Vec<Problem>,
}

/// One file as last seen.
#[derive(Debug, Default)]
struct Seen {
    stamp: Option<Stamp>,
    digest: Option<Digest>,
    /// The last good content.
    items: Vec<Item>,
    problems: Vec<Problem>,
}

/// What a look at the directory has found.
#[derive(Debug)]
pub enum Refresh {
    /// Nothing has changed.
    Unchanged,
    /// Something has; this is in force from now on. Files with problems are represented by their last good content.
    Changed(Box<Basis>),
    /// Something has, and it can't be put in force: the former basis stays.
    Refused,
}

impl Directory {
    /// Reads the directory for the first time; there must be nothing wrong with it.
    ///
    /// # Errors
    /// With every problem found.
    pub fn open(path: &Path, now: Timestamp) -> Result<(Self, Basis), Error> {
        let mut directory = Self {
            path: path.to_owned(),
            files: BTreeMap::new(),
            listings: Listings::new(),
            conflicts: Vec::new(),
        };
        directory.look(now, false)?;
        let problems = directory.problems();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        match directory.put_together() {
            Some(basis) => Ok((directory, basis)),
            None => Err(Error::Invalid(directory.conflicts)),
        }
    }

    /// Looks again. `thorough` compares bytes even where the file system says that nothing has changed.
    pub fn refresh(&mut self, now: Timestamp, thorough: bool) -> Refresh {
        match self.look(now, thorough) {
            Ok(false) => Refresh::Unchanged,
            Ok(true) => match self.put_together() {
                Some(basis) => Refresh::Changed(Box::new(basis)),
                None => Refresh::Refused,
            },
            Err(error) => {
                let problem = Problem::of_file(self.path.display().to_string(), error.to_string());
                let known = self.conflicts == [problem.clone()];
                self.conflicts = vec![problem];
                if known {
                    Refresh::Unchanged
                } else {
                    Refresh::Refused
                }
            }
        }
    }

    /// What is wrong at present, file by file, and then with all files together.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        self.files
            .values()
            .flat_map(|seen| &seen.problems)
            .chain(&self.conflicts)
            .cloned()
            .collect()
    }

    /// How many files there are.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Reads what has changed; tells whether anything has.
    fn look(&mut self, now: Timestamp, thorough: bool) -> Result<bool, Error> {
        let paths = read::files_below(&self.path)?;
        let before = self.files.len();
        self.files
            .retain(|path, _| paths.binary_search(path).is_ok());
        let mut changed = self.files.len() != before;
        for path in paths {
            let seen = self.files.entry(path.clone()).or_default();
            changed |= seen.look(&path, now, thorough);
        }
        Ok(changed)
    }

    fn put_together(&mut self) -> Option<Basis> {
        let items: Vec<&Item> = self.files.values().flat_map(|seen| &seen.items).collect();
        match assemble::basis(&items, &self.listings) {
            Ok(basis) => {
                self.listings.extend(assemble::listings(&items));
                self.conflicts.clear();
                Some(basis)
            }
            Err(problems) => {
                self.conflicts = problems;
                None
            }
        }
    }
}

impl Seen {
    fn look(&mut self, path: &Path, now: Timestamp, thorough: bool) -> bool {
        let stamp = std::fs::metadata(path)
            .ok()
            .map(|metadata| Stamp::of(&metadata));
        if stamp.is_some() && self.stamp == stamp && !thorough {
            return false;
        }
        let parsed =
            read::bytes(path)
                .map_err(|problem| vec![problem])
                .and_then(|(stamp, bytes)| {
                    self.stamp = Some(stamp);
                    let digest = Digest::of(&bytes);
                    if self.digest.replace(digest) == Some(digest) {
                        return Ok(None);
                    }
                    read::parse(path, &bytes, read::file_time(&stamp, now), now).map(Some)
                });
        match parsed {
            Ok(None) => false,
            Ok(Some(items)) => {
                self.items = items;
                self.problems.clear();
                true
            }
            Err(problems) => {
                let changed = self.problems != problems;
                self.problems = problems;
                changed
            }
        }
    }
}
