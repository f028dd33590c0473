//! A criterion of a policy rule: texts with `*` and `?`, of which any one must match.
//!
//! Guarantees: never empty, so that leaving a criterion out (it matches everything) can't be confused with listing
//! nothing.

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::borrow::Cow;

/// One or more glob patterns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Globs(Vec<String>);

const MOST: usize = 64;
const LONGEST: usize = 316;

impl Globs {
    /// The patterns as written.
    #[must_use]
    pub fn patterns(&self) -> &[String] {
        &self.0
    }
}

impl TryFrom<Vec<String>> for Globs {
    type Error = String;

    fn try_from(patterns: Vec<String>) -> Result<Self, String> {
        if patterns.is_empty() {
            return Err(
                "a list of patterns must not be empty: leave it out to match everything".to_owned(),
            );
        }
        if MOST < patterns.len() {
            return Err(format!(
                "{} patterns are too many: at most {MOST}",
                patterns.len()
            ));
        }
        match patterns
            .iter()
            .position(|pattern| pattern.is_empty() || LONGEST < pattern.len())
        {
            Some(index) => Err(format!(
                "pattern {} must have 1 to {LONGEST} characters",
                index + 1
            )),
            None => Ok(Self(patterns)),
        }
    }
}

impl<'de> Deserialize<'de> for Globs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<String>::deserialize(deserializer)?
            .try_into()
            .map_err(D::Error::custom)
    }
}

impl schemars::JsonSchema for Globs {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Globs".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "array",
            "minItems": 1,
            "maxItems": MOST,
            "items": { "type": "string", "minLength": 1, "maxLength": LONGEST },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Globs;

    #[test]
    fn a_list_without_a_usable_pattern_is_refused() {
        assert!(Globs::try_from(vec!["batch-*".to_owned()]).is_ok());
        assert!(
            Globs::try_from(Vec::new())
                .unwrap_err()
                .contains("leave it out")
        );
        assert!(
            Globs::try_from(vec!["a".to_owned(), String::new()])
                .unwrap_err()
                .starts_with("pattern 2")
        );
        assert!(Globs::try_from(vec!["a".to_owned(); 65]).is_err());
    }
}
