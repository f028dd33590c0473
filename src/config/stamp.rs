//! Whether a file has changed: by what the file system says of it, and by its bytes.

use std::{
    fs::{self, File},
    hash::{DefaultHasher, Hasher},
    io::{self, Read},
    os::unix::fs::MetadataExt as _,
    path::Path,
};

use jiff::Timestamp;

/// What the file system says of a path.
///
/// A swapped symbolic link shows as another inode, a change of rights as another time of change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stamp {
    /// Nothing is there, or it can't be told.
    Missing,
    /// This is there.
    There {
        device: u64,
        inode: u64,
        length: u64,
        modified: (i64, i64),
        changed: (i64, i64),
    },
}

/// A fingerprint of a file's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Digest(u64);

/// Both ways to a digest feed the hasher in blocks of this size, so that they agree.
const BLOCK: usize = 64 * 1024;

// === impl Stamp ===

impl Stamp {
    pub(super) fn of(path: &Path) -> Self {
        let metadata = match fs::metadata(path) {
            Ok(metadata) => metadata,
            Err(_) => return Self::Missing,
        };
        Self::There {
            device: metadata.dev(),
            inode: metadata.ino(),
            length: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// When the content was last written.
    pub(super) fn modified(&self) -> Option<Timestamp> {
        match self {
            Self::Missing => None,
            Self::There {
                modified: (seconds, nanoseconds),
                ..
            } => Timestamp::new(*seconds, i32::try_from(*nanoseconds).ok()?).ok(),
        }
    }
}

// === impl Digest ===

impl Digest {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        for block in bytes.chunks(BLOCK) {
            hasher.write(block);
        }
        Self(hasher.finish())
    }

    /// That of a file, which is never in memory as a whole.
    pub(super) fn of_file(path: &Path) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let mut hasher = DefaultHasher::new();
        let mut block = Vec::with_capacity(BLOCK);
        loop {
            block.clear();
            (&mut file).take(BLOCK as u64).read_to_end(&mut block)?;
            if block.is_empty() {
                return Ok(Self(hasher.finish()));
            }
            hasher.write(&block);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_and_its_bytes_have_one_digest() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        for length in [0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK] {
            let bytes: Vec<u8> = (0..length).map(|at| (at % 251) as u8).collect();
            fs::write(&path, &bytes).unwrap();
            assert_eq!(Digest::of_file(&path).unwrap(), Digest::of(&bytes));
            let mut other = bytes.clone();
            other.push(0);
            assert_ne!(Digest::of(&other), Digest::of(&bytes), "{length}");
        }
    }
}
