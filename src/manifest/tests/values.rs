use serde_json::json;

use super::*;

#[test]
fn values_are_those_that_kubectl_sends() {
    let text = "a: yes\nb: 0777\nc: 0o17\nd: 1_000\ne: \"yes\"\nf: ~\ng: 18446744073709551616\nh: 18446744073709551615\ni: 1.0\nj: |\n  x\n   y\nk: >-\n  x\n  y\nl: !!str 1\nm: !Ref x\n1: 2\non: 3\nn: !!int \"7\"\n";
    assert_eq!(
        value(&one("-", text)),
        json!({
            "a": true, "b": 511, "c": 15, "d": 1000, "e": "yes", "f": null, "g": 18_446_744_073_709_551_616_f64,
            "h": 18_446_744_073_709_551_615_u64, "i": 1, "j": "x\n y\n", "k": "x y", "l": "1", "m": "x", "1": 2,
            "on": 3, "n": 7
        })
    );
}

#[test]
fn keys_that_kubectl_makes_the_same_are_duplicates() {
    assert_eq!(
        wrong("-", "1: a\n\"1\": b"),
        "-:2:1: duplicate key `1`, first on line 1"
    );
    assert_eq!(
        wrong("-", "a:\n  on: a\n  on: b"),
        "-:3:3: duplicate key `on`, first on line 2"
    );
}

#[test]
fn a_key_that_kubectl_makes_a_boolean_stays_as_written() {
    assert_eq!(
        value(&one("-", "a:\n  yes: 1\n  on: 2\n  true: 3")),
        json!({"a": {"yes": 1, "on": 2, "true": 3}})
    );
}

#[test]
fn what_json_cannot_hold_is_an_error() {
    assert_eq!(
        wrong("-", "a:\n  b: .inf"),
        "-:2:6: `.inf` can't be written in JSON: quote it to make it a string"
    );
    assert_eq!(
        wrong("-", "? [a]\n: b"),
        "-:1:3: a key must be a string, not a list"
    );
    assert_eq!(
        wrong("-", "a: 1\n~: b"),
        "-:2:1: a key must be a string, not null"
    );
    assert_eq!(
        wrong("-", "a: !!binary aGk="),
        "-:1:13: tagged !!binary: write it as a string"
    );
    assert_eq!(
        wrong("-", "a: !!int x"),
        "-:1:10: tagged !!int, but it is a string"
    );
}

#[test]
fn anchors_aliases_and_merge_keys_are_expanded() {
    let text = "base: &base {a: 1, b: {c: 2}}\nmore: &more\n  d: 4\n  a: 9\none:\n  b: 0\n  <<: *base\ntwo:\n  <<: [*base, *more]\n  e: *base\nname: &n x\n*n : *n\n";
    let document = one("-", text);
    assert_eq!(
        value(&document),
        json!({
            "base": {"a": 1, "b": {"c": 2}}, "more": {"d": 4, "a": 9}, "one": {"b": 0, "a": 1},
            "two": {"a": 1, "b": {"c": 2}, "d": 4, "e": {"a": 1, "b": {"c": 2}}}, "name": "x", "x": "x"
        })
    );
    assert_eq!(document.line_of("one.a"), 1);
    assert_eq!(document.line_of("two.e"), 10);
    assert_eq!(value(&one("-", "\"<<\": 1")), json!({"<<": 1}));
    assert_eq!(
        wrong("-", "a: 1\n<<: 5"),
        "-:2:1: `<<` takes an object or a list of objects, not a number"
    );
    assert_eq!(
        wrong("-", "a: *b"),
        "-:1:4: an alias without an anchor: quote a value that begins with `*`"
    );
    assert_eq!(
        wrong("-", "a: &a [*a]"),
        "-:1:8: an alias inside of what it stands for"
    );
}

#[test]
fn aliases_that_multiply_are_stopped() {
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for level in 1..60 {
        bomb.push_str(&format!(
            "a{level}: &a{level} [{}]\n",
            vec![format!("*a{}", level - 1); 9].join(", ")
        ));
    }
    let message = wrong("-", &bomb);
    assert!(
        message.ends_with("aliases copy more than 64 MiB: write the values out"),
        "{message}"
    );
    let deep = (1..400).fold("a0: &a0 [x]\n".to_owned(), |mut text, level| {
        text.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
        text
    });
    assert!(wrong("-", &deep).ends_with("nested more than 128 levels deep"));
}

#[test]
fn fields_are_found_on_their_lines() {
    let yaml = "# x\napiVersion: v1\nmetadata:\n  annotations:\n    crossplane.io/paused: \"true\"\nspec:\n  disks:\n  - id: a\n  -\n    id: b\n  forProvider: {status: Running,\n    type: x}\n";
    let document = one("-", yaml);
    let cases = [
        ("", 2),
        ("metadata.annotations[crossplane.io/paused]", 5),
        ("metadata.annotations[other]", 4),
        ("spec.disks[0].id", 8),
        ("spec.disks[1].id", 10),
        ("spec.disks[2].id", 7),
        ("$.spec.disks[1]", 10),
        ("spec.forProvider.status", 11),
        ("spec.forProvider.type", 12),
        ("spec.forProvider.none", 11),
        ("status.x", 2),
    ];
    for (field, line) in cases {
        assert_eq!(document.line_of(field), line, "{field}");
    }
    let json =
        "\n{\n\"apiVersion\": \"v1\",\n\"spec\": {\n\"disks\": [\n{\"id\": 1},\n{\n\"id\": 2}]}}";
    let document = one("a.json", json);
    for (field, line) in [
        ("", 3),
        ("spec.disks[0].id", 6),
        ("spec.disks[1].id", 8),
        ("spec.none", 4),
    ] {
        assert_eq!(document.line_of(field), line, "{field}");
    }
    assert_eq!(
        document
            .error("spec.disks[1].id", "no such disk")
            .to_string(),
        "a.json:8:1: no such disk"
    );
}

#[test]
fn json_text_is_passed_on_as_it_is() {
    let text = " {\"kind\": \"A\", \"n\": 1.0}\n";
    let json = one("a.json", text).to_json().unwrap();
    assert!(matches!(json, Cow::Borrowed(json) if json == text.trim().as_bytes()));
}
