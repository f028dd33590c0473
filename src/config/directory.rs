//! A configuration directory that is looked at again and again.
//!
//! By content, not by events: a mounted ConfigMap is replaced by swapping a symbolic link, which defeats a watch on
//! its files. What is in force is good as a whole, and made of the last good content of each file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::Configuration;
use super::{
    assemble::{self, Assembled, Conflict, assemble, assemble_whole},
    error::{Error, Notice, Problem, Severity},
    file::{File, Found, Look, Patience},
    find,
    listings::Listings,
};

/// So many looks in a row may find a file that is being written before the others have waited long enough.
const MOST_WAITS: u32 = 4;

/// The state of the directory as last seen.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    files: BTreeMap<PathBuf, File>,
    /// Every listing that was ever good, so that none is forgotten when its file is.
    listings: Listings,
    /// What can't be looked into.
    closed: Vec<Problem>,
    /// The files whose latest content can't be in force together with all others.
    conflicts: Vec<Problem>,
    /// What to say of the listings and of the whole.
    remarks: Vec<Notice>,
    /// Something has changed that is not in force yet.
    is_pending: bool,
    waits: u32,
}

/// What a look at the directory has found.
#[derive(Debug)]
pub enum Refresh {
    /// Nothing has changed.
    Unchanged,
    /// Somebody may still be writing; look again shortly.
    Unsettled,
    /// Something has changed; this is in force from now on.
    Changed(Box<Configuration>),
    /// Something has changed that can't be put in force; the former basis stays.
    Refused,
}

impl Directory {
    /// Reads the directory for the first time; there must be nothing wrong with it.
    ///
    /// # Errors
    /// With every problem found.
    pub fn open(path: &Path, now: Timestamp) -> Result<(Self, Configuration), Error> {
        let mut directory = Self {
            path: path.to_owned(),
            files: BTreeMap::new(),
            listings: Listings::new(),
            closed: Vec::new(),
            conflicts: Vec::new(),
            remarks: Vec::new(),
            is_pending: false,
            waits: 0,
        };
        for path in find::manifest_files(path)? {
            let file = File::open(&path, now);
            directory.files.insert(path, file);
        }
        let files = directory.files.values();
        let problems: Vec<_> = files.flat_map(|file| file.problems.clone()).collect();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let contents: Vec<_> = directory.files.values().map(|file| &file.latest).collect();
        let assembled = assemble_whole(&contents).map_err(Error::Invalid)?;
        let configuration = directory.adopt(assembled, &BTreeSet::new());
        Ok((directory, configuration))
    }

    /// Looks again.
    pub fn refresh(&mut self, now: Timestamp, look: Look) -> Refresh {
        let patience = match self.waits < MOST_WAITS {
            true => Patience::Left,
            false => Patience::Spent,
        };
        if !self.look(now, look, patience) {
            self.waits += 1;
            return Refresh::Unsettled;
        }
        self.waits = 0;
        if !std::mem::take(&mut self.is_pending) {
            return Refresh::Unchanged;
        }
        match self.put_together() {
            Some(configuration) => Refresh::Changed(Box::new(configuration)),
            None => Refresh::Refused,
        }
    }

    /// What there is to say of what is in force.
    #[must_use]
    pub fn notices(&self) -> Vec<Notice> {
        let mut notices: Vec<_> = self
            .closed
            .iter()
            .map(|problem| problem.notice("what was read of it before stays in force"))
            .collect();
        for (path, file) in &self.files {
            let instead = match file.in_force.items.is_empty() {
                true => "nothing of it is in force",
                false => "its last good content stays in force",
            };
            let name = path.display().to_string();
            let conflicts = self.conflicts.iter();
            let problems = conflicts.filter(|problem| problem.file == name);
            notices.extend(
                problems
                    .chain(&file.problems)
                    .map(|problem| problem.notice(instead)),
            );
        }
        notices.extend(self.remarks.iter().cloned());
        notices
    }

    /// How many files there are.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.files.len()
    }

    /// Reads what has changed; tells whether everything has settled.
    fn look(&mut self, now: Timestamp, look: Look, patience: Patience) -> bool {
        let found = find::below(&self.path);
        let closed = self.closed(&found);
        let mut is_settled = true;
        if self.closed != closed {
            self.is_pending = true;
            self.closed = closed;
        }
        if !self.is_emptied(&found) {
            self.files.retain(|path, file| {
                let mut unreadable = found.unreadable.iter();
                if found.files.binary_search(path).is_ok()
                    || unreadable.any(|(directory, _)| path.starts_with(directory))
                {
                    return true;
                }
                let is_gone = file.is_gone(patience);
                self.is_pending |= is_gone;
                is_settled &= is_gone;
                !is_gone
            });
        }
        for path in found.files {
            let file = self.files.entry(path.clone()).or_default();
            match file.look(&path, now, look, patience) {
                Found::Same => {}
                Found::Unsettled => is_settled = false,
                Found::News => self.is_pending = true,
            }
        }
        is_settled
    }

    /// A directory that loses all its files at once has more likely lost its volume.
    fn is_emptied(&self, found: &find::Found) -> bool {
        found.files.is_empty() && found.unreadable.is_empty() && !self.files.is_empty()
    }

    fn closed(&self, found: &find::Found) -> Vec<Problem> {
        let mut closed: Vec<_> = found
            .unreadable
            .iter()
            .map(|(path, error)| Problem::of_file(path.display().to_string(), error))
            .collect();
        if self.is_emptied(found) {
            let message = "no configuration file is left in it; a restart begins without any";
            closed.push(Problem::of_file(self.path.display().to_string(), message));
        }
        closed
    }

    /// Puts in force what can be: of a conflict, what was there before stays, and what has changed has to wait.
    fn put_together(&mut self) -> Option<Configuration> {
        let mut waiting = BTreeSet::new();
        let mut problems = Vec::new();
        loop {
            let contents: Vec<_> = self
                .files
                .iter()
                .map(|(path, file)| match waiting.contains(path) {
                    true => &file.in_force,
                    false => &file.latest,
                })
                .collect();
            let conflicts = match assemble(&contents, &self.listings) {
                Ok(assembled) => {
                    let configuration = self.adopt(assembled, &waiting);
                    self.conflicts = problems;
                    return Some(configuration);
                }
                Err(conflicts) => conflicts,
            };
            let before = waiting.len();
            // Who had to wait before goes on waiting, and does not keep the other from being renewed.
            let those_before = self.files.iter().filter(|(_, file)| file.is_waiting);
            hold(&conflicts, those_before, &mut waiting, &mut problems);
            if waiting.len() == before {
                hold(&conflicts, self.files.iter(), &mut waiting, &mut problems);
            }
            if waiting.len() == before {
                self.conflicts = conflicts.iter().map(Conflict::problem).collect();
                return None;
            }
        }
    }

    fn adopt(&mut self, assembled: Assembled, waiting: &BTreeSet<PathBuf>) -> Configuration {
        let Assembled {
            configuration,
            listings,
            incomplete,
            mut remarks,
        } = assembled;
        for (path, file) in &mut self.files {
            file.is_waiting = waiting.contains(path);
            if !file.is_waiting {
                file.in_force = file.latest.clone();
            }
        }
        for (key, problem) in incomplete {
            let instead = match listings.contains_key(&key) {
                true => "the last complete listing stays in force and ages",
                false => "nothing is known of its region",
            };
            remarks.push(Notice {
                about: assemble::listing_name(&key),
                severity: Severity::Problem,
                message: format!("{problem}; {instead}"),
            });
        }
        self.listings = listings;
        self.remarks = remarks;
        configuration
    }
}

/// Makes those of the files wait that are new in a conflict.
fn hold<'a>(
    conflicts: &[Conflict],
    files: impl Iterator<Item = (&'a PathBuf, &'a File)>,
    waiting: &mut BTreeSet<PathBuf>,
    problems: &mut Vec<Problem>,
) {
    for (path, file) in files {
        let name = path.display().to_string();
        let mut of_file: Vec<_> = conflicts
            .iter()
            .filter_map(|conflict| conflict.problem_in(&name))
            .collect();
        let can_wait = !of_file.is_empty() && !file.latest.is(&file.in_force);
        if can_wait && waiting.insert(path.clone()) {
            problems.append(&mut of_file);
        }
    }
}
