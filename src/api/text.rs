//! Text of a known shape: ids, names and endpoints that can only be made by parsing.
//!
//! Guarantees: what `FromStr` accepts is what the pattern in the schema accepts, so a file and an API server agree.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{borrow::Borrow, borrow::Cow, fmt, str::FromStr};

/// Why a text is not what it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not {what}: expected {expected}")]
pub struct TextError {
    given: String,
    what: &'static str,
    expected: &'static str,
}

impl TextError {
    fn new(given: &str, what: &'static str, expected: &'static str) -> Self {
        /// More of a wrong value helps nobody find it.
        const SHOWN: usize = 80;
        let mut shown: String = given
            .chars()
            .take(SHOWN)
            .flat_map(char::escape_debug)
            .collect();
        if given.chars().nth(SHOWN).is_some() {
            shown.push_str("...");
        }
        Self {
            given: shown,
            what,
            expected,
        }
    }
}

macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident: $what:literal, expected $expected:literal, pattern $pattern:literal, at most $limit:literal, if $accepts:path) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            const PATTERN: &str = $pattern;
            const LONGEST: usize = $limit;

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                if text.len() <= Self::LONGEST && $accepts(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(TextError::new(text, $what, $expected))
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Visitor;

                impl de::Visitor<'_> for Visitor {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str($what)
                    }

                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_str(Visitor)
            }
        }

        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": Self::PATTERN, "maxLength": Self::LONGEST })
            }
        }
    };
}

checked_text! {
    /// The id of an ECS instance, `i-bp1...`.
    InstanceId: "an instance id",
    expected "`i-` and then letters, digits or hyphens, at most 64 characters",
    pattern "^i-[A-Za-z0-9-]+$", at most 64, if is_instance_id
}

checked_text! {
    /// The id of an ECS disk, `d-bp1...`.
    DiskId: "a disk id",
    expected "`d-` and then letters, digits or hyphens, at most 64 characters",
    pattern "^d-[A-Za-z0-9-]+$", at most 64, if is_disk_id
}

checked_text! {
    /// The id of a region, `cn-hangzhou`.
    RegionId: "a region id",
    expected "lower-case letters, digits and single hyphens, beginning with a letter, such as `cn-hangzhou`",
    pattern "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", at most 63, if is_region_id
}

checked_text! {
    /// The name of an account: that of its EcsAccount.
    AccountName: "an account name",
    expected "the name of an EcsAccount: lower-case letters, digits, `-` and `.`, beginning and ending with a letter or digit, at most 180 characters",
    pattern r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$", at most 180, if is_subdomain
}

checked_text! {
    /// The name of a policy rule: a DNS label.
    RuleName: "a rule name",
    expected "a DNS label: lower-case letters, digits and `-`, beginning and ending with a letter or digit, at most 63 characters",
    pattern "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", at most 63, if is_label
}

checked_text! {
    /// Where a service answers: scheme, host and optional port, nothing more.
    Endpoint: "an endpoint",
    expected "`http://` or `https://`, a host and an optional port, such as `https://ecs.cn-hangzhou.aliyuncs.com`",
    pattern r"^https?://([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$", at most 253, if is_endpoint
}

fn is_instance_id(text: &str) -> bool {
    text.strip_prefix("i-").is_some_and(is_id_tail)
}

fn is_disk_id(text: &str) -> bool {
    text.strip_prefix("d-").is_some_and(is_id_tail)
}

fn is_id_tail(tail: &str) -> bool {
    !tail.is_empty()
        && tail
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

fn is_region_id(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .split('-')
            .all(|part| !part.is_empty() && part.bytes().all(is_lower_or_digit))
}

fn is_lower_or_digit(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit()
}

pub(crate) fn is_label(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('-')
        && !text.ends_with('-')
        && text
            .bytes()
            .all(|byte| is_lower_or_digit(byte) || byte == b'-')
}

pub(super) fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_endpoint(text: &str) -> bool {
    let Some(authority) = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))
    else {
        return false;
    };
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((host, "")) => (host, None),
            Some((host, tail)) => match tail.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None => return false,
            },
            None => return false,
        },
        None => match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        },
    };
    let host_fits = if authority.starts_with('[') {
        !host.is_empty()
            && host
                .bytes()
                .all(|byte| byte.is_ascii_hexdigit() || byte == b':' || byte == b'.')
    } else {
        host.starts_with(|first: char| first.is_ascii_alphanumeric())
            && host.ends_with(|last: char| last.is_ascii_alphanumeric())
            && host
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.')
    };
    host_fits
        && port.is_none_or(|port| {
            (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn agrees<T: FromStr>(accepted: &[&str], refused: &[&str]) {
        for text in accepted {
            assert!(text.parse::<T>().is_ok(), "{text:?} should be accepted");
        }
        for text in refused {
            assert!(text.parse::<T>().is_err(), "{text:?} should be refused");
        }
    }

    #[test]
    fn ids_have_their_prefix_and_plain_characters() {
        agrees::<InstanceId>(
            &["i-bp1locked", "i-A-9"],
            &[
                "", "i-", "d-bp1", "i_bp1", "i-bp1 ", "i-bp1\n", "I-bp1", "i-é",
            ],
        );
        agrees::<DiskId>(&["d-bp1a"], &["i-bp1a", "d-", "d-a/b", "d-a.b"]);
        assert!(
            format!("i-{}", "a".repeat(62))
                .parse::<InstanceId>()
                .is_ok()
        );
        assert!(
            format!("i-{}", "a".repeat(63))
                .parse::<InstanceId>()
                .is_err()
        );
    }

    #[test]
    fn names_are_what_kubernetes_calls_names() {
        agrees::<RegionId>(
            &["cn-hangzhou", "us-east-1", "local"],
            &[
                "",
                "cn-",
                "-cn",
                "cn--x",
                "1",
                "CN-hangzhou",
                "a.b",
                "cn-x/../y",
            ],
        );
        agrees::<AccountName>(
            &["prod", "1234567890123456", "a.b-c"],
            &["", "Prod", "a_b", "a.", ".a", "a..b", "-a"],
        );
        agrees::<RuleName>(
            &["batch-may-try", "a"],
            &["", "a.b", "-a", "a-", "A", "a b"],
        );
    }

    #[test]
    fn endpoints_are_scheme_host_and_port_only() {
        agrees::<Endpoint>(
            &[
                "http://127.0.0.1:9180",
                "https://ecs.cn-hangzhou.aliyuncs.com",
                "http://[::1]:9180",
                "http://[::1]",
            ],
            &[
                "127.0.0.1:9180",
                "http://",
                "http://h/",
                "http://u@h",
                "http://h:",
                "http://h:123456",
                "ftp://h",
                "http://h?q",
                "http://[::1",
                "http://[::1]x",
                "http://a b",
            ],
        );
    }

    macro_rules! pattern_and_parser_agree {
        ($($test:ident: $name:ident,)*) => {
            proptest! {
                $(#[test]
                fn $test(text in matching($name::PATTERN)) {
                    prop_assert!($name::LONGEST < text.len() || text.parse::<$name>().is_ok(), "{}", text);
                })*
            }
        };
    }

    /// Texts that fit a pattern; the generator knows no anchors.
    fn matching(pattern: &str) -> impl Strategy<Value = String> {
        proptest::string::string_regex(pattern.trim_start_matches('^').trim_end_matches('$'))
            .unwrap()
    }

    pattern_and_parser_agree! {
        instance_ids_of_the_schema_are_accepted: InstanceId,
        disk_ids_of_the_schema_are_accepted: DiskId,
        region_ids_of_the_schema_are_accepted: RegionId,
        account_names_of_the_schema_are_accepted: AccountName,
        rule_names_of_the_schema_are_accepted: RuleName,
        endpoints_of_the_schema_are_accepted: Endpoint,
    }

    #[test]
    fn a_wrong_text_is_shown_with_what_is_expected_and_cut_when_long() {
        let error = "x-1".parse::<InstanceId>().unwrap_err().to_string();
        assert_eq!(
            error,
            "`x-1` is not an instance id: expected `i-` and then letters, digits or hyphens, at most 64 characters"
        );
        assert!(
            "x".repeat(1_000_000)
                .parse::<DiskId>()
                .unwrap_err()
                .to_string()
                .len()
                < 250
        );
    }
}
