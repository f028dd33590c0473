//! The small definitions of foreign kinds in `tests/crds` are true to the providers' own.

use serde_json::Value;

use crate::plane::crds;

/// Compares nothing in a clone alone: the real definitions are not there then.
#[test]
fn the_small_definitions_say_nothing_that_the_real_ones_do_not() {
    let real = crds::real();
    for (name, small) in crds::small() {
        let Some(real) = real.get(&name) else {
            continue;
        };
        for field in ["group", "scope"] {
            assert_eq!(small["spec"][field], real["spec"][field], "{name}: {field}");
        }
        assert_eq!(
            small["spec"]["names"], real["spec"]["names"],
            "{name}: names"
        );
        let (small, real) = (&small["spec"]["versions"][0], &real["spec"]["versions"][0]);
        assert_eq!(small["name"], real["name"], "{name}");
        assert_eq!(small["subresources"], real["subresources"], "{name}");
        let schema = "/schema/openAPIV3Schema";
        compare(
            &name,
            small.pointer(schema).unwrap(),
            real.pointer(schema).unwrap(),
        );
    }
}

/// Each property of `small` is one of `real`, of the same type, default and list type.
fn compare(path: &str, small: &Value, real: &Value) {
    for key in [
        "type",
        "default",
        "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys",
    ] {
        assert_eq!(small[key], real[key], "{path}: {key}");
    }
    for (name, property) in small["properties"].as_object().into_iter().flatten() {
        let path = format!("{path}.{name}");
        let real = real["properties"]
            .get(name)
            .unwrap_or_else(|| panic!("{path} is not in the real definition"));
        compare(&path, property, real);
    }
    if small["items"].is_object() {
        compare(&format!("{path}[]"), &small["items"], &real["items"]);
    }
}
