//! Karpenter's `NodeClaim`: made once per node, never changed, and an instance follows from it.
//!
//! The claim says which provider it is for and nothing of region or account: those are the controller's own.

use std::borrow::Cow;

use serde::Deserialize;

use super::{
    fields::{Metadata, wrong},
    lenient::{Lenient, shaped_object},
    operation::{Asked, Inference, Malformed, Operation, Target},
};
use crate::matrix;

const GROUP: &str = "karpenter.alibabacloud.com";
const KIND: &str = "ECSNodeClass";

/// A `NodeClaim`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NodeClaim<'a> {
    #[serde(borrow)]
    metadata: Lenient<Metadata<'a>>,
    spec: Lenient<Spec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    node_class_ref: Lenient<NodeClassRef<'a>>,
}
shaped_object!(Spec);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct NodeClassRef<'a> {
    #[serde(borrow)]
    group: Lenient<Cow<'a, str>>,
    /// How versions before v1 spell the group.
    api_version: Lenient<Cow<'a, str>>,
    kind: Lenient<Cow<'a, str>>,
}
shaped_object!(NodeClassRef);

/// What a `NodeClaim` asks for: an instance when it is created for this provider, otherwise nothing.
pub(super) fn infer<'a>(new: &'a NodeClaim<'a>, old: Option<&NodeClaim<'_>>) -> Inference<'a> {
    if old.is_some() || Metadata::is_deleting(&new.metadata) {
        return Inference::Nothing;
    }
    match new.is_ours() {
        Ok(true) => Inference::Asked(Asked {
            operations: matrix::calls("RunInstances".into())
                .into_iter()
                .map(|call| Operation {
                    call,
                    target: Target::ACCOUNT,
                    field: "spec.nodeClassRef".into(),
                })
                .collect(),
            ..Asked::default()
        }),
        Ok(false) => Inference::Nothing,
        Err(malformed) => Inference::Malformed(malformed),
    }
}

// === impl NodeClaim ===

impl NodeClaim<'_> {
    fn is_ours(&self) -> Result<bool, Malformed<'static>> {
        let Some(spec) = self.spec.get().map_err(wrong("spec", "an object"))? else {
            return Ok(false);
        };
        let reference = spec.node_class_ref.get();
        let Some(reference) = reference.map_err(wrong("spec.nodeClassRef", "an object"))? else {
            return Ok(false);
        };
        let kind = reference.kind.get();
        if kind.map_err(wrong("spec.nodeClassRef.kind", "a string"))? != Some(&KIND.into()) {
            return Ok(false);
        }
        Ok(reference.group()? == Some(GROUP))
    }
}

// === impl NodeClassRef ===

impl NodeClassRef<'_> {
    fn group(&self) -> Result<Option<&str>, Malformed<'static>> {
        let group = self.group.get();
        if let Some(group) = group.map_err(wrong("spec.nodeClassRef.group", "a string"))? {
            return Ok(Some(group));
        }
        let version = self.api_version.get();
        let version = version.map_err(wrong("spec.nodeClassRef.apiVersion", "a string"))?;
        Ok(version
            .and_then(|version| version.split_once('/'))
            .map(|(group, _)| group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::{AccountRef, Subject};

    fn on_create(spec: &str) -> String {
        let text = format!(r#"{{"kind":"NodeClaim","metadata":{{"name":"a"}},"spec":{spec}}}"#);
        describe(&infer(&serde_json::from_str(&text).unwrap(), None))
    }

    fn describe(inference: &Inference<'_>) -> String {
        match inference {
            Inference::Nothing => "nothing".into(),
            Inference::Malformed(malformed) => {
                format!("{} is {}", malformed.field, malformed.found)
            }
            Inference::Asked(asked) => {
                assert_eq!(
                    asked.subject,
                    Subject {
                        account: AccountRef::Default,
                        region: None
                    }
                );
                assert_eq!(asked.note, None);
                let calls = asked.operations.iter().map(|operation| {
                    assert_eq!(operation.target, Target::ACCOUNT);
                    assert_eq!(operation.field, "spec.nodeClassRef");
                    assert_eq!(operation.call.called(), Some("RunInstances"));
                    operation.call.name()
                });
                calls.collect::<Vec<_>>().join(" ")
            }
        }
    }

    #[test]
    fn a_claim_for_this_provider_makes_an_instance_and_any_other_asks_for_nothing() {
        for (name, reference, expected) in [
            (
                "v1",
                r#"{"group":"karpenter.alibabacloud.com","kind":"ECSNodeClass","name":"default"}"#,
                "CreateInstance StartInstance",
            ),
            (
                "before v1",
                r#"{"apiVersion":"karpenter.alibabacloud.com/v1alpha1","kind":"ECSNodeClass"}"#,
                "CreateInstance StartInstance",
            ),
            (
                "the group wins",
                r#"{"group":"karpenter.k8s.aws","apiVersion":"karpenter.alibabacloud.com/v1","kind":"ECSNodeClass"}"#,
                "nothing",
            ),
            (
                "the other provider for this cloud",
                r#"{"group":"karpenter.k8s.alibabacloud","kind":"ECSNodeClass"}"#,
                "nothing",
            ),
            (
                "another cloud",
                r#"{"group":"karpenter.k8s.aws","kind":"EC2NodeClass"}"#,
                "nothing",
            ),
            (
                "another kind",
                r#"{"group":"karpenter.alibabacloud.com","kind":"ecsnodeclass"}"#,
                "nothing",
            ),
            ("no group", r#"{"kind":"ECSNodeClass"}"#, "nothing"),
            (
                "a version without a group",
                r#"{"apiVersion":"karpenter.alibabacloud.com","kind":"ECSNodeClass"}"#,
                "nothing",
            ),
            ("empty", "{}", "nothing"),
            ("null", "null", "nothing"),
            ("not an object", "7", "spec.nodeClassRef is a number"),
            (
                "a kind that is a list",
                r#"{"kind":[]}"#,
                "spec.nodeClassRef.kind is a list",
            ),
            (
                "a group that is a number",
                r#"{"group":1,"kind":"ECSNodeClass"}"#,
                "spec.nodeClassRef.group is a number",
            ),
            (
                "a version that is a boolean",
                r#"{"apiVersion":true,"kind":"ECSNodeClass"}"#,
                "spec.nodeClassRef.apiVersion is a boolean",
            ),
            (
                "a wrong group of a foreign kind is not ours to judge",
                r#"{"group":1,"kind":"EC2NodeClass"}"#,
                "nothing",
            ),
        ] {
            assert_eq!(
                on_create(&format!(r#"{{"nodeClassRef":{reference}}}"#)),
                expected,
                "{name}"
            );
        }
        assert_eq!(on_create("[]"), "spec is a list");
        assert_eq!(on_create("null"), "nothing");
    }

    #[test]
    fn a_claim_that_is_changed_or_deleted_asks_for_nothing() {
        let text = r#"{"spec":{"nodeClassRef":{"group":"karpenter.alibabacloud.com","kind":"ECSNodeClass"}}}"#;
        let claim: NodeClaim<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(
            describe(&infer(&claim, None)),
            "CreateInstance StartInstance"
        );
        assert_eq!(infer(&claim, Some(&claim)), Inference::Nothing);
        let text = text.replacen(
            '{',
            r#"{"metadata":{"deletionTimestamp":"2026-11-23T10:00:00Z"},"#,
            1,
        );
        let claim: NodeClaim<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(infer(&claim, None), Inference::Nothing);
    }
}
