//! Field paths as findings name them: `spec.disks[0].id`, `metadata.annotations[crossplane.io/paused]`.

use super::node::{Node, Value};
use super::place::Place;

/// The place of a field, or of its deepest ancestor that exists; a field of an object is where its key is.
pub(super) fn place(root: &Node<'_>, field: &str) -> Place {
    let mut place = root.first_key();
    let mut node = root;
    for step in Steps(field.strip_prefix('$').unwrap_or(field)) {
        let next = match &node.value {
            Value::Mapping(_) => node.entry(step).map(|entry| (entry.place, &entry.node)),
            Value::Sequence(nodes) => step
                .parse::<usize>()
                .ok()
                .and_then(|index| nodes.get(index))
                .map(|node| (node.place, node)),
            _ => None,
        };
        let Some(found) = next else { break };
        (place, node) = found;
    }
    place
}

/// The steps of a path: `a`, `.a`, `[0]`, `[a.b/c]`, `['a']`.
struct Steps<'f>(&'f str);

impl<'f> Iterator for Steps<'f> {
    type Item = &'f str;

    fn next(&mut self) -> Option<&'f str> {
        self.0 = self.0.strip_prefix('.').unwrap_or(self.0);
        if self.0.is_empty() {
            return None;
        }
        if let Some(bracketed) = self.0.strip_prefix('[') {
            let (step, rest) = bracketed.split_once(']').unwrap_or((bracketed, ""));
            self.0 = rest;
            return Some(step.trim_matches(['\'', '"']));
        }
        let end = self.0.find(['.', '[']).unwrap_or(self.0.len());
        let (step, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::Steps;

    #[test]
    fn paths_are_taken_apart() {
        let steps = |field| Steps(field).collect::<Vec<_>>();
        assert_eq!(steps("spec.disks[0].id"), ["spec", "disks", "0", "id"]);
        assert_eq!(
            steps("metadata.annotations[crossplane.io/paused]"),
            ["metadata", "annotations", "crossplane.io/paused"]
        );
        assert_eq!(steps("['a.b'][\"c\"]"), ["a.b", "c"]);
        assert_eq!(steps(""), [""; 0]);
        assert_eq!(steps("a[b"), ["a", "b"]);
        assert_eq!(steps("..a"), ["", "a"]);
    }
}
