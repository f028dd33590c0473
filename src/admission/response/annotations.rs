//! The audit annotations: each joins one property of every finding.

use std::fmt::{self, Write as _};

use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::decision::{Finding, Verdict, clip};

/// The longest word: an id has 64 bytes at most, a target two of them.
const WORD_LIMIT: usize = 160;

/// The annotations of an answer about an operation.
pub(super) struct Annotations<'a>(pub(super) &'a Verdict<'a>);

impl Serialize for Annotations<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let findings = self.0.findings.as_slice();
        let mut map = serializer.serialize_map(Some(9))?;
        map.serialize_entry("verdict", self.0.outcome().name())?;
        let mut join = |key: &str, property: Property| {
            map.serialize_entry(key, &Joined { findings, property })
        };
        join("action", |finding, word| {
            word.write_str(match finding.action() {
                "" => "-",
                action => action,
            })
        })?;
        join("target", |finding, word| {
            write!(word, "{}", finding.target_name())
        })?;
        join("state", |finding, word| {
            word.write_str(finding.state_name())
        })?;
        join("ruling", |finding, word| {
            word.write_str(finding.ruling_name())
        })?;
        join("edition", |finding, word| {
            word.write_str(finding.edition.name())
        })?;
        join("source", |finding, word| {
            word.write_str(finding.source_name())
        })?;
        join("age", |finding, word| {
            write!(word, "{}", finding.age_text())
        })?;
        join("rule", |finding, word| word.write_str(finding.rule_name()))?;
        map.end()
    }
}

/// Writes a property of a finding.
type Property = fn(&Finding<'_>, &mut Word<'_, '_>) -> fmt::Result;

/// One property of every finding.
struct Joined<'f> {
    findings: &'f [Finding<'f>],
    property: Property,
}

impl Serialize for Joined<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for Joined<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, finding) in self.findings.iter().enumerate() {
            if 0 < index {
                formatter.write_char(',')?;
            }
            let mut word = Word {
                formatter,
                room: WORD_LIMIT,
            };
            (self.property)(finding, &mut word)?;
        }
        Ok(())
    }
}

/// A word between two commas: what a user put into an object must not shift the columns, nor fill the audit log.
struct Word<'w, 'f> {
    formatter: &'w mut fmt::Formatter<'f>,
    room: usize,
}

impl fmt::Write for Word<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let fitting = clip(text, self.room);
        self.room -= fitting.len();
        if !fitting.contains(is_foreign) {
            return self.formatter.write_str(fitting);
        }
        fitting.chars().try_for_each(|character| {
            let shown = if is_foreign(character) {
                '_'
            } else {
                character
            };
            self.formatter.write_char(shown)
        })
    }
}

fn is_foreign(character: char) -> bool {
    character == ',' || character.is_control()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Shown<'t>(&'t [&'t str]);

    impl fmt::Display for Shown<'_> {
        fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            let mut word = Word {
                formatter,
                room: WORD_LIMIT,
            };
            self.0.iter().try_for_each(|text| word.write_str(text))
        }
    }

    #[test]
    fn a_word_has_neither_commas_nor_control_characters_nor_megabytes() {
        assert_eq!(Shown(&["i-a", "+", "d-b"]).to_string(), "i-a+d-b");
        assert_eq!(Shown(&["i-a,i-b\n"]).to_string(), "i-a_i-b_");
        let long = "é".repeat(1000);
        assert_eq!(Shown(&[&long, "x"]).to_string().len(), WORD_LIMIT);
    }
}
