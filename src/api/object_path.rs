//! Where an `OperationBinding` looks in an object, and what it compares with.
//!
//! Guarantees: a path is an RFC 9535 query that compiles; a scalar is never a list, an object or null.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use serde_json_path::JsonPath;
use std::{borrow::Cow, fmt, str::FromStr};

/// An RFC 9535 path, compiled, with the text it was written as.
#[derive(Clone, Debug, PartialEq)]
pub struct ObjectPath {
    text: Box<str>,
    query: JsonPath,
}

/// Why a text is not a path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not an RFC 9535 path: {reason}; expected something like $.spec.region or $.spec.disks.*.id"
)]
pub struct PathError {
    given: String,
    reason: String,
}

/// A string, a number or a boolean, compared strictly: `1` is neither `"1"` nor `true`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Scalar(Value);

const LONGEST: usize = 512;
const MOST_FILTERS: usize = 8;

impl ObjectPath {
    /// The path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The compiled query.
    #[must_use]
    pub fn query(&self) -> &JsonPath {
        &self.query
    }

    /// Whether everything the path can find lies in the object's `spec`.
    #[must_use]
    pub fn is_within_spec(&self) -> bool {
        let Some(rest) = self.text.strip_prefix('$') else {
            return false;
        };
        match rest.strip_prefix(".spec") {
            Some(tail) => tail.is_empty() || tail.starts_with('.') || tail.starts_with('['),
            None => rest.starts_with("['spec']") || rest.starts_with("[\"spec\"]"),
        }
    }
}

impl Scalar {
    /// The value to compare with.
    #[must_use]
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl TryFrom<Value> for Scalar {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, &'static str> {
        match value {
            Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(Self(value)),
            Value::Null | Value::Array(_) | Value::Object(_) => {
                Err("only a string, a number or a boolean can be compared with")
            }
        }
    }
}

impl FromStr for ObjectPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let refuse = |reason: String| PathError {
            given: text.chars().take(LONGEST).collect(),
            reason,
        };
        if LONGEST < text.len() {
            return Err(refuse(format!("it has more than {LONGEST} characters")));
        }
        // The parser's time doubles with each filter inside a filter.
        if MOST_FILTERS < text.matches('?').count() {
            return Err(refuse(format!("it has more than {MOST_FILTERS} filters")));
        }
        let query = JsonPath::parse(text).map_err(|error| refuse(error.to_string()))?;
        Ok(Self {
            text: text.into(),
            query,
        })
    }
}

impl fmt::Display for ObjectPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for ObjectPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de> Deserialize<'de> for ObjectPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = ObjectPath;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an RFC 9535 path such as $.spec.region")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ObjectPath, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

impl schemars::JsonSchema for ObjectPath {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "ObjectPath".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^\$", "maxLength": LONGEST })
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Value::deserialize(deserializer)?
            .try_into()
            .map_err(de::Error::custom)
    }
}

impl schemars::JsonSchema for Scalar {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Scalar".into()
    }

    // A structural schema has no "string, number or boolean"; the reader refuses the rest.
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "x-kubernetes-preserve-unknown-fields": true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_does_not_compile_is_refused_with_its_text() {
        assert!("$.spec.disks.*.id".parse::<ObjectPath>().is_ok());
        for text in [
            "",
            "spec.region",
            ".spec",
            "$.spec[",
            "$.spec..",
            "$.spec[?",
        ] {
            let error = text.parse::<ObjectPath>().unwrap_err().to_string();
            assert!(
                error.starts_with(&format!("`{text}` is not an RFC 9535 path: ")),
                "{error}"
            );
        }
        assert!(
            format!("$.{}", "a".repeat(600))
                .parse::<ObjectPath>()
                .is_err()
        );
    }

    #[test]
    fn filters_in_filters_are_refused_before_they_cost_anything() {
        let nested = format!("$.spec.a{}{}", "[?@".repeat(100), "]".repeat(100));
        let error = nested.parse::<ObjectPath>().unwrap_err().to_string();
        assert!(error.contains("more than 8 filters"), "{error}");
    }

    #[test]
    fn only_paths_below_spec_are_within_spec() {
        for (text, within) in [
            ("$.spec.power", true),
            ("$.spec", true),
            ("$.spec[0]", true),
            ("$['spec'].power", true),
            ("$.specs.power", false),
            ("$.metadata.labels", false),
            ("$..power", false),
            ("$.*", false),
            ("$['spec', 'status']", false),
        ] {
            assert_eq!(
                text.parse::<ObjectPath>().unwrap().is_within_spec(),
                within,
                "{text}"
            );
        }
    }

    #[test]
    fn scalars_keep_their_type() {
        assert_eq!(
            serde_json::from_str::<Scalar>("\"1\"").unwrap().as_value(),
            &Value::from("1")
        );
        assert_eq!(
            serde_json::from_str::<Scalar>("true").unwrap().as_value(),
            &Value::from(true)
        );
        for text in ["null", "[1]", "{}"] {
            assert!(serde_json::from_str::<Scalar>(text).is_err(), "{text}");
        }
    }
}
