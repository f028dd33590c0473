use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Map, Value};

use super::*;

const YAML: &str = "# Source: shop/templates/vm.yaml\napiVersion: ecs.alibabacloud.crossplane.io/v1alpha1\nkind: Instance\nmetadata: &m\n  name: web\n  annotations:\n    crossplane.io/paused: \"true\"\nspec:\n  forProvider:\n    status: 'Running'\n    tags: {a: 1, b: [x, y]}\n    userData: |\n      #!/bin/sh\n      echo {{ x }}\n  copy: *m\n  more: {<<: *m}\n---\napiVersion: v1\nkind: List\nitems:\n- kind: Disk\n  spec: {size: 0777}\n- kind: Disk\n...\n";

const JSON: &str = "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"List\",\n  \"items\": [\n    {\"kind\": \"Disk\", \"metadata\": {\"name\": \"d\\u00e4\"}, \"spec\": {\"size\": 1.5e3, \"x\": [null, true]}},\n    {\"kind\": \"Disk\"}\n  ]\n}\n{\"kind\": \"A\"}\n[{\"kind\": \"B\"}]\n";

/// Pieces that have a meaning somewhere in YAML or JSON.
const PIECES: &[&str] = &[
    "---\n",
    "...\n",
    "\n",
    "\r",
    "\r\n",
    "\t",
    " ",
    "  ",
    ": ",
    "- ",
    "? ",
    "#",
    " #",
    "{",
    "}",
    "[",
    "]",
    ",",
    "\"",
    "'",
    "|",
    ">",
    "&a ",
    "*a",
    "<<: ",
    "!!int ",
    "!x ",
    "%YAML 1.1\n",
    "\\",
    "\\u",
    "\u{feff}",
    "\u{85}",
    "\u{2028}",
    "\u{e4}",
    "\u{1f600}",
    "a",
    "kind: List\n",
    "items:\n",
    "\"items\":[",
    "\"kind\":\"List\"",
    "null",
    "~",
    "0777",
    "1e999",
    "{{ x }}",
    "\0",
    "\u{7}",
];

fn line_count(text: &str) -> usize {
    1 + text.matches(['\n', '\r']).count()
}

/// Asks everything of every document, and holds every answer against the file.
fn exercise(source: &str, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines = line_count(&text);
    let within = |error: &Error| match error.line() {
        Some(line) => assert!(
            line <= lines && error.column() >= Some(1),
            "{error} of {lines} lines"
        ),
        None => assert!(
            bytes.contains(&0) || bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff")
        ),
    };
    for document in documents(source, bytes) {
        match document {
            Err(error) => {
                within(&error);
                assert!(!error.to_string().contains(['\n', '\r', '\0']), "{error:?}");
            }
            Ok(document) => {
                assert!((1..=lines).contains(&document.line()));
                for field in ["", "spec.forProvider.status", "items[0]", "spec.copy[name]"] {
                    assert!((1..=lines).contains(&document.line_of(field)), "{field}");
                }
                let json = document.to_json().unwrap();
                let value: Value = serde_json::from_slice(&json).unwrap();
                assert!(value.is_object());
                let kind = value.get("kind").and_then(Value::as_str);
                assert_eq!(document.header().kind.as_deref(), kind);
                assert_eq!(document.parse::<Value>().unwrap(), value);
                if let Err(error) = document.parse::<u8>() {
                    within(&error);
                }
            }
        }
    }
}

fn text_value() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        "[ -~]{0,12}",
        select(
            &[
                "yes",
                "n",
                "0777",
                "null",
                "",
                "1e3",
                "- a",
                "a: b",
                "<<",
                "{{ x }}",
                "#",
                "\n",
                "a\n\nb \n"
            ][..]
        )
        .prop_map(str::to_owned),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        // Whole numbers come back as integers, and serde_json rounds long ones.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) + 0.125)),
        text_value().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            json_object(inner).prop_map(Value::from),
        ]
    })
}

fn json_object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::btree_map(text_value(), value, 0..6).prop_map(|map| map.into_iter().collect())
}

/// A manifest is never empty, and one with items might be a list.
fn manifest() -> impl Strategy<Value = Value> {
    json_object(json_value()).prop_map(|mut object| {
        object.insert("kind".to_owned(), "A".into());
        object.into()
    })
}

/// Block style with every string quoted.
fn block(value: &Value, indent: usize, yaml: &mut String) {
    let pad = " ".repeat(indent);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                yaml.push_str(&format!("\n{pad}{}:", Value::from(key.as_str())));
                block(value, indent + 1, yaml);
            }
        }
        Value::Array(values) if !values.is_empty() => {
            for value in values {
                yaml.push_str(&format!("\n{pad}-"));
                block(value, indent + 1, yaml);
            }
        }
        scalar => yaml.push_str(&format!(" {scalar}")),
    }
}

fn read_back(source: &str, text: &str) -> Value {
    let mut documents = documents(source, text.as_bytes());
    let document = documents.next().unwrap().unwrap();
    assert!(documents.next().is_none());
    serde_json::from_slice(&document.to_json().unwrap()).unwrap()
}

proptest! {
    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        exercise("a.yaml", &bytes);
        exercise("a.json", &bytes);
    }

    #[test]
    fn no_pieces_of_yaml_and_json_panic(pieces in prop::collection::vec(select(PIECES), 0..60)) {
        let text = pieces.concat();
        exercise("a.yaml", text.as_bytes());
        exercise("a.json", text.as_bytes());
    }

    #[test]
    fn errors_of_damaged_manifests_lie_within_the_file(
        original in select(&[("a.yaml", YAML), ("-", JSON), ("a.json", JSON)][..]),
        damage in prop::collection::vec((any::<Index>(), 0..6_usize, select(PIECES)), 1..6),
    ) {
        let (source, text) = original;
        let mut bytes = text.as_bytes().to_vec();
        for (index, removed, piece) in damage {
            let start = index.index(bytes.len() + 1);
            let end = (start + removed).min(bytes.len());
            bytes.splice(start..end, piece.bytes());
        }
        exercise(source, &bytes);
    }

    #[test]
    fn json_reads_back_as_itself(value in manifest()) {
        let text = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(read_back("a.json", &text), value);
    }

    #[test]
    fn yaml_of_a_json_value_reads_back_equal(value in manifest()) {
        let flow = serde_json::to_string_pretty(&value).unwrap();
        prop_assert_eq!(&read_back("-", &format!("# YAML, not JSON\n{flow}")), &value);
        let mut yaml = "---".to_owned();
        block(&value, 0, &mut yaml);
        prop_assert_eq!(&read_back("-", &yaml), &value, "{}", yaml);
        let options = serde_saphyr::ser_options! { quote_all: true };
        let yaml = serde_saphyr::to_string_with_options(&value, options).unwrap();
        prop_assert_eq!(&read_back("-", &yaml), &value, "{}", yaml);
    }
}

#[test]
fn the_undamaged_manifests_are_read_whole() {
    for (source, text, count) in [("a.yaml", YAML, 3), ("-", JSON, 4), ("a.json", JSON, 4)] {
        exercise(source, text.as_bytes());
        assert_eq!(
            documents(source, text.as_bytes())
                .filter(Result::is_ok)
                .count(),
            count
        );
    }
}
