//! Finding the uid of a review that can't be read: with it a refusal is an answer, without it a failed call.
//!
//! Under `failurePolicy: Ignore` a failed call lets the request through. So whatever is wrong with the text, it is
//! searched for a uid, by its structure as far as that shows, and in the end for the mere words.

use std::borrow::Cow;

/// The uid of the request in a broken text; where the text does not show which one that is, the first one in it.
pub(super) fn find(text: &[u8]) -> Option<Cow<'_, str>> {
    let mut scan = Scan::new(text);
    let mut first = None;
    while let Some(found) = scan.next_uid() {
        if found.is_of_the_request {
            return Some(found.uid);
        }
        first.get_or_insert(found.uid);
    }
    first.or_else(|| find_words(text))
}

struct Found<'a> {
    uid: Cow<'a, str>,
    is_of_the_request: bool,
}

/// A walk over the tokens of a text that needn't be JSON.
struct Scan<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
    /// Whether the walk is inside the member `request` of the outermost object.
    is_in_request: bool,
    last: Last<'a>,
}

/// The token before: a string becomes a key by the colon behind it.
#[derive(Clone, Copy)]
enum Last<'a> {
    Text(&'a [u8]),
    Key(&'a [u8]),
    Other,
}

// === impl Scan ===

impl<'a> Scan<'a> {
    fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            depth: 0,
            is_in_request: false,
            last: Last::Other,
        }
    }

    fn next_uid(&mut self) -> Option<Found<'a>> {
        while let Some(byte) = self.text.get(self.at) {
            let last = self.last;
            match byte {
                b'"' => {
                    let literal = literal(self.text.get(self.at..)?)?;
                    self.at += literal.len();
                    self.last = Last::Text(literal);
                    if let Last::Key(key) = last
                        && is(key, "uid")
                        && let Some(uid) = decode(literal)
                    {
                        return Some(Found {
                            uid,
                            is_of_the_request: self.is_in_request && self.depth == 2,
                        });
                    }
                    continue;
                }
                b':' => {
                    self.last = match last {
                        Last::Text(key) => Last::Key(key),
                        Last::Key(_) | Last::Other => Last::Other,
                    };
                }
                b'{' | b'[' => {
                    if self.depth == 1 {
                        self.is_in_request = matches!(last, Last::Key(key) if is(key, "request"));
                    }
                    self.depth += 1;
                    self.last = Last::Other;
                }
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    self.last = Last::Other;
                }
                b' ' | b'\t' | b'\r' | b'\n' => {}
                _ => self.last = Last::Other,
            }
            self.at += 1;
        }
        None
    }
}

/// The string literal that a text begins with, quotes included.
fn literal(text: &[u8]) -> Option<&[u8]> {
    let mut is_escaped = false;
    let end = text.iter().skip(1).position(|byte| {
        let is_end = !is_escaped && *byte == b'"';
        is_escaped = !is_escaped && *byte == b'\\';
        is_end
    })?;
    text.get(..end + 2)
}

/// What a string literal says; none where that is nothing, or it is broken.
fn decode(literal: &[u8]) -> Option<Cow<'_, str>> {
    let mut deserializer = serde_json::Deserializer::from_slice(literal);
    let super::text::Text(text) = serde::Deserialize::deserialize(&mut deserializer).ok()?;
    (!text.is_empty()).then_some(text)
}

fn is(literal: &[u8], name: &str) -> bool {
    decode(literal).is_some_and(|text| text == name)
}

/// Where a quote is missing or one too many, texts and what is between them have changed places.
fn find_words(text: &[u8]) -> Option<Cow<'_, str>> {
    const KEY: &[u8] = br#""uid""#;
    text.windows(KEY.len())
        .enumerate()
        .filter(|(_, window)| *window == KEY)
        .find_map(|(at, _)| {
            let rest = text.get(at + KEY.len()..)?.trim_ascii_start();
            decode(literal(rest.strip_prefix(b":")?.trim_ascii_start())?)
        })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_uid_of_the_request_is_found_in_what_is_left_of_a_review() {
        for text in [
            r#"{"request":{"uid":"u-1","#,
            r#"{"kind":"AdmissionReview","request":{"uid":"u-1","kind":{"group":"x"#,
            r#"{"request" : { "name":"a", "uid" : "u-1" , "object":{"#,
            // Keys in the order of the alphabet: the object's own uid comes first.
            r#"{"kind":"x","request":{"object":{"metadata":{"uid":"o-1"}},"oldObject":null,"uid":"u-1"}, oops"#,
            r#"{"metadata":{"uid":"m-1"},"request":{"uid":"u-1"},,}"#,
            r#"{"request":{"userInfo":{"uid":"m-1"},"uid":"u-1","operation":UPDATE}}"#,
            r#"{"request":{"\u0075id":"u\u002d1",}}"#,
            // The structure no longer says whose uid it is.
            r#"[{"uid":"u-1"}]"#,
            r#"{"reqest":{"uid":"u-1"}"#,
            r#""kind":"AdmissionReview","request":{"uid":"u-1""#,
            r#"{"request":{"uid":7,"object":{"metadata":{"uid":"u-1"}}}}"#,
            // A quote too few, and one too many.
            r#"{"kind:"AdmissionReview","request":{"uid":"u-1"}}"#,
            r#"{"kind"":"AdmissionReview","request":{"uid" : "u-1"}}"#,
        ] {
            assert_eq!(find(text.as_bytes()).as_deref(), Some("u-1"), "{text}");
        }
    }

    #[test]
    fn where_there_is_no_uid_none_is_found() {
        for text in [
            "",
            "{",
            r#"{"request":{"uid":""}}"#,
            r#"{"request":{"uid":"u-1"#,
            r#"{"request":{"uid":"\ud800"}}"#,
            r#"{"request":{"uid":{"uid":5}}}"#,
            r#"{"request":{"name":"uid"}}"#,
            r#"{"request":{"annotation":"{\"uid\":\"x\"}"}}"#,
            r#"["uid","u-1"]"#,
        ] {
            assert_eq!(find(text.as_bytes()), None, "{text}");
        }
        assert_eq!(find(b"{\"request\":{\"uid\":\"\xff\"}}"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_searched(text in any::<Vec<u8>>(), before in any::<Vec<u8>>()) {
            let _ = find(&text);
            let mut text = before;
            text.extend_from_slice(br#""uid":"u-1""#);
            prop_assert!(find(&text).is_some());
        }
    }
}
