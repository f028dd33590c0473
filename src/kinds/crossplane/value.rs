//! Comparing JSON by what it means, and only where its bytes differ.

use std::collections::HashSet;

use serde_json::{Map, Value};

use crate::{json::Raw, kinds::lenient::Shape};

/// The shape of a value; `null` has none. Raw JSON begins with its first character, so that one says it.
pub(super) fn shape(raw: Raw<'_>) -> Option<Shape> {
    Some(match raw.get().as_bytes().first()? {
        b'n' => return None,
        b't' | b'f' => Shape::Boolean,
        b'"' => Shape::String,
        b'[' => Shape::List,
        b'{' => Shape::Object,
        _ => Shape::Number,
    })
}

/// Whether two values mean the same: 5 is 5.0, keys have no order, and `null` is no key.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || one.as_f64() == other.as_f64()
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => covers(one, other) && covers(other, one),
        _ => one == other,
    }
}

/// How many items that are no texts a set is searched for; the provider's sets are of texts, so more are nobody's need.
const MOST_OTHERS: usize = 100;

/// Whether every item of one list is in the other; most lists in the provider's schema are sets.
///
/// A user chooses how long they are, so texts are looked up and not compared each with each.
pub(super) fn contains_all(whole: &[Value], part: &[Value]) -> bool {
    let texts: HashSet<&str> = whole.iter().filter_map(Value::as_str).collect();
    let others = || whole.iter().filter(|other| !other.is_string());
    part.iter().all(|item| match item {
        Value::String(text) => texts.contains(text.as_str()),
        _ => others().take(MOST_OTHERS).any(|other| same(item, other)),
    })
}

/// What Terraform calls a zero value: one that can't be told from no value at all.
pub(super) fn is_zero(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(flag) => !flag,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
    }
}

fn covers(whole: &Map<String, Value>, part: &Map<String, Value>) -> bool {
    part.iter()
        .filter(|(_, value)| !value.is_null())
        .all(|(key, value)| whole.get(key).is_some_and(|other| same(other, value)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn numbers_keys_and_nulls_are_compared_by_meaning() {
        assert!(same(
            &json!({"a": 5, "b": [1, {"c": null}]}),
            &json!({"b": [1.0, {}], "a": 5.0})
        ));
        assert!(!same(&json!({"a": 5}), &json!({"a": 5, "b": 1})));
        assert!(!same(&json!([1, 2]), &json!([2, 1])));
        assert!(!same(&json!("5"), &json!(5)));
    }

    #[test]
    fn long_lists_in_another_order_are_the_same_set_at_little_cost() {
        let list: Vec<Value> = (0..60_000)
            .map(|number| format!("sg-{number}").into())
            .collect();
        let reversed: Vec<Value> = list.iter().rev().cloned().collect();
        assert!(contains_all(&list, &reversed) && contains_all(&reversed, &list));
        assert!(!contains_all(&list[1..], &reversed));
    }
}
