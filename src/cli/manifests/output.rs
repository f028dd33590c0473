//! Objects as YAML documents, on standard output or one file each.
//!
//! Guarantees: the same objects give the same bytes, and the YAML means the same to YAML 1.1 and 1.2 readers.

use crate::api;
use anyhow::Context as _;
use serde::Serialize;
use std::path::Path;

/// One object as YAML, with the name of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// The file's name, without a directory.
    pub file_name: String,
    /// The YAML, ending in a line feed.
    pub yaml: String,
}

impl Document {
    /// Renders an object.
    ///
    /// # Errors
    ///
    /// When the object can't be written as YAML.
    pub fn new(file_name: impl Into<String>, object: &impl Serialize) -> anyhow::Result<Self> {
        let mut yaml = serde_saphyr::to_string(object)?;
        if !yaml.ends_with('\n') {
            yaml.push('\n');
        }
        Ok(Self {
            file_name: file_name.into(),
            yaml,
        })
    }
}

/// The definitions of all our kinds, in the order of their names.
///
/// # Errors
///
/// When a definition can't be written as YAML.
pub fn custom_resource_definitions() -> anyhow::Result<Vec<Document>> {
    api::definitions()
        .iter()
        .map(|definition| {
            let (group, plural) = (&definition.spec.group, &definition.spec.names.plural);
            Document::new(format!("{group}_{plural}.yaml"), definition)
        })
        .collect()
}

/// Writes documents as files into a directory, or as one stream to standard output.
pub(super) fn write(documents: &[Document], directory: Option<&Path>) -> anyhow::Result<()> {
    match directory {
        Some(directory) => write_files(documents, directory),
        None => {
            let stream: String = documents
                .iter()
                .map(|document| format!("---\n{}", document.yaml))
                .collect();
            crate::cli::output::print(&stream)
        }
    }
}

fn write_files(documents: &[Document], directory: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(directory).with_context(|| directory.display().to_string())?;
    for document in documents {
        let path = directory.join(&document.file_name);
        std::fs::write(&path, &document.yaml).with_context(|| path.display().to_string())?;
    }
    Ok(())
}
