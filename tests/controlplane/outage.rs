//! With the webhook registered and nobody there to answer: what is held back, and what must go on regardless.
//!
//! This shows too what is never reviewed at all, since a request that needs no answer passes here.

#[path = "outage/cases.rs"]
mod cases;

use serde_json::{Value, json};

use self::cases::{GOES_ON, WAITS, standing};
use crate::plane::call::{delete, merge};
use crate::plane::product::Product;
use crate::plane::registration::nobody;
use crate::plane::tenant::Tenant;
use crate::plane::users::PROVIDER;
use crate::scene::{
    ACCOUNTS, GROUPS, LOCKS, annotation, crossplane, for_provider, instance, product, unguarded,
    with,
};
use crate::table::Expected::{Denied, HeldBack, Passes};
use crate::table::{Case, judge, meets, settle, stand};

/// Objects in place, then a product that is registered for them, is seen to answer, and stops.
async fn after_a_stop(name: &'static str, tables: &[&[Case]]) -> Tenant {
    let tenant = unguarded(name).await;
    for group in GROUPS {
        for cases in tables {
            settle(&tenant, group, cases).await;
        }
    }
    let product = Product::start(&[("accounts.yaml", ACCOUNTS), ("locks.yaml", LOCKS)]).await;
    tenant
        .register(product.registration(), &product.url, &product.authority)
        .await;
    let object = instance(GROUPS[0], &format!("{name}-probe"));
    meets(&tenant, object, Denied("ECS CreateInstance")).await;
    product.stop().await;
    tenant
}

#[tokio::test]
async fn while_it_is_away_what_only_records_or_frees_goes_on() {
    let tenant = after_a_stop("outage-goes-on", &[GOES_ON]).await;
    for group in GROUPS {
        judge(&tenant, group, GOES_ON).await;
    }
}

#[tokio::test]
async fn while_it_is_away_what_asks_for_something_waits() {
    let tenant = after_a_stop("outage-waits", &[WAITS]).await;
    for group in GROUPS {
        judge(&tenant, group, WAITS).await;
    }
}

#[tokio::test]
async fn while_it_is_away_an_object_being_deleted_can_still_be_changed_and_freed() {
    let tenant = unguarded("outage-deleting").await;
    let kept = |group| {
        let kept = json!({"metadata": {"finalizers": ["tests.arrears.dev/kept"]}});
        with(standing(group, "out-on-its-way"), kept)
    };
    for group in GROUPS {
        stand(&tenant, &kept(group)).await;
        tenant.accepts(delete(&kept(group))).await;
    }
    register_nobody(&tenant).await;
    for group in GROUPS {
        let object = kept(group);
        meets(
            &tenant,
            merge(&object, for_provider(json!({"status": "Running"}))),
            Passes,
        )
        .await;
        meets(
            &tenant,
            merge(&object, annotation("paused", "true")),
            Passes,
        )
        .await;
        meets(
            &tenant,
            merge(&object, annotation("paused", Value::Null)),
            Passes,
        )
        .await;
        tenant
            .accepts(merge(&object, json!({"metadata": {"finalizers": null}})).by(PROVIDER))
            .await;
        assert_eq!(tenant.stored(&object).await, Value::Null);
    }
}

/// The other families are needed for creations alone, and for those of this cloud only.
#[tokio::test]
async fn while_it_is_away_machines_claims_and_operations_of_others_go_on() {
    let tenant = unguarded("outage-families").await;
    let claim = |name: &str, group: &str, kind: &str| {
        json!({
            "apiVersion": "karpenter.sh/v1",
            "kind": "NodeClaim",
            "metadata": {"name": name},
            "spec": {"nodeClassRef": {"group": group, "kind": kind, "name": "default"}, "requirements": []},
        })
    };
    let machine = |name: &str, kind: &str| {
        json!({
            "apiVersion": "machine.openshift.io/v1beta1",
            "kind": "Machine",
            "metadata": {"name": name},
            "spec": {"providerSpec": {"value": {"kind": kind}}},
        })
    };
    const OURS: &str = "AlibabaCloudMachineProviderConfig";
    let old_claim = claim("out-old", "karpenter.alibabacloud.com", "ECSNodeClass");
    let old_machine = machine("out-old", OURS);
    for object in [&old_claim, &old_machine] {
        stand(&tenant, object).await;
    }
    register_nobody(&tenant).await;

    for object in [
        claim("out-new", "karpenter.alibabacloud.com", "ECSNodeClass"),
        machine("out-new", OURS),
        json!({
            "apiVersion": "arrears.dev/v1alpha1",
            "kind": "EcsOperation",
            "metadata": {"name": "out-new"},
            "spec": {"action": "DescribeRegions"},
        }),
        crossplane(GROUPS[1], "SecurityGroup", "out-new", json!({})),
    ] {
        meets(&tenant, object, HeldBack).await;
    }
    for object in [
        claim("out-elsewhere", "karpenter.k8s.aws", "EC2NodeClass"),
        machine("out-elsewhere", "AWSMachineProviderConfig"),
        with(
            machine("out-moved", OURS),
            json!({"spec": {"providerID": "alibabacloud:///cn-hangzhou/k/i-bp1x"}}),
        ),
    ] {
        meets(&tenant, object, Passes).await;
    }
    for object in [&old_claim, &old_machine] {
        let change =
            json!({"metadata": {"finalizers": ["tests.arrears.dev/kept"], "labels": {"a": "b"}}});
        meets(&tenant, merge(object, change), Passes).await;
        tenant
            .accepts(merge(object, json!({"metadata": {"finalizers": null}})))
            .await;
        meets(&tenant, delete(object), Passes).await;
    }
    let edited = json!({"spec": {"providerSpec": {"value": {"instanceType": "ecs.g7.xlarge"}}}});
    let object = machine("out-elsewhere", "AWSMachineProviderConfig");
    meets(&tenant, merge(&object, edited), Passes).await;
}

/// Registers what the shared product would, where nobody listens.
async fn register_nobody(tenant: &Tenant) {
    let product = product().await;
    tenant
        .register(product.registration(), &nobody(), &product.authority)
        .await;
}
