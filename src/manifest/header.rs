//! What a manifest says about itself.

use std::borrow::Cow;

use super::node::Node;

/// What a manifest says it is; what it does not say, or says with something that is no string, is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header<'a> {
    /// `apiVersion`: group and version.
    pub api_version: Option<Cow<'a, str>>,
    /// `kind`.
    pub kind: Option<Cow<'a, str>>,
    /// `metadata.namespace`.
    pub namespace: Option<Cow<'a, str>>,
    /// `metadata.name`.
    pub name: Option<Cow<'a, str>>,
    /// `metadata.generateName`.
    pub generate_name: Option<Cow<'a, str>>,
}

// === impl Header ===

impl<'a> Header<'a> {
    /// The group of `apiVersion`; empty for the core group.
    pub fn group(&self) -> Option<&str> {
        let api_version = self.api_version.as_deref()?;
        Some(api_version.split_once('/').map_or("", |(group, _)| group))
    }

    /// Whether the manifest is no object itself but the frame around others, as `kubectl get -o yaml` prints it.
    pub(super) fn is_list(&self) -> bool {
        // An object of a kind that happens to end so has a name; a list never has.
        self.name.is_none()
            && self
                .kind
                .as_deref()
                .is_some_and(|kind| kind.ends_with("List"))
    }

    /// The kind of the items of a list that does not name it at each of them.
    pub(super) fn item_kind(&self) -> Option<Cow<'a, str>> {
        let kind = self.kind.as_deref()?.strip_suffix("List")?;
        (!kind.is_empty()).then(|| Cow::Owned(kind.to_owned()))
    }

    pub(super) fn of(node: &Node<'a>) -> Self {
        let text = |node: &Node<'a>, key| node.entry(key).and_then(|entry| entry.node.text());
        let metadata = node.entry("metadata").map(|entry| &entry.node);
        let of_metadata = |key| metadata.and_then(|metadata| text(metadata, key));
        Self {
            api_version: text(node, "apiVersion"),
            kind: text(node, "kind"),
            namespace: of_metadata("namespace"),
            name: of_metadata("name"),
            generate_name: of_metadata("generateName"),
        }
    }
}
