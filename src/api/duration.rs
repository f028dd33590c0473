//! Durations as Go and Kubernetes write them.
//!
//! Guarantees: every accepted text has the value that Go's `time.ParseDuration` gives it, is never negative, and
//! survives being written and read again.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

/// A duration written as `1h30m`, `10s` or `1.5s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GoDuration(Duration);

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{given}` is not a duration: {reason}; expected numbers with units ns, us, ms, s, m or h, such as 30s, 1.5s or 1h30m"
)]
pub struct DurationError {
    given: String,
    reason: &'static str,
}

const NANOSECOND: u64 = 1;
const MICROSECOND: u64 = 1_000 * NANOSECOND;
const MILLISECOND: u64 = 1_000 * MICROSECOND;
const SECOND: u64 = 1_000 * MILLISECOND;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

/// Go counts nanoseconds in an `int64`; a longer text would be an error for the API server.
const LONGEST: u128 = i64::MAX as u128;

const PATTERN: &str = r"^(0|(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|ms|s|m|h))+)$";
const LONGEST_TEXT: usize = 64;

impl GoDuration {
    /// A duration of whole seconds.
    #[must_use]
    pub const fn from_secs(seconds: u32) -> Self {
        Self(Duration::from_secs(seconds as u64))
    }

    /// The duration itself.
    #[must_use]
    pub const fn as_duration(self) -> Duration {
        self.0
    }
}

// === impl FromStr ===

impl FromStr for GoDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse(text).map_err(|reason| DurationError {
            given: text.chars().take(LONGEST_TEXT).collect(),
            reason,
        })
    }
}

fn parse(text: &str) -> Result<GoDuration, &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if LONGEST_TEXT < text.len() {
        return Err("it is too long");
    }
    if text.starts_with('-') {
        return Err("it is negative");
    }
    if text == "0" {
        return Ok(GoDuration(Duration::ZERO));
    }
    let mut rest = text;
    let mut total: u128 = 0;
    while !rest.is_empty() {
        let (part, after) = parse_part(rest)?;
        total = total.saturating_add(part);
        if LONGEST < total {
            return Err("it is longer than 292 years");
        }
        rest = after;
    }
    let nanoseconds = u64::try_from(total).map_err(|_| "it is longer than 292 years")?;
    Ok(GoDuration(Duration::from_nanos(nanoseconds)))
}

/// Reads one number with its unit; gives nanoseconds and what follows.
fn parse_part(text: &str) -> Result<(u128, &str), &'static str> {
    let (whole, after_whole) = split_digits(text);
    let (fraction, after_number) = match after_whole.strip_prefix('.') {
        Some(after_dot) => split_digits(after_dot),
        None => ("", after_whole),
    };
    if whole.is_empty() && fraction.is_empty() {
        return Err("a number is missing");
    }
    let unit_length = after_number
        .find(|c: char| c == '.' || c.is_ascii_digit())
        .unwrap_or(after_number.len());
    let (unit, rest) = after_number.split_at(unit_length);
    let unit = match unit {
        "ns" => NANOSECOND,
        "us" => MICROSECOND,
        "ms" => MILLISECOND,
        "s" => SECOND,
        "m" => MINUTE,
        "h" => HOUR,
        "" => return Err("a unit is missing"),
        _ => return Err("the unit is unknown"),
    };
    let whole = digits_value(whole).saturating_mul(u128::from(unit));
    // Go drops what is less than a nanosecond; 15 digits say all there is to say of an hour.
    let fraction = fraction.get(..15).unwrap_or(fraction);
    let scale = fraction.bytes().fold(1_u128, |scale, _| scale * 10);
    let fraction = digits_value(fraction) * u128::from(unit) / scale;
    Ok((whole.saturating_add(fraction), rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    text.split_at(
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len()),
    )
}

fn digits_value(digits: &str) -> u128 {
    digits.bytes().fold(0_u128, |value, digit| {
        value
            .saturating_mul(10)
            .saturating_add(u128::from(digit.wrapping_sub(b'0')))
    })
}

// === impl Display ===

impl fmt::Display for GoDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let nanoseconds = u64::from(self.0.subsec_nanos());
        let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        if hours != 0 {
            write!(f, "{hours}h")?;
        }
        if minutes != 0 {
            write!(f, "{minutes}m")?;
        }
        match (seconds, nanoseconds) {
            (0, 0) if self.0.is_zero() => f.write_str("0s"),
            (0, 0) => Ok(()),
            (_, 0) => write!(f, "{seconds}s"),
            (0, _) if nanoseconds.is_multiple_of(MILLISECOND) => {
                write!(f, "{}ms", nanoseconds / MILLISECOND)
            }
            (0, _) if nanoseconds.is_multiple_of(MICROSECOND) => {
                write!(f, "{}us", nanoseconds / MICROSECOND)
            }
            (0, _) => write!(f, "{nanoseconds}ns"),
            _ => {
                let fraction = format!("{nanoseconds:09}");
                write!(f, "{seconds}.{}s", fraction.trim_end_matches('0'))
            }
        }
    }
}

impl Serialize for GoDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for GoDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = GoDuration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a duration such as 30s, 1.5s or 1h30m")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<GoDuration, E> {
                text.parse().map_err(E::custom)
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

impl schemars::JsonSchema for GoDuration {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "GoDuration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": PATTERN, "maxLength": LONGEST_TEXT })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn accepted_texts_mean_what_go_says() {
        for (text, nanoseconds) in [
            ("0", 0),
            ("0s", 0),
            ("1ns", 1),
            ("1us", 1_000),
            ("1.5s", 1_500_000_000),
            (".5s", 500_000_000),
            ("1.s", 1_000_000_000),
            ("1h30m", 5_400_000_000_000),
            ("10s", 10_000_000_000),
            ("2m", 120_000_000_000),
            ("1s1s", 2_000_000_000),
            ("0.0000000009s", 0),
            ("0.3333333333333333333h", 1_200_000_000_000 - 1),
            ("9223372036854775807ns", i64::MAX as u64),
        ] {
            let parsed = text.parse::<GoDuration>().map(GoDuration::as_duration);
            assert_eq!(parsed, Ok(Duration::from_nanos(nanoseconds)), "{text}");
        }
    }

    #[test]
    fn refused_texts_say_why_and_what_is_accepted() {
        for (text, reason) in [
            ("", "it is empty"),
            ("10", "a unit is missing"),
            ("1h30", "a unit is missing"),
            ("10 s", "the unit is unknown"),
            ("1d", "the unit is unknown"),
            ("s", "a number is missing"),
            (".s", "a number is missing"),
            ("-1s", "it is negative"),
            ("+1s", "a number is missing"),
            ("9223372036854775808ns", "it is longer than 292 years"),
            (
                "99999999999999999999999999999999999999999999h",
                "it is longer than 292 years",
            ),
        ] {
            let error = text.parse::<GoDuration>().unwrap_err().to_string();
            assert_eq!(
                error,
                format!(
                    "`{text}` is not a duration: {reason}; expected numbers with units ns, us, ms, s, m or h, such as 30s, 1.5s or 1h30m"
                )
            );
        }
    }

    #[test]
    fn durations_are_written_short() {
        for text in [
            "0s", "2m", "1h", "10s", "1h30m", "1.5s", "1h0.25s", "500ms", "3us", "7ns",
        ] {
            let again = match text {
                "1h0.25s" => "1h250ms",
                _ => text,
            };
            assert_eq!(text.parse::<GoDuration>().unwrap().to_string(), again);
        }
    }

    proptest! {
        #[test]
        fn written_durations_read_back_the_same(nanoseconds in 0..=i64::MAX as u64) {
            let duration = GoDuration(Duration::from_nanos(nanoseconds));
            prop_assert_eq!(duration.to_string().parse::<GoDuration>(), Ok(duration));
        }

        #[test]
        fn durations_of_the_schema_are_accepted_unless_too_long(text in "0|(([0-9]{1,6}(\\.[0-9]{0,12})?|\\.[0-9]{1,12})(ns|us|ms|s|m|h)){1,3}") {
            prop_assert!(LONGEST_TEXT < text.len() || text.parse::<GoDuration>().is_ok(), "{}", text);
        }

        #[test]
        fn any_text_is_a_duration_or_an_error(text in "\\PC{0,80}") {
            let _ = text.parse::<GoDuration>();
        }
    }
}
