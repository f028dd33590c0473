//! What is kept of an object, and where a larger one is cut.

use proptest::prelude::*;
use serde_json::json;
use serde_json_path::JsonPath;

use super::*;

fn keep(paths: &[&str]) -> Keep {
    let mut keep = Keep::default();
    for path in paths {
        keep.add(&Outline::of(path).unwrap());
    }
    keep
}

fn read(paths: &[&str], value: &Value) -> BoundObject {
    BoundObject::read(
        &keep(paths),
        &mut serde_json::Deserializer::from_str(&value.to_string()),
    )
    .unwrap()
}

#[test]
fn a_deep_object_is_cut_and_can_still_be_on_its_way_out() {
    let deep = format!("{}1{}", r#"{"a":["#.repeat(5_000), "]}".repeat(5_000));
    let text = format!(r#"{{"metadata":{{"deletionTimestamp":"t"}},"spec":{deep}}}"#);
    let mut deserializer = serde_json::Deserializer::from_str(&text);
    let object = BoundObject::read(&keep(&["$..id"]), &mut deserializer).unwrap();
    assert!(object.is_deleting() && object.cut.is_some());
}

#[test]
fn only_what_the_paths_can_reach_is_kept() {
    let object = json!({
        "kind": "Vm",
        "metadata": {"name": "a", "managedFields": [{"manager": "x"}], "deletionTimestamp": "t"},
        "spec": {"region": "r", "size": 4, "disks": [{"id": "d-1", "size": 5}]},
        "status": {"id": "i-1"},
    });
    for (paths, expected) in [
        (&[][..], json!({"metadata": {"deletionTimestamp": "t"}})),
        (
            &["$.spec.region"],
            json!({"metadata": {"deletionTimestamp": "t"}, "spec": {"region": "r"}}),
        ),
        (
            &["$.spec.disks.*.id", "$.status.id"],
            json!({"metadata": {"deletionTimestamp": "t"}, "spec": {"disks": [{"id": "d-1", "size": 5}]}, "status": {"id": "i-1"}}),
        ),
        (
            &["$.spec.region", "$.spec"],
            json!({"metadata": {"deletionTimestamp": "t"}, "spec": object["spec"]}),
        ),
        (
            &["$.spec", "$.spec.region"],
            json!({"metadata": {"deletionTimestamp": "t"}, "spec": object["spec"]}),
        ),
        (
            &["$..id"],
            json!({"kind": "Vm", "metadata": {"name": "a", "deletionTimestamp": "t"}, "spec": object["spec"], "status": object["status"]}),
        ),
        (
            &["$.metadata.managedFields[0].manager", "$.metadata"],
            json!({"metadata": {"name": "a", "deletionTimestamp": "t"}}),
        ),
    ] {
        assert_eq!(
            read(paths, &object),
            BoundObject {
                value: expected,
                cut: None
            },
            "{paths:?}"
        );
    }
}

#[test]
fn a_larger_object_is_cut_and_says_where() {
    let just = json!({"spec": {"list": vec![1; MOST_VALUES - 2], "name": "a"}});
    assert_eq!(read(&["$.spec.list[0]"], &just).cut, None);
    let whole = read(&["$"], &json!(vec![1; MOST_VALUES + 5]));
    assert_eq!(whole.cut.unwrap().field, "spec");
    for (paths, object, cut) in [
        (
            ["$.spec"],
            json!({"spec": {"list": vec![1; MOST_VALUES + 5]}}),
            "spec.list",
        ),
        (
            ["$.spec.list"],
            json!({"spec": {"list": vec![1; MOST_VALUES + 5]}}),
            "spec.list",
        ),
        (
            ["$..a"],
            json!({"spec": {"a": vec![vec![1; 400]; 400], "b": [[[1]]]}, "status": [7]}),
            "spec.a",
        ),
    ] {
        let read = read(&paths, &object);
        let found = Shape::List;
        assert_eq!(
            read.cut,
            Some(Cut {
                field: cut.to_owned(),
                found
            })
        );
        assert!(count(&read.value) <= MOST_VALUES + 10);
    }
    let deleted =
        json!({"spec": vec![1; MOST_VALUES + 5], "z": 1, "metadata": {"deletionTimestamp": "t"}});
    assert!(read(&["$.spec"], &deleted).is_deleting());
}

fn count(value: &Value) -> usize {
    match value {
        Value::Array(list) => 1 + list.iter().map(count).sum::<usize>(),
        Value::Object(map) => 1 + map.values().map(count).sum::<usize>(),
        _ => 1,
    }
}

fn name() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["spec", "status", "a", "b", "id"]).prop_map(str::to_owned)
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-d]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 60, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name(), inner, 0..5)
                .prop_map(Value::from_iter::<std::collections::BTreeMap<_, _>>),
        ]
    })
}

proptest! {
    #[test]
    fn a_path_finds_in_the_kept_part_what_it_finds_in_the_whole(object in any_json(), other in 0usize..12) {
        const PATHS: [&str; 12] = [
            "$", "$.spec", "$.spec.a", "$['spec'].*.id", "$..id", "$.spec..a", "$.a[0].b", "$.status[?@.id == 1].a",
            "$[?@.a]", "$.spec['a','b'].id", "$.*.a", "$.spec.a[-1:].b",
        ];
        for path in PATHS {
            let query = JsonPath::parse(path).unwrap();
            let kept = read(&[path, PATHS[other]], &object).value;
            prop_assert_eq!(query.query(&kept).all(), query.query(&object).all(), "{}", path);
        }
    }
}
