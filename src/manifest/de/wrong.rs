//! The error of a typed value on its way from the value at fault up to the root, which gives it a path.

use std::fmt;

use serde::de;

use crate::manifest::place::Place;

/// What is wrong, while it finds its way up to the root.
#[derive(Debug)]
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) place: Option<Place>,
    /// From the innermost outwards.
    steps: Vec<Step>,
}

#[derive(Debug)]
pub(super) enum Step {
    Key(String),
    Index(usize),
}

// === impl Wrong ===

impl Wrong {
    pub(super) fn or_at(mut self, place: Place) -> Self {
        self.place.get_or_insert(place);
        self
    }

    pub(super) fn below(mut self, step: Step, place: Place) -> Self {
        self.steps.push(step);
        self.or_at(place)
    }

    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        for step in self.steps.iter().rev() {
            match step {
                Step::Index(index) => path.push_str(&format!("[{index}]")),
                Step::Key(key) if key.contains(['.', '[', '/']) => {
                    path.push_str(&format!("[{key}]"));
                }
                Step::Key(key) if path.is_empty() => path.push_str(key),
                Step::Key(key) => path.push_str(&format!(".{key}")),
            }
        }
        path
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Wrong {}

impl de::Error for Wrong {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self {
            message: message.to_string(),
            place: None,
            steps: Vec::new(),
        }
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!(
            "unknown field `{field}`, {}",
            one_of(field, expected)
        ))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format_args!(
            "unknown value `{variant}`, {}",
            one_of(variant, expected)
        ))
    }
}

/// The word that was probably meant, or else all there are.
fn one_of(word: &str, expected: &[&str]) -> String {
    let distance = |candidate: &str| {
        strsim::damerau_levenshtein(&word.to_lowercase(), &candidate.to_lowercase())
    };
    let nearest = expected
        .iter()
        .map(|candidate| (distance(candidate), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).clamp(1, 3))
        .min();
    match (nearest, expected) {
        (Some((_, candidate)), _) => format!("did you mean `{candidate}`?"),
        (None, []) => "none is known here".to_owned(),
        (None, expected) => format!("expected one of `{}`", expected.join("`, `")),
    }
}
