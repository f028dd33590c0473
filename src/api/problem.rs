//! What is wrong with an object that could be read: the field and a sentence, never a panic or a first-error-only.

use std::fmt;

/// One thing wrong with an object, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as `spec.rules[2].name`.
    pub path: String,
    /// What is wrong with it, as a lower-case sentence.
    pub message: String,
}

impl Problem {
    /// A problem of one field.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message)
    }
}

/// A problem for each value in `values` that has been there before, at `path[index]`.
pub(super) fn repeated<'a, T: Ord + fmt::Display + 'a>(
    path: &str,
    values: impl IntoIterator<Item = &'a T>,
) -> Vec<Problem> {
    let mut seen = std::collections::BTreeSet::new();
    values
        .into_iter()
        .enumerate()
        .filter(|(_, value)| !seen.insert(*value))
        .map(|(index, value)| {
            Problem::new(
                format!("{path}[{index}]"),
                format!("`{value}` is given twice"),
            )
        })
        .collect()
}

/// A problem when a list is longer than the API server would take.
pub(super) fn too_long(path: &str, length: usize, limit: usize) -> Option<Problem> {
    (limit < length).then(|| {
        Problem::new(
            path,
            format!("{length} items are too many: at most {limit}"),
        )
    })
}
