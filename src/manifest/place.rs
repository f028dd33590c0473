//! Lines and columns, from 1, as an editor counts them: a column is a character, a line ends with LF.

/// A line and a column of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    line: u32,
    column: u32,
}

impl Place {
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// A place whose line and column are at least 1, whatever a parser reported.
    pub(super) fn new(line: usize, column: usize) -> Self {
        Self {
            line: small(line),
            column: small(column),
        }
    }

    pub(super) fn line(self) -> usize {
        self.line as usize
    }

    pub(super) fn column(self) -> usize {
        self.column as usize
    }

    /// Where reading arrives that starts here and passes over `text`.
    pub(super) fn after(self, text: &str) -> Self {
        match text.rfind('\n') {
            None => Self {
                line: self.line,
                column: small(self.column() + text.chars().count()),
            },
            Some(newline) => {
                let newlines = text.bytes().filter(|byte| *byte == b'\n').count();
                let rest = text.get(newline + 1..).unwrap_or_default();
                Self {
                    line: small(self.line() + newlines),
                    column: small(1 + rest.chars().count()),
                }
            }
        }
    }
}

/// The places of parts of a text, asked for from front to back, so that every character is counted once.
pub(super) struct Walk<'a> {
    text: &'a str,
    offset: usize,
    place: Place,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, start: Place) -> Self {
        Self {
            text,
            offset: 0,
            place: start,
        }
    }

    /// The place of `part`, which has to be a slice of the text, behind the parts asked for before.
    pub(super) fn to(&mut self, part: &str) -> Place {
        let offset = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        if let Some(between) = self.text.get(self.offset..offset) {
            self.place = self.place.after(between);
            self.offset = offset;
        }
        self.place
    }
}

/// The offset of a line and byte column (both from 1) as serde_json reports them, moved back to a character's start.
pub(super) fn offset(text: &str, line: usize, byte_column: usize) -> usize {
    let start = match line.checked_sub(2) {
        None => 0,
        Some(nth) => text
            .match_indices('\n')
            .nth(nth)
            .map_or(text.len(), |(newline, _)| newline + 1),
    };
    let mut offset = (start + byte_column.saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    offset
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_walk_counts_lines_and_characters() {
        let text = "a\n\u{e4}\u{f6}c {\r\n  d";
        let mut walk = Walk::new(text, Place::new(10, 5));
        assert_eq!(walk.to(&text[0..1]), Place::new(10, 5));
        assert_eq!(walk.to(&text[6..7]), Place::new(11, 3));
        assert_eq!(walk.to(&text[13..]), Place::new(12, 3));
    }

    #[test]
    fn an_offset_is_found_again_and_never_inside_a_character() {
        let text = "ab\n\u{e4}\u{e4}x\n";
        assert_eq!(offset(text, 1, 2), 1);
        assert_eq!(offset(text, 2, 1), 3);
        assert_eq!(offset(text, 2, 2), 3);
        assert_eq!(offset(text, 9, 9), text.len());
    }
}
