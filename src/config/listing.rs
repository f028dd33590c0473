//! Files that hold nothing but one LockSnapshot, read straight into its index.
//!
//! A listing of a million ids is no tree of values on its way there. What does not look like one from its first
//! lines goes the way of all other manifests, which is right for every file and only slower.

use std::{fmt, path::Path};

use serde::de::{self, Deserializer, IgnoredAny, MapAccess, Visitor};

use crate::lock::{Error, Part};

const KIND: &str = "LockSnapshot";

/// The listing, if the file holds nothing else.
pub(super) fn alone(path: &Path, bytes: &[u8]) -> Option<Result<Part, Error>> {
    let is_json = path
        .extension()
        .is_some_and(|extension| extension == "json");
    if is_json {
        return is_json_listing(bytes).then(|| Part::from_json(bytes));
    }
    let text = std::str::from_utf8(bytes).ok()?;
    is_yaml_listing(text).then(|| Part::from_yaml(text))
}

/// Whether the kind of the object is ours; reads no further than to where it stands.
fn is_json_listing(bytes: &[u8]) -> bool {
    struct Peek<'a>(&'a mut bool);

    impl<'de> Visitor<'de> for Peek<'_> {
        type Value = ();

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<String>()? {
                if key == "kind" {
                    *self.0 = map.next_value::<String>()? == KIND;
                    return Err(de::Error::custom("seen enough"));
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }

    let mut is_listing = false;
    // What is wrong with the text is told by whoever reads all of it.
    let _ = serde_json::Deserializer::from_slice(bytes).deserialize_map(Peek(&mut is_listing));
    is_listing
}

/// Whether there is one document, and its kind is ours.
fn is_yaml_listing(text: &str) -> bool {
    let mut is_listing = false;
    let mut has_begun = false;
    for line in text.lines() {
        if line.starts_with("---") || line.starts_with("...") || line.starts_with('%') {
            if has_begun || line.trim_end() != "---" {
                return false;
            }
        } else if !line.trim_start().is_empty() && !line.starts_with('#') {
            has_begun = true;
            is_listing |= line
                .strip_prefix("kind:")
                .is_some_and(|kind| is_kind(kind.trim()));
        }
    }
    is_listing
}

fn is_kind(text: &str) -> bool {
    let text = text.split(" #").next().unwrap_or(text).trim_end();
    let quoted = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .or_else(|| text.strip_prefix('\'')?.strip_suffix('\''));
    quoted.unwrap_or(text) == KIND
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "apiVersion: arrears.dev/v1alpha1\nkind: LockSnapshot\nmetadata: {name: prod.cn-hangzhou}\nspec: {account: prod, region: cn-hangzhou}\n";

    fn is_alone(name: &str, text: &str) -> bool {
        alone(Path::new(name), text.as_bytes()).is_some_and(|part| part.is_ok())
    }

    #[test]
    fn a_listing_that_stands_alone_is_known_however_it_is_dressed() {
        for text in [
            LISTING.to_owned(),
            format!("---\n{LISTING}"),
            format!("# made by hand\n\n---\n{LISTING}"),
            LISTING.replace('\n', "\r\n"),
            LISTING.replace(
                "kind: LockSnapshot",
                "kind: \"LockSnapshot\"   # what it is",
            ),
            LISTING.replace("kind: LockSnapshot", "kind:   'LockSnapshot'"),
        ] {
            assert!(is_alone("a.yaml", &text), "{text:?}");
        }
        let json = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"spec":{"account":"prod","region":"cn-hangzhou"}}"#;
        assert!(is_alone("a.json", json));
        let spec_first = r#"{"spec":{"account":"prod","region":"cn-hangzhou"},"metadata":{"name":"prod.cn-hangzhou"},"kind":"LockSnapshot","apiVersion":"arrears.dev/v1alpha1"}"#;
        assert!(is_alone("a.json", spec_first));
    }

    #[test]
    fn whatever_else_there_is_goes_the_way_of_all_manifests() {
        for text in [
            format!("{LISTING}---\n{LISTING}"),
            format!("{LISTING}---\n"),
            format!("--- # one\n{LISTING}"),
            format!("%YAML 1.2\n---\n{LISTING}"),
            format!("kind: List\nitems:\n- {}", LISTING.replace('\n', "\n  ")),
            String::new(),
        ] {
            assert!(
                alone(Path::new("a.yaml"), text.as_bytes()).is_none(),
                "{text:?}"
            );
        }
        for text in [
            "",
            "[]",
            "{",
            r#"{"kind":"List","items":[{"kind":"LockSnapshot"}]}"#,
            r#"{"kind":1}"#,
        ] {
            assert!(
                alone(Path::new("a.json"), text.as_bytes()).is_none(),
                "{text:?}"
            );
        }
        assert!(alone(Path::new("a.yaml"), b"\xff").is_none());
    }
}
