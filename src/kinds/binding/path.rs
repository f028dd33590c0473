//! A path of a binding, with what is needed to look for it and to speak of it.

use serde_json::Value;

use super::outline::Outline;
use crate::{api::ObjectPath, kinds::Shape};

/// A path whose work is bounded.
#[derive(Debug)]
pub(super) struct BoundPath {
    path: ObjectPath,
    outline: Outline,
    /// The path as other fields are named: `spec.disks.*.id`.
    field: Box<str>,
}

// === impl BoundPath ===

impl BoundPath {
    pub(super) fn compile(path: &ObjectPath) -> Result<Self, &'static str> {
        Ok(Self {
            outline: Outline::of(path.as_str())?,
            field: plain(path.as_str()).into(),
            path: path.clone(),
        })
    }

    pub(super) fn outline(&self) -> &Outline {
        &self.outline
    }

    pub(super) fn field(&self) -> &str {
        &self.field
    }

    /// The field to blame for an operation: the part of the path before its first filter.
    pub(super) fn field_before_filter(&self) -> &str {
        let field = self.field.split("[?").next().unwrap_or_default();
        if field.is_empty() || field == "$" {
            super::WHOLE
        } else {
            field
        }
    }

    /// Whether everything the path can find is what a manifest shows.
    pub(super) fn is_within_spec(&self) -> bool {
        self.path.is_within_spec()
    }

    pub(super) fn query<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        self.path.query().query(value).all()
    }
}

fn plain(path: &str) -> &str {
    match path.strip_prefix("$.") {
        Some(rest) if !rest.starts_with('.') => rest,
        _ => path,
    }
}

/// The shape of a value; none for null, which is absence.
pub(super) fn shape(value: &Value) -> Option<Shape> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some(Shape::Boolean),
        Value::Number(_) => Some(Shape::Number),
        Value::String(_) => Some(Shape::String),
        Value::Array(_) => Some(Shape::List),
        Value::Object(_) => Some(Shape::Object),
    }
}

/// Where in `root` this very node stands, as fields are named: `spec.disks[2].id`.
pub(super) fn locate(root: &Value, node: &Value) -> Option<String> {
    let steps = steps_to(root, node)?;
    Some(steps.strip_prefix('.').unwrap_or(&steps).to_owned())
}

fn steps_to(root: &Value, node: &Value) -> Option<String> {
    if std::ptr::eq(root, node) {
        return Some(String::new());
    }
    match root {
        Value::Array(list) => list.iter().enumerate().find_map(|(index, item)| {
            let rest = steps_to(item, node)?;
            Some(format!("[{index}]{rest}"))
        }),
        Value::Object(map) => map.iter().find_map(|(name, member)| {
            let rest = steps_to(member, node)?;
            Some(if name.contains(['.', '[', ']', '\'']) {
                format!("[{name:?}]{rest}")
            } else {
                format!(".{name}{rest}")
            })
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_node_is_located_by_what_it_is_not_by_what_it_equals() {
        let root = json!({"spec": {"a": [{"id": 1}, {"id": 1, "x.y/z": [[true]]}]}});
        for pointer in [
            "/spec/a/1/id",
            "/spec/a/0/id",
            "/spec",
            "/spec/a/1/x.y~1z/0/0",
        ] {
            let node = root.pointer(pointer).unwrap();
            let expected = match pointer {
                "/spec/a/1/id" => "spec.a[1].id",
                "/spec/a/0/id" => "spec.a[0].id",
                "/spec" => "spec",
                _ => r#"spec.a[1]["x.y/z"][0][0]"#,
            };
            assert_eq!(locate(&root, node).unwrap(), expected);
        }
        assert_eq!(locate(&root, &json!(1)), None);
    }

    #[test]
    fn a_path_is_named_as_fields_are() {
        for (path, field, blamed) in [
            ("$.spec.power", "spec.power", "spec.power"),
            ("$.spec.disks[?@.a].id", "spec.disks[?@.a].id", "spec.disks"),
            ("$['spec'].power", "$['spec'].power", "$['spec'].power"),
            ("$..power", "$..power", "$..power"),
            ("$[?@.a]", "$[?@.a]", "spec"),
            ("$", "$", "spec"),
        ] {
            let path = BoundPath::compile(&path.parse().unwrap()).unwrap();
            assert_eq!((path.field(), path.field_before_filter()), (field, blamed));
        }
    }
}
