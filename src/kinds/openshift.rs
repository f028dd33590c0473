//! OpenShift's `Machine`: an instance follows from a new one.
//!
//! An edited Machine is not rebuilt. All that its controller ever sends for it is the tags of cluster and name,
//! corrected at each reconcile whatever was edited, so that no field asks for that call.

use std::borrow::Cow;

use serde::Deserialize;

use super::{
    fields::{Metadata, wrong},
    lenient::{Lenient, shaped_object},
    operation::{AccountRef, Asked, Inference, Malformed, Operation, Subject, Target},
};
use crate::matrix;

const PROVIDER_KIND: &str = "AlibabaCloudMachineProviderConfig";
const PROVIDER_FIELD: &str = "spec.providerSpec.value";

/// A `Machine`, as far as it matters.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Machine<'a> {
    #[serde(borrow)]
    metadata: Lenient<Metadata<'a>>,
    spec: Lenient<Spec<'a>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Spec<'a> {
    #[serde(borrow)]
    provider_spec: Lenient<ProviderSpec<'a>>,
    #[serde(rename = "providerID")]
    provider_id: Lenient<Cow<'a, str>>,
}
shaped_object!(Spec);

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ProviderSpec<'a> {
    #[serde(borrow)]
    value: Lenient<ProviderConfig<'a>>,
}
shaped_object!(ProviderSpec);

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ProviderConfig<'a> {
    #[serde(borrow)]
    kind: Lenient<Cow<'a, str>>,
    region_id: Lenient<Cow<'a, str>>,
}
shaped_object!(ProviderConfig);

/// What a `Machine` asks for: an instance when it is created for this provider and has none yet.
pub(super) fn infer<'a>(new: &'a Machine<'a>, old: Option<&Machine<'_>>) -> Inference<'a> {
    if old.is_some() || Metadata::is_deleting(&new.metadata) {
        return Inference::Nothing;
    }
    match new.wanted_in() {
        Ok(Some(subject)) => Inference::Asked(Asked {
            subject,
            operations: matrix::calls("RunInstances".into())
                .into_iter()
                .map(|call| Operation {
                    call,
                    target: Target::ACCOUNT,
                    field: PROVIDER_FIELD.into(),
                })
                .collect(),
            note: None,
        }),
        Ok(None) => Inference::Nothing,
        Err(malformed) => Inference::Malformed(malformed),
    }
}

// === impl Machine ===

impl Machine<'_> {
    /// Whose and where the instance is that is to be made, if one is.
    fn wanted_in(&self) -> Result<Option<Subject<'_>>, Malformed<'static>> {
        let Some(spec) = self.spec.get().map_err(wrong("spec", "an object"))? else {
            return Ok(None);
        };
        let provider = spec.provider_spec.get();
        let Some(provider) = provider.map_err(wrong("spec.providerSpec", "an object"))? else {
            return Ok(None);
        };
        let config = provider.value.get();
        let Some(config) = config.map_err(wrong(PROVIDER_FIELD, "an object"))? else {
            return Ok(None);
        };
        let kind = config.kind.get();
        if kind.map_err(wrong("spec.providerSpec.value.kind", "a string"))?
            != Some(&PROVIDER_KIND.into())
        {
            return Ok(None);
        }
        let id = spec
            .provider_id
            .get()
            .map_err(wrong("spec.providerID", "a string"))?;
        if id.is_some_and(|id| !id.is_empty()) {
            return Ok(None);
        }
        let region = config.region_id.get();
        let region = region.map_err(wrong("spec.providerSpec.value.regionId", "a string"))?;
        Ok(Some(Subject {
            account: AccountRef::Default,
            region: region
                .filter(|region| !region.is_empty())
                .map(|region| Cow::Borrowed(&**region)),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_create(spec: &str) -> String {
        let text = format!(r#"{{"kind":"Machine","metadata":{{"name":"a"}},"spec":{spec}}}"#);
        describe(&infer(&serde_json::from_str(&text).unwrap(), None))
    }

    fn describe(inference: &Inference<'_>) -> String {
        match inference {
            Inference::Nothing => "nothing".into(),
            Inference::Malformed(malformed) => {
                format!("{} is {}", malformed.field, malformed.found)
            }
            Inference::Asked(asked) => {
                assert_eq!(asked.subject.account, AccountRef::Default);
                let calls = asked.operations.iter().map(|operation| {
                    assert_eq!(operation.target, Target::ACCOUNT);
                    assert_eq!(operation.field, "spec.providerSpec.value");
                    assert_eq!(operation.call.called(), Some("RunInstances"));
                    operation.call.name()
                });
                let calls = calls.collect::<Vec<_>>().join(" ");
                format!(
                    "{calls} in {}",
                    asked.subject.region.as_deref().unwrap_or("-")
                )
            }
        }
    }

    #[test]
    fn a_new_machine_of_this_provider_makes_an_instance_and_any_other_asks_for_nothing() {
        const OURS: &str = r#""kind":"AlibabaCloudMachineProviderConfig""#;
        for (name, spec, expected) in [
            (
                "2021",
                format!(
                    r#"{{"providerSpec":{{"value":{{"apiVersion":"alicloudproviderconfig.openshift.io/v1alpha1",{OURS},"regionId":"cn-hangzhou","zoneId":"z"}}}}}}"#
                ),
                "CreateInstance StartInstance in cn-hangzhou",
            ),
            (
                "today's group",
                format!(
                    r#"{{"providerSpec":{{"value":{{"apiVersion":"machine.openshift.io/v1",{OURS},"regionId":"cn-beijing"}}}}}}"#
                ),
                "CreateInstance StartInstance in cn-beijing",
            ),
            (
                "no region",
                format!(r#"{{"providerSpec":{{"value":{{{OURS}}}}}}}"#),
                "CreateInstance StartInstance in -",
            ),
            (
                "an empty region",
                format!(r#"{{"providerSpec":{{"value":{{{OURS},"regionId":""}}}}}}"#),
                "CreateInstance StartInstance in -",
            ),
            (
                "an empty id",
                format!(r#"{{"providerID":"","providerSpec":{{"value":{{{OURS}}}}}}}"#),
                "CreateInstance StartInstance in -",
            ),
            (
                "it has an instance",
                format!(
                    r#"{{"providerID":"alicloud://cn-hangzhou.i-a","providerSpec":{{"value":{{{OURS}}}}}}}"#
                ),
                "nothing",
            ),
            (
                "another cloud",
                r#"{"providerSpec":{"value":{"kind":"AWSMachineProviderConfig","regionId":7}}}"#
                    .into(),
                "nothing",
            ),
            (
                "no kind",
                r#"{"providerSpec":{"value":{}}}"#.into(),
                "nothing",
            ),
            ("no value", r#"{"providerSpec":{}}"#.into(), "nothing"),
            ("no provider", "{}".into(), "nothing"),
            ("no spec", "null".into(), "nothing"),
            (
                "a spec that is a string",
                r#""x""#.into(),
                "spec is a string",
            ),
            (
                "a provider that is a list",
                r#"{"providerSpec":[]}"#.into(),
                "spec.providerSpec is a list",
            ),
            (
                "a value that is a list",
                r#"{"providerSpec":{"value":[1]}}"#.into(),
                "spec.providerSpec.value is a list",
            ),
            (
                "a kind that is a number",
                r#"{"providerSpec":{"value":{"kind":1}}}"#.into(),
                "spec.providerSpec.value.kind is a number",
            ),
            (
                "an id that is an object",
                format!(r#"{{"providerID":{{}},"providerSpec":{{"value":{{{OURS}}}}}}}"#),
                "spec.providerID is an object",
            ),
            (
                "a region that is a list",
                format!(r#"{{"providerSpec":{{"value":{{{OURS},"regionId":[]}}}}}}"#),
                "spec.providerSpec.value.regionId is a list",
            ),
        ] {
            assert_eq!(on_create(&spec), expected, "{name}");
        }
    }

    #[test]
    fn a_machine_that_is_edited_or_deleted_asks_for_nothing() {
        let text = r#"{"spec":{"providerSpec":{"value":{"kind":"AlibabaCloudMachineProviderConfig","tags":[{"key":"a","value":"b"}]}}}}"#;
        let machine: Machine<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(
            describe(&infer(&machine, None)),
            "CreateInstance StartInstance in -"
        );
        assert_eq!(
            infer(&machine, Some(&Machine::default())),
            Inference::Nothing
        );
        let text = text.replacen(
            '{',
            r#"{"metadata":{"deletionTimestamp":"2026-11-23T10:00:00Z"},"#,
            1,
        );
        let machine: Machine<'_> = serde_json::from_str(&text).unwrap();
        assert_eq!(infer(&machine, None), Inference::Nothing);
    }
}
