//! A configuration directory that is looked at again and again.
//!
//! By content, not by events: a mounted ConfigMap is replaced by swapping a symbolic link, which defeats a watch on
//! its files. What is in force is good as a whole, and made of the last good content of each file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::{
    Configuration,
    assemble::assemble_whole,
    error::{Error, Notice, Problem},
    file::{File, Found, Look, Patience},
    find,
    whole::{Named, Whole},
};

/// So many looks in a row may find a file that is being written before the others have waited long enough.
const MOST_WAITS: u32 = 4;

/// The state of the directory as last seen.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    files: BTreeMap<PathBuf, File>,
    whole: Whole,
    /// What can't be looked into.
    closed: Vec<Problem>,
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
            whole: Whole::default(),
            closed: Vec::new(),
            is_pending: false,
            waits: 0,
        };
        for path in find::manifest_files(path)? {
            let file = File::open(&path, now);
            directory.files.insert(path, file);
        }
        let files = directory.files.values();
        let problems: Vec<_> = files.flat_map(|file| file.piece.problems.clone()).collect();
        if !problems.is_empty() {
            return Err(Error::Invalid(problems));
        }
        let files = directory.files.values();
        let contents: Vec<_> = files.map(|file| &file.piece.latest).collect();
        let assembled = assemble_whole(&contents).map_err(Error::Invalid)?;
        let mut pieces = pieces(&mut directory.files);
        let none = BTreeSet::new();
        let configuration = directory.whole.adopt(assembled, &mut pieces, &none);
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
        match self.whole.put_together(&mut pieces(&mut self.files)) {
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
        let files = self.files.iter();
        let pieces = files.map(|(path, file)| (path.display().to_string(), &file.piece));
        notices.extend(self.whole.notices(pieces));
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
}

/// The files as pieces of the whole.
fn pieces(files: &mut BTreeMap<PathBuf, File>) -> Vec<Named<'_>> {
    let files = files.iter_mut();
    let pieces = files.map(|(path, file)| (path.display().to_string(), &mut file.piece));
    pieces.collect()
}
