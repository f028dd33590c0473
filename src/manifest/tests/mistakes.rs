use serde_json::json;

use super::*;

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
        (
            "kind A\nspec: {}\n",
            "-:2:5: a `:` where no key can be: check the indentation, or quote a value with `: ` in it",
        ),
        ("a: 'x\nb: 1\n", "-:1:4: a quote that is not closed"),
    ] {
        assert_eq!(wrong("-", text), expected, "{text:?}");
    }
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
