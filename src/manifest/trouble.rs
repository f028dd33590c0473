//! Says what is wrong with YAML that can't be read in the words of somebody who has to mend it.

use std::fmt;

use serde_saphyr::granit_parser::ErrorKind;

use super::chunks::{Chunk, breaks};
use super::error::Error;
use super::node::DEEPEST;
use super::place::Place;

/// The parser's complaint, made plain where its own words help only those who know its insides.
pub(super) fn explain(kind: &ErrorKind) -> String {
    let plain = match kind {
        ErrorKind::TabInIndentation
        | ErrorKind::TabNotAllowed
        | ErrorKind::TabInBlockIndentation
        | ErrorKind::TabAtBlockScalarStart => "a tab in the indentation: use spaces",
        ErrorKind::UnknownAnchor => {
            "an alias without an anchor: quote a value that begins with `*`"
        }
        ErrorKind::MappingValueNotAllowed => {
            "a `:` where no key can be: check the indentation, or quote a value with `: ` in it"
        }
        ErrorKind::SimpleKeyExpected => "no `:` after the key, or wrong indentation",
        ErrorKind::ExpectedBlockMappingKey => "no key where one is due: check the indentation",
        ErrorKind::UnclosedQuotedScalar => "a quote that is not closed",
        ErrorKind::RecursionLimitExceeded => {
            return format!("nested more than {DEEPEST} levels deep");
        }
        other => return other.to_string(),
    };
    plain.to_owned()
}

/// An error in a chunk; where the chunk is the source of a template, the error says so instead.
pub(super) fn error(
    source: &str,
    chunk: Chunk<'_>,
    place: Place,
    message: impl fmt::Display,
) -> Error {
    let place = within(chunk, place);
    match template(chunk) {
        // An action behind the error can't be its reason.
        Some(action) if action.line() <= place.line() => Error::at(
            source,
            action,
            format_args!(
                "a template, not a manifest: render it first, as in `helm template CHART | arrears check -` ({message})"
            ),
        ),
        _ => Error::at(source, place, message),
    }
}

/// The parser reports the end of the text as a line of its own.
fn within(chunk: Chunk<'_>, place: Place) -> Place {
    let text = chunk.text.trim_end_matches(['\n', '\r']);
    let last = chunk.line + breaks(text);
    if place.line() <= last {
        return place;
    }
    let tail = text.rsplit(['\n', '\r']).next().unwrap_or_default();
    Place::new(last, tail.chars().count() + 1)
}

/// Where the first `{{` stands that is neither quoted nor in a comment.
fn template(chunk: Chunk<'_>) -> Option<Place> {
    chunk.text.lines().enumerate().find_map(|(index, line)| {
        let (before, _) = line.split_once("{{")?;
        let bare = !before.contains(['"', '\'', '`', '#']);
        bare.then(|| Place::new(chunk.line + index, before.chars().count() + 1))
    })
}
