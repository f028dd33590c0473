//! Reading one file: its bytes, and what is in them.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::Path,
};

use jiff::Timestamp;

use super::{
    error::Problem,
    item::{Item, Kind, Place},
    listing,
};
use crate::{lock, manifest};

/// The most bytes in one file: a million ids are a tenth of it.
const LARGEST: u64 = 512 * 1024 * 1024;

/// The bytes of a file.
pub(super) fn bytes(path: &Path) -> Result<Vec<u8>, Problem> {
    read_bounded(path).map_err(|error| Problem::of_file(path.display().to_string(), error))
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    // Asked before opening: a named pipe would keep whoever opens it waiting for a writer.
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::other("is a directory, where a file should be"));
    }
    if !metadata.is_file() {
        return Err(io::Error::other("is no regular file"));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len().min(LARGEST)).unwrap_or(0));
    File::open(path)?
        .take(LARGEST + 1)
        .read_to_end(&mut bytes)?;
    if LARGEST < bytes.len() as u64 {
        let message = format!(
            "is larger than {} MiB; a listing of that size goes into shards, each in a file of its own",
            LARGEST >> 20
        );
        return Err(io::Error::other(message));
    }
    Ok(bytes)
}

/// Reads what is in a file.
pub(super) fn parse(path: &Path, bytes: &[u8], now: Timestamp) -> Result<Vec<Item>, Vec<Problem>> {
    let name = path.display().to_string();
    if let Some(part) = listing::alone(path, bytes) {
        return match part.and_then(|part| part.check_not_ahead(now).map(|()| part)) {
            Ok(part) => Ok(vec![Item {
                place: Place {
                    file: name,
                    line: Some(1),
                },
                kind: Kind::Locks(part),
            }]),
            Err(error) => Err(vec![of_listing(name, &error)]),
        };
    }
    let mut items = Vec::new();
    let mut problems = Vec::new();
    for document in manifest::documents(&name, bytes) {
        let item = document
            .map_err(|error| vec![error.into()])
            .and_then(|document| Item::read(&document, now));
        match item {
            Ok(item) => items.extend(item),
            Err(mut of_item) => problems.append(&mut of_item),
        }
    }
    match problems.is_empty() {
        true => Ok(items),
        false => Err(problems),
    }
}

fn of_listing(file: String, error: &lock::Error) -> Problem {
    Problem {
        file,
        place: error.line().zip(error.column()),
        message: error.message().to_owned(),
    }
}
