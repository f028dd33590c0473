//! Which files a directory holds.

use std::{
    fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use super::error::Error;

/// What a directory and the directories in it hold.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The YAML and JSON files, sorted.
    pub(super) files: Vec<PathBuf>,
    /// The directories that can't be read, and why.
    pub(super) unreadable: Vec<(PathBuf, io::Error)>,
}

/// Every YAML and JSON file of a directory and the directories in it, sorted.
///
/// # Errors
/// Where a directory can't be read.
pub fn manifest_files(directory: &Path) -> Result<Vec<PathBuf>, Error> {
    let found = below(directory);
    match found.unreadable.into_iter().next() {
        Some((path, source)) => Err(Error::Directory { path, source }),
        None => Ok(found.files),
    }
}

/// As [`manifest_files`], with what can't be read beside what can.
///
/// Names that begin with a dot are passed over: the kubelet keeps its `..data` of mounted volumes there, and what it
/// holds is linked to beside it.
pub(super) fn below(directory: &Path) -> Found {
    let mut found = Found::default();
    found.collect(directory, &mut Vec::new());
    found.files.sort();
    found
}

impl Found {
    fn collect(&mut self, directory: &Path, above: &mut Vec<(u64, u64)>) {
        let listed = fs::metadata(directory).and_then(|metadata| {
            let identity = (metadata.dev(), metadata.ino());
            let entries = fs::read_dir(directory)?
                .map(|entry| entry.map(|entry| entry.path()))
                .collect::<io::Result<Vec<_>>>()?;
            Ok((identity, entries))
        });
        let (identity, entries) = match listed {
            Ok(listed) => listed,
            Err(error) => return self.unreadable.push((directory.to_owned(), error)),
        };
        // Volumes link to directories, so links are followed; one that leads back up would never end.
        if above.contains(&identity) {
            return;
        }
        above.push(identity);
        for path in entries {
            let is_hidden = path
                .file_name()
                .is_none_or(|name| name.as_encoded_bytes().starts_with(b"."));
            if is_hidden {
                continue;
            }
            // By its name, whatever it is: a directory in the place of a file is told when it is read.
            if is_manifest(&path) {
                self.files.push(path);
            } else if path.is_dir() {
                self.collect(&path, above);
            }
        }
        above.pop();
    }
}

/// Whether a file's name says that it holds manifests.
fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension == *known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn files_are_found_by_name_at_every_depth_and_through_links() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        fs::create_dir_all(at("..data/sub")).unwrap();
        fs::create_dir_all(at("b/c.yaml")).unwrap();
        for name in [
            "a.yaml",
            ".hidden.yaml",
            "README.md",
            "b/d.json",
            "..data/sub/e.yml",
        ] {
            fs::write(at(name), "").unwrap();
        }
        symlink("..data/sub", at("sub")).unwrap();
        let found = below(dir.path());
        let names: Vec<_> = found
            .files
            .iter()
            .map(|path| path.strip_prefix(dir.path()).unwrap().to_str().unwrap())
            .collect();
        assert_eq!(names, ["a.yaml", "b/c.yaml", "b/d.json", "sub/e.yml"]);
        assert!(found.unreadable.is_empty());
    }

    #[test]
    fn a_link_that_leads_back_up_is_followed_once() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("b")).unwrap();
        fs::write(dir.path().join("b/a.yaml"), "").unwrap();
        symlink("..", dir.path().join("b/up")).unwrap();
        symlink(".", dir.path().join("b/here")).unwrap();
        assert_eq!(below(dir.path()).files, [dir.path().join("b/a.yaml")]);
    }

    #[test]
    fn a_directory_that_is_not_there_is_an_error_with_its_name() {
        let error = manifest_files(Path::new("no/such")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "directory no/such: No such file or directory (os error 2); expected a directory of YAML or JSON files"
        );
    }
}
