//! The configuration: `arrears.dev` objects from files or from a cluster, made into one [`Basis`].
//!
//! Guarantees: what is in force was valid as a whole; a file or an object that breaks keeps its last
//! good content and all others take effect; a listing that vanishes is kept, to age, and never turns into "not locked". Every problem
//! names its file and, where there is one, the line and column.

mod accounts;
mod assemble;
mod directory;
mod error;
mod file;
mod find;
mod item;
mod listing;
mod listings;
mod objects;
mod piece;
mod read;
mod secret;
mod stamp;
mod whole;

pub use directory::{Directory, Refresh};
pub use error::{Error, Notice, Problem, Severity};
pub use file::Look;
pub use find::manifest_files;
pub use objects::{Arrival, ObjectName, Objects};
pub use secret::Secret;

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use self::{item::Item, piece::Content};
use crate::{
    api::{EcsAccountSpec, OperationBinding},
    decision::Basis,
    lock::RegionKey,
};

/// What the files come to.
#[derive(Debug)]
pub struct Configuration {
    /// What decisions rest on, with the listings that files hold.
    pub basis: Basis,
    /// What the cloud is to be asked for.
    pub polled: Vec<Polled>,
}

/// An account, and its regions for which no document stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// Its name.
    pub name: String,
    /// How to ask it.
    pub spec: EcsAccountSpec,
    /// The Secret that it names, if that is there.
    pub secret: Option<Secret>,
    /// What to ask it for; never empty.
    pub regions: Vec<RegionKey>,
}

impl Polled {
    /// Whether the same account is asked in the same way, be it for other regions.
    #[must_use]
    pub fn is_asked_like(&self, other: &Self) -> bool {
        self.spec == other.spec && self.secret == other.secret
    }
}

/// Reads a configuration directory and further files once.
///
/// # Errors
/// With every problem found.
pub fn load(
    directory: Option<&Path>,
    snapshots: &[PathBuf],
    now: Timestamp,
) -> Result<Configuration, Error> {
    let mut paths = snapshots.to_vec();
    if let Some(directory) = directory {
        paths.extend(manifest_files(directory)?);
    }
    assemble(&contents(&paths, now)?)
}

/// Reads a configuration that is part of the program.
///
/// # Errors
/// With every problem found.
pub fn parse(name: &str, text: &str, now: Timestamp) -> Result<Basis, Error> {
    let items = read::parse(Path::new(name), text.as_bytes(), now).map_err(Error::Invalid)?;
    let configuration = assemble(&[Content::written(items, now)])?;
    Ok(configuration.basis)
}

/// The bindings of a configuration directory.
///
/// # Errors
/// With every problem found.
pub fn bindings(directory: &Path, now: Timestamp) -> Result<Vec<OperationBinding>, Error> {
    let contents = contents(&manifest_files(directory)?, now)?;
    assemble(&contents)?;
    let items = contents.iter().flat_map(|content| content.items.iter());
    Ok(items.filter_map(Item::binding).cloned().collect())
}

fn contents(paths: &[PathBuf], now: Timestamp) -> Result<Vec<Content>, Error> {
    let mut contents = Vec::new();
    let mut problems = Vec::new();
    for path in paths {
        let mut file = file::File::open(path, now);
        problems.append(&mut file.piece.problems);
        contents.push(file.piece.latest);
    }
    match problems.is_empty() {
        true => Ok(contents),
        false => Err(Error::Invalid(problems)),
    }
}

fn assemble(contents: &[Content]) -> Result<Configuration, Error> {
    let contents: Vec<_> = contents.iter().collect();
    let assembled = assemble::assemble_whole(&contents).map_err(Error::Invalid)?;
    Ok(assembled.configuration)
}
