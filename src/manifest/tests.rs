use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::json;

use super::*;

fn read<'a>(source: &'a str, text: &'a str) -> Vec<Result<Document<'a>, Error>> {
    documents(source, text.as_bytes()).collect()
}

fn one<'a>(source: &'a str, text: &'a str) -> Document<'a> {
    let mut documents = read(source, text);
    assert_eq!(documents.len(), 1, "{documents:?}");
    documents.remove(0).unwrap()
}

fn value(document: &Document<'_>) -> serde_json::Value {
    serde_json::from_slice(&document.to_json().unwrap()).unwrap()
}

/// What a user sees of a file: a line and a name per document, or the error.
fn seen(source: &str, text: &str) -> Vec<String> {
    read(source, text)
        .into_iter()
        .map(|document| match document {
            Ok(document) => format!(
                "{} {} {}",
                document.line(),
                document.header().kind.as_deref().unwrap_or("-"),
                document.header().name.as_deref().unwrap_or("-")
            ),
            Err(error) => error.to_string(),
        })
        .collect()
}

fn wrong(source: &str, text: &str) -> String {
    let seen = seen(source, text);
    assert_eq!(seen.len(), 1, "{seen:?}");
    seen.concat()
}

#[test]
fn a_file_without_documents_is_no_error() {
    for text in [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n---\n",
        "--- # x\n...\n",
        "null\n",
        "~",
        "\u{feff}",
    ] {
        assert_eq!(seen("a.yaml", text), [""; 0], "{text:?}");
    }
    assert_eq!(seen("a.json", " \n"), [""; 0]);
    assert_eq!(seen("a.json", "null"), [""; 0]);
    assert_eq!(seen("a.json", "[]"), [""; 0]);
}

#[test]
fn documents_of_helm_output_have_their_lines() {
    let text = "---\n# Source: shop/templates/a.yaml\napiVersion: v1\nkind: A\nmetadata:\n  name: a\n---\n# Source: shop/templates/empty.yaml\n---\n# Source: b\n\nkind: B\nmetadata: {name: b}\n";
    for text in [
        text.to_owned(),
        text.replace('\n', "\r\n"),
        format!("\u{feff}{text}"),
    ] {
        assert_eq!(seen("-", &text), ["3 A a", "12 B b"], "{text:?}");
    }
}

#[test]
fn a_header_is_what_the_manifest_says() {
    let text = "apiVersion: ecs.alibabacloud.crossplane.io/v1alpha1\nkind: Instance\nmetadata:\n  generateName: web-\n  namespace: shop\n";
    let document = one("a.yaml", text);
    let header = document.header();
    assert_eq!(header.group(), Some("ecs.alibabacloud.crossplane.io"));
    assert_eq!(header.kind.as_deref(), Some("Instance"));
    assert_eq!(header.generate_name.as_deref(), Some("web-"));
    assert_eq!(header.namespace.as_deref(), Some("shop"));
    assert_eq!(header.name, None);
    let json = r#"{"metadata":{"name":"\u0061","namespace":5},"kind":"\"K","apiVersion":"v1"}"#;
    let document = one("a.json", json);
    let header = document.header();
    assert_eq!(
        (header.name.as_deref(), header.kind.as_deref()),
        (Some("a"), Some("\"K"))
    );
    assert_eq!(
        (header.namespace.as_deref(), header.group()),
        (None, Some(""))
    );
    assert_eq!(
        one("a.yaml", "kind: [1]\nmetadata: x").header(),
        &Header::default()
    );
    assert_eq!(
        one("a.json", r#"{"kind":[1],"metadata":"x"}"#).header(),
        &Header::default()
    );
}

#[test]
fn one_bad_document_does_not_hide_the_others() {
    let text =
        "kind: A\n---\nkind: \"B\n---\nkind: C\n---\nkind: D\nkind: E\n---\n- x\n---\nkind: F\n";
    assert_eq!(
        seen("a.yaml", text),
        [
            "1 A -",
            "a.yaml:3:7: a quote that is not closed",
            "5 C -",
            "a.yaml:8:1: duplicate key `kind`, first on line 7",
            "a.yaml:10:3: not a Kubernetes object but a string",
            "12 F -",
        ]
    );
    let text = "{\"kind\":\"A\"}\n{\"kind\":}\n{\"kind\":\"C\"}\n{\"kind\":\"D\",\"kind\":\"E\"}\n7\n{\n \"kind\":\"F\"}";
    assert_eq!(
        seen("a.json", text),
        [
            "1 A -",
            "a.json:2:9: expected value",
            "3 C -",
            "a.json:4:13: duplicate key `kind`, first on line 4",
            "a.json:5:1: not a Kubernetes object but a number",
            "7 F -",
        ]
    );
}

#[test]
fn an_unfinished_json_object_does_not_hide_the_next_line() {
    assert_eq!(
        seen("a.json", "{\"kind\":\"A\",\n{\"kind\":\"B\"}\n"),
        ["a.json:2:1: key must be a string", "2 B -"]
    );
}

#[test]
fn json_may_be_concatenated_in_an_array_or_between_markers() {
    let two = ["1 A -", "2 B -"];
    assert_eq!(seen("-", "{\"kind\":\"A\"}\n{\"kind\":\"B\"}"), two);
    assert_eq!(seen("-", "[{\"kind\":\"A\"},\n{\"kind\":\"B\"}]"), two);
    assert_eq!(seen("a.json", "[{\"kind\":\"A\"},\n{\"kind\":\"B\"}]"), two);
    assert_eq!(seen("-", "{\"kind\":\"A\"}{\n\"kind\":\"B\"}"), two);
    assert_eq!(
        seen(
            "-",
            "--- {\"kind\":\"A\"}\n--- \n  {\"kind\":\"B\"}\n...\n---\nkind: C\n"
        ),
        ["1 A -", "3 B -", "6 C -"]
    );
    assert_eq!(
        seen("a.json", "[{\"kind\":\"A\"},\n5, null]"),
        [
            "1 A -",
            "a.json:2:1: not a Kubernetes object but a number (and 1 more)"
        ]
    );
}

#[test]
fn yaml_that_begins_like_json_is_yaml() {
    assert_eq!(seen("-", "{\"kind\": A, # x\n}\n"), ["1 A -"]);
    assert_eq!(seen("-", "{\"kind\": \"A\",}"), ["1 A -"]);
    assert_eq!(
        seen("a.json", "{\"kind\": \"A\",}"),
        ["a.json:1:14: a comma with nothing behind it"]
    );
    assert_eq!(
        seen("-", "{\"kind\": \"A\""),
        ["-:1:13: the JSON ends too early (EOF while parsing an object)"]
    );
}

#[test]
fn items_of_lists_are_documents_of_their_own() {
    let yaml = "apiVersion: v1\nitems:\n- kind: A\n  metadata:\n    name: a\n- apiVersion: v1\n  items:\n  - kind: B\n  kind: List\n- 5\nkind: List\nmetadata:\n  resourceVersion: \"\"\n";
    assert_eq!(
        seen("a.yaml", yaml),
        [
            "3 A a",
            "8 B -",
            "a.yaml:10:3: not a Kubernetes object but a number"
        ]
    );
    let json = "{\"apiVersion\": \"v1\",\n\"items\": [\n  {\"kind\": \"A\",\n \"metadata\": {\"name\": \"a\"}},\n {\n\"items\":[{\"kind\":\"B\"}],\"kind\":\"List\"},\n5], \"kind\": \"List\"}";
    assert_eq!(
        seen("a.json", json),
        [
            "3 A a",
            "6 B -",
            "a.json:7:1: not a Kubernetes object but a number"
        ]
    );
    for empty in [
        "kind: List\nitems: []",
        "kind: List\nitems:",
        "{\"kind\":\"List\",\"items\":null}",
    ] {
        assert_eq!(seen("-", empty), [""; 0], "{empty}");
    }
}

#[test]
fn items_of_a_typed_list_have_its_kind() {
    for text in [
        "apiVersion: g/v1\nkind: DiskList\nitems:\n- metadata: {name: a}\n",
        "{\"apiVersion\":\"g/v1\",\"kind\":\"DiskList\",\n\n\"items\":[\n{\"metadata\":{\"name\":\"a\"}}]}",
    ] {
        let document = one("-", text);
        assert_eq!(document.line(), 4);
        assert_eq!(
            value(&document),
            json!({"apiVersion": "g/v1", "kind": "Disk", "metadata": {"name": "a"}})
        );
        assert_eq!(document.header().kind.as_deref(), Some("Disk"));
    }
}

#[test]
fn an_object_with_a_name_is_no_list_whatever_its_kind() {
    assert_eq!(
        seen("-", "kind: AllowList\nmetadata: {name: a}\nitems: [{x: 1}]"),
        ["1 AllowList a"]
    );
    assert_eq!(seen("-", "kind: PlayList\nspec: {}"), ["1 PlayList -"]);
}

#[test]
fn duplicates_among_items_that_are_no_list_are_found() {
    assert_eq!(
        wrong(
            "a.json",
            "{\"kind\":\"A\",\n\"items\":[{\"x\":1,\n\"x\":2}]}"
        ),
        "a.json:3:1: duplicate key `x`, first on line 2"
    );
}

#[test]
fn lists_in_lists_are_bounded() {
    let yaml = (0..8).fold("{kind: A}".to_owned(), |inner, _| {
        format!("{{kind: List, items: [{inner}]}}")
    });
    let json = (0..8).fold("{\"kind\":\"A\"}".to_owned(), |inner, _| {
        format!("{{\"kind\":\"List\",\"items\":[{inner}]}}")
    });
    assert!(wrong("-", &yaml).ends_with("lists nested more than 4 deep"));
    assert!(wrong("-", &json).ends_with("lists nested more than 4 deep"));
}

#[test]
fn values_are_those_that_kubectl_sends() {
    let text = "a: yes\nb: 0777\nc: 0o17\nd: 1_000\ne: \"yes\"\nf: ~\ng: 18446744073709551616\nh: 18446744073709551615\ni: 1.0\nj: |\n  x\n   y\nk: >-\n  x\n  y\nl: !!str 1\nm: !Ref x\n1: 2\non: 3\nn: !!int \"7\"\n";
    assert_eq!(
        value(&one("-", text)),
        json!({
            "a": true, "b": 511, "c": 15, "d": 1000, "e": "yes", "f": null, "g": 18_446_744_073_709_551_616_f64,
            "h": 18_446_744_073_709_551_615_u64, "i": 1, "j": "x\n y\n", "k": "x y", "l": "1", "m": "x", "1": 2,
            "true": 3, "false": 7
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
        wrong("-", "a:\n  yes: a\n  on: b"),
        "-:3:3: duplicate key `true`, first on line 2"
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
fn deep_nesting_is_an_error_in_every_notation() {
    let depth = 100_000;
    for (source, text) in [
        ("a.yaml", "[".repeat(depth)),
        ("a.yaml", "{a: ".repeat(depth)),
        ("a.yaml", "- ".repeat(depth)),
        (
            "a.yaml",
            (0..300)
                .map(|level| format!("{}a:\n", " ".repeat(level)))
                .collect(),
        ),
        (
            "a.json",
            format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)),
        ),
        (
            "a.json",
            format!(
                "{{\"kind\":\"AList\",\"items\":[{{\"a\":{}{}}}]}}",
                "[".repeat(depth),
                "]".repeat(depth)
            ),
        ),
    ] {
        let message = wrong(source, &text);
        assert!(
            message.ends_with("nested more than 128 levels deep"),
            "{message}"
        );
    }
    let near = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    assert_eq!(read("a.json", &near).len(), 1);
    assert_eq!(
        value(&one("a.yaml", &format!("x: {near}"))),
        json!({"x": value(&one("a.json", &near))})
    );
}

#[test]
fn a_template_is_told_to_be_rendered() {
    let hint = "a template, not a manifest: render it first, as in `helm template CHART | arrears check -`";
    for (text, place) in [
        ("kind: A\nmetadata:\n  name: {{ .Values.name }}\n", "3:9"),
        ("{{- if .Values.on }}\nkind: A\n{{- end }}\n", "1:1"),
        (
            "kind: A\nspec:\n  {{- toYaml .Values.spec | nindent 2 }}\n",
            "3:3",
        ),
        ("kind: A\nspec:\n  replicas: {{ .Values.n }}\n", "3:13"),
        ("{{ include \"x\" . }}", "1:1"),
    ] {
        let message = wrong("t.yaml", text);
        assert!(
            message.starts_with(&format!("t.yaml:{place}: {hint}")),
            "{message}"
        );
    }
    assert_eq!(
        seen(
            "-",
            "kind: A\nspec:\n  rule: '{{ $labels.x }}'\n  text: |\n    {{ x }}\n"
        ),
        ["1 A -"]
    );
}

#[test]
fn yaml_mistakes_are_explained() {
    for (text, expected) in [
        (
            "a:\n\tb: 1\n",
            "-:2:2: a tab in the indentation: use spaces",
        ),
        (
            "a: b: c\n",
            "-:1:5: a `:` where no key can be: check the indentation, or quote a value with `: ` in it",
        ),
        (
            "a: 1\n b: 2\n",
            "-:2:3: a `:` where no key can be: check the indentation, or quote a value with `: ` in it",
        ),
        ("a: 'x\nb: 1\n", "-:1:4: a quote that is not closed"),
    ] {
        assert_eq!(wrong("-", text), expected, "{text:?}");
    }
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

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Policy {
    spec: Spec,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    edition: String,
    #[serde(default)]
    rules: Vec<Rule>,
    #[serde(default)]
    labels: BTreeMap<Label, Option<u32>>,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
struct Rule {
    mode: Mode,
    when: Option<When>,
}

#[derive(Debug, Deserialize, PartialEq)]
enum Mode {
    Deny,
    Warn,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
enum When {
    Always,
    Before(u32),
    Between { from: u32, to: u32 },
}

#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
struct Label(String);

#[test]
fn typed_values_read_the_same_from_yaml_and_json() {
    let yaml = "spec:\n  edition: 2018-06\n  rules:\n  - {mode: Deny, when: always}\n  - {mode: Warn, when: {before: 3}}\n  - mode: Warn\n    when: {between: {from: 1, to: 2.0}}\n  labels: {a: 1, b: ~}\n";
    let document = one("-", yaml);
    let from_yaml: Policy = document.parse().unwrap();
    let json = document.to_json().unwrap();
    let from_json: Policy = documents("a.json", &json)
        .next()
        .unwrap()
        .unwrap()
        .parse()
        .unwrap();
    assert_eq!(from_yaml, from_json);
    assert_eq!(
        from_yaml.spec.rules[2].when,
        Some(When::Between { from: 1, to: 2 })
    );
    assert_eq!(from_yaml.spec.labels[&Label("a".to_owned())], Some(1));
}

#[test]
fn errors_of_typed_values_name_field_place_and_remedy() {
    let cases = [
        (
            "spec:\n  editoin: x",
            "-:2:3: spec: unknown field `editoin`, did you mean `edition`?",
        ),
        (
            "spec:\n  edition: x\n  zzzzz: 1",
            "-:3:3: spec: unknown field `zzzzz`, expected one of `edition`, `rules`, `labels`",
        ),
        ("spec:\n  rules: []", "-:2:3: spec: missing field `edition`"),
        (
            "kind: A\nspec: 5",
            "-:1:1: unknown field `kind`, expected one of `spec`",
        ),
        (
            "spec: 5",
            "-:1:7: spec: invalid type: integer `5`, expected struct Spec",
        ),
        (
            "spec:\n  edition: 1.5",
            "-:2:12: spec.edition: invalid type: floating point `1.5`, expected a string (quotes make it one)",
        ),
        (
            "spec:\n  edition: [x]",
            "-:2:12: spec.edition: invalid type: sequence, expected a string",
        ),
        (
            "spec:\n  edition: x\n  rules:\n  - mode: deny",
            "-:4:11: spec.rules[0].mode: unknown value `deny`, did you mean `Deny`?",
        ),
        (
            "spec:\n  edition: x\n  rules:\n  - mode: Deny\n    when: {before: x}",
            "-:5:20: spec.rules[0].when.before: invalid type: string \"x\", expected u32",
        ),
        (
            "spec:\n  edition: x\n  rules:\n  - mode: Deny\n    when: before",
            "-:5:11: spec.rules[0].when: `before` needs a value",
        ),
        (
            "spec:\n  edition: x\n  labels:\n    a.b/c: -1",
            "-:4:12: spec.labels[a.b/c]: invalid value: integer `-1`, expected u32",
        ),
    ];
    for (text, expected) in cases {
        let document = one("-", text);
        assert_eq!(
            document.parse::<Policy>().unwrap_err().to_string(),
            expected,
            "{text}"
        );
    }
    let json = "{\n\"spec\": {\n  \"edition\": \"x\", \"rules\": [{\"mode\": \"deny\"}]}}";
    assert_eq!(
        one("a.json", json)
            .parse::<Policy>()
            .unwrap_err()
            .to_string(),
        "a.json:3:38: spec.rules[0].mode: unknown value `deny`, did you mean `Deny`?"
    );
}

#[test]
fn what_is_no_text_is_one_error() {
    let all = |bytes: &[u8]| {
        documents("f", bytes)
            .map(|d| d.unwrap_err().to_string())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        all(b"\x89PNG\r\n\0"),
        ["f: not a text file (zero byte at offset 6)"]
    );
    assert_eq!(
        all(b"a: 1\nb: \xff"),
        ["f:2:4: not UTF-8: byte 0xff; save the file as UTF-8"]
    );
}

#[test]
fn json_text_is_passed_on_as_it_is() {
    let text = " {\"kind\": \"A\", \"n\": 1.0}\n";
    let json = one("a.json", text).to_json().unwrap();
    assert!(matches!(json, Cow::Borrowed(json) if json == text.trim().as_bytes()));
}
