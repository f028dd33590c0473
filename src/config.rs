//! The configuration: `arrears.dev` objects from files, made into one [`Basis`](crate::decision::Basis).
//!
//! Guarantees: what is in force was valid as a whole; a file that breaks keeps its last good documents and all
//! others take effect; a listing that vanishes is kept, to age, and never turns into "not locked". Every problem
//! names its file and, where there is one, the line and column.

mod assemble;
mod digest;
mod directory;
mod error;
mod item;
mod read;

pub use directory::{Directory, Refresh};
pub use error::{Error, Problem};
pub use read::files_below as manifest_files;

use std::path::Path;

use jiff::Timestamp;

use crate::{api::OperationBinding, decision::Basis};

/// Reads a configuration directory and further files once.
///
/// # Errors
/// With every problem found.
pub fn load(
    directory: Option<&Path>,
    snapshots: &[std::path::PathBuf],
    now: Timestamp,
) -> Result<Basis, Error> {
    let mut items = Vec::new();
    let mut problems = Vec::new();
    let mut paths = snapshots.to_vec();
    if let Some(directory) = directory {
        paths.extend(read::files_below(directory)?);
    }
    for path in &paths {
        match read::file(path, now) {
            Ok(of_file) => items.extend(of_file),
            Err(mut of_file) => problems.append(&mut of_file),
        }
    }
    if !problems.is_empty() {
        return Err(Error::Invalid(problems));
    }
    let parts: Vec<_> = items.iter().collect();
    assemble::basis(&parts, &assemble::Listings::new()).map_err(Error::Invalid)
}

/// Reads a configuration that is part of the program.
///
/// # Errors
/// With every problem found.
pub fn parse(name: &str, text: &str, now: Timestamp) -> Result<Basis, Error> {
    let items = read::parse(Path::new(name), text.as_bytes(), now, now).map_err(Error::Invalid)?;
    let items: Vec<_> = items.iter().collect();
    assemble::basis(&items, &assemble::Listings::new()).map_err(Error::Invalid)
}

/// The bindings of a configuration directory.
///
/// # Errors
/// With every problem found.
pub fn bindings(directory: &Path, now: Timestamp) -> Result<Vec<OperationBinding>, Error> {
    let mut bindings = Vec::new();
    let mut problems = Vec::new();
    for path in read::files_below(directory)? {
        match read::file(&path, now) {
            Ok(items) => bindings.extend(items.into_iter().filter_map(item::Item::into_binding)),
            Err(mut of_file) => problems.append(&mut of_file),
        }
    }
    if problems.is_empty() {
        Ok(bindings)
    } else {
        Err(Error::Invalid(problems))
    }
}
