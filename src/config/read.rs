//! Reading files: which ones, and what is in them.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use serde::Deserialize;

use super::{
    digest::Stamp,
    error::{Error, Problem},
    item::{Item, Kind},
};
use crate::{api, lock, manifest};

/// Every YAML and JSON file of a directory and the directories in it, sorted.
///
/// Names that begin with a dot are passed over: the kubelet keeps its `..data` of mounted volumes there, and what it
/// holds is linked to beside it.
///
/// # Errors
/// Where a directory can't be listed.
pub fn files_below(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    collect(directory, &mut files).map_err(|source| Error::Directory {
        path: directory.to_owned(),
        source,
    })?;
    files.sort();
    Ok(files)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let hidden = path
            .file_name()
            .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
        if hidden {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else if is_manifest(&path) {
            files.push(path);
        }
    }
    Ok(())
}

/// Whether a file's name says that it holds manifests.
fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension == *known)
    })
}

/// Reads one file.
pub(super) fn file(path: &Path, now: Timestamp) -> Result<Vec<Item>, Vec<Problem>> {
    let (stamp, bytes) = bytes(path).map_err(|problem| vec![problem])?;
    parse(path, &bytes, file_time(&stamp, now), now)
}

/// The time that stands for a listing's own: its file's.
pub(super) fn file_time(stamp: &Stamp, now: Timestamp) -> Timestamp {
    stamp
        .modified()
        .and_then(|modified| Timestamp::try_from(modified).ok())
        .unwrap_or(now)
}

/// The bytes of a file and its stamp from before they were read.
pub(super) fn bytes(path: &Path) -> Result<(Stamp, Vec<u8>), Problem> {
    let read = || -> io::Result<_> {
        let stamp = Stamp::of(&fs::metadata(path)?);
        Ok((stamp, fs::read(path)?))
    };
    read().map_err(|error| Problem::of_file(path.display().to_string(), error.to_string()))
}

/// Reads what is in a file.
pub(super) fn parse(
    path: &Path,
    bytes: &[u8],
    file_time: Timestamp,
    now: Timestamp,
) -> Result<Vec<Item>, Vec<Problem>> {
    let name = path.display().to_string();
    let mut items = Vec::new();
    let mut problems = Vec::new();
    match lock_snapshot_alone(path, bytes) {
        Some(part) => match listing(&name, part, file_time, now) {
            Ok(item) => items.push(item),
            Err(problem) => problems.push(problem),
        },
        None => {
            for document in manifest::documents(&name, bytes) {
                let item = document
                    .map_err(|error| vec![error.into()])
                    .and_then(|document| Item::read(&document, file_time, now));
                match item {
                    Ok(item) => items.extend(item),
                    Err(mut of_item) => problems.append(&mut of_item),
                }
            }
        }
    }
    if problems.is_empty() {
        Ok(items)
    } else {
        Err(problems)
    }
}

fn listing(
    name: &str,
    part: Result<lock::Part, lock::Error>,
    file_time: Timestamp,
    now: Timestamp,
) -> Result<Item, Problem> {
    let part = part.and_then(|part| part.check_not_ahead(now).map(|()| part));
    match part {
        Ok(part) => Ok(Item {
            file: name.to_owned(),
            line: 1,
            kind: Kind::Locks(part, file_time),
        }),
        Err(error) => Err(Problem {
            file: name.to_owned(),
            place: error.line().zip(error.column()),
            message: error.message().to_owned(),
        }),
    }
}

/// Reads a file that holds nothing but one LockSnapshot straight into its index: a listing of a million ids is no
/// tree of values on its way there.
fn lock_snapshot_alone(path: &Path, bytes: &[u8]) -> Option<Result<lock::Part, lock::Error>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Header<'a> {
        #[serde(borrow)]
        api_version: std::borrow::Cow<'a, str>,
        #[serde(borrow)]
        kind: std::borrow::Cow<'a, str>,
    }
    if path
        .extension()
        .is_some_and(|extension| extension == "json")
    {
        let header: Header<'_> = serde_json::from_slice(bytes).ok()?;
        let is_listing = header.api_version == api::API_VERSION && header.kind == "LockSnapshot";
        return is_listing.then(|| lock::Part::from_json(bytes));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let body = text.strip_prefix("---\n").unwrap_or(text);
    let mut kind = false;
    for line in body.lines() {
        if line.starts_with("---") || line.starts_with("...") {
            return None;
        }
        kind |= line.trim_end() == "kind: LockSnapshot";
    }
    kind.then(|| lock::Part::from_yaml(text))
}
