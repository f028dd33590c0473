//! What a published object says of itself besides its listing, and what it is called.

use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;

use crate::lock::RegionKey;

/// The label that every published object carries, and its value; an object without it is somebody's own.
pub const MANAGED_BY: (&str, &str) = ("app.kubernetes.io/managed-by", "arrears");

/// The annotation with the lock reasons that the listing was made for, a comma between them.
pub const LOCK_REASONS: &str = "arrears.dev/lock-reasons";

/// The annotation with the [`Mark`] of the set that an object belongs to.
pub(super) const LISTING: &str = "arrears.dev/listing";

/// Whether an object with these labels was published.
#[must_use]
pub fn is_published(labels: Option<&BTreeMap<String, String>>) -> bool {
    let (name, value) = MANAGED_BY;
    labels
        .and_then(|labels| labels.get(name))
        .is_some_and(|found| found == value)
}

/// What tells one set of objects from another: objects of two sets never make a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// When the listing began.
    pub(super) observed_at: Timestamp,
    /// How many objects there are.
    pub(super) count: u32,
    /// What is listed, and where it is cut.
    pub(super) fingerprint: String,
}

impl fmt::Display for Mark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            observed_at,
            count,
            fingerprint,
        } = self;
        write!(formatter, "{observed_at} {count} {fingerprint}")
    }
}

impl FromStr for Mark {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        match (words.next(), words.next(), words.next(), words.next()) {
            (Some(observed_at), Some(count), Some(fingerprint), None) => Ok(Self {
                observed_at: observed_at.parse().map_err(|_| ())?,
                count: count.parse().map_err(|_| ())?,
                fingerprint: fingerprint.to_owned(),
            }),
            _ => Err(()),
        }
    }
}

/// The name of one of a region's objects.
pub(super) fn name(key: &RegionKey, index: u32) -> String {
    match index {
        0 => format!("{}.{}", key.account, key.region),
        index => format!("{}.{}.{index}", key.account, key.region),
    }
}

/// Which of a region's objects has this name; none if none has.
pub(super) fn index(key: &RegionKey, object: &str) -> Option<u32> {
    let rest = object
        .strip_prefix(key.account.as_str())?
        .strip_prefix('.')?
        .strip_prefix(key.region.as_str())?;
    match rest.strip_prefix('.') {
        None => rest.is_empty().then_some(0),
        Some(number) => {
            let index = number.parse().ok()?;
            // Not `007`, and not `0`.
            (name(key, index) == object).then_some(index)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_and_nothing_else_is_one() {
        let mark = Mark {
            observed_at: "2026-11-23T10:00:00.123456789Z".parse().unwrap(),
            count: 3,
            fingerprint: "00ff".to_owned(),
        };
        let text = mark.to_string();
        assert_eq!(text, "2026-11-23T10:00:00.123456789Z 3 00ff");
        assert_eq!(text.parse(), Ok(mark));
        for text in [
            "",
            "now 3 00ff",
            "2026-11-23T10:00:00Z -1 00ff",
            "2026-11-23T10:00:00Z 3",
            "2026-11-23T10:00:00Z 3 a b",
        ] {
            assert_eq!(text.parse::<Mark>(), Err(()), "{text}");
        }
    }

    #[test]
    fn a_regions_objects_are_told_by_their_names() {
        let key = RegionKey {
            account: "a.b".parse().unwrap(),
            region: "cn-x".parse().unwrap(),
        };
        for at in [0, 1, 10, 65_535] {
            assert_eq!(index(&key, &name(&key, at)), Some(at));
        }
        for other in [
            "a.b",
            "a.b.cn-x.",
            "a.b.cn-x.0",
            "a.b.cn-x.01",
            "a.b.cn-x.-1",
            "a.b.cn-xy",
            "a.b.cn-x.1.1",
            "c.a.b.cn-x",
        ] {
            assert_eq!(index(&key, other), None, "{other}");
        }
    }
}
