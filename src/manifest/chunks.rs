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
            match (Line::of(line), begun) {
                (Line::Start, Begun::Document) => return Some(self.take(length, lines)),
                (Line::Start, Begun::Nothing) => {
                    self.take(length, lines);
                    (length, lines) = (0, 0);
                    begun = Begun::Document;
                }
                (Line::Start, Begun::Directives)
                | (Line::Content | Line::Directive, Begun::Document)
                | (Line::Content, _) => begun = Begun::Document,
                (Line::Directive, Begun::Nothing | Begun::Directives) => begun = Begun::Directives,
                (Line::End, Begun::Nothing) => {
                    self.take(length + line.len(), lines + breaks(line));
                    (length, lines) = (0, 0);
                    continue;
                }
                (Line::End, _) => {
                    return Some(self.take(length + line.len(), lines + breaks(line)));
                }
                (Line::Blank, _) => {}
            }
            length += line.len();
            lines += breaks(line);
        }
        let last = self.take(length, lines);
        match begun {
            Begun::Nothing => None,
            Begun::Directives | Begun::Document => Some(last),
        }
    }
}

#[derive(Clone, Copy)]
enum Begun {
    Nothing,
    Directives,
    Document,
}

enum Line {
    Blank,
    Directive,
    Start,
    End,
    Content,
}

impl Line {
    fn of(line: &str) -> Self {
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        if line.strip_prefix("---").is_some_and(ends_marker) {
            return Self::Start;
        }
        if line.strip_prefix("...").is_some_and(ends_marker) {
            return Self::End;
        }
        if line.starts_with('%') {
            return Self::Directive;
        }
        // A carriage return alone is a line break in YAML: a comment may end there.
        let blank = line.split('\r').all(|part| {
            let part = part.trim_start();
            part.is_empty() || part.starts_with('#')
        });
        if blank { Self::Blank } else { Self::Content }
    }
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
            "# a\n",
            "---\n",
            "# a\r\n  # b\r\n",
            "...\n...\n",
        ] {
            assert_eq!(
                cut(text)
                    .iter()
                    .filter(|(_, text)| text.contains(':'))
                    .count(),
                0,
                "{text:?}"
            );
        }
        assert_eq!(cut("# a\n\n"), []);
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
    fn comments_before_the_first_marker_are_skipped_and_counted() {
        assert_eq!(cut("# Source: x\n\n---\na: 1\n"), [(3, "---\na: 1\n")]);
        assert_eq!(
            cut("---\n# Source: x\na: 1\n---\n"),
            [(1, "---\n# Source: x\na: 1\n"), (4, "---\n")]
        );
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
