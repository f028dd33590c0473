//! YAML scalars as kubectl reads them: its parser keeps to YAML 1.1, so that `on` is true and `0777` is 511.
//!
//! Follows goyaml.v2/resolve.go of sigs.k8s.io/yaml.

use std::borrow::Cow;

use super::node::Value;

/// The tags of YAML itself that say what a scalar is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// No tag: the text decides.
    Untagged,
    Int,
    Float,
    Bool,
    Null,
}

/// The value of a plain or tagged scalar, or what is wrong with it.
pub(super) fn resolve(kind: Kind, text: Cow<'_, str>) -> Result<Value<'_>, String> {
    let value = plain(text)?;
    let fits = match kind {
        Kind::Untagged => true,
        Kind::Int => matches!(value, Value::Int(_) | Value::Uint(_)),
        Kind::Float => matches!(value, Value::Int(_) | Value::Uint(_) | Value::Float(_)),
        Kind::Bool => matches!(value, Value::Bool(_)),
        Kind::Null => matches!(value, Value::Null),
    };
    if fits {
        return Ok(value);
    }
    let tag = match kind {
        Kind::Int => "!!int",
        Kind::Float => "!!float",
        Kind::Bool => "!!bool",
        Kind::Null | Kind::Untagged => "!!null",
    };
    Err(format!("tagged {tag}, but it is {}", value.describe()))
}

fn plain(text: Cow<'_, str>) -> Result<Value<'_>, String> {
    let value = match text.as_ref() {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Value::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Value::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF"
        | "-.inf" | "-.Inf" | "-.INF" => {
            return Err(format!(
                "`{text}` can't be written in JSON: quote it to make it a string"
            ));
        }
        other => match number(other) {
            Some(number) => number,
            None => Value::Text(text),
        },
    };
    Ok(value)
}

fn number(text: &str) -> Option<Value<'static>> {
    match text.as_bytes().first()? {
        b'.' => decimal(text).map(Value::float),
        b'0'..=b'9' | b'+' | b'-' => {
            let digits: Cow<'_, str> = if text.contains('_') {
                Cow::Owned(text.replace('_', ""))
            } else {
                Cow::Borrowed(text)
            };
            integer(&digits).or_else(|| decimal(&digits).map(Value::float))
        }
        _ => None,
    }
}

/// Go's `strconv.ParseInt` and `ParseUint` with base 0; a sign makes it the former.
fn integer(text: &str) -> Option<Value<'static>> {
    let (negative, unsigned) = match text.strip_prefix(['+', '-']) {
        Some(rest) => (text.starts_with('-'), rest),
        None => (false, text),
    };
    let (radix, digits) = match unsigned.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, unsigned.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, unsigned.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, unsigned.get(2..)?),
        [b'0', _, ..] => (8, unsigned.get(1..)?),
        _ => (10, unsigned),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let magnitude = u64::from_str_radix(digits, radix).ok()?;
    if negative {
        return 0_i64.checked_sub_unsigned(magnitude).map(Value::Int);
    }
    match i64::try_from(magnitude) {
        Ok(int) => Some(Value::Int(int)),
        // ParseUint takes no sign.
        Err(_) if text.starts_with('+') => decimal(text).map(Value::float),
        Err(_) => Some(Value::Uint(magnitude)),
    }
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, within the range of a double.
fn decimal(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            (mantissa, Some(digits))
        }
        None => (unsigned, None),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let well_formed = all_digits(whole)
        && all_digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent.is_none_or(|digits| !digits.is_empty() && all_digits(digits));
    if !well_formed {
        return None;
    }
    text.parse::<f64>().ok().filter(|float| float.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> String {
        match plain(Cow::Borrowed(text)) {
            Ok(Value::Null) => "null".to_owned(),
            Ok(Value::Bool(bool)) => bool.to_string(),
            Ok(Value::Int(int)) => int.to_string(),
            Ok(Value::Uint(uint)) => uint.to_string(),
            Ok(Value::Float(float)) => format!("{float:e}"),
            Ok(Value::Text(text)) => format!("{text:?}"),
            Ok(value) => value.describe().to_owned(),
            Err(message) => message,
        }
    }

    #[test]
    fn plain_scalars_are_what_kubectl_takes_them_for() {
        let cases = [
            ("", "null"),
            ("~", "null"),
            ("y", "true"),
            ("On", "true"),
            ("off", "false"),
            ("oN", "\"oN\""),
            ("12", "12"),
            ("+12", "12"),
            ("-12", "-12"),
            ("1_000", "1000"),
            ("0777", "511"),
            ("-0777", "-511"),
            ("0o17", "15"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("0", "0"),
            ("08", "8"),
            ("0x", "\"0x\""),
            ("0x-1", "\"0x-1\""),
            ("9223372036854775807", "9223372036854775807"),
            ("18446744073709551615", "18446744073709551615"),
            ("18446744073709551616", "1.8446744073709552e19"),
            ("-9223372036854775808", "-9223372036854775808"),
            ("-9223372036854775809", "-9.223372036854776e18"),
            ("1.0", "1"),
            ("1.5", "1.5e0"),
            (".5", "5e-1"),
            ("5.", "5"),
            ("1e3", "1000"),
            ("1e400", "\"1e400\""),
            ("1e", "\"1e\""),
            (".", "\".\""),
            ("-", "\"-\""),
            ("+", "\"+\""),
            ("1.2.3", "\"1.2.3\""),
            ("2018-06", "\"2018-06\""),
            ("2026-11-23T10:00:00Z", "\"2026-11-23T10:00:00Z\""),
            ("1:30", "\"1:30\""),
            ("infinity", "\"infinity\""),
            ("i-bp1", "\"i-bp1\""),
            (
                ".inf",
                "`.inf` can't be written in JSON: quote it to make it a string",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(json(text), expected, "{text}");
        }
    }

    #[test]
    fn a_tag_that_does_not_fit_is_an_error() {
        assert!(matches!(resolve(Kind::Int, "3".into()), Ok(Value::Int(3))));
        assert_eq!(
            resolve(Kind::Int, "x".into()).unwrap_err(),
            "tagged !!int, but it is a string"
        );
    }
}
