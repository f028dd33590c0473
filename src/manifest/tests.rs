mod mistakes;
mod typed;
mod values;

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
