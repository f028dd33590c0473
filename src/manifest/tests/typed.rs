use std::collections::BTreeMap;

use serde::Deserialize;

use super::*;

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
fn a_boolean_is_the_variant_that_yaml_takes_for_one() {
    #[derive(Debug, PartialEq, Deserialize)]
    enum Mode {
        Deny,
        Off,
    }
    #[derive(Debug, PartialEq, Deserialize)]
    struct Rule {
        mode: Mode,
    }
    let mode = |text: &str| {
        one("-", text)
            .parse::<Rule>()
            .map(|rule| rule.mode)
            .map_err(|error| error.to_string())
    };
    assert_eq!(mode("mode: Off"), Ok(Mode::Off));
    assert_eq!(mode("mode: \"Off\""), Ok(Mode::Off));
    assert_eq!(mode("mode: Deny"), Ok(Mode::Deny));
    assert_eq!(
        mode("mode: On"),
        Err("-:1:7: mode: invalid type: boolean `true`, expected a string or an object with one key (quotes make it one)".to_owned())
    );
}
