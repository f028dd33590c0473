//! What holds for any object.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Map, Value, json};

use super::{Resource, asks, existing, merged, read};
use crate::kinds::Origin;

const KINDS: [&str; 6] = [
    "Instance",
    "InstanceSet",
    "Disk",
    "DiskAttachment",
    "Image",
    "KeyPairAttachment",
];

/// Any JSON, of a few levels.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        select(vec![
            "", "Running", "Stopped", "PrePaid", "i-1", "true", "*", "Create"
        ])
        .prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((any::<String>(), inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

/// An object with some of the fields that a kind looks at, of any shape.
fn some_fields(kind: &'static str) -> impl Strategy<Value = Value> {
    let names: Vec<&str> = Resource::named(kind)
        .unwrap()
        .table()
        .fields
        .iter()
        .map(|field| field.name)
        .collect();
    vec((select(names), any_json()), 0..6).prop_map(|entries| {
        Value::Object(
            entries
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect::<Map<_, _>>(),
        )
    })
}

/// An object of a kind that is whole except where it is broken.
fn any_object(kind: &'static str) -> impl Strategy<Value = Value> {
    let annotations = option::of(select(vec![
        json!({"crossplane.io/paused": "true"}),
        json!({"crossplane.io/external-name": null}),
        json!({"crossplane.io/external-create-pending": "2026-11-24T06:00:00Z"}),
        json!(5),
    ]));
    (
        some_fields(kind),
        some_fields(kind),
        annotations,
        option::weighted(0.2, any_json()),
    )
        .prop_map(move |(for_provider, at_provider, annotations, anything)| {
            let object = json!({
                "metadata": {"annotations": annotations.unwrap_or_else(|| json!({}))},
                "spec": {"forProvider": for_provider},
                "status": {"atProvider": at_provider},
            });
            let object = merged(existing(kind), object);
            anything.map_or(object.clone(), |anything| {
                merged(object, json!({"spec": anything}))
            })
        })
}

fn any_kind_and_two<T: std::fmt::Debug, S: Strategy<Value = T>>(
    strategy: impl Fn(&'static str) -> S,
) -> impl Strategy<Value = (&'static str, T, T)> {
    select(KINDS.to_vec()).prop_flat_map(move |kind| (Just(kind), strategy(kind), strategy(kind)))
}

proptest! {
    #[test]
    fn no_two_objects_make_it_panic((kind, old, new) in any_kind_and_two(any_object)) {
        for origin in [Origin::ApiServer, Origin::Manifest] {
            asks(kind, origin, Some(&old.to_string()), &new.to_string());
            asks(kind, origin, None, &new.to_string());
        }
    }

    #[test]
    fn no_json_makes_it_panic(kind in select(KINDS.to_vec()), old in any_json(), new in any_json()) {
        let is_read = |value: &Value| read(Resource::named(kind).unwrap(), &value.to_string()).is_ok();
        if is_read(&old) && is_read(&new) {
            asks(kind, Origin::ApiServer, Some(&old.to_string()), &new.to_string());
        }
    }

    #[test]
    fn an_object_that_does_not_change_asks_for_nothing((kind, object, _) in any_kind_and_two(some_fields)) {
        let object = merged(existing(kind), json!({"spec": {"forProvider": object}}));
        let (text, spaced) = (object.to_string(), serde_json::to_string_pretty(&object).unwrap());
        for origin in [Origin::ApiServer, Origin::Manifest] {
            prop_assert_eq!(asks(kind, origin, Some(&text), &text), Vec::<String>::new());
            prop_assert_eq!(asks(kind, origin, Some(&text), &spaced), Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_filled_in_from_what_is_observed_asks_for_nothing((kind, spec, observed) in any_kind_and_two(some_fields)) {
        let old = merged(existing(kind), json!({"status": {"atProvider": observed}}));
        let old = merged(old, json!({"spec": {"forProvider": spec}}));
        let observed = old["status"]["atProvider"].as_object().unwrap();
        let mut new = old.clone();
        let spec = new["spec"]["forProvider"].as_object_mut().unwrap();
        for (name, value) in observed {
            spec.entry(name).or_insert(value.clone());
        }
        prop_assert_eq!(asks(kind, Origin::ApiServer, Some(&old.to_string()), &new.to_string()), Vec::<String>::new());
    }

    #[test]
    fn bookkeeping_asks_for_nothing(
        (kind, spec, _) in any_kind_and_two(some_fields),
        annotation in select(vec!["crossplane.io/external-create-succeeded", "crossplane.io/external-create-failed", "upjet.crossplane.io/x", "other"]),
        value in any::<String>(),
        metadata in any_json(),
    ) {
        let old = merged(existing(kind), json!({"spec": {"forProvider": spec}}));
        let new = merged(old.clone(), json!({"metadata": {
            "annotations": {annotation: value},
            "labels": metadata,
            "finalizers": metadata,
            "managedFields": metadata,
        }}));
        prop_assert_eq!(asks(kind, Origin::ApiServer, Some(&old.to_string()), &new.to_string()), Vec::<String>::new());
    }

    #[test]
    fn an_object_on_its_way_out_asks_for_nothing((kind, old, new) in any_kind_and_two(some_fields)) {
        let old = merged(existing(kind), json!({"spec": {"forProvider": old}}));
        let new = merged(existing(kind), json!({"spec": {"forProvider": new}, "metadata": {"deletionTimestamp": "2026-11-24T06:00:00Z"}}));
        prop_assert_eq!(asks(kind, Origin::ApiServer, Some(&old.to_string()), &new.to_string()), Vec::<String>::new());
    }
}
