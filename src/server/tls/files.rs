//! Certificate and key in files, and when they are worth reading again.
//!
//! Polled, not watched: a projected volume changes by renaming the `..data` link, after which a watch on the file is
//! deaf for good. A link that points elsewhere, another inode, size or time is a change; so that no file system can
//! hide one, the content is read now and then in any case, and in the end only the content counts.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use jiff::Timestamp;

use super::pair::{Error, Pair, read};

/// Two files that hold a pair, and what they held when last read.
#[derive(Debug)]
pub(super) struct PairFiles {
    cert: PathBuf,
    key: PathBuf,
    stamp: Stamp,
    content: [Vec<u8>; 2],
    /// The last content was not taken; it may become good by itself, as a certificate that begins soon does.
    refused: bool,
}

/// What a look at the files found.
pub(super) enum Examined {
    /// Nothing changed.
    Same,
    /// The content in force is back in place, or still there after a full reading.
    Settled,
    /// A new pair, proven.
    New(Pair),
    /// A change that can't be taken over.
    Bad(Error),
}

/// What a stat tells of both files; `None` = there is none.
type Stamp = [Option<FileStamp>; 2];

#[derive(Debug, PartialEq, Eq)]
struct FileStamp {
    target: PathBuf,
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl PairFiles {
    /// Reads the pair for the first time.
    pub(super) fn open(cert: &Path, key: &Path, now: Timestamp) -> Result<(Self, Pair), Error> {
        let stamp = stamp(cert, key);
        let content = [read(cert)?, read(key)?];
        let pair = parse(cert, key, &content, now)?;
        let files = Self {
            cert: cert.to_owned(),
            key: key.to_owned(),
            stamp,
            content,
            refused: false,
        };
        Ok((files, pair))
    }

    /// Looks at the files, and reads them if they look different, were refused before, or `whole` says so.
    pub(super) fn examine(&mut self, whole: bool, now: Timestamp) -> Examined {
        let before = stamp(&self.cert, &self.key);
        if before == self.stamp && !whole && !self.refused {
            return Examined::Same;
        }
        let content = match (read(&self.cert), read(&self.key)) {
            (Ok(cert), Ok(key)) => [cert, key],
            (Err(error), _) | (_, Err(error)) => {
                self.refused = true;
                return Examined::Bad(error);
            }
        };
        if stamp(&self.cert, &self.key) != before {
            // They are being exchanged at this moment: one may be of the old pair, the other of the new.
            return Examined::Same;
        }
        self.stamp = before;
        if content == self.content {
            self.refused = false;
            return Examined::Settled;
        }
        match parse(&self.cert, &self.key, &content, now) {
            Ok(pair) => {
                self.content = content;
                self.refused = false;
                Examined::New(pair)
            }
            Err(error) => {
                self.refused = true;
                Examined::Bad(error)
            }
        }
    }
}

fn parse(
    cert: &Path,
    key: &Path,
    [cert_pem, key_pem]: &[Vec<u8>; 2],
    now: Timestamp,
) -> Result<Pair, Error> {
    Pair::parse((cert, cert_pem), (key, key_pem), now)
}

fn stamp(cert: &Path, key: &Path) -> Stamp {
    [cert, key].map(|path| FileStamp::of(path).ok())
}

// === impl FileStamp ===

impl FileStamp {
    fn of(path: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(path)?;
        let metadata = fs::metadata(&target)?;
        Ok(Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            target,
        })
    }
}
