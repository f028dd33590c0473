//! The files that are to be checked.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use anyhow::{Context, bail};

use crate::config;

/// A file's name, as the user gave it, and its bytes.
pub(super) struct Source {
    pub(super) name: String,
    pub(super) bytes: Vec<u8>,
}

/// Reads a file, a directory with the directories in it, or standard input.
pub(super) fn read(path: &Path) -> anyhow::Result<Vec<Source>> {
    if path.as_os_str() == "-" {
        let mut bytes = Vec::new();
        io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .context("standard input")?;
        return Ok(vec![Source {
            name: "-".to_owned(),
            bytes,
        }]);
    }
    let named = || path.display().to_string();
    if !fs::metadata(path).with_context(named)?.is_dir() {
        return Ok(vec![read_file(path)?]);
    }
    let files = config::manifest_files(path)?;
    if files.is_empty() {
        bail!(
            "{}: no .yaml, .yml or .json file in this directory",
            named()
        );
    }
    files.iter().map(|file| read_file(file)).collect()
}

fn read_file(path: &Path) -> anyhow::Result<Source> {
    let name = path.display().to_string();
    let bytes = fs::read(path).with_context(|| name.clone())?;
    Ok(Source { name, bytes })
}
