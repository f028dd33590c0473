//! Whatever bytes a file holds, there is a configuration or a problem with a place, and no panic.

use std::path::Path;

use arrears::config::{self, Error};
use jiff::Timestamp;
use proptest::{collection::vec, prelude::*};

use super::fixture::{account, locks, policy, shard};

#[derive(Clone, Debug)]
enum Edit {
    Replace(u8),
    Insert(&'static str),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = (prop::sample::Index, Edit)> {
    let tokens = vec![
        "\n",
        "---\n",
        "...\n",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "<<: ",
        "!!int ",
        "\"",
        "'",
        "|\n",
        "- ",
        "#",
        "\u{feff}",
        "\u{0}",
        "kind: LockSnapshot\n",
        "spec: ",
        "null",
        "~",
        "1e999",
        "Off",
        "on: ",
    ];
    let edit = prop_oneof![
        any::<u8>().prop_map(Edit::Replace),
        prop::sample::select(tokens).prop_map(Edit::Insert),
        (1..40_usize).prop_map(Edit::Cut),
    ];
    (any::<prop::sample::Index>(), edit)
}

fn sample() -> impl Strategy<Value = (&'static str, String)> {
    let json = r#"{"apiVersion":"arrears.dev/v1alpha1","kind":"LockSnapshot","metadata":{"name":"prod.cn-hangzhou"},"spec":{"account":"prod","region":"cn-hangzhou","instances":{"i-1":{"reasons":["financial"],"disks":["d-1"]}}}}"#;
    let many = [
        account(
            "prod",
            "regions: [cn-hangzhou], providerConfigs: [{name: aliyun}]",
        ),
        policy("Deny"),
        locks("", &["i-1", "i-2"]),
    ];
    prop::sample::select(vec![
        ("a.yaml", many.join("---\n")),
        ("a.yaml", locks("", &["i-1"])),
        ("a.yaml", shard(0, 1, "2026-01-01T10:00:00Z", &["i-1"])),
        ("a.json", json.to_owned()),
    ])
}

fn apply(text: &str, edits: Vec<(prop::sample::Index, Edit)>) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for (index, edit) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = index.index(bytes.len());
        match edit {
            Edit::Replace(byte) => drop(bytes.splice(at..=at, [byte])),
            Edit::Insert(token) => drop(bytes.splice(at..at, token.bytes())),
            Edit::Cut(length) => drop(bytes.drain(at..bytes.len().min(at + length))),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_text_is_a_configuration_or_a_problem(
        (name, text) in sample(),
        edits in vec(edit(), 0..6),
    ) {
        let text = apply(&text, edits);
        match config::parse(name, &text, Timestamp::UNIX_EPOCH) {
            Ok(_) => {}
            Err(Error::Invalid(problems)) => {
                prop_assert!(!problems.is_empty());
                for problem in problems {
                    let told = problem.to_string();
                    prop_assert!(told.starts_with(name), "{told}");
                    prop_assert!(!told.contains('\n') && told.len() < 1000, "{told}");
                }
            }
            Err(Error::Directory { path, .. }) => prop_assert!(path == Path::new(""), "no directory is read"),
        }
    }
}
