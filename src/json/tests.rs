use proptest::prelude::*;
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::*;

fn ours<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    let mut reader = Reader::new(text);
    let value = T::deserialize(&mut reader).ok()?;
    reader.end().ok().map(|()| value)
}

fn theirs<'a, T: Deserialize<'a>>(text: &'a [u8]) -> Option<T> {
    serde_json::from_slice(text).ok()
}

/// What one of them reads and the other doesn't, or reads as something else.
fn check(text: &[u8]) {
    let shown = String::from_utf8_lossy(text);
    if let Some(value) = ours::<Value>(text) {
        assert_eq!(Some(value), theirs(text), "{shown}");
    }
    if let Some(raw) = ours::<Raw<'_>>(text) {
        assert_eq!(Some(raw), theirs(text), "{shown}");
    }
    // What nobody looks at is rejected alike.
    let [ours, theirs] = [ours::<IgnoredAny>(text), theirs(text)];
    assert_eq!(ours.is_some(), theirs.is_some(), "{shown}");
}

fn nested(levels: usize) -> String {
    "[{\"a\":".repeat(levels) + "1" + &"}]".repeat(levels)
}

#[test]
fn what_api_servers_write_is_read() {
    for text in [
        r#"{"a":[1,-2.5e3,true,false,null,"x"],"b":{},"c":[]}"#,
        " \t\r\n{ \"a\" : [ 1 , { } , [ ] ] , \"b\" : \"\" } ",
        r#"{"text":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00 é"}"#,
        r#""a text that is longer than eight bytes""#,
        "0",
        &nested(60),
    ] {
        assert!(ours::<Value>(text.as_bytes()).is_some(), "{text}");
        assert!(ours::<Raw<'_>>(text.as_bytes()).is_some(), "{text}");
        check(text.as_bytes());
    }
}

#[test]
fn what_is_no_json_is_not_read_and_not_passed() {
    for text in [
        "",
        " ",
        "{",
        "}",
        "[",
        "]",
        "{]",
        "[}",
        "[1,]",
        "[,1]",
        "[1 2]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{\"a\":}",
        "{,}",
        "{1:2}",
        "{\"a\":1 \"b\":2}",
        "{\"a\" 1}",
        "01",
        "-",
        "+1",
        "1.",
        ".5",
        "1e",
        "1e+",
        "- 1",
        "nul",
        "nulll",
        "tru",
        "True",
        "\"",
        "\"a",
        "\"\\\"",
        "\"\\x\"",
        "\"\\u12\"",
        "\"\\u12g4\"",
        "\"a\nb\"",
        "\"a\u{0}\"",
        "1 1",
        "{} {}",
        "\u{feff}1",
        "[\"a\":1]",
    ] {
        assert!(ours::<Value>(text.as_bytes()).is_none(), "{text}");
        assert!(ours::<IgnoredAny>(text.as_bytes()).is_none(), "{text}");
        check(text.as_bytes());
    }
}

#[test]
fn what_is_rare_is_left_to_serde_json() {
    for text in [r#"{"\u0061":1}"#, "\"\\ud800\"", "1e400", &nested(64)] {
        assert!(ours::<Value>(text.as_bytes()).is_none(), "{text}");
    }
    assert!(ours::<Value>(b"\"\xff\"").is_none());
    assert!(ours::<Raw<'_>>(b"\"\xff\"").is_none());
    assert!(ours::<IgnoredAny>(nested(64).as_bytes()).is_none());
}

#[test]
fn what_a_visitor_leaves_over_is_not_read() {
    struct First;
    impl<'a> Visitor<'a> for First {
        type Value = u8;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'a>>(self, mut list: A) -> Result<u8, A::Error> {
            Ok(list.next_element()?.unwrap_or_default())
        }
    }
    assert_eq!(Reader::new(b"[7]").deserialize_any(First).ok(), Some(7));
    assert!(Reader::new(b"[7,8]").deserialize_any(First).is_err());
}

fn any_text() -> impl Strategy<Value = Vec<u8>> {
    let token = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        ":",
        ",",
        "\"",
        "\\",
        "\"a\"",
        "\"abcdefgh\"",
        "\"abcdefghi\\n\"",
        "\\u00e9",
        "\\ud83d",
        "0",
        "-",
        "1.5",
        "e3",
        "null",
        "true",
        "false",
        " ",
        "\n",
        "\u{1}",
        "é",
        "{\"a\":",
        "[1,",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat().into_bytes())
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map("[a-z]{0,12}", inner, 0..6).prop_map(Value::from_iter),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_as_serde_json_reads_them(bytes in any::<Vec<u8>>(), tokens in any_text()) {
        check(&bytes);
        check(&tokens);
    }

    #[test]
    fn any_value_is_read_whole_and_damaged_it_is_read_as_serde_json_reads_it(
        value in any_value(), is_pretty in any::<bool>(), at in any::<prop::sample::Index>(), byte in any::<u8>(),
    ) {
        let mut text = match is_pretty {
            true => serde_json::to_vec_pretty(&value).unwrap(),
            false => serde_json::to_vec(&value).unwrap(),
        };
        prop_assert_eq!(ours::<Value>(&text), theirs(&text));
        prop_assert!(ours::<Value>(&text).is_some());
        check(&text);
        let at = at.index(text.len());
        check(&text[..at]);
        text[at] = byte;
        check(&text);
    }
}
