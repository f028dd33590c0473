//! Cuts a YAML stream at its document markers, so that one bad document can't take its neighbours with it.
//!
//! A line that begins with `---` or `...` and ends there or goes on with white space is a marker wherever it stands,
//! even inside a block or quoted scalar (YAML 1.2.2, 9.1.2 and rule c-forbidden): cutting needs no parser.

/// A stretch of the stream with at most one document in it, its own `---` line included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) text: &'a str,
    /// The line in the file on which the text begins, from 1.
    pub(super) line: usize,
}

/// The chunks of a text, those with only comments and white space left out.
pub(super) struct Chunks<'a> {
    rest: &'a str,
    line: usize,
}

impl<'a> Chunks<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            rest: text,
            line: 1,
        }
    }

    fn take(&mut self, length: usize, lines: usize) -> Chunk<'a> {
        let (text, rest) = self
            .rest
            .split_at_checked(length)
            .unwrap_or((self.rest, ""));
        let chunk = Chunk {
            text,
            line: self.line,
        };
        self.rest = rest;
        self.line += lines;
        chunk
    }
}

impl<'a> Iterator for Chunks<'a> {
    type Item = Chunk<'a>;

    fn next(&mut self) -> Option<Chunk<'a>> {
        let mut begun = Begun::Nothing;
        let (mut length, mut lines) = (0, 0);
        for line in self.rest.split_inclusive('\n') {
            let kind = Line::of(line);
            if let Line::Marker | Line::MarkerAndContent = kind {
                match begun {
                    Begun::Document => return Some(self.take(length, lines)),
                    Begun::Directives => {}
                    Begun::Nothing | Begun::Marker => {
                        self.take(length, lines);
                        (length, lines) = (0, 0);
                    }
                }
            }
            length += line.len();
            lines += breaks(line);
            begun = match (kind, begun) {
                (Line::Content | Line::MarkerAndContent, _) => Begun::Document,
                (Line::Marker, _) => Begun::Marker,
                (Line::Directive, Begun::Nothing | Begun::Directives) => Begun::Directives,
                (Line::Directive, Begun::Marker | Begun::Document) => Begun::Document,
                (Line::Blank, begun) => begun,
                (Line::End, Begun::Directives | Begun::Document) => {
                    return Some(self.take(length, lines));
                }
                (Line::End, Begun::Nothing | Begun::Marker) => {
                    self.take(length, lines);
                    (length, lines) = (0, 0);
                    Begun::Nothing
                }
            };
        }
        let last = self.take(length, lines);
        match begun {
            Begun::Nothing | Begun::Marker => None,
            Begun::Directives | Begun::Document => Some(last),
        }
    }
}

/// What the lines of a chunk so far amount to.
#[derive(Clone, Copy)]
enum Begun {
    Nothing,
    Directives,
    Marker,
    Document,
}

/// What a line is, by itself.
#[derive(Clone, Copy)]
enum Line {
    Blank,
    Directive,
    Marker,
    MarkerAndContent,
    End,
    Content,
}

impl Line {
    fn of(line: &str) -> Self {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if let Some(rest) = line.strip_prefix("---").filter(|rest| ends_marker(rest)) {
            return if is_blank(rest) {
                Self::Marker
            } else {
                Self::MarkerAndContent
            };
        }
        if line.strip_prefix("...").is_some_and(ends_marker) {
            Self::End
        } else if line.starts_with('%') {
            Self::Directive
        } else if is_blank(line) {
            Self::Blank
        } else {
            Self::Content
        }
    }
}

/// White space or a comment; a carriage return alone is a line break in YAML, so a comment may end there.
fn is_blank(line: &str) -> bool {
    line.split('\r').all(|part| {
        let part = part.trim_start();
        part.is_empty() || part.starts_with('#')
    })
}

fn ends_marker(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n'])
}

/// The line breaks of YAML in a text: LF, CR LF, or CR.
pub(super) fn breaks(text: &str) -> usize {
    let bytes = text.as_bytes();
    let feeds = bytes.iter().filter(|byte| **byte == b'\n').count();
    let returns = bytes.iter().filter(|byte| **byte == b'\r').count();
    let pairs = if returns == 0 {
        0
    } else {
        text.matches("\r\n").count()
    };
    feeds + returns - pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<(usize, &str)> {
        Chunks::new(text)
            .map(|chunk| (chunk.line, chunk.text))
            .collect()
    }

    #[test]
    fn nothing_and_comments_are_no_documents() {
        for text in [
            "",
            "\n\n",
            "# a\n\n",
            "---\n---  # x\r\n",
            "# a\r\n  # b\r\n",
            "---\n...\n...\n# x",
        ] {
            assert_eq!(cut(text), [], "{text:?}");
        }
    }

    #[test]
    fn markers_cut_wherever_they_stand_at_the_start_of_a_line() {
        assert_eq!(
            cut("a: 1\n---\nb: |\n  x\n ---\n---y\n--- # c\nd: 1"),
            [
                (1, "a: 1\n"),
                (2, "---\nb: |\n  x\n ---\n---y\n"),
                (7, "--- # c\nd: 1")
            ]
        );
        assert_eq!(
            cut("a: \"x\n---\nb: 1\n"),
            [(1, "a: \"x\n"), (2, "---\nb: 1\n")]
        );
        assert_eq!(
            cut("a: 1\r\n---\r\nb: 1\r\n"),
            [(1, "a: 1\r\n"), (2, "---\r\nb: 1\r\n")]
        );
    }

    #[test]
    fn comments_before_a_marker_are_skipped_and_counted() {
        assert_eq!(cut("# Source: x\n\n---\na: 1\n"), [(3, "---\na: 1\n")]);
        assert_eq!(
            cut("---\n# Source: x\n---\n# Source: y\na: 1\n---\n"),
            [(3, "---\n# Source: y\na: 1\n")]
        );
        assert_eq!(cut("---\n--- a: 1\n"), [(2, "--- a: 1\n")]);
    }

    #[test]
    fn directives_stay_with_their_document() {
        assert_eq!(
            cut("%YAML 1.1\n# x\n---\na: 1\n...\n%TAG ! !x\n---\nb: 1\n"),
            [
                (1, "%YAML 1.1\n# x\n---\na: 1\n...\n"),
                (6, "%TAG ! !x\n---\nb: 1\n")
            ]
        );
    }

    #[test]
    fn a_document_may_follow_an_end_marker() {
        assert_eq!(
            cut("a: 1\n...\nb: 1\n"),
            [(1, "a: 1\n...\n"), (3, "b: 1\n")]
        );
        assert_eq!(cut("...\n# x\nb: 1\n"), [(2, "# x\nb: 1\n")]);
    }

    #[test]
    fn a_byte_order_mark_does_not_hide_a_marker() {
        assert_eq!(
            cut("a: 1\n\u{feff}---\nb: 1\n"),
            [(1, "a: 1\n"), (2, "\u{feff}---\nb: 1\n")]
        );
    }

    #[test]
    fn bare_carriage_returns_are_counted() {
        assert_eq!(
            cut("a: 1\rb: 2\n---\nc: 1"),
            [(1, "a: 1\rb: 2\n"), (3, "---\nc: 1")]
        );
        assert_eq!(cut("# a\rb: 1"), [(1, "# a\rb: 1")]);
    }
}
