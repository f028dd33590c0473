//! Standard output and standard error.

use std::io::{self, Write};

/// Writes to standard output; a reader that went away is no error.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

/// Tells the user on standard error what went wrong, with its causes; each of several things on a line of its own.
pub(super) fn error(error: &anyhow::Error) {
    let mut stderr = io::stderr().lock();
    for line in explain(error).lines() {
        // Nothing is left to tell it to if standard error is gone.
        let _ = writeln!(stderr, "arrears: {line}");
    }
}

/// Tells the user something on standard error.
pub(super) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "arrears: {text}");
}

/// An error and its causes, but for those that an error has told already in its own words.
fn explain(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if text.contains(&cause) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&cause);
    }
    text
}

/// Lays out rows in columns, each as wide as its widest cell.
pub(super) fn columns(rows: &[Vec<String>]) -> String {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (index, cell) in row.iter().enumerate() {
            let width = cell.chars().count();
            match widths.get_mut(index) {
                Some(widest) => *widest = width.max(*widest),
                None => widths.push(width),
            }
        }
    }
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[derive(Debug, thiserror::Error)]
    #[error("a.yaml: {source}; try another")]
    struct Told {
        source: io::Error,
    }

    #[test]
    fn a_cause_is_told_once() {
        let error: anyhow::Error = Told {
            source: io::Error::other("no such file"),
        }
        .into();
        assert_eq!(explain(&error), "a.yaml: no such file; try another");
        let error = Err::<(), _>(io::Error::other("no such file")).context("b.yaml");
        assert_eq!(explain(&error.unwrap_err()), "b.yaml: no such file");
    }
}
