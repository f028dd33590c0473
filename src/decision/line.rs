//! One line of bounded length, whatever is written into it.

use std::fmt::{self, Write as _};

/// Where Argo CD and Flux read these words in a refusal, they delete the object and create it anew.
const FORCING: [&str; 2] = ["immutable", "map["];

const ELLIPSIS: &str = "...";

/// A line that takes at most so many bytes, no control characters and none of the words in [`FORCING`].
///
/// What is too long for it is neither kept nor formatted any further, so that a long name costs no more than a short
/// one.
#[derive(Debug)]
pub(super) struct Line {
    text: String,
    limit: usize,
    is_cut: bool,
}

// === impl Line ===

impl Line {
    fn new(limit: usize) -> Self {
        Self {
            text: String::with_capacity(limit),
            limit,
            is_cut: false,
        }
    }

    /// The line that `text` makes.
    pub(super) fn of(limit: usize, text: impl fmt::Display) -> String {
        let mut line = Self::new(limit);
        // It fails only to say that it is full.
        let _ = write!(line, "{text}");
        line.finish()
    }

    fn finish(mut self) -> String {
        while let Some(at) = forcing(&self.text) {
            self.text.insert(at, '-');
        }
        if self.is_cut || self.limit < self.text.len() {
            let kept = self.limit.saturating_sub(ELLIPSIS.len());
            self.text.truncate(clip(&self.text, kept).len());
            self.text.push_str(ELLIPSIS);
        }
        self.text
    }
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = self.limit.saturating_sub(self.text.len());
        let fitting = clip(text, room);
        if fitting.bytes().all(is_plain) {
            self.text.push_str(fitting);
        } else {
            let spaced = fitting.chars().map(|character| match character {
                control if control.is_control() => ' ',
                other => other,
            });
            self.text.extend(spaced);
        }
        if fitting.len() == text.len() {
            return Ok(());
        }
        self.is_cut = true;
        Err(fmt::Error)
    }
}

/// The beginning of a text, at most so many bytes of it.
pub(crate) fn clip(text: &str, limit: usize) -> &str {
    if text.len() <= limit {
        return text;
    }
    (0..=limit)
        .rev()
        .find_map(|end| text.get(..end))
        .unwrap_or_default()
}

fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~')
}

/// Where the last letter of the first such word stands.
fn forcing(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let starts = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| matches!(byte, b'i' | b'I' | b'm' | b'M'));
    starts
        .flat_map(|(start, _)| FORCING.map(|word| (start, word)))
        .find(|(start, word)| {
            bytes
                .get(*start..start + word.len())
                .is_some_and(|found| found.eq_ignore_ascii_case(word.as_bytes()))
        })
        .map(|(start, word)| start + word.len() - 1)
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_fits_is_kept_and_what_does_not_ends_in_dots() {
        assert_eq!(Line::of(10, "0123456789"), "0123456789");
        assert_eq!(Line::of(10, "0123456789a"), "0123456...");
        assert_eq!(
            Line::of(10, format_args!("{}{}", "01234", "56789a")),
            "0123456..."
        );
        assert_eq!(Line::of(10, "ééééééé"), "ééé...");
        assert_eq!(Line::of(2, "abc"), "...");
        assert_eq!(Line::of(10, ""), "");
    }

    #[test]
    fn words_that_make_tools_delete_are_broken_up_also_where_two_pieces_make_them() {
        assert_eq!(
            Line::of(40, format_args!("ma{}x immu{}", "p[", "Table")),
            "map-[x immuTabl-e"
        );
        assert_eq!(Line::of(8, "map[map["), "map-[...");
        assert_eq!(Line::of(20, "a\nb\u{85}c\u{7f}"), "a b c ");
    }

    #[test]
    fn nothing_is_formatted_once_the_line_is_full() {
        struct Counting<'c>(&'c Cell<usize>);
        impl fmt::Display for Counting<'_> {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                loop {
                    self.0.set(self.0.get() + 1);
                    formatter.write_str("abc")?;
                }
            }
        }
        let pieces = Cell::new(0);
        assert_eq!(Line::of(9, Counting(&pieces)), "abcabc...");
        assert_eq!(pieces.get(), 4);
    }

    proptest! {
        #[test]
        fn every_line_is_one_short_line_without_those_words(
            pieces in prop::collection::vec(prop_oneof![
                any::<String>(), Just("map[".to_owned()), Just("IMMUTABLE".to_owned()), Just("\n".to_owned()),
            ], 0..8),
            limit in 3usize..80,
        ) {
            let line = Line::of(limit, pieces.concat());
            prop_assert!(line.len() <= limit);
            prop_assert!(!line.contains(char::is_control));
            let lower = line.to_ascii_lowercase();
            prop_assert!(!lower.contains("map[") && !lower.contains("immutable"));
        }
    }
}
