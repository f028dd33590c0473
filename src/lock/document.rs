//! Reading a LockSnapshot document, JSON or YAML, straight into an index.
//!
//! Both formats run through the same reader, entry by entry and without a tree in between, so both take the same
//! documents and memory stays near that of the index. Strict: an unknown or repeated field, an id twice or malformed,
//! another kind of object are errors that name the place. Any bytes give a part or an error.

mod reader;
mod seed;

use serde::de::DeserializeSeed;
use serde_json::error::Category;
use serde_saphyr::options::{DuplicateKeyPolicy, MergeKeyPolicy};
use serde_saphyr::{DefaultMessageFormatter, MessageFormatter};

use super::error::{Error, ErrorKind, Position};
use super::snapshot::Part;
use reader::{Outcome, Reader};

/// The longest message that a document can cause, in characters.
const MAX_MESSAGE: usize = 300;

pub(super) fn from_json(bytes: &[u8]) -> Result<Part, Error> {
    read(bytes.len(), |reader| read_json(bytes, reader))
}

pub(super) fn from_yaml(text: &str) -> Result<Part, Error> {
    read(text.len(), |reader| read_yaml(text, reader))
}

fn read(
    length: usize,
    mut pass: impl FnMut(&mut Reader) -> Result<(), Error>,
) -> Result<Part, Error> {
    let mut reader = Reader::new(length, None);
    pass(&mut reader)?;
    let name = match reader.finish()? {
        Outcome::Part(part) => return Ok(part),
        Outcome::Misnamed { expected } => expected,
    };
    // The name may come before what it has to agree with: reading once more, knowing that, finds where it stands.
    let mut reader = Reader::new(length, Some(name.clone()));
    pass(&mut reader)?;
    Err(Error::new(
        ErrorKind::Invalid,
        format!("metadata.name: is not `{name}`"),
    ))
}

fn read_json(bytes: &[u8], reader: &mut Reader) -> Result<(), Error> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let read = reader.document().deserialize(&mut deserializer);
    read.and_then(|()| deserializer.end())
        .map_err(|error| json_error(&error, reader))
}

fn json_error(error: &serde_json::Error, reader: &mut Reader) -> Error {
    let position = Position {
        line: error.line(),
        column: error.column().max(1),
    };
    let full = error.to_string();
    let suffix = format!(" at line {} column {}", error.line(), error.column());
    let message = full.strip_suffix(suffix.as_str()).unwrap_or(&full);
    let kind = match error.classify() {
        Category::Syntax | Category::Eof | Category::Io => ErrorKind::Syntax,
        Category::Data => ErrorKind::Invalid,
    };
    explain(kind, message, reader)
        .at(Some(position))
        .with_detail(clip(&full))
}

fn read_yaml(text: &str, reader: &mut Reader) -> Result<(), Error> {
    let options = serde_saphyr::options! {
        // Nodes are not counted, as each makes at most one row; what can multiply (depth, aliases, anchors) stays bounded.
        budget: serde_saphyr::budget! {
            max_events: usize::MAX,
            max_nodes: usize::MAX,
            max_total_scalar_bytes: usize::MAX,
            max_total_comment_bytes: usize::MAX,
        },
        // The reader finds what is there twice by itself, and without keeping every key a second time.
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        merge_keys: MergeKeyPolicy::Error,
        emit_comments: false,
        with_snippet: false,
    };
    let read =
        serde_saphyr::with_deserializer_from_str_with_options(text, options, |deserializer| {
            reader.document().deserialize(deserializer)
        });
    read.map_err(|error| yaml_error(&error, reader))
}

fn yaml_error(error: &serde_saphyr::Error, reader: &mut Reader) -> Error {
    use serde_saphyr::Error as Yaml;
    let error = error.without_snippet();
    let (kind, message) = match error {
        Yaml::ExternalMessage { .. } | Yaml::Eof { .. } => (
            ErrorKind::Syntax,
            DefaultMessageFormatter.format_message(error),
        ),
        Yaml::MultipleDocuments { .. } => (
            ErrorKind::Invalid,
            "a second document, where a LockSnapshot stands alone".into(),
        ),
        // In the parser's own words these are about its events and Rust's types.
        Yaml::Unexpected { .. } | Yaml::InvalidScalar { .. } => (
            ErrorKind::Invalid,
            format!("is not {}", reader.expected()).into(),
        ),
        _ => (
            ErrorKind::Invalid,
            DefaultMessageFormatter.format_message(error),
        ),
    };
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let position = error.location().map(|at| Position {
        line: number(at.line()),
        column: number(at.column()),
    });
    explain(kind, &message, reader)
        .at(position.or(Some(Position::START)))
        .with_detail(clip(&error.to_string()))
}

/// The reader's own words where it is what stopped, else the parser's.
fn explain(kind: ErrorKind, message: &str, reader: &mut Reader) -> Error {
    let (kind, message) = match reader.take_failure() {
        Some(failure) => (failure.kind(), clip(failure.message())),
        None => (kind, clip(message)),
    };
    let path = reader.path();
    match kind {
        ErrorKind::Syntax => Error::new(kind, message),
        _ if path.is_empty() => Error::new(kind, message),
        _ => Error::new(kind, format!("{path}: {message}")),
    }
}

/// One line of bounded length, whatever the document says.
fn clip(message: &str) -> String {
    let mut clipped = String::new();
    for (count, letter) in message.chars().enumerate() {
        if count == MAX_MESSAGE {
            clipped.push_str("...");
            break;
        }
        match letter {
            '\u{2028}' | '\u{2029}' => clipped.push(' '),
            _ if letter.is_control() => clipped.extend(letter.escape_debug()),
            _ => clipped.push(letter),
        }
    }
    clipped
}

#[cfg(test)]
mod tests;
