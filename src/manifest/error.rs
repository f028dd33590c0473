//! The one error of this module.

use std::fmt;

use super::place::Place;

/// Longer messages are cut: keys and values quoted from a file can be of any length.
const LONGEST_MESSAGE: usize = 400;

/// What is wrong with one manifest, and where: one line, `file:line:column: message`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    source: String,
    place: Option<Place>,
    message: String,
}

impl Error {
    /// The name of the file, as it was given.
    pub fn file(&self) -> &str {
        &self.source
    }

    /// The line in the file, from 1; absent when the file as a whole is meant.
    pub fn line(&self) -> Option<usize> {
        self.place.map(Place::line)
    }

    /// The column in that line, from 1, in characters.
    pub fn column(&self) -> Option<usize> {
        self.place.map(Place::column)
    }

    /// What is wrong, without the place.
    pub fn message(&self) -> &str {
        &self.message
    }

    pub(super) fn at(source: &str, place: Place, message: impl fmt::Display) -> Self {
        Self {
            source: source.to_owned(),
            place: Some(place),
            message: one_line(&message.to_string()),
        }
    }

    pub(super) fn whole(source: &str, message: impl fmt::Display) -> Self {
        Self {
            source: source.to_owned(),
            place: None,
            message: one_line(&message.to_string()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Some(place) => write!(
                formatter,
                "{}:{}:{}: {}",
                self.source,
                place.line(),
                place.column(),
                self.message
            ),
            None => write!(formatter, "{}: {}", self.source, self.message),
        }
    }
}

impl std::error::Error for Error {}

/// Control characters come from the file and would reach a terminal.
fn one_line(message: &str) -> String {
    let mut line = String::with_capacity(message.len().min(LONGEST_MESSAGE));
    for character in message.chars() {
        if line.len() >= LONGEST_MESSAGE {
            line.push_str("...");
            break;
        }
        if character.is_control() {
            line.extend(character.escape_default());
        } else {
            line.push(character);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_stays_on_one_short_line() {
        let error = Error::at(
            "a.yaml",
            Place::new(3, 7),
            format!("x\n\u{1b}[31m{}", "y".repeat(1000)),
        );
        let text = error.to_string();
        assert!(text.starts_with("a.yaml:3:7: x\\n\\u{1b}[31myyy"), "{text}");
        assert!(text.ends_with("y..."), "{text}");
        assert!(text.len() < 450, "{}", text.len());
    }

    #[test]
    fn an_error_about_the_whole_file_has_no_place() {
        let error = Error::whole("a.png", "not a text file");
        assert_eq!(error.to_string(), "a.png: not a text file");
        assert_eq!((error.line(), error.column()), (None, None));
    }
}
