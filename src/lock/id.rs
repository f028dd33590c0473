//! The names that lock facts are about, parsed once at the edge.
//!
//! A value of one of these types has passed its check, so nothing further in needs to look again.
//! The checks are loose on purpose: ECS ids have had several shapes (`i-bp1...`, `AY14...`, `1006-4711`),
//! and a name that is merely unusual must not make a lock disappear.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The longest instance or disk id that is accepted, in bytes.
pub const MAX_ID_LENGTH: usize = 64;

/// The longest account name: `<account>.<region>.<shard>` has to fit an object name of 253 bytes.
pub const MAX_ACCOUNT_LENGTH: usize = 183;

/// The longest region id, that of a DNS label.
pub const MAX_REGION_LENGTH: usize = 63;

/// Why a text is not the name it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Nothing where a name should be.
    #[error("is empty")]
    Empty,
    /// Longer than any such name.
    #[error("is longer than {0} bytes")]
    TooLong(usize),
    /// A character that ids do not have.
    #[error("may hold only letters, digits, `-`, `_` and `.`, and begins with a letter or a digit")]
    NotAnId,
    /// A disk id where an instance id belongs.
    #[error("is a disk id, where an instance id belongs")]
    IsDisk,
    /// An instance id where a disk id belongs.
    #[error("is an instance id, where a disk id belongs")]
    IsInstance,
    /// Not what Kubernetes takes as an object's name.
    #[error(
        "may hold only lower-case letters, digits, `-` and `.`, and begins and ends with a letter or a digit"
    )]
    NotAName,
    /// Not what regions are called.
    #[error(
        "may hold only lower-case letters, digits and `-`, and begins and ends with a letter or a digit"
    )]
    NotARegion,
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $check:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Says whether a text would parse, without keeping it.
            pub fn check(text: &str) -> Result<(), IdError> {
                $check(text)
            }

            /// The text as it was written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                $check(text)?;
                Ok(Self(text.into()))
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                $check(&text)?;
                Ok(Self(text.into()))
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> Self {
                name.0.into()
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

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name! {
    /// The id of an ECS instance.
    InstanceId, check_instance
}
name! {
    /// The id of an ECS disk.
    DiskId, check_disk
}
name! {
    /// The name of a configured account, which is that of its `EcsAccount` object.
    AccountName, check_account
}
name! {
    /// The id of a region, `cn-hangzhou`.
    RegionId, check_region
}

fn check_instance(text: &str) -> Result<(), IdError> {
    check_id(text)?;
    if text.starts_with("d-") {
        return Err(IdError::IsDisk);
    }
    Ok(())
}

fn check_disk(text: &str) -> Result<(), IdError> {
    check_id(text)?;
    if text.starts_with("i-") {
        return Err(IdError::IsInstance);
    }
    Ok(())
}

fn check_id(text: &str) -> Result<(), IdError> {
    check_length(text, MAX_ID_LENGTH)?;
    // Every byte is looked at before deciding: without an early way out this is several times as fast.
    let bad = text
        .bytes()
        .fold(false, |bad, byte| bad | !is_id_byte(byte));
    let starts_well = text
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if bad || !starts_well {
        return Err(IdError::NotAnId);
    }
    Ok(())
}

fn check_account(text: &str) -> Result<(), IdError> {
    check_length(text, MAX_ACCOUNT_LENGTH)?;
    if !text.split('.').all(is_dns_label) {
        return Err(IdError::NotAName);
    }
    Ok(())
}

fn check_region(text: &str) -> Result<(), IdError> {
    check_length(text, MAX_REGION_LENGTH)?;
    if !is_dns_label(text) {
        return Err(IdError::NotARegion);
    }
    Ok(())
}

fn check_length(text: &str, longest: usize) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if longest < text.len() {
        return Err(IdError::TooLong(longest));
    }
    Ok(())
}

fn is_id_byte(byte: u8) -> bool {
    ID_BYTES.get(usize::from(byte)) == Some(&true)
}

#[expect(
    clippy::indexing_slicing,
    reason = "the compiler does it, and would refuse"
)]
const ID_BYTES: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        byte += 1;
    }
    table
};

/// As RFC 1123 has it, which is what Kubernetes asks of object names.
fn is_dns_label(text: &str) -> bool {
    let inside = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().all(inside) && !text.is_empty() && !text.starts_with('-') && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_every_age_parse() {
        for text in [
            "i-bp1locked",
            "i-2zeh6y2y7q8k",
            "AY14051913564762",
            "1006-4711",
            "i-t4n_a.b",
            "x",
        ] {
            assert_eq!(text.parse::<InstanceId>().unwrap().as_str(), text);
        }
        for text in ["d-bp1a", "1006-4711", "bn-disk.1"] {
            assert_eq!(text.parse::<DiskId>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_id_says_why() {
        assert_eq!("".parse::<InstanceId>(), Err(IdError::Empty));
        assert_eq!(
            "i".repeat(65).parse::<InstanceId>(),
            Err(IdError::TooLong(64))
        );
        assert!("i".repeat(64).parse::<InstanceId>().is_ok());
        for text in ["i bp1", "-i", "i-\u{e9}", "i-1\n", "${id}", ".."] {
            assert_eq!(
                text.parse::<InstanceId>(),
                Err(IdError::NotAnId),
                "{text:?}"
            );
        }
        assert_eq!("d-bp1a".parse::<InstanceId>(), Err(IdError::IsDisk));
        assert_eq!("i-bp1a".parse::<DiskId>(), Err(IdError::IsInstance));
    }

    #[test]
    fn accounts_are_object_names_and_regions_are_labels() {
        for text in ["prod", "prod.eu", "1a", "a-b"] {
            assert!(text.parse::<AccountName>().is_ok(), "{text}");
        }
        for text in ["Prod", "a..b", ".a", "a.", "-a", "a_b", "a/b"] {
            assert_eq!(
                text.parse::<AccountName>(),
                Err(IdError::NotAName),
                "{text}"
            );
        }
        assert!("cn-hangzhou".parse::<RegionId>().is_ok());
        for text in ["cn.hangzhou", "CN", "cn-", "cn hangzhou"] {
            assert_eq!(text.parse::<RegionId>(), Err(IdError::NotARegion), "{text}");
        }
        assert_eq!(
            "a".repeat(64).parse::<RegionId>(),
            Err(IdError::TooLong(63))
        );
    }

    #[test]
    fn serde_checks_as_parsing_does() {
        assert_eq!(
            serde_json::from_str::<DiskId>("\"d-1\"").unwrap().as_str(),
            "d-1"
        );
        let error = serde_json::from_str::<DiskId>("\"d 1\"").unwrap_err();
        assert!(
            error.to_string().contains("may hold only letters"),
            "{error}"
        );
        assert_eq!(
            serde_json::to_string(&"i-1".parse::<InstanceId>().unwrap()).unwrap(),
            "\"i-1\""
        );
    }
}
