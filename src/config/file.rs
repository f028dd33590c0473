//! One file of the directory, from look to look.
//!
//! Guarantees: what is taken from a file was read while nobody wrote it, as far as the file system can tell, and is
//! good in every part; whatever happens to the file, its last good content is at hand until the file is gone.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;

use super::{
    error::Problem,
    item::Item,
    piece::{Content, Piece},
    read,
    stamp::{Digest, Stamp},
};

/// Clocks differ a little; as for listings that say when they were made.
const MAX_AHEAD: Duration = Duration::from_secs(60);

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Believe the file system where it says that nothing has changed.
    Quick,
    /// Compare the bytes, and try again what was refused.
    Thorough,
}

/// Whether a file that is being written may be left for the next look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patience {
    Left,
    Spent,
}

/// What a look at a file has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing new.
    Same,
    /// Somebody may still be writing it; look again shortly.
    Unsettled,
    /// Other content, or other problems.
    News,
}

/// One file as last seen.
#[derive(Debug, Default)]
pub(super) struct File {
    /// The stamp at the last look.
    seen: Option<Stamp>,
    /// The stamp of what was last read, or could not be.
    tried: Option<Stamp>,
    /// The fingerprint of what was last read.
    digest: Option<Digest>,
    pub(super) piece: Piece,
}

// === impl File ===

impl File {
    /// A file seen for the first time, read at once.
    pub(super) fn open(path: &Path, now: Timestamp) -> Self {
        let mut file = Self::default();
        let stamp = Stamp::of(path);
        file.seen = Some(stamp);
        file.read(path, stamp, now);
        file
    }

    /// Looks again, and reads what has changed and is no longer being written.
    pub(super) fn look(
        &mut self,
        path: &Path,
        now: Timestamp,
        look: Look,
        patience: Patience,
    ) -> Found {
        let stamp = Stamp::of(path);
        let is_settled = self.seen.replace(stamp) == Some(stamp);
        if self.tried == Some(stamp) && (look == Look::Quick || self.is_as_read(path)) {
            return Found::Same;
        }
        if !is_settled && patience == Patience::Left {
            return Found::Unsettled;
        }
        match self.read(path, stamp, now) {
            true => Found::News,
            false => Found::Same,
        }
    }

    /// Whether the file is gone for good, and not just being replaced.
    pub(super) fn is_gone(&mut self, patience: Patience) -> bool {
        let was_missing = self.seen.replace(Stamp::Missing) == Some(Stamp::Missing);
        was_missing || patience == Patience::Spent
    }

    fn is_as_read(&self, path: &Path) -> bool {
        self.piece.problems.is_empty() && Digest::of_file(path).ok() == self.digest
    }

    /// Reads the file; tells whether it holds, or is, anything else than before.
    fn read(&mut self, path: &Path, stamp: Stamp, now: Timestamp) -> bool {
        let read = self.content(path, stamp, now);
        // Somebody wrote meanwhile if the stamp is another one now; the next look reads again.
        self.tried = (Stamp::of(path) == stamp).then_some(stamp);
        self.piece.take(read)
    }

    fn content(
        &mut self,
        path: &Path,
        stamp: Stamp,
        now: Timestamp,
    ) -> Result<Content, Vec<Problem>> {
        let bytes = read::bytes(path).map_err(|problem| vec![problem])?;
        let digest = Some(Digest::of(&bytes));
        let is_known = self.digest == digest && self.piece.problems.is_empty();
        self.digest = digest;
        let items = match is_known {
            true => Arc::clone(&self.piece.latest.items),
            false => self.parse(path, &bytes, now)?,
        };
        let mut content = Content::written(items, Timestamp::default());
        if content.undated().is_some() {
            content.time = stamp.modified().unwrap_or(now);
            check_not_ahead(&content, now).map_err(|problem| vec![problem])?;
        }
        Ok(content)
    }

    fn parse(
        &self,
        path: &Path,
        bytes: &[u8],
        now: Timestamp,
    ) -> Result<Arc<[Item]>, Vec<Problem>> {
        // What a full disk and a program that opens before it writes leave behind.
        if bytes.trim_ascii().is_empty() && !self.piece.latest.items.is_empty() {
            let message = "the file is empty; delete it to take away what it held";
            return Err(vec![Problem::of_file(path.display().to_string(), message)]);
        }
        read::parse(path, bytes, now).map(Into::into)
    }
}

/// Refuses listings whose only date is that of a file dated ahead.
fn check_not_ahead(content: &Content, now: Timestamp) -> Result<(), Problem> {
    let ahead = Duration::try_from(content.time.duration_since(now)).unwrap_or_default();
    match content.undated() {
        Some(item) if MAX_AHEAD < ahead => Err(item.place.problem(format_args!(
            "without spec.observedAt the file's own date counts, and {} is more than a minute ahead of the clock",
            content.time
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const POLICY: &str =
        "apiVersion: arrears.dev/v1alpha1\nkind: OverduePolicy\nmetadata: {name: default}\n";

    #[test]
    fn a_change_that_the_file_system_hides_is_found_by_a_thorough_look() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yaml");
        let now = Timestamp::now();
        fs::write(&path, format!("{POLICY}spec: {{unknown: Deny}}\n")).unwrap();
        let mut file = File::open(&path, now);
        fs::write(&path, format!("{POLICY}spec: {{unknown: Warn}}\n")).unwrap();
        // As if neither time nor length had changed.
        (file.seen, file.tried) = (Some(Stamp::of(&path)), Some(Stamp::of(&path)));
        let before = file.piece.latest.clone();
        assert_eq!(
            file.look(&path, now, Look::Quick, Patience::Left),
            Found::Same
        );
        assert!(file.piece.latest.is(&before));
        assert_eq!(
            file.look(&path, now, Look::Thorough, Patience::Left),
            Found::News
        );
        assert!(!file.piece.latest.is(&before));
        assert_eq!(
            file.look(&path, now, Look::Thorough, Patience::Left),
            Found::Same
        );
    }

    #[test]
    fn a_file_that_is_written_while_it_is_read_is_read_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.yaml");
        let now = Timestamp::now();
        fs::write(&path, format!("{POLICY}spec: {{}}\n")).unwrap();
        let mut file = File::default();
        // The stamp from before the reading is not the one after it.
        assert!(file.read(&path, Stamp::Missing, now));
        assert_eq!(file.tried, None);
        assert_eq!(
            file.look(&path, now, Look::Quick, Patience::Left),
            Found::Unsettled
        );
        assert_eq!(
            file.look(&path, now, Look::Quick, Patience::Left),
            Found::Same
        );
        assert_eq!(file.tried, Some(Stamp::of(&path)));
    }
}
