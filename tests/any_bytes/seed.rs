//! Real reviews, and where the values in them are.

use std::ops::Range;

use serde_json::{Value, json};

const DEMO: &str = include_str!("../../src/cli/demo/reviews.json");

/// A real review.
pub(crate) struct Seed {
    /// Its text, with the keys in the order of an API server.
    pub(crate) text: Vec<u8>,
    /// Its uid.
    pub(crate) uid: String,
    /// Where its values are.
    pub(crate) values: Vec<Range<usize>>,
    /// Where its members are, from the quote of the key to the end of the value.
    pub(crate) members: Vec<Range<usize>>,
}

impl Seed {
    /// The reviews of the demo, and some of them with all that a large object has.
    pub(crate) fn all() -> Vec<Self> {
        let reviews: Vec<Value> = serde_json::from_str(DEMO).unwrap();
        let reviews: Vec<Value> = reviews
            .into_iter()
            .map(|case| case["review"].clone())
            .collect();
        let large = reviews.iter().step_by(5).cloned().map(enlarged);
        let fleet = reviews.first().cloned().map(bound);
        let all = reviews.iter().cloned().chain(large).chain(fleet);
        all.map(|review| Self::new(&review)).collect()
    }

    fn new(review: &Value) -> Self {
        let uid = review["request"]["uid"].as_str().unwrap().to_owned();
        let text = in_order(review).into_bytes();
        let mut places = Places::default();
        places.value(&text, 0);
        Self {
            text,
            uid,
            values: places.values,
            members: places.members,
        }
    }
}

/// The text of a review as an API server writes it: `serde_json` sorts keys.
fn in_order(review: &Value) -> String {
    let request = review["request"].as_object().unwrap();
    let first = [
        "uid",
        "kind",
        "resource",
        "requestKind",
        "requestResource",
        "name",
        "namespace",
        "operation",
    ];
    let rest = request
        .keys()
        .map(String::as_str)
        .filter(|key| !first.contains(key));
    let members: Vec<_> = first
        .into_iter()
        .chain(rest)
        .filter_map(|key| Some(format!("{}:{}", json!(key), request.get(key)?)))
        .collect();
    format!(
        r#"{{"kind":{},"apiVersion":{},"request":{{{}}}}}"#,
        review["kind"],
        review["apiVersion"],
        members.join(",")
    )
}

/// With the book-keeping of many field managers, and texts with escapes.
fn enlarged(mut review: Value) -> Value {
    let fields: serde_json::Map<String, Value> = (0..60)
        .map(|number| (format!("f:field{number}"), json!({"f:nested": {}, ".": {}})))
        .collect();
    let manager = json!({
        "manager": "crossplane \"ecs\" \u{1f600}\n", "operation": "Update", "apiVersion": "v1alpha1",
        "time": "2026-11-23T10:00:00Z", "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": fields},
    });
    for key in ["object", "oldObject"] {
        if let Some(metadata) = review["request"][key]["metadata"].as_object_mut() {
            metadata.insert(
                "managedFields".to_owned(),
                json!([manager, manager, manager]),
            );
            let last = "{\"apiVersion\":\"v1\",\"metadata\":{\"uid\":\"x\"}}".repeat(20);
            metadata.insert("labels".to_owned(), json!({"last": last}));
        }
    }
    review
}

/// Of a kind that a user has bound.
fn bound(mut review: Value) -> Value {
    let request = &mut review["request"];
    request["kind"] = json!({"group": "acme.example", "version": "v1", "kind": "VirtualMachine"});
    for (key, power) in [("object", "On"), ("oldObject", "Off")] {
        request[key] = json!({
            "metadata": {"name": "vm"},
            "spec": {"power": power, "region": "cn-hangzhou", "size": 4, "disks": [{"id": "d-bp1overdue"}, {"id": "d-a"}]},
            "status": {"instanceId": "i-bp1overdue", "nested": [[{"id": "d-b"}]]},
        });
    }
    review
}

/// Where values and members are in a text that is known to be JSON without spaces.
#[derive(Default)]
struct Places {
    values: Vec<Range<usize>>,
    members: Vec<Range<usize>>,
}

impl Places {
    /// Notes the value that begins at `start`, and all within it; its end.
    fn value(&mut self, text: &[u8], start: usize) -> usize {
        let end = match text[start] {
            b'"' => string_end(text, start),
            open @ (b'{' | b'[') => self.items(text, start, open == b'{'),
            _ => {
                let rest = &text[start..];
                let length = rest.iter().position(|byte| b",]}".contains(byte));
                start + length.unwrap_or(rest.len())
            }
        };
        self.values.push(start..end);
        end
    }

    fn items(&mut self, text: &[u8], start: usize, are_members: bool) -> usize {
        let mut at = start + 1;
        while !b"}]".contains(&text[at]) {
            if text[at] == b',' {
                at += 1;
            }
            let item = at;
            if are_members {
                at = string_end(text, at) + 1;
            }
            at = self.value(text, at);
            if are_members {
                self.members.push(item..at);
            }
        }
        at + 1
    }
}

fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while text[at] != b'"' {
        at += if text[at] == b'\\' { 2 } else { 1 };
    }
    at + 1
}
