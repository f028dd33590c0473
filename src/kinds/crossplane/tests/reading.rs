//! What is read of an object, whose it is, and what can't be read.

use std::borrow::Cow;

use serde::de::DeserializeSeed;
use serde_json::{Value, json};

use super::{
    Extent, Flavour, Managed, ManagedSeed, Resource, asks, cases, created, creation, edited,
    merged, read, uncreated, updated,
};
use crate::kinds::{
    AccountRef, Inference, Origin, Subject,
    crossplane::{fields::Fields, infer},
};

cases! {
    a_status_that_is_a_number_is_malformed:
        edited("Instance", json!({"status": "Running"}), json!({"status": 5}))
        => ["malformed: spec.forProvider.status should be a string, is a number"];
    a_bandwidth_that_is_a_string_is_malformed:
        edited("Instance", json!({"internetMaxBandwidthOut": 5}), json!({"internetMaxBandwidthOut": "10"}))
        => ["malformed: spec.forProvider.internetMaxBandwidthOut should be a number, is a string"];
    deletion_protection_that_is_a_string_is_malformed:
        edited("Instance", json!({"deletionProtection": false}), json!({"deletionProtection": "true"}))
        => ["malformed: spec.forProvider.deletionProtection should be a boolean, is a string"];
    security_groups_that_are_no_strings_are_malformed:
        edited("Instance", json!({"securityGroups": ["sg-1"]}), json!({"securityGroups": [1]}))
        => ["malformed: spec.forProvider.securityGroups should be a list of strings, is a list"];
    data_disks_that_are_a_number_are_malformed:
        edited("Instance", json!({"dataDisks": []}), json!({"dataDisks": 1}))
        => ["malformed: spec.forProvider.dataDisks should be a list of objects, is a number"];
    tags_that_are_a_list_are_malformed:
        edited("Instance", json!({"tags": {}}), json!({"tags": []}))
        => ["malformed: spec.forProvider.tags should be an object, is a list"];
    an_observed_status_that_is_a_number_is_malformed_where_it_decides:
        edited("Instance", json!({"instanceType": "a"}), json!({"instanceType": "b"})).observed(json!({"status": 5}))
        => ["malformed: status.atProvider.status should be a string, is a number"];
    an_observed_status_that_is_a_number_is_not_looked_at_where_it_decides_nothing:
        edited("Instance", json!({"instanceName": "a"}), json!({"instanceName": "b"})).observed(json!({"status": 5}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    a_field_of_no_effect_may_be_anything:
        edited("Instance", json!({"period": 1, "instanceName": "a"}), json!({"period": {"a": []}, "instanceName": "b"}))
        => ["ModifyInstanceAttribute i-1 spec.forProvider.instanceName"];
    a_for_provider_that_is_a_list_is_malformed:
        updated("Instance", json!({}), json!({"spec": {"forProvider": [1]}}))
        => ["malformed: spec.forProvider should be an object, is a list"];
    a_new_object_with_a_for_provider_that_is_a_string_is_malformed:
        creation("Instance", json!({"spec": {"forProvider": "x"}}))
        => ["malformed: spec.forProvider should be an object, is a string"];
    a_spec_that_is_a_string_is_malformed:
        creation("Instance", json!({"spec": "x"}))
        => ["malformed: spec should be an object, is a string"];
    metadata_that_is_a_list_is_malformed:
        creation("Instance", json!({"metadata": []}))
        => ["malformed: metadata should be an object, is a list"];
    annotations_that_are_a_list_are_malformed:
        creation("Instance", json!({"metadata": {"annotations": []}}))
        => ["malformed: metadata.annotations should be an object, is a list"];
    policies_that_are_a_string_are_malformed:
        creation("Instance", json!({"spec": {"managementPolicies": "*"}}))
        => ["malformed: spec.managementPolicies should be a list of strings, is a string"];
    policies_that_are_numbers_are_malformed:
        creation("Instance", json!({"spec": {"managementPolicies": ["Observe", 5]}}))
        => ["malformed: spec.managementPolicies should be a list of strings, is a list"];
    an_external_name_that_is_a_number_is_malformed:
        updated("Instance", json!({}), json!({"metadata": {"annotations": {"crossplane.io/external-name": 5}}}))
        => ["malformed: metadata.annotations[crossplane.io/external-name] should be a string, is a number"];
    a_pause_that_is_a_boolean_is_malformed:
        creation("Instance", json!({"metadata": {"annotations": {"crossplane.io/paused": true}}}))
        => ["malformed: metadata.annotations[crossplane.io/paused] should be a string, is a boolean"];
    a_provider_config_that_is_a_string_is_malformed:
        creation("Instance", json!({"spec": {"providerConfigRef": "default"}}))
        => ["malformed: spec.providerConfigRef should be an object, is a string"];
    a_region_that_is_a_number_is_malformed:
        created("Instance", json!({"region": 5}))
        => ["malformed: spec.forProvider.region should be a string, is a number"];
    a_region_that_stays_a_number_is_no_change:
        updated("Instance", json!({"spec": {"forProvider": {"region": 5}}}), json!({"metadata": {"labels": {"a": "b"}}}))
        => [];
    an_instance_id_that_is_a_number_is_malformed:
        created("Disk", json!({"instanceId": 5}))
        => ["malformed: spec.forProvider.instanceId should be a string, is a number"];
    a_dry_run_that_is_a_string_is_malformed:
        created("Disk", json!({"dryRun": "true"}))
        => ["malformed: spec.forProvider.dryRun should be a boolean, is a string"];
    a_status_of_the_object_that_is_a_string_is_malformed:
        edited("Instance", json!({"instanceName": "a"}), json!({"instanceName": "b"})).everywhere(json!({"status": "x"}))
        => ["malformed: status should be an object, is a string"];
    null_is_absent:
        edited("Instance", json!({}), json!({}))
            .with_null("instanceName").with_null("status")
        => [];
}

const OLD: &str = r#"{"metadata":{"annotations":{"crossplane.io/external-name":"i-1"}},"spec":{"forProvider":{"status":"Stopped"}}}"#;

#[test]
fn a_field_given_twice_is_malformed() {
    let new = OLD.replace(r#""Stopped""#, r#""Stopped","status":"Running""#);
    assert_eq!(
        asks("Instance", Origin::ApiServer, Some(OLD), &new),
        ["malformed: spec.forProvider.status should be a field given once, is a string"]
    );
}

#[test]
fn a_key_given_twice_outside_of_for_provider_is_an_error_of_the_parser() {
    for twice in [
        r#"{"spec":{},"spec":{}}"#,
        r#"{"spec":{"forProvider":{},"forProvider":{}}}"#,
        r#"{"spec":{"managementPolicies":[],"managementPolicies":["*"]}}"#,
        r#"{"metadata":{"annotations":{"crossplane.io/paused":"true","crossplane.io/paused":"false"}}}"#,
        r#"{"metadata":{"deletionTimestamp":null,"deletionTimestamp":"x"}}"#,
    ] {
        let error = read(Resource::Instance, twice).unwrap_err();
        assert!(error.to_string().contains("duplicate field"), "{error}");
    }
}

#[test]
fn escapes_mean_what_they_say() {
    let old = OLD.replace("Stopped", r"\u0053topped");
    assert_eq!(
        asks("Instance", Origin::ApiServer, Some(OLD), &old),
        Vec::<String>::new()
    );
    let new = OLD.replace("\"status\":\"Stopped\"", r#""\u0073tatus":"Running""#);
    assert_eq!(
        asks("Instance", Origin::ApiServer, Some(OLD), &new),
        ["StartInstance i-1 spec.forProvider.status"]
    );
}

#[test]
fn text_without_a_value_is_malformed() {
    let half_a_pair = OLD.replace("Stopped", r"\ud800");
    let tower = OLD.replace(
        "\"Stopped\"",
        &format!(
            "\"Stopped\",\"tags\":{{\"a\":{}{}}}",
            "[".repeat(500),
            "]".repeat(500)
        ),
    );
    let huge = OLD.replace(
        "\"Stopped\"",
        "\"Stopped\",\"internetMaxBandwidthOut\":1e999",
    );
    let base = OLD.replace(
        "\"Stopped\"",
        "\"Stopped\",\"tags\":{},\"internetMaxBandwidthOut\":1",
    );
    for (new, field, shape) in [
        (half_a_pair, "status", "a string"),
        (tower, "tags", "an object"),
        (huge, "internetMaxBandwidthOut", "a number"),
    ] {
        assert_eq!(
            asks("Instance", Origin::ApiServer, Some(&base), &new),
            [format!(
                "malformed: spec.forProvider.{field} should be readable JSON, is {shape}"
            )]
        );
    }
}

#[test]
fn a_key_that_is_no_text_is_one_that_nobody_knows() {
    let new = OLD.replace(r#""status""#, r#""\ud800":1,"status""#);
    assert_eq!(
        asks("Instance", Origin::ApiServer, Some(OLD), &new),
        Vec::<String>::new()
    );
}

#[test]
fn a_replaced_object_is_read_without_its_status() {
    const TEXT: &str = r#"{"spec":{"forProvider":{"status":"Running"}},"status":{"atProvider":{"status":"Stopped"}}}"#;
    let status = |fields: &Fields<'_>| fields.text("status").unwrap().map(Cow::into_owned);
    for (extent, observed) in [(Extent::Whole, Some("Stopped")), (Extent::Request, None)] {
        let mut text = serde_json::Deserializer::from_str(TEXT);
        let managed = ManagedSeed(Resource::Instance, extent)
            .deserialize(&mut text)
            .unwrap();
        let asked = managed.for_provider().unwrap();
        assert_eq!(status(asked).as_deref(), Some("Running"));
        let at_provider = managed.at_provider().unwrap().and_then(status);
        assert_eq!(at_provider.as_deref(), observed);
    }
}

#[test]
fn key_order_and_space_are_no_change() {
    let new = r#"{ "spec": { "forProvider": { "tags": { "b": "2", "a": "1" }, "status" : "Stopped" } },
        "metadata": { "annotations": { "crossplane.io/external-name": "i-1" } } }"#;
    let old = OLD.replace("{\"status", r#"{"tags":{"a":"1","b":"2"},"status"#);
    assert_eq!(
        asks("Instance", Origin::ApiServer, Some(&old), new),
        Vec::<String>::new()
    );
}

fn subject(flavour: Flavour, difference: Value) -> Subject<'static> {
    let text = merged(uncreated("Disk"), difference).to_string();
    let managed: &'static Managed<'static> = Box::leak(Box::new(
        read(Resource::Disk, Box::leak(text.into_boxed_str())).unwrap(),
    ));
    match infer(Resource::Disk, flavour, managed, None, Origin::ApiServer) {
        Inference::Asked(asked) => asked.subject,
        other => panic!("{other:?}"),
    }
}

fn config(
    kind: Option<&'static str>,
    namespace: Option<&'static str>,
    name: &'static str,
) -> AccountRef<'static> {
    AccountRef::ProviderConfig {
        kind: kind.map(Into::into),
        namespace: namespace.map(Into::into),
        name: name.into(),
    }
}

#[test]
fn the_region_is_the_one_of_the_spec() {
    let named = subject(Flavour::ClusterScoped, json!({}));
    assert_eq!(named.region.as_deref(), Some("cn-beijing"));
    let none = json!({"spec": {"forProvider": {"region": null}}});
    assert_eq!(subject(Flavour::ClusterScoped, none).region, None);
}

#[test]
fn a_cluster_scoped_object_names_a_provider_config_without_a_kind() {
    let other = json!({"spec": {"providerConfigRef": {"name": "prod"}}});
    assert_eq!(
        subject(Flavour::ClusterScoped, other).account,
        config(None, None, "prod")
    );
    let none = json!({"spec": {"providerConfigRef": null}});
    assert_eq!(
        subject(Flavour::ClusterScoped, none).account,
        config(None, None, "default")
    );
}

#[test]
fn a_namespaced_object_names_one_of_two_kinds() {
    let kind = "ClusterProviderConfig";
    let none = json!({"metadata": {"namespace": "shop"}, "spec": {"providerConfigRef": null}});
    assert_eq!(
        subject(Flavour::Namespaced, none).account,
        config(Some(kind), None, "default")
    );
    let own = json!({
        "metadata": {"namespace": "shop"},
        "spec": {"providerConfigRef": {"kind": "ProviderConfig", "name": "aliyun"}},
    });
    assert_eq!(
        subject(Flavour::Namespaced, own).account,
        config(Some("ProviderConfig"), Some("shop"), "aliyun")
    );
}
