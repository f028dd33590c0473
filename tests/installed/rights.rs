//! What the ServiceAccount may do against what it did, by the API server's audit log.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::chart::{NAMESPACE, RELEASE};
use crate::plane::Plane;

/// One right: group, resource with its subresource, verb, namespace or `*`, name or `*`.
type Right = [String; 5];

/// Fails where something was refused, or where a right was never used.
pub(crate) async fn check(plane: &Plane, objects: &[Value]) {
    let user = format!("system:serviceaccount:{NAMESPACE}:{RELEASE}");
    let log = std::fs::read_to_string(plane.folder().join("audit.log")).unwrap();
    let events = log
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ours: Vec<Value> = events
        .filter(|event| event["user"]["username"] == *user)
        .collect();
    assert!(!ours.is_empty(), "{user} has asked nothing");
    let refused: Vec<_> = ours
        .iter()
        .filter(|event| event["annotations"]["authorization.k8s.io/decision"] == "forbid")
        .map(|event| format!("{} {}", event["verb"], event["requestURI"]))
        .collect();
    assert_eq!(refused, [""; 0], "the chart does not allow it");

    let used: BTreeSet<Right> = ours.iter().flat_map(asked).collect();
    let unused: Vec<_> = granted(objects)
        .into_iter()
        .filter(|granted| !used.iter().any(|used| covers(granted, used)))
        .collect();
    assert_eq!(unused, <[Right; 0]>::default(), "nobody needs it");
}

fn covers(granted: &Right, used: &Right) -> bool {
    let mut pairs = granted.iter().zip(used);
    pairs.all(|(granted, used)| granted == "*" || granted == used)
}

/// What a request needed: an apply that makes an object needs the right to create it too.
fn asked(event: &Value) -> Vec<Right> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let object = &event["objectRef"];
    if !object.is_object() {
        return Vec::new();
    }
    let resource = match object["subresource"].as_str() {
        Some(subresource) => format!("{}/{subresource}", text(&object["resource"])),
        None => text(&object["resource"]),
    };
    let verb = text(&event["verb"]);
    let mut verbs = vec![verb.clone()];
    if verb == "patch" && event["responseStatus"]["code"] == 201 {
        verbs.push("create".to_owned());
    }
    let right = |verb| {
        [
            text(&object["apiGroup"]),
            resource.clone(),
            verb,
            text(&object["namespace"]),
            text(&object["name"]),
        ]
    };
    verbs.into_iter().map(right).collect()
}

/// Every single right of the rendered roles.
fn granted(objects: &[Value]) -> BTreeSet<Right> {
    let mut rights = BTreeSet::new();
    for role in objects {
        let kind = role["kind"].as_str().unwrap_or_default();
        if !matches!(kind, "Role" | "ClusterRole") {
            continue;
        }
        let namespace = role["metadata"]["namespace"].as_str().unwrap_or("*");
        for rule in role["rules"].as_array().unwrap() {
            let list = |field: &str| -> Vec<String> {
                let list = rule[field].as_array().cloned().unwrap_or_default();
                list.iter()
                    .map(|text| text.as_str().unwrap().to_owned())
                    .collect()
            };
            let names = match list("resourceNames") {
                none if none.is_empty() => vec!["*".to_owned()],
                names => names,
            };
            for group in list("apiGroups") {
                for resource in list("resources") {
                    for verb in list("verbs") {
                        for name in &names {
                            rights.insert([
                                group.clone(),
                                resource.clone(),
                                verb.clone(),
                                namespace.to_owned(),
                                name.clone(),
                            ]);
                        }
                    }
                }
            }
        }
    }
    rights
}
